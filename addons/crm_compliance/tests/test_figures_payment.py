# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.fields import Command
from odoo.tests import tagged

from .common import ComplianceCommon


@tagged("post_install", "-at_install")
class TestFiguresPayment(ComplianceCommon):
    """What is owed and how it was paid. Invoices here are dated 1 May 2024 and due on the 31st unless said."""

    def setUp(self):
        super().setUp()
        self.customer = self._customer()

    def _may_invoice(self, amount, **vals):
        return self._invoice(self.customer, amount, "2024-05-01", due="2024-05-31", **vals)

    def test_due_day_is_not_overdue(self):
        self._may_invoice(100)
        self._assert_figures(
            self.customer, "2024-05-31", open_amount=100, overdue_amount=0, max_days_overdue=0, oldest_due_date=None
        )
        self._assert_figures(
            self.customer,
            "2024-06-01",
            open_amount=100,
            overdue_amount=100,
            max_days_overdue=1,
            oldest_due_date="2024-05-31",
        )

    def test_oldest_overdue(self):
        self._invoice(self.customer, 100, "2024-04-01", due="2024-04-20")
        self._may_invoice(10)
        settled = self._invoice(self.customer, 1, "2024-03-01")
        self._pay(settled, "2024-06-01")
        # Days since 20 April: 10 + 31 + 30; the still older one is settled.
        self._assert_figures(
            self.customer, "2024-06-30", overdue_amount=110, oldest_due_date="2024-04-20", max_days_overdue=71
        )

    def test_paid_late(self):
        self._pay(self._may_invoice(100), "2024-06-10")
        self._assert_figures(
            self.customer,
            "2024-06-30",
            paid_count=1,
            avg_days_to_pay=40,
            days_beyond_terms=10,
            late_ratio=1,
            late_ratio_recent=1,
            open_amount=0,
            overdue_amount=0,
        )

    def test_paid_early(self):
        self._pay(self._may_invoice(100), "2024-05-11")
        self._assert_figures(
            self.customer, "2024-06-30", paid_count=1, avg_days_to_pay=10, days_beyond_terms=-20, late_ratio=0
        )

    def test_paid_on_the_due_day_is_in_time(self):
        self._pay(self._may_invoice(100), "2024-05-31")
        self._assert_figures(self.customer, "2024-06-30", paid_count=1, days_beyond_terms=0, late_ratio=0)

    def test_past_days_know_nothing_of_later_payments(self):
        invoice = self._may_invoice(100)
        self._pay(invoice, "2024-05-21", amount=30)
        self._pay(invoice, "2024-06-10")
        self._assert_figures(self.customer, "2024-05-20", open_amount=100, paid_count=0, days_beyond_terms=0)
        self._assert_figures(self.customer, "2024-05-21", open_amount=70, paid_count=0, days_beyond_terms=-10)
        self._assert_figures(self.customer, "2024-06-09", open_amount=70, overdue_amount=70, paid_count=0)
        # (30 x -10 + 70 x 10) / 100 = 4
        self._assert_figures(
            self.customer, "2024-06-10", open_amount=0, paid_count=1, days_beyond_terms=4, avg_days_to_pay=40
        )

    def test_future_dated_payment(self):
        """A payment booked today with tomorrow's date is made tomorrow."""
        invoice = self._invoice(self.customer, 100, self._days_ago(10))
        self._pay(invoice, self._days_ago(-1))
        self._assert_figures(self.customer, self.today, open_amount=100, overdue_amount=100, paid_count=0)
        self._assert_figures(self.customer, self._days_ago(-1), open_amount=0, paid_count=1, days_beyond_terms=11)

    def test_part_payments_are_weighted_by_amount(self):
        self._pay(self._may_invoice(900), "2024-05-31")
        self._pay(self._may_invoice(100), "2024-06-20")
        # Days beyond terms (900 x 0 + 100 x 20) / 1000 = 2; days to pay (30 + 50) / 2 = 40.
        self._assert_figures(self.customer, "2024-06-30", days_beyond_terms=2, avg_days_to_pay=40, late_ratio=0.5)

    def test_credit_note_is_no_payment(self):
        invoice = self._may_invoice(100)
        self._pay(invoice, "2024-05-31", amount=60)
        self._credit(self.customer, 40, "2024-06-25", invoice)
        # Settled on 25 June, but what was paid was paid in time, and the payment day is that of the payment.
        self._assert_figures(
            self.customer, "2024-06-30", paid_count=1, late_ratio=0, days_beyond_terms=0, avg_days_to_pay=30
        )
        self._assert_figures(self.customer, "2024-06-24", paid_count=0, open_amount=40)

    def test_overpayment(self):
        invoice = self._may_invoice(100)
        self._pay(invoice, "2024-06-10", amount=130)
        # The 30 too much settle nothing: nothing is open, and they have no weight in the payment habit.
        self._assert_figures(
            self.customer, "2024-06-30", open_amount=0, overdue_amount=0, paid_count=1, days_beyond_terms=10
        )

    def test_prepayment_counts_on_the_day_of_the_invoice(self):
        first = self._may_invoice(100)
        payment = self._pay(first, "2024-05-20", amount=130)
        second = self._invoice(self.customer, 30, "2024-06-01", due="2024-06-30")
        rest = payment.move_id.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        (rest | self._receivable_lines(second)).reconcile()
        # First: 19 days to pay, -11 beyond terms; second, paid before it was written: 0 and -29.
        # Beyond terms (100 x -11 + 30 x -29) / 130 = -15.15
        self._assert_figures(
            self.customer, "2024-06-30", paid_count=2, avg_days_to_pay=9.5, days_beyond_terms=-15.15, open_amount=0
        )

    def test_write_off(self):
        invoice = self._may_invoice(100)
        self._pay(invoice, "2024-06-10", amount=60)
        line = self._receivable_lines(invoice)
        write_off = self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": "2024-06-20",
                "line_ids": [
                    Command.create(
                        {"account_id": line.account_id.id, "partner_id": self.customer.id, "credit": 40, "debit": 0}
                    ),
                    Command.create({"account_id": self.company_data["default_account_expense"].id, "debit": 40}),
                ],
            }
        )
        write_off.action_post()
        (line | write_off.line_ids.filtered(lambda other: other.account_id == line.account_id)).reconcile()
        # (60 x 10 + 40 x 20) / 100 = 14; settled on 20 June, 50 days after the invoice.
        self._assert_figures(
            self.customer, "2024-06-30", open_amount=0, paid_count=1, days_beyond_terms=14, avg_days_to_pay=50
        )

    def test_payment_with_difference_written_off(self):
        account = self.company_data["default_account_expense"]
        self._pay(
            self._may_invoice(100),
            "2024-06-10",
            amount=97,
            payment_difference_handling="reconcile",
            writeoff_account_id=account.id,
        )
        self._assert_figures(self.customer, "2024-06-30", open_amount=0, paid_count=1, days_beyond_terms=10)

    def test_unreconciled_payment_is_undone(self):
        invoice = self._may_invoice(100)
        self._pay(invoice, "2024-06-10")
        invoice.line_ids.remove_move_reconcile()
        self._assert_figures(
            self.customer, "2024-06-30", open_amount=100, overdue_amount=100, paid_count=0, days_beyond_terms=0
        )

    def test_instalments(self):
        terms = self.env["account.payment.term"].create(
            {
                "name": "30 % at once, 70 % after 30 days",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 30, "nb_days": 0}),
                    Command.create({"value": "percent", "value_amount": 70, "nb_days": 30}),
                ],
            }
        )
        invoice = self._invoice(self.customer, 1000, "2024-05-01", invoice_payment_term_id=terms.id)
        # 300 due on 1 May, 700 on 31 May
        self._assert_figures(self.customer, "2024-05-31", open_amount=1000, overdue_amount=300, max_days_overdue=30)
        self._assert_figures(self.customer, "2024-06-01", open_amount=1000, overdue_amount=1000, max_days_overdue=31)
        self._pay(invoice, "2024-05-11", amount=300)
        self._pay(invoice, "2024-05-21", amount=700)
        # (300 x 10 + 700 x -10) / 1000 = -4; one instalment was late, so the invoice is.
        self._assert_figures(self.customer, "2024-05-11", open_amount=700, paid_count=0, overdue_amount=0)
        self._assert_figures(
            self.customer,
            "2024-06-30",
            paid_count=1,
            days_beyond_terms=-4,
            late_ratio=1,
            avg_days_to_pay=20,
            open_amount=0,
        )

    def test_recent_payments(self):
        # Paid on 2 January (late) and on 3 January (in time): 180 and 179 days before 30 June.
        self._paid_invoice(self.customer, 10, "2023-12-01", "2023-12-31", "2024-01-02")
        self._paid_invoice(self.customer, 10, "2023-12-05", "2024-01-05", "2024-01-03")
        self._assert_figures(self.customer, "2024-06-30", late_ratio=0.5, late_ratio_recent=0)
        self._assert_figures(self.customer, "2024-06-29", late_ratio=0.5, late_ratio_recent=0.5)
        self.company.compliance_recent_days = 10
        self._assert_figures(self.customer, "2024-06-29", late_ratio=0.5, late_ratio_recent=0)

    def test_trend(self):
        # Payment days 0, 30 and 60 after 1 March, late by 0, 0 and 30 days. Means 30 and 10;
        # slope (-30 x -10 + 0 x -10 + 30 x 20) / (900 + 0 + 900) = 0.5 a day = 15 in 30 days.
        self._paid_invoice(self.customer, 10, "2024-02-01", "2024-03-01", "2024-03-01")
        self._paid_invoice(self.customer, 10, "2024-03-01", "2024-03-31", "2024-03-31")
        self._assert_figures(self.customer, "2024-06-30", late_trend=0)
        self._paid_invoice(self.customer, 10, "2024-03-15", "2024-03-31", "2024-04-30")
        self._assert_figures(self.customer, "2024-06-30", late_trend=15)
        # A year later the first payment is out of sight, and two make no trend.
        self._assert_figures(self.customer, "2025-03-01", late_trend=0)

    def test_dso(self):
        self._pay(self._invoice(self.customer, 900, "2024-02-01"), "2024-02-01")
        self._invoice(self.customer, 200, "2024-05-01", due="2024-05-31")
        self._invoice(self.customer, 100, "2024-06-20", due="2024-07-20")
        # Sales 1200; open 300, of which 100 not due: 300 / 1200 x 365, 100 / 1200 x 365 and the difference.
        self._assert_figures(self.customer, "2024-06-30", dso=91.25, best_possible_dso=30.42, avg_days_delinquent=60.83)
        # Within 90 days only 300 were sold: everything sold is open.
        self.company.compliance_dso_days = 90
        self._assert_figures(self.customer, "2024-06-30", dso=90, best_possible_dso=30, avg_days_delinquent=60)

    def test_dso_deducts_credit_notes(self):
        invoice = self._may_invoice(1000)
        self._credit(self.customer, 200, "2024-05-02", invoice)
        self._pay(invoice, "2024-05-31", amount=400)
        # Open 1000 - 200 - 400 of sales 1000 - 200: 400 / 800 x 365
        self._assert_figures(self.customer, "2024-06-30", dso=182.5, avg_days_delinquent=182.5, best_possible_dso=0)

    def test_dso_without_sales(self):
        self._invoice(self.customer, 100, "2022-05-01")
        self._assert_figures(self.customer, "2024-06-30", open_amount=100, dso=0, avg_days_delinquent=0)

    def test_credit_limit(self):
        self._may_invoice(300)
        self._assert_figures(self.customer, "2024-06-30", credit_limit_used=0)
        self.env["ir.default"].set("res.partner", "credit_limit", 1200, company_id=self.company.id)
        self._assert_figures(self.customer, "2024-06-30", credit_limit_used=0.25)
        self.customer.credit_limit = 200
        self._assert_figures(self.customer, "2024-06-30", credit_limit_used=1.5)
        # No limit of one's own is not the same as the company's default.
        self.customer.credit_limit = 0
        self._assert_figures(self.customer, "2024-06-30", credit_limit_used=0)
