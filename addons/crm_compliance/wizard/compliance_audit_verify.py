# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import base64
import json

from odoo import fields, models
from odoo.exceptions import UserError


class ComplianceAuditVerify(models.TransientModel):
    """Verifies the audit trail, also against a checkpoint that was kept elsewhere."""

    _name = "compliance.audit.verify"
    _description = "Audit Verification Wizard"

    checkpoint = fields.Binary(
        string="Earlier Checkpoint",
        attachment=False,
        help="The file downloaded or mailed earlier, or one from a bundle: shows whether anything was cut off since.",
    )
    filename = fields.Char()

    def action_verify(self):
        """Verifies now.

        :raises UserError: if the file is not a checkpoint
        """
        self.ensure_one()
        return self.env["compliance.audit.seal"].action_verify(self._read_checkpoint())

    def _read_checkpoint(self):
        """The checkpoint as a dict, None if there is none."""
        if not self.checkpoint:
            return None
        try:
            checkpoint = json.loads(base64.b64decode(self.checkpoint))
            complete = {"database", "number", "hash"} <= set(checkpoint)
        except (ValueError, TypeError):
            complete = False
        if not complete:
            raise UserError(self.env._("%s is not a checkpoint.", self.filename or self.env._("The file")))
        return checkpoint
