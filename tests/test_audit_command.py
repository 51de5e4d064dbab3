# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The audit trail is verified from the command line."""

import json

import pytest

from servers import ADDONS

pytestmark = pytest.mark.slow

SEAL = """
seals = env["compliance.audit.seal"]
while seals._seal_block():
    pass
result = seals._prepare_checkpoint()
"""


class TestCommand:
    """Exit codes and sentences, as a job on another host sees them."""

    def verify(self, server, database, *options):
        command = (f"--addons-path={ADDONS[0].parent}", "verify_audit")
        run = server.odoo(database, *options, command=command)
        assert not run.problems, run.output
        return run

    def test_verify(self, server, tmp_path):
        database = server.copy()
        checkpoint = server.shell(database, SEAL)
        file = tmp_path / "checkpoint.json"
        file.write_text(json.dumps(checkpoint))
        run = self.verify(server, database, "--checkpoint", str(file))
        assert (run.returncode, f"{checkpoint['rows']} rows under" in run.output) == (0, True), run.output

        file.write_text(json.dumps({**checkpoint, "hash": "0" * 64}))
        run = self.verify(server, database, "--checkpoint", str(file))
        assert (run.returncode, f"Seal {checkpoint['number']} of the checkpoint" in run.output) == (1, True), run.output
        assert self.verify(server, database).returncode == 0

        # Loading Odoo must not put right what there is to find.
        server.psql(database, "ALTER TABLE res_partner DISABLE TRIGGER compliance_audit_on_update")
        for _time in range(2):
            run = self.verify(server, database)
            assert (run.returncode, "switched off" in run.output) == (1, True), run.output
