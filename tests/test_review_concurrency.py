# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Two managers approve the same review at the same moment, in transactions of their own."""

# Each in a transaction that began before the first one ends: one is too early to know, one would overwrite.
APPROVE = """
from odoo import api
from odoo.exceptions import UserError
from odoo.service.model import retrying
from odoo.tools import mute_logger
review = env["compliance.risk.review"].search([("state", "=", "approval")], limit=1)
manager, admin = env.ref("crm_compliance.user_manager_demo"), env.ref("base.user_admin")
refusals = []
with env.registry.cursor() as first, env.registry.cursor() as second, env.registry.cursor() as third:
    def see(cr, user):
        seen = api.Environment(cr, user.id, {})["compliance.risk.review"].browse(review.id)
        assert seen.state == "approval"
        return seen
    one, two, three = see(first, manager), see(second, admin), see(third, admin)
    one.action_approve()
    first.flush()
    try:
        two.action_approve()
    except UserError as refusal:
        refusals.append(str(refusal))
        second.rollback()
    first.commit()
    try:
        with mute_logger("odoo.sql_db", "odoo.service.model"):
            retrying(three.action_approve, three.env)  # as every request does
    except UserError as refusal:
        refusals.append(str(refusal))
        third.rollback()
env.cr.rollback()
env.invalidate_all()
review = env["compliance.risk.review"].browse(review.id)
result = [review.state, review.approved_by.id == manager.id, refusals, len(review._is_intact()), review.id]
"""
APPROVALS = """
    SELECT count(*) FROM compliance_audit_log
     WHERE model = 'compliance.risk.review' AND res_id = %s AND changes->'state' = %s
"""
# An officer whose edit began before the review was submitted and ends after it was approved.
EDIT = """
from odoo import api
from odoo.exceptions import UserError
from odoo.service.model import retrying
from odoo.tools import mute_logger
officer = env.ref("crm_compliance.user_officer_demo")
review = env["compliance.risk.review"].search([("state", "=", "approval")], limit=1)
review.with_user(officer)._send_back("Once more")
env.cr.commit()
with env.registry.cursor() as early:
    line = api.Environment(early, officer.id, {})["compliance.risk.review"].browse(review.id).line_ids[0]
    assert line.review_id.state == "assessment"
    review.with_user(officer).action_submit()
    env.cr.commit()
    refused = ""
    try:
        with mute_logger("odoo.sql_db", "odoo.service.model"):
            retrying(lambda: line.write({"evidence": "Late"}), line.env)
    except UserError as refusal:
        refused = str(refusal)
        early.rollback()
env.invalidate_all()
result = [refused, review.line_ids[0].evidence or ""]
"""


class TestConcurrency:
    def test_one_of_two_managers_wins(self, server):
        database = server.copy()
        state, by_the_first, refusals, differences, review_id = server.shell(database, APPROVE)
        assert (state, by_the_first, differences) == ("done", True, 0)
        assert len(refusals) == 2
        assert "at this moment" in refusals[0]
        assert "does not wait for an approval" in refusals[1]
        assert server.query(database, APPROVALS, (review_id, '["approval", "done"]'))[0][0] == 1

    def test_an_edit_that_comes_too_late(self, server):
        refused, evidence = server.shell(server.copy(), EDIT)
        assert "waits for its approval" in refused
        assert evidence == ""
