# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import RestrictionCommon

ACCESS, REFUSED = "odoo.exceptions.AccessError", "odoo.exceptions.UserError"


@tagged("post_install", "-at_install")
class TestRiskRpc(RestrictionCommon, HttpCase):
    """The same refusals over the route the web client uses."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._draft(cls.contact)
        cls.lead = cls._lead(cls.contact)
        cls.won = cls.env["crm.stage"].search([("is_won", "=", True)], limit=1)
        cls.user["manager_2"] = cls.second_manager
        for user in cls.user.values():
            user.password = user.login

    def _call(self, role, model, method, *args, **kwargs):
        """Result of a call, or the name of the exception it was refused with."""
        self.authenticate(self.user[role].login, self.user[role].login)
        with mute_logger("odoo.http"):
            answer = self.url_open(
                f"/web/dataset/call_kw/{model}/{method}",
                json={"params": {"model": model, "method": method, "args": args, "kwargs": kwargs}},
            ).json()
        self.env.invalidate_all()
        return answer["error"]["data"]["name"] if "error" in answer else answer.get("result")

    def test_restrictions(self):
        vals = {"partner_id": self.free.id, "reason": "X", "date_from": str(self.today)}
        for role in ("sales", "auditor", "accountant", "employee", "portal"):
            self.assertEqual(self._call(role, "compliance.restriction", "create", [vals]), ACCESS, role)
            for method in ("action_impose", "action_lift", "action_refuse"):
                self.assertEqual(self._call(role, "compliance.restriction", method, self.block.ids), ACCESS, role)
        for role in ("officer", "manager"):
            for given in ({"state": "active"}, {"state": "lifted"}, {"approved_by": self.manager.id}):
                self.assertEqual(self._call(role, "compliance.restriction", "write", self.block.ids, given), ACCESS)
                self.assertEqual(self._call(role, "compliance.restriction", "create", [{**vals, **given}]), ACCESS)
            answer = self._call(role, "compliance.restriction", "write", self.block.ids, {"date_to": str(self.today)})
            self.assertEqual(answer, REFUSED)
            self.assertEqual(self._call(role, "compliance.restriction", "unlink", self.block.ids), REFUSED)
        (proposal,) = self._call("officer", "compliance.restriction", "create", [vals])
        self.assertEqual(self._call("officer", "compliance.restriction", "action_impose", [proposal]), ACCESS)
        self.assertIsNone(self._call("manager", "compliance.restriction", "action_impose", [proposal]))
        self.assertEqual(self.env["compliance.restriction"].browse(proposal).state, "active")

    def test_internals_are_private(self):
        for model, method, args in (
            ("compliance.restriction", "_impose", [[]]),
            ("compliance.restriction", "_lift", [self.block.ids, "X"]),
            ("compliance.restriction", "_write_decision", [self.block.ids, {"state": "lifted"}]),
            ("compliance.restriction.exception", "_use", [[]]),
            ("compliance.alert", "_watch", []),
        ):
            self.assertEqual(self._call("manager", model, method, *args), ACCESS, method)

    def test_documents(self):
        context = {"tracking_disable": True, "bypass_restriction": True, "tz": "Pacific/Kiritimati"}
        for call in (
            ("action_post", self.invoice.ids),
            ("write", self.invoice.ids, {"state": "posted"}),
            ("web_save", self.invoice.ids, {"state": "posted"}, {}),
            ("action_validate_moves_with_confirmation", self.invoice.ids),
        ):
            self.assertEqual(self._call("accountant", "account.move", *call), REFUSED, call)
            self.assertEqual(self._call("accountant", "account.move", *call, context=context), REFUSED, call)
        for call in (
            ("action_set_won", self.lead.ids),
            ("write", self.lead.ids, {"stage_id": self.won.id}),
            ("web_save", self.lead.ids, {"stage_id": self.won.id}, {}),
        ):
            self.assertEqual(self._call("sales", "crm.lead", *call), REFUSED, call)
            self.assertEqual(self._call("sales", "crm.lead", *call, context=context), REFUSED, call)
        self.assertEqual((self.invoice.state, self.lead.won_status), ("draft", "pending"))

    def test_exceptions(self):
        model = "compliance.restriction.exception"
        vals = {"document_ref": f"account.move,{self.invoice.id}", "reason": "X"}
        for role in ("sales", "employee", "portal"):
            self.assertEqual(self._call(role, model, "create", [vals]), ACCESS, role)
        for given in ({"state": "approved"}, {"approved_by": self.manager.id}, {"amount": 1e9}):
            self.assertEqual(self._call("manager", model, "create", [{**vals, **given}]), ACCESS)
        self.assertEqual(self._call("manager", model, "create", [vals], context={"default_state": "approved"}), ACCESS)
        (exception,) = self._call("manager", model, "create", [vals])
        self._call("manager", model, "action_request", [exception])
        self.assertEqual(self._call("manager", model, "action_approve", [exception]), ACCESS)
        self.assertEqual(self._call("officer", model, "action_approve", [exception]), ACCESS)
        self.assertEqual(self._call("manager", model, "write", [exception], {"state": "approved"}), ACCESS)
        self.assertIsNone(self._call("manager_2", model, "action_approve", [exception]))
        self.assertFalse(self._call("accountant", "account.move", "action_post", self.invoice.ids))
        self.assertEqual(self.invoice.state, "posted")

    def test_reasons_are_not_told_to_everybody(self):
        domain = [("id", "=", self.block.id)]
        for role in ("employee", "portal"):
            self.assertEqual(self._call(role, "compliance.restriction", "search_read", domain, ["reason"]), ACCESS)
        self.assertEqual(self._call("sales", "compliance.restriction", "search_read", domain, ["reason"]), [])
        (found,) = self._call("officer", "compliance.restriction", "search_read", domain, ["reason"])
        self.assertEqual(found["reason"], "Secret findings")

    def test_wizard_of_reasons_decides_nothing_else(self):
        wizard = {"res_model": "res.users", "res_ids": self.user["sales"].ids, "reason": "X"}
        (wizard_id,) = self._call("sales", "compliance.reason", "create", [wizard])
        self.assertEqual(self._call("sales", "compliance.reason", "action_confirm", [wizard_id]), REFUSED)
        wizard = {"res_model": "compliance.restriction", "res_ids": self.block.ids, "reason": "X"}
        (wizard_id,) = self._call("sales", "compliance.reason", "create", [wizard])
        self.assertEqual(self._call("sales", "compliance.reason", "action_confirm", [wizard_id]), ACCESS)
        self.assertEqual(self.block.state, "active")
