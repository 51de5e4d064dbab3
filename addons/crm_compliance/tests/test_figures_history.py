# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import tagged

from .common import ComplianceCommon


@tagged("post_install", "-at_install")
class TestFiguresHistory(ComplianceCommon):
    """Purchases and revenue: what counts, for whom, and when."""

    def setUp(self):
        super().setUp()
        self.customer = self._customer()

    def test_without_invoices(self):
        self._assert_figures(
            self.customer,
            "2024-06-30",
            invoice_count=0,
            purchases_12m=0,
            revenue_12m=0,
            revenue_total=0,
            first_invoice_date=None,
            last_invoice_date=None,
            purchase_interval_days=0,
            open_amount=0,
            overdue_amount=0,
            max_days_overdue=0,
            oldest_due_date=None,
            credit_limit_used=0,
            paid_count=0,
            avg_days_to_pay=0,
            days_beyond_terms=0,
            late_ratio=0,
            late_ratio_recent=0,
            late_trend=0,
            dso=0,
            best_possible_dso=0,
            avg_days_delinquent=0,
            purchase_behaviour="none",
            lifecycle="prospect",
            value_tier="none",
            rfm_recency=0,
            rfm_frequency=0,
            rfm_monetary=0,
        )

    def test_revenue_is_untaxed_receivable_taxed(self):
        tax = self.tax_sale_a.copy({"name": "20 %", "amount": 20.0})
        self._invoice(self.customer, 1000, "2024-06-01", due="2024-06-20", taxes=tax.ids)
        # Revenue 1000; owed with 20 % tax: 1200; sales of the DSO include tax, too: 1200 / 1200 * 365.
        self._assert_figures(
            self.customer,
            "2024-06-30",
            revenue_total=1000,
            revenue_12m=1000,
            open_amount=1200,
            overdue_amount=1200,
            dso=365,
        )

    def test_drafts_and_cancelled_do_not_count(self):
        self._invoice(self.customer, 100, "2024-06-01", post=False)
        cancelled = self._invoice(self.customer, 100, "2024-06-01")
        cancelled.button_draft()
        cancelled.button_cancel()
        self._assert_figures(self.customer, "2024-06-30", invoice_count=0, revenue_total=0, open_amount=0)

    def test_reset_and_reposted(self):
        invoice = self._invoice(self.customer, 100, "2024-06-01")
        invoice.button_draft()
        self._assert_figures(self.customer, "2024-06-30", invoice_count=0, open_amount=0)
        invoice.invoice_line_ids.price_unit = 150
        invoice.action_post()
        self._assert_figures(self.customer, "2024-06-30", invoice_count=1, revenue_total=150, open_amount=150)

    def test_receipt_counts_like_an_invoice(self):
        self._invoice(self.customer, 80, "2024-06-01", due="2024-06-11", move_type="out_receipt")
        self._assert_figures(
            self.customer, "2024-06-30", invoice_count=1, revenue_12m=80, open_amount=80, max_days_overdue=19
        )

    def test_vendor_bills_do_not_count(self):
        self._invoice(self.customer, 300, "2024-06-01")
        self._invoice(self.customer, 70, "2024-06-02", move_type="in_invoice")
        self._invoice(self.customer, 20, "2024-06-03", move_type="in_refund")
        self._assert_figures(self.customer, "2024-06-30", invoice_count=1, revenue_total=300, open_amount=300)

    def test_zero_amount_is_no_purchase(self):
        self._invoice(self.customer, 0, "2024-06-01")
        self._assert_figures(
            self.customer,
            "2024-06-30",
            invoice_count=0,
            paid_count=0,
            last_invoice_date=None,
            purchase_behaviour="none",
            lifecycle="prospect",
        )

    def test_future_invoice_does_not_exist_yet(self):
        self._invoice(self.customer, 100, "2024-06-30")
        self._invoice(self.customer, 900, "2024-07-01")
        self._assert_figures(self.customer, "2024-06-30", invoice_count=1, revenue_total=100, open_amount=100)
        self._assert_figures(self.customer, "2024-07-01", invoice_count=2, revenue_total=1000, open_amount=1000)

    def test_twelve_months_begin_after_the_same_day_a_year_ago(self):
        self._invoice(self.customer, 100, "2023-06-30")
        self._invoice(self.customer, 10, "2023-07-01")
        self._invoice(self.customer, 1, "2024-06-30")
        self._assert_figures(
            self.customer, "2024-06-30", invoice_count=3, revenue_total=111, purchases_12m=2, revenue_12m=11
        )

    def test_purchase_interval(self):
        # Days 0, 10, 10 and 40: (40 - 0) / (3 different days - 1) = 20.
        for day in ("2024-03-01", "2024-03-11", "2024-03-11", "2024-04-10"):
            self._invoice(self.customer, 10, day)
        self._assert_figures(
            self.customer,
            "2024-06-30",
            invoice_count=4,
            first_invoice_date="2024-03-01",
            last_invoice_date="2024-04-10",
            purchase_interval_days=20,
        )
        self._assert_figures(self.customer, "2024-03-11", invoice_count=3, purchase_interval_days=10)
        self._assert_figures(self.customer, "2024-03-10", invoice_count=1, purchase_interval_days=0)

    def test_partial_refund(self):
        invoice = self._invoice(self.customer, 1000, "2024-05-01", due="2024-05-31")
        self._credit(self.customer, 300, "2024-05-10", invoice)
        # 1000 - 300 on either side; the credit note is no purchase and no payment.
        self._assert_figures(
            self.customer,
            "2024-06-30",
            invoice_count=1,
            revenue_total=700,
            open_amount=700,
            overdue_amount=700,
            max_days_overdue=30,
            paid_count=0,
            last_invoice_date="2024-05-01",
        )

    def test_unallocated_credit_note(self):
        self._invoice(self.customer, 1000, "2024-05-01", due="2024-05-31")
        self._credit(self.customer, 300, "2024-05-10")
        # Open 1000 - 300, but the invoice itself is overdue in full.
        self._assert_figures(self.customer, "2024-06-30", revenue_total=700, open_amount=700, overdue_amount=1000)

    def test_full_refund_by_reversal(self):
        invoice = self._invoice(self.customer, 500, "2024-05-01", due="2024-05-31")
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id, "date": "2024-06-05"})
        )
        # "Reverse and create invoice" posts the credit note and settles the invoice with it.
        wizard.modify_moves()
        self.assertEqual(invoice.payment_state, "reversed")
        self._assert_figures(self.customer, "2024-06-04", revenue_total=500, open_amount=500, overdue_amount=500)
        # Settled, but not paid: reversing says nothing about how the customer pays.
        self._assert_figures(
            self.customer, "2024-06-05", invoice_count=1, revenue_total=0, open_amount=0, overdue_amount=0, paid_count=0
        )

    def test_refund_paid_out(self):
        credit = self._credit(self.customer, 200, "2024-05-10")
        self._assert_figures(self.customer, "2024-06-30", invoice_count=0, revenue_total=-200, open_amount=-200)
        self._pay(credit, "2024-06-10")
        self._assert_figures(self.customer, "2024-06-09", open_amount=-200)
        self._assert_figures(self.customer, "2024-06-10", open_amount=0, paid_count=0, days_beyond_terms=0)

    def test_contacts_count_on_the_company(self):
        contact = self.env["res.partner"].create({"name": "Contact", "parent_id": self.customer.id})
        self._invoice(contact, 100, "2024-05-01")
        self._invoice(self.customer, 10, "2024-06-01")
        self._assert_figures(self.customer, "2024-06-30", invoice_count=2, revenue_total=110, open_amount=110)
        self.assertFalse(self._dossier(contact))

    def test_attached_customer_takes_its_history_along(self):
        person = self._customer("Person", is_company=False)
        self._paid_invoice(person, 100, "2024-05-01", "2024-05-31", "2024-06-10")
        person.parent_id = self.customer
        self._assert_figures(self.customer, "2024-06-30", invoice_count=1, revenue_total=100, days_beyond_terms=10)

    def test_invoice_moved_to_another_customer(self):
        other = self._customer("Other")
        invoice = self._invoice(self.customer, 100, "2024-05-01")
        invoice.button_draft()
        invoice.partner_id = other
        invoice.action_post()
        self._assert_figures(self.customer, "2024-06-30", invoice_count=0, open_amount=0, revenue_total=0)
        self._assert_figures(other, "2024-06-30", invoice_count=1, open_amount=100, revenue_total=100)

    def test_two_companies(self):
        second = self.setup_other_company(name="Second Company")["company"]
        dossier = self._open_dossier(self.customer, second)
        self._invoice(self.customer, 100, "2024-05-01")
        invoice = self._invoice(self.customer, 40, "2024-05-02", company=second)
        self._invoice(self.customer, 2, "2024-05-03", company=second)
        self._pay(invoice, "2024-05-12")
        self._assert_figures(self.customer, "2024-06-30", invoice_count=1, revenue_total=100, open_amount=100)
        self._assert_figures(
            self.customer, "2024-06-30", second, invoice_count=2, revenue_total=42, open_amount=2, avg_days_to_pay=10
        )
        self.profiles._refresh()
        self.assertRecordValues(dossier, [{"invoice_count": 2, "revenue_total": 42, "open_amount": 2}])
        self.assertRecordValues(
            self._dossier(self.customer), [{"invoice_count": 1, "revenue_total": 100, "open_amount": 100}]
        )
