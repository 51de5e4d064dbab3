# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Two managers at the same time, in real processes on a real database."""

import time

import pytest

DRAFTS = """
active = env.ref("crm_compliance.compliance_risk_model_default")
result = [active.copy().id, active.copy().id]
"""
LOOK = """
result = env["compliance.risk.model"].search([("state", "=", "draft")]).mapped("name")
"""
ACTIVATE = """
env["compliance.risk.model"].browse({model}).action_activate()
env.flush_all()
result = True
"""
ADD = """
env["compliance.risk.factor"].create(
    {{"model_id": {model}, "code": "LATECOMER", "name": "Latecomer", "signal": "dso", "points": 1}}
)
env.flush_all()
result = True
"""
COMMIT = "result = True"
WAITING = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
STATES = "SELECT state, COUNT(*) FROM compliance_risk_model WHERE company_id = 1 GROUP BY state ORDER BY state"


@pytest.fixture(scope="class")
def database(server):
    return server.copy()


@pytest.fixture(scope="class")
def managers(server, database):
    return server.session(database), server.session(database)


@pytest.mark.slow
class TestRiskConcurrency:
    def run_together(self, server, database, managers, first, second):
        """Both look at the same state of affairs before either acts; the first one is done but not committed when the
        second one acts, and commits when that one waits for it or is through.

        :return: traceback of the second one, or None
        """
        one, two = managers
        for manager in managers:
            manager.run(LOOK, commit=False)
        one.run(first, commit=False)
        two.send(second)
        deadline = time.monotonic() + 300
        while not server.query(database, WAITING)[0][0] and not two.has_answered(0.1):
            assert time.monotonic() < deadline
        one.run(COMMIT)
        _result, error, _log = two.receive()
        return error

    def test_two_activations(self, server, database, managers):
        """One of them wins, the other is refused as a whole: it would have replaced the version before."""
        before = dict(server.query(database, STATES))
        drafts = server.shell(database, DRAFTS)
        assert self.run_together(server, database, managers, *(ACTIVATE.format(model=draft) for draft in drafts))
        after = dict(server.query(database, STATES))
        assert after == {"active": 1, "archived": before.get("archived", 0) + 1, "draft": before.get("draft", 0) + 1}

    def test_factor_added_while_activating(self, server, database, managers):
        """A version in force has no factor that the one who activated it did not see."""
        draft, _other = server.shell(database, DRAFTS)
        added = self.run_together(server, database, managers, ACTIVATE.format(model=draft), ADD.format(model=draft))
        assert "could not serialize" in added or "was in use" in added, added
        codes = server.query(database, f"SELECT code FROM compliance_risk_factor WHERE model_id = {draft}")
        assert codes and ("LATECOMER",) not in codes
