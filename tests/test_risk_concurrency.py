# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Two managers at the same time, in real processes on a real database."""

import subprocess
import sys
import time

import pytest

DRAFTS = """
active = env.ref("crm_compliance.compliance_risk_model_default")
result = [active.copy().id, active.copy().id]
"""
# Both look at the same state of affairs before either acts.
MEET = """
import time
drafts = env["compliance.risk.model"].search([("state", "=", "draft")])
time.sleep(max(0, {moment} - time.time()))
"""
ACTIVATE = """
env["compliance.risk.model"].browse({model}).action_activate()
time.sleep(2)
env.cr.commit()
"""
ADD = """
time.sleep(1)
env["compliance.risk.factor"].create(
    {{"model_id": {model}, "code": "LATECOMER", "name": "Latecomer", "signal": "dso", "points": 1}}
)
env.cr.commit()
"""
STATES = "SELECT state, COUNT(*) FROM compliance_risk_model WHERE company_id = 1 GROUP BY state ORDER BY state"


@pytest.mark.slow
class TestRiskConcurrency:
    @pytest.fixture
    def database(self, server):
        return server.copy()

    def run_together(self, server, database, *codes):
        """Runs pieces of code in processes of their own, from the same moment on; returns what each printed."""
        meet = MEET.format(moment=time.time() + 25)
        options = ["-c", server.conf, "-d", database, "--no-http", "--log-level=error"]
        processes = [
            subprocess.Popen(
                [sys.executable, "-m", "odoo", "shell", *options],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            for _code in codes
        ]
        for process, code in zip(processes, codes, strict=True):
            process.stdin.write(meet + code)
            process.stdin.close()
            process.stdin = None  # or communicate() would flush it
        return [process.communicate(timeout=120)[0] for process in processes]

    def test_two_activations(self, server, database):
        """One of them wins, the other is refused as a whole: it would have replaced the version before."""
        drafts = server.shell(database, DRAFTS)
        outputs = self.run_together(server, database, *(ACTIVATE.format(model=draft) for draft in drafts))
        assert sum("Traceback" in output for output in outputs) == 1, outputs
        assert server.query(database, STATES) == [("active", 1), ("archived", 1), ("draft", 1)]

    def test_factor_added_while_activating(self, server, database):
        """A version in force has no factor that the one who activated it did not see."""
        draft, _other = server.shell(database, DRAFTS)
        activated, added = self.run_together(server, database, ACTIVATE.format(model=draft), ADD.format(model=draft))
        assert "Traceback" not in activated, activated
        assert "could not serialize" in added or "was in use" in added, added
        codes = server.query(database, f"SELECT code FROM compliance_risk_factor WHERE model_id = {draft}")
        assert ("LATECOMER",) not in codes
