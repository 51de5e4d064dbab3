# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import SQL

from .complaint_common import ComplaintCommon


@tagged("post_install", "-at_install")
class TestComplaintHandover(ComplaintCommon):
    """Whose case it is."""

    def test_first_contact_owns(self):
        case = self._complaint()
        self.assertEqual((case.user_id, case.first_contact_user_id), (self.agent, self.agent))

    def test_nobody_owns_what_comes_by_itself(self):
        for channel in ("email", "portal", "web"):
            self.assertFalse(self._complaint(channel=channel).user_id, channel)

    def test_whoever_acts_first_owns(self):
        case = self._complaint(channel="web")
        case.action_acknowledge()
        self.assertEqual((case.user_id, case.first_contact_user_id), (self.agent, self.agent))

    def test_taking(self):
        case = self._complaint(channel="web")
        case.with_user(self.colleague).action_take()
        self.assertEqual(case.user_id, self.colleague)
        with self.assertRaisesRegex(UserError, "has an owner"):
            case.action_take()
        self.colleague.active = False
        case.action_take()
        self.assertEqual((case.user_id, case.first_contact_user_id), (self.agent, self.colleague))

    def test_handover(self):
        case = self._complaint()
        case.action_ask_handover(self.stranger.id)
        self.assertEqual((case.user_id, case.handover_user_id), (self.agent, self.stranger))
        self.assertEqual(case.activity_ids.user_id, self.stranger)
        with self.assertRaisesRegex(UserError, "not yours"):
            case.with_user(self.colleague).action_accept_handover()
        case.with_user(self.stranger).action_accept_handover()
        self.assertEqual((case.user_id, case.handover_user_id.id), (self.stranger, False))
        self.assertEqual(case.first_contact_user_id, self.agent)
        self.assertFalse(case.sudo().activity_ids)
        with self.assertRaisesRegex(UserError, "not yours"):
            case.with_user(self.stranger).action_accept_handover()

    def test_declined(self):
        case = self._complaint()
        case.action_ask_handover(self.colleague)
        case.with_user(self.colleague).action_decline_handover()
        self.assertEqual((case.user_id, case.handover_user_id.id), (self.agent, False))
        with self.assertRaises(UserError):
            case.with_user(self.colleague).action_accept_handover()

    def test_asked_anew(self):
        """Whoever was asked before somebody else was cannot accept any more."""
        case = self._complaint()
        case.action_ask_handover(self.colleague)
        case.action_ask_handover(self.stranger)
        with self.assertRaises(UserError):
            case.with_user(self.colleague).action_accept_handover()
        self.assertEqual(case.sudo().activity_ids.user_id, self.stranger)

    def test_who_asks(self):
        case = self._complaint()
        with self.assertRaisesRegex(UserError, "by its owner"):
            case.with_user(self.colleague).action_ask_handover(self.colleague)
        self.team.user_id = self.colleague
        case.with_user(self.colleague).action_ask_handover(self.stranger)
        case.with_user(self.user["officer"]).action_ask_handover(self.user["officer"])
        case.with_user(self.user["officer"]).action_accept_handover()
        self.assertEqual(case.user_id, self.user["officer"])

    def test_who_may_be_asked(self):
        case = self._complaint()
        for user in (self.user["employee"], self.user["portal"], self.user["accountant"], self.agent):
            with self.assertRaises(UserError, msg=user.login):
                case.action_ask_handover(user.id)
        other = self.env["res.company"].create({"name": "Other"})
        self.colleague.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        with self.assertRaises(UserError):
            case.action_ask_handover(self.colleague)

    def test_calls_go_along(self):
        case = self._resolved()
        case.action_ask_handover(self.colleague)
        case.with_user(self.colleague).action_accept_handover()
        self.assertEqual(case.sudo().activity_ids.user_id, self.colleague)

    def test_strangers_take_nothing(self):
        case = self._complaint(channel="web").with_user(self.stranger)
        for step in ("action_take", "action_accept_handover", "action_acknowledge"):
            with self.assertRaises(AccessError, msg=step):
                getattr(case, step)()

    def test_somebody_else_is_at_it(self):
        """The row is locked by another connection: one sentence, and nothing waits."""
        case = self.env["compliance.complaint"].search([("company_id", "!=", self.company.id)], limit=1)
        with self.registry.cursor() as one:
            if not case:
                self.skipTest("needs a case that is committed: demo data")
            one.execute(SQL("SELECT id FROM compliance_complaint WHERE id = %s FOR UPDATE", case.id))
            mine = api.Environment(self.cr, self.env.uid, {}, su=True)["compliance.complaint"].browse(case.id)
            with self.assertRaisesRegex(UserError, "Somebody else"):
                mine._lock()
            one.rollback()
