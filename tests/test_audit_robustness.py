# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The short form of audit_storm.py: the audit trail under load, restored elsewhere, and in crashes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

STORM = Path(__file__).with_name("audit_storm.py")


@pytest.fixture(scope="class")
def database(server):
    return server.copy()


class TestAuditRobustness:
    def run(self, *options):
        """Figures of a storm that went well."""
        done = subprocess.run([sys.executable, STORM, *options], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def test_storm(self, database):
        """Writers, sealing and verifying at once."""
        figures = self.run("storm", f"--database={database}", "--writers=4", "--seconds=7")["storm"]
        assert min(figures["commits"], figures["rolled back"], figures["seals"], figures["verifications"]) > 1, figures

    def test_crash(self, database):
        """The database of the storm, restored on another server; a worker and that server killed while they write."""
        figures = self.run("crash", f"--database={database}", "--writers=3", "--rounds=3")["crash"]
        assert figures["commits"] > 1, figures
