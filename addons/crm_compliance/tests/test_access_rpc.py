# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import tagged

from .common import ComplianceCommon, RpcCase


@tagged("post_install", "-at_install")
class TestAccessRpc(RpcCase, ComplianceCommon):
    """The same refusals over the route the web client uses."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._customer()
        cls._invoice(cls.customer, 50, cls._days_ago(20), due=cls._days_ago(5))
        cls._work_off_queue()
        cls.dossier = cls._dossier(cls.customer)

    def test_figures(self):
        for role in ("officer", "manager"):
            for vals in ({"open_amount": 0}, {"zone": "standard"}, {"note": "X", "risk_level": "low"}):
                answer = self._call(role, "compliance.profile", "write", self.dossier.ids, vals)
                self.assertEqual(answer, "odoo.exceptions.AccessError", (role, vals))
            answer = self._call(role, "compliance.profile", "web_save", self.dossier.ids, {"open_amount": 0}, {})
            self.assertEqual(answer, "odoo.exceptions.AccessError")
        self.assertEqual(self.dossier.open_amount, 50)
        self.assertFalse(self.dossier.note)

    def test_decision(self):
        """Decisions are those of approved reviews, see test_review_four_eyes."""
        for role in ("sales", "officer", "manager", "auditor", "accountant", "employee", "portal"):
            for vals in ({"admission_state": "exited"}, {"admission_state": "approved"}):
                answer = self._call(role, "compliance.profile", "write", self.dossier.ids, vals)
                self.assertEqual(answer, "odoo.exceptions.AccessError", (role, vals))
        for role in ("sales", "auditor", "accountant", "employee", "portal"):
            answer = self._call(role, "compliance.profile", "action_exit", self.dossier.ids)
            self.assertEqual(answer, "odoo.exceptions.AccessError", role)
        self.dossier.invalidate_recordset()
        self.assertEqual(self.dossier.admission_state, "draft")

    def test_reading(self):
        domain = [("id", "=", self.dossier.id)]
        for role in ("officer", "manager", "auditor", "accountant"):
            found = self._call(role, "compliance.profile", "search_read", domain, ["open_amount"])
            self.assertEqual(found, [{"id": self.dossier.id, "open_amount": 50}], role)
        self.assertEqual(self._call("sales", "compliance.profile", "search_read", domain, ["open_amount"]), [])
        for role in ("employee", "portal"):
            for model in ("compliance.profile", "compliance.settlement", "compliance.criterion.check"):
                answer = self._call(role, model, "search_read", [], ["display_name"])
                self.assertEqual(answer, "odoo.exceptions.AccessError", (role, model))

    def test_partner_fields(self):
        for role in ("employee", "portal"):
            own = self.user[role].partner_id.ids
            answer = self._call(role, "res.partner", "read", own, ["compliance_zone"])
            self.assertEqual(answer, "odoo.exceptions.AccessError", role)

    def test_customers_do_not_see_that_we_dispute(self):
        """What we mark their invoices with is ours; the page of the invoice opens all the same."""
        customer = self.user["portal"].partner_id
        invoice = self._invoice(customer, 50, self._days_ago(20))
        invoice.compliance_disputed = True
        answers = (
            self._call("portal", "account.move", "read", invoice.ids, ["compliance_disputed"]),
            self._call("portal", "account.move", "search_count", [("compliance_disputed", "=", True)]),
            self._call("portal", "account.move", "search_read", [], ["name"], order="compliance_disputed"),
        )
        self.assertEqual(set(answers), {"odoo.exceptions.AccessError"})
        self.assertNotIn("compliance_disputed", self._call("portal", "account.move", "fields_get"))
        found = self._call("accountant", "account.move", "read", invoice.ids, ["compliance_disputed"])
        self.assertEqual(found, [{"id": invoice.id, "compliance_disputed": True}])
        self.authenticate(self.user["portal"].login, self.user["portal"].login)
        for page in (f"/my/invoices/{invoice.id}", "/my/invoices"):
            answer = self.url_open(page)
            self.assertEqual(answer.status_code, 200)
            self.assertIn(invoice.name, answer.text)

    def test_internals_are_private(self):
        for model, method, args in (
            ("compliance.profile", "_refresh", []),
            ("compliance.profile", "_open_missing", []),
            ("compliance.profile", "_update_from", [[]]),
            ("compliance.refresh.queue", "_enqueue_all", []),
            ("compliance.criterion.check", "_lay_out", []),
        ):
            self.assertEqual(self._call("manager", model, method, *args), "odoo.exceptions.AccessError", method)
