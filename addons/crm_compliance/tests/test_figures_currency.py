# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import tagged

from .common import ComplianceCommon


@tagged("post_install", "-at_install")
class TestFiguresCurrency(ComplianceCommon):
    """Amounts in another currency are taken as booked; a rate that changes before the payment changes nothing.

    Two foreign currencies: a weakening one, 2 and then 4 to the company's, and one that strengthens from 4 to 2.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.weak = cls._currency("WEK", 2.0, 4.0)
        cls.strong = cls._currency("STG", 4.0, 2.0)

    @classmethod
    def _currency(cls, name, before, after):
        """A currency with one rate from 2024 on and another from June."""
        currency = cls.env["res.currency"].create({"name": name, "symbol": name, "rounding": 0.01})
        for day, rate in (("2024-01-01", before), ("2024-06-01", after)):
            cls.env["res.currency.rate"].create(
                {"name": day, "rate": rate, "currency_id": currency.id, "company_id": cls.company.id}
            )
        return currency

    def setUp(self):
        super().setUp()
        self.customer = self._customer()

    def _may_invoice(self, currency, amount=100):
        return self._invoice(self.customer, amount, "2024-05-01", due="2024-05-31", currency_id=currency.id)

    def _assert_paid_on_15_june(self, revenue):
        self._assert_figures(self.customer, "2024-06-14", open_amount=revenue, overdue_amount=revenue, paid_count=0)
        self._assert_figures(
            self.customer,
            "2024-06-30",
            invoice_count=1,
            revenue_total=revenue,
            open_amount=0,
            overdue_amount=0,
            paid_count=1,
            avg_days_to_pay=45,
            days_beyond_terms=15,
        )

    def test_weaker_when_paid(self):
        """100 at 2 are 50; paid with 100 at 4, worth 25. The other 25 are an exchange loss."""
        invoice = self._may_invoice(self.weak)
        self._pay(invoice, "2024-06-15")
        self.assertEqual(invoice.payment_state, "paid")
        self._assert_paid_on_15_june(50)

    def test_stronger_when_paid(self):
        """100 at 4 are 25; paid with 100 at 2, worth 50. The other 25 are an exchange gain."""
        invoice = self._may_invoice(self.strong)
        self._pay(invoice, "2024-06-15")
        self.assertEqual(invoice.payment_state, "paid")
        self._assert_paid_on_15_june(25)

    def test_part_payment(self):
        invoice = self._may_invoice(self.weak)
        self._pay(invoice, "2024-06-15", amount=40)
        # 60 of 100 are open: 30 of 50.
        self._assert_figures(self.customer, "2024-06-30", open_amount=30, overdue_amount=30, paid_count=0)
        self.assertAlmostEqual(invoice.amount_residual_signed, 30)

    def test_part_payments_are_weighted_at_the_rate_of_the_invoice(self):
        invoice = self._may_invoice(self.weak)
        self._pay(invoice, "2024-05-21", amount=50)
        self._pay(invoice, "2024-06-10")
        # Half was paid 10 days early and half 10 days late.
        self._assert_figures(self.customer, "2024-06-30", paid_count=1, days_beyond_terms=0, avg_days_to_pay=40)

    def test_credit_note(self):
        invoice = self._may_invoice(self.weak)
        self._credit(self.customer, 20, "2024-05-10", invoice, currency_id=self.weak.id)
        # (100 - 20) / 2
        self._assert_figures(self.customer, "2024-06-30", revenue_total=40, open_amount=40)

    def test_credit_note_at_another_rate(self):
        invoice = self._may_invoice(self.weak)
        self._credit(self.customer, 20, "2024-06-10", invoice, currency_id=self.weak.id)
        # Revenue as booked: 100 / 2 - 20 / 4. 80 of 100 are still open: 40 of 50.
        self._assert_figures(self.customer, "2024-06-30", revenue_total=45, open_amount=40, paid_count=0)

    def test_exchange_difference_of_a_credit_note_is_no_payment(self):
        invoice = self._may_invoice(self.weak)
        self._credit(self.customer, 100, "2024-06-10", invoice, currency_id=self.weak.id)
        self._assert_figures(
            self.customer, "2024-06-30", open_amount=0, paid_count=0, days_beyond_terms=0, late_ratio=0
        )

    def test_company_currency_invoice_paid_in_another(self):
        invoice = self._invoice(self.customer, 100, "2024-05-01", due="2024-05-31")
        self._pay(invoice, "2024-06-15", amount=400, currency_id=self.weak.id)
        self._assert_paid_on_15_june(100)

    def test_totals_of_several_currencies(self):
        self._may_invoice(self.weak)
        self._may_invoice(self.strong)
        self._invoice(self.customer, 10, "2024-05-01")
        # 100 / 2 + 100 / 4 + 10
        self._assert_figures(self.customer, "2024-06-30", revenue_total=85, open_amount=85, dso=365)
