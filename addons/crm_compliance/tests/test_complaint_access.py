# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .complaint_common import ComplaintCommon


class ComplaintAccessCommon(ComplaintCommon):
    """A case of the agent's team, one of another team whose customer the stranger looks after, one with an invoice."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_team = cls.team.copy({"name": "Other", "alias_name": "other", "sequence": 9, "member_ids": False})
        cls.looked_after = cls._customer("Looked after", user_id=cls.stranger.id)
        cls.ours = cls._complaint()
        cls.theirs = cls._complaint(
            cls.user["officer"], team_id=cls.other_team.id, partner_id=cls.looked_after.id, subject="Late"
        )
        cls.billed = cls._complaint(cls.user["officer"], team_id=cls.other_team.id)
        cls.billed.sudo().invoice_ids = cls._invoice(cls.customer, 10, cls.today)
        cls.all = (cls.ours | cls.theirs | cls.billed).with_env(cls.env)
        cls.foreign_company = cls.env["res.company"].create({"name": "Foreign"})
        cls.foreign = cls.complaints.create({"subject": "Foreign", "company_id": cls.foreign_company.id})
        # Who: (cases read, cases written)
        none = cls.complaints
        cls.expected = {
            cls.agent: (cls.ours, cls.ours),
            cls.colleague: (cls.ours, cls.ours),
            cls.stranger: (cls.theirs, none),
            cls.user["officer"]: (cls.all, cls.all),
            cls.user["manager"]: (cls.all, cls.all),
            cls.user["auditor"]: (cls.all, none),
            cls.user["accountant"]: (cls.billed, none),
            cls.user["employee"]: (none, none),
            cls.user["portal"]: (none, none),
        }


@tagged("post_install", "-at_install")
class TestComplaintAccess(ComplaintAccessCommon):
    """Who reads, who writes; through the ORM."""

    def _reach(self, user, operation):
        cases = (self.all | self.foreign).with_user(user)
        return cases.filtered(lambda case: case.has_access(operation)).with_env(self.env)

    def test_roles(self):
        for user, (read, written) in self.expected.items():
            with self.subTest(user=user.login):
                self.assertEqual(self._reach(user, "read"), read)
                self.assertEqual(self._reach(user, "write"), written)
                if read:
                    found = self.complaints.with_user(user).search([("id", "in", (self.all | self.foreign).ids)])
                    self.assertEqual(found.sorted("id").with_env(self.env), read.sorted("id"))

    def test_steps(self):
        """No step for whoever may not write."""
        steps = {
            "action_acknowledge": (),
            "action_investigate": (),
            "action_wait_customer": (),
            "action_wait_third_party": (),
            "action_resume": (),
            "action_propose_solution": (),
            "action_confirm_solution": (),
            "action_reject_solution": ("X",),
            "action_resolve": (),
            "action_close": (),
            "action_cancel": ("X",),
            "action_reopen": ("X",),
            "action_take": (),
            "action_ask_handover": (self.agent.id,),
            "action_accept_handover": (),
            "action_decline_handover": (),
            "action_follow_up_done": ("X",),
            "action_ask_customer": ("X",),
            "action_answered_by_phone": (),
        }
        for user, (_read, written) in self.expected.items():
            for case in self.all - written:
                for step, args in steps.items():
                    with self.assertRaises(AccessError, msg=(user.login, step)):
                        getattr(case.with_user(user), step)(*args)

    def test_team_leader(self):
        self.other_team.user_id = self.stranger
        self.assertEqual(self._reach(self.stranger, "write"), self.theirs | self.billed)

    def test_whoever_is_asked(self):
        self.ours.action_ask_handover(self.stranger)
        self.assertIn(self.ours, self._reach(self.stranger, "write"))
        self.ours.with_user(self.stranger).action_decline_handover()
        self.assertNotIn(self.ours, self._reach(self.stranger, "read"))

    def test_taking_in_for_others(self):
        """A case is of whoever takes it in, also of somebody outside of every team."""
        case = self._complaint(self.stranger)
        self.assertEqual(case.user_id, self.stranger)
        for role in ("auditor", "accountant", "employee", "portal"):
            with self.assertRaises(AccessError, msg=role):
                self._complaint(self.user[role])

    def test_configuration(self):
        records = {
            "compliance.complaint.team": self.team,
            "compliance.complaint.category": self.env.ref("crm_compliance.complaint_category_billing"),
            "compliance.complaint.cause": self.env.ref("crm_compliance.complaint_cause_people"),
            "compliance.complaint.answer": self.env.ref("crm_compliance.complaint_answer_invoice"),
            "compliance.complaint.priority": self.env["compliance.complaint.priority"].search([], limit=1),
        }
        for model, record in records.items():
            for role in ("sales", "officer", "auditor", "accountant", "employee", "portal"):
                for operation in ("write", "unlink"):
                    self.assertFalse(record.with_user(self.user[role]).has_access(operation), (model, role))
                self.assertFalse(self.env[model].with_user(self.user[role]).has_access("create"), (model, role))
            self.assertTrue(record.with_user(self.user["manager"]).has_access("write"), model)
        self.team.with_user(self.user["manager"]).create({"name": "New", "alias_name": "new-team"})

    def test_conversation(self):
        """Auditors read it and say nothing; accountants may add what they know."""
        self.ours.message_post(body="A note", subtype_xmlid="mail.mt_note")
        auditor = self.ours.with_user(self.user["auditor"])
        self.assertTrue(auditor.message_ids)
        with self.assertRaises(AccessError):
            auditor.message_post(body="X")
        self.billed.with_user(self.user["accountant"]).message_post(body="Paid", subtype_xmlid="mail.mt_note")

    def test_what_portals_do_not_read(self):
        """Whatever rule lets a portal user read a case one day: not these."""
        internal = {"cause_id", "cause_note", "priority", "severity", "follow_up_note", "cancel_reason", "profile_id"}
        known = set(self.complaints.with_user(self.user["portal"]).fields_get())
        self.assertFalse(internal & known)
        # Drafts of a solution are ours: the portal's pages show it once it is proposed.
        self.assertNotIn("solution", known)
        self.assertLessEqual({"name", "subject", "state", "description"}, known)

    def test_companies(self):
        officer = new_test_user(
            self.env,
            login="compliance_officer_2",
            groups=self.ROLES["officer"],
            company_id=self.company.id,
            company_ids=[Command.set((self.company | self.foreign_company).ids)],
        )
        cases = self.complaints.with_user(officer).with_context(allowed_company_ids=self.company.ids)
        domain = [("id", "in", (self.ours | self.foreign).ids)]
        self.assertEqual(cases.search(domain).ids, self.ours.ids)
        both = cases.with_context(allowed_company_ids=(self.company | self.foreign_company).ids)
        self.assertEqual(set(both.search(domain).ids), {self.ours.id, self.foreign.id})


@tagged("post_install", "-at_install")
class TestComplaintAccessRpc(ComplaintAccessCommon, HttpCase):
    """The same over the route the web client uses."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for user in cls.expected:
            user.password = user.login

    def _call(self, user, method, *args, model="compliance.complaint", **kwargs):
        """Result of a call, or the name of the exception it was refused with."""
        self.authenticate(user.login, user.login)
        with mute_logger("odoo.http"):
            answer = self.url_open(
                f"/web/dataset/call_kw/{model}/{method}",
                json={"params": {"model": model, "method": method, "args": args, "kwargs": kwargs}},
            ).json()
        return answer["error"]["data"]["name"] if "error" in answer else answer.get("result")

    def test_reading_and_writing(self):
        denied = "odoo.exceptions.AccessError"
        for user, (read, written) in self.expected.items():
            for case in self.all:
                with self.subTest(user=user.login, case=case.subject):
                    found = self._call(user, "read", case.ids, ["subject"])
                    self.assertEqual(found != denied, case in read)
                    found = self._call(user, "write", case.ids, {"partner_phone": "1"})
                    self.assertEqual(found != denied, case in written)
                    self.assertEqual(self._call(user, "write", case.ids, {"state": "closed"}), denied)
                    self.assertEqual(
                        self._call(user, "web_save", case.ids, {"user_id": user.id}, specification={}), denied
                    )

    def test_hidden_methods(self):
        """Nobody calls what sets decided fields."""
        for method in ("_transition", "_merge", "_own", "_close_silent"):
            found = self._call(self.user["manager"], method, self.ours.ids, {"state": "closed"})
            self.assertEqual(found, "odoo.exceptions.AccessError", method)
        self.ours.invalidate_recordset()
        self.assertEqual(self.ours.state, "new")

    def test_stale_step(self):
        """Two agents with the case open: the second is told where it stands."""
        self.assertIs(self._call(self.agent, "action_acknowledge", self.ours.ids), True)
        self.assertEqual(self._call(self.colleague, "action_acknowledge", self.ours.ids), "odoo.exceptions.UserError")
