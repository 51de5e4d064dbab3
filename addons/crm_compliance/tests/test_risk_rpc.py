# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import tagged

from .common import RestrictionCommon, RpcCase

ACCESS, REFUSED = "odoo.exceptions.AccessError", "odoo.exceptions.UserError"


@tagged("post_install", "-at_install")
class TestRiskRpc(RpcCase, RestrictionCommon):
    """The same refusals over the route the web client uses."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._draft(cls.contact)
        cls.lead = cls._lead(cls.contact)
        cls.won = cls.env["crm.stage"].search([("is_won", "=", True)], limit=1)
        cls.user["manager_2"] = cls.second_manager

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
        wizard = {"res_model": "compliance.risk.review", "res_ids": [1], "action": "_approve", "reason": "X"}
        (wizard_id,) = self._call("officer", "compliance.reason", "create", [wizard])
        self.assertEqual(self._call("officer", "compliance.reason", "action_confirm", [wizard_id]), REFUSED)

    def test_other_peoples_exceptions(self):
        """Who asks sees what they asked for; managers decide; nobody else has to do with it."""
        model = "compliance.restriction.exception"
        exception = self._except(self.invoice, approver=False)
        for role in ("employee", "portal"):
            self.assertEqual(self._call(role, model, "search_read", [], ["reason"]), ACCESS, role)
        for role in ("sales", "accountant"):
            self.assertEqual(self._call(role, model, "search_read", [], ["reason"]), [], role)
            for method, args in (
                ("action_approve", ()),
                ("action_refuse", ()),
                ("action_request", ()),
                ("write", ({"valid_until": "2999-12-31"},)),
                ("unlink", ()),
                ("message_post", ()),
            ):
                self.assertEqual(self._call(role, model, method, exception.ids, *args), ACCESS, (role, method))
        for role in ("officer", "manager"):
            for values in ({"amount": 1e9}, {"restriction_ids": [[4, self.block.id]]}, {"requested_by": 1}):
                self.assertEqual(self._call(role, model, "write", exception.ids, values), ACCESS, (role, values))
            answer = self._call(role, model, "write", exception.ids, {"valid_until": "2999-12-31"})
            self.assertEqual(answer, REFUSED, role)
        self.assertEqual(self._call("auditor", model, "write", exception.ids, {"reason": "Y"}), ACCESS)
        self.assertEqual(exception.state, "requested")

    def test_an_exception_for_a_document_of_somebody_else(self):
        model = "compliance.restriction.exception"
        vals = {"document_ref": f"crm.lead,{self.lead.id}", "reason": "X"}
        self.assertEqual(self._call("accountant", model, "create", [vals]), ACCESS)
        (exception,) = self._call("sales", model, "create", [vals])
        other = {"document_ref": f"account.move,{self.invoice.id}"}
        self.assertEqual(self._call("sales", model, "write", [exception], other), ACCESS)

    def test_overrides(self):
        model, profile = "compliance.risk.override", self._dossier(self.free)
        vals = {"profile_id": profile.id, "level": "critical", "reason": "X", "date_to": "2999-12-31"}
        for role in ("sales", "auditor", "accountant", "employee", "portal"):
            self.assertEqual(self._call(role, model, "create", [vals]), ACCESS, role)
        (override,) = self._call("manager", model, "create", [vals])
        for role in ("manager", "officer"):
            self.assertEqual(self._call(role, model, "action_approve", [override]), ACCESS, role)
            self.assertEqual(self._call(role, model, "write", [override], {"state": "approved"}), ACCESS, role)
        self.assertEqual(self._call("manager", model, "create", [vals], context={"default_state": "approved"}), ACCESS)
        self.assertIsNone(self._call("manager_2", model, "action_approve", [override]))
        self.assertEqual(self._call("officer", model, "write", [override], {"level": "low"}), REFUSED)
        self.assertEqual(self._call("officer", model, "unlink", [override]), REFUSED)

    def test_scores(self):
        profile = self._dossier(self.free)
        for role in ("officer", "manager"):
            for values in ({"risk_score": 0}, {"risk_hits": {}}, {"risk_reasons": []}, {"risk_level": "low"}):
                answer = self._call(role, "compliance.profile", "write", profile.ids, values)
                self.assertEqual(answer, ACCESS, (role, values))
            answer = self._call(role, "compliance.risk.snapshot", "create", [{"profile_id": profile.id}])
            self.assertEqual(answer, ACCESS, role)
        for method in ("_score", "_score_statement", "_write_lines"):
            self.assertEqual(self._call("manager", "compliance.profile", method, []), ACCESS, method)
