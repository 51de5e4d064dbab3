# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import tagged

from .common import CriteriaCommon


@tagged("post_install", "-at_install")
class TestDocuments(CriteriaCommon):
    """Leads and invoices show how their customer stands, to whom may know."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.criterion = cls.env["compliance.criterion"].create({"code": "X", "name": "X"})
        cls.contact = cls.env["res.partner"].create({"name": "Contact", "parent_id": cls.customer.id})
        cls.customer.user_id = cls.user["sales"]
        cls.invoice = cls._invoice(cls.contact, 250, cls._days_ago(40), due=cls._days_ago(10))
        cls.lead = cls.env["crm.lead"].create(
            {
                "name": "Lead",
                "partner_id": cls.contact.id,
                "company_id": cls.company.id,
                "user_id": cls.user["sales"].id,
            }
        )
        cls._work_off_queue()

    def _alerts(self, role, move=None):
        self.env.invalidate_all()
        alerts = (move or self.invoice).with_user(self.user[role])._get_alerts()
        return {name: alert for name, alert in alerts.items() if name.startswith("crm_compliance_")}

    def test_related_fields(self):
        for document in (self.lead.with_user(self.user["sales"]), self.invoice.with_user(self.user["accountant"])):
            self.assertEqual(document.compliance_profile_id.id, self.dossier.id)
            self.assertEqual((document.compliance_zone, document.compliance_value_tier), ("unknown", "high"))
            self.assertFalse(document.compliance_risk_level)

    def test_related_fields_can_be_searched(self):
        leads = self.env["crm.lead"].with_user(self.user["sales"])
        self.assertIn(self.lead, leads.search([("compliance_zone", "=", "unknown")]))
        self.assertNotIn(self.lead, leads.search([("compliance_zone", "=", "grey")]))
        moves = self.env["account.move"].with_user(self.user["accountant"])
        self.assertIn(self.invoice, moves.search([("compliance_value_tier", "=", "high")]))

    def test_banner_of_overdue_amount(self):
        alerts = self._alerts("accountant")
        self.assertEqual(set(alerts), {"crm_compliance_overdue"})
        alert = alerts["crm_compliance_overdue"]
        self.assertEqual(alert["level"], "warning")
        self.assertIn("250.00", alert["message"])
        self.assertEqual(alert["action"]["res_id"], self.dossier.id)
        self._pay(self.invoice, self.today)
        self._work_off_queue()
        self.assertFalse(self._alerts("accountant"))

    def test_banner_of_zone(self):
        self._answer(self.criterion, "unmet")
        alerts = self._alerts("accountant")
        self.assertEqual(alerts["crm_compliance_zone"]["level"], "warning")
        self.criterion.knockout = True
        self._work_off_queue()
        alerts = self._alerts("accountant")
        self.assertEqual(alerts["crm_compliance_zone"]["level"], "danger")
        self.assertIn("knock-out", alerts["crm_compliance_zone"]["message"])

    def test_no_banner_for_those_who_may_not_know(self):
        # Odoo shows the form of an invoice to accounting only; the portal may read its own.
        self.invoice.message_subscribe(self.user["portal"].partner_id.ids)
        self.user["portal"].partner_id.parent_id = self.customer
        self.assertFalse(self._alerts("portal"))

    def test_no_banner_on_bills(self):
        bill = self._invoice(self.contact, 10, self.today, move_type="in_invoice")
        self.assertFalse(self._alerts("accountant", bill))

    def test_banner_of_lead(self):
        lead = self.lead.with_user(self.user["sales"])
        self.assertIn("250.00", lead.compliance_banner)
        self._pay(self.invoice, self.today)
        self._work_off_queue()
        self.env.invalidate_all()
        self.assertFalse(lead.compliance_banner)
        self._answer(self.criterion, "unmet")
        self.env.invalidate_all()
        self.assertIn("grey zone", lead.compliance_banner)

    def test_documents_without_dossier(self):
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        lead = self.env["crm.lead"].create({"name": "Lead", "partner_id": stranger.id})
        alone = self.env["crm.lead"].create({"name": "Alone"})
        draft = self._invoice(stranger, 10, self.today, post=False)
        self.assertFalse(lead.compliance_banner or alone.compliance_banner)
        self.assertFalse(lead.compliance_zone or alone.compliance_zone or draft.compliance_zone)
        self.assertFalse(self._alerts("accountant", draft))

    def test_actions_show_what_the_figures_count(self):
        self._credit(self.customer, 50, self._days_ago(5))
        self._invoice(self.customer, 1000, self._days_ago(-5))
        self._invoice(self.customer, 0, self._days_ago(5))
        self._paid_invoice(self.customer, 30, self._days_ago(400), self._days_ago(390), self._days_ago(380))
        self._work_off_queue()
        self.env.invalidate_all()
        moves, dossier = self.env["account.move"], self.dossier
        found = {
            name: moves.search(getattr(dossier, f"action_view_{name}")()["domain"])
            for name in ("invoices", "revenue", "open", "overdue")
        }
        self.assertEqual(len(found["invoices"]), dossier.invoice_count)
        self.assertEqual(sum(found["revenue"].mapped("amount_untaxed_signed")), dossier.revenue_12m)
        self.assertEqual(sum(found["open"].mapped("amount_residual_signed")), dossier.open_amount)
        self.assertEqual(sum(found["overdue"].mapped("amount_residual_signed")), dossier.overdue_amount)
        self.assertEqual((dossier.invoice_count, dossier.revenue_12m, dossier.open_amount), (2, 200, 200))
        settlements = self.env["compliance.settlement"].search(dossier.action_view_settlements()["domain"])
        self.assertRecordValues(
            settlements, [{"amount": 30, "days_late": 10, "days_to_pay": 20, "is_late": True, "kind": "payment"}]
        )
