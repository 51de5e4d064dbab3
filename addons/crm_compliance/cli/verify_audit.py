# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import json
import sys
from pathlib import Path

from odoo import SUPERUSER_ID
from odoo.api import Environment
from odoo.cli.command import Command
from odoo.modules.registry import Registry
from odoo.tools import config


class VerifyAudit(Command):
    """Recompute the audit trail of CRM Compliance.

    Exit code: 0 everything is as it was recorded, 1 something was changed: the first bad row or seal is named.
    """

    name = "verify_audit"

    def run(self, cmdargs):
        self.parser.add_argument("-c", "--config", help="configuration file of the server")
        self.parser.add_argument("-d", "--database", required=True, help="name of the database")
        self.parser.add_argument("--checkpoint", type=Path, help="checkpoint file that was kept elsewhere")
        args = self.parser.parse_args(cmdargs)
        checkpoint = json.loads(args.checkpoint.read_text()) if args.checkpoint else None
        options = ["-c", args.config] if args.config else []
        config.parse_config([*options, "-d", args.database, "--no-http"], setup_logging=True)
        # Found only now that the paths of the add-ons are known.
        from odoo.addons.crm_compliance.models.audit.compliance_audit_policy import is_verifying

        is_verifying.set(True)
        with Registry(args.database).cursor() as cr:
            result = Environment(cr, SUPERUSER_ID, {})["compliance.audit.seal"]._verify(checkpoint)
        print(
            result["fault"]
            or f"{result['rows']} rows under {result['seals']} seals are as they were recorded;"
            f" {result['redacted']} redacted, {result['unsealed']} not sealed yet."
        )
        sys.exit(1 if result["fault"] else 0)
