# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .risk_common import RiskCommon


@tagged("post_install", "-at_install")
class TestDossierReport(RiskCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dossier.user_id = cls.user["sales"]
        cls._paid_invoice(cls.customer, 100, cls._days_ago(60), cls._days_ago(40), cls._days_ago(20))
        cls.env["compliance.risk.snapshot"].create(
            {
                "create_date": fields.Datetime.now(),
                "profile_id": cls.dossier.id,
                "risk_score": 42,
                "risk_level": "medium",
            }
        )
        cls.env["compliance.restriction"].with_user(cls.user["manager"]).create(
            {"partner_id": cls.customer.id, "reason": "Kept from the portal", "date_from": cls.today}
        )

    def _render(self, role, **context):
        report = self.env["ir.actions.report"].with_user(self.user[role]).with_context(**context)
        html, _kind = report._render_qweb_html("crm_compliance.report_profile", self.dossier.ids)
        return html.decode()

    def test_officer(self):
        html = self._render("officer")
        for text in (self.customer.name, "Payments that came late", "History of the risk score", "<svg", "42"):
            self.assertIn(text, html)
        self.assertIn("Kept from the portal", html)

    def test_sales(self):
        """No history and no reasons of the risk on the salesperson's copy."""
        html = self._render("sales")
        self.assertIn(self.customer.name, html)
        self.assertNotIn("History of the risk score", html)

    def test_accountant(self):
        html = self._render("accountant")
        self.assertIn("Payments that came late", html)
        self.assertNotIn("History of the risk score", html)

    def test_stranger(self):
        self.dossier.user_id = False
        with self.assertRaises(AccessError):
            self._render("sales")
        with self.assertRaises(AccessError):
            self._render("employee")

    def test_chart(self):
        """The one payment was late: a full bar in its month, nothing elsewhere."""
        bars = self.dossier.with_user(self.user["accountant"])._get_payment_chart()
        self.assertEqual(len(bars), 12)
        self.assertEqual([bar["text"] for bar in bars if bar["text"] != "–"], ["1/1"])
        self.assertEqual(sum(bar["height"] for bar in bars), 120)
        self.assertFalse(self.dossier.with_user(self.user["employee"])._get_payment_chart())

    def test_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        html = self._render("officer", lang="de_DE")
        self.assertIn(self.customer.name, html)
