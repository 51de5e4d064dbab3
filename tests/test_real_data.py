# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Real invoices, loaded by the loader and compared figure by figure with the oracle (oracle.py)."""

import os
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from unittest import SkipTest
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.crm_compliance.tools import history

import oracle

DATA = Path(os.environ.get("CRM_COMPLIANCE_DATA") or Path(__file__).parents[2] / "shared" / "data")

AMOUNTS = ("revenue_total", "revenue_12m", "open_amount", "overdue_amount")
EXACT = (
    "invoice_count",
    "purchases_12m",
    "first_invoice_date",
    "last_invoice_date",
    "oldest_due_date",
    "max_days_overdue",
    "paid_count",
    "value_tier",
    "purchase_behaviour",
    "lifecycle",
    "rfm_recency",
    "rfm_frequency",
    "rfm_monetary",
)
# Kept with two and with four decimals.
DAYS = (
    "purchase_interval_days",
    "avg_days_to_pay",
    "days_beyond_terms",
    "late_trend",
    "dso",
    "best_possible_dso",
    "avg_days_delinquent",
)
SHARES = ("late_ratio", "late_ratio_recent", "late_probability")


def is_same(figure, value, expected):
    """Tell whether a figure is what the oracle says, to the cent, the day and the last decimal kept."""
    if figure in AMOUNTS:
        return round(Decimal(str(value)), 2) == expected
    if figure in DAYS or figure in SHARES:
        last_decimal = 0.01 if figure in DAYS else 0.0001
        return abs(float(value) - float(expected)) <= last_decimal / 2 + 1e-9
    return (value or None) == (expected or None)


class HistoryCase(AccountTestInvoicingCommon):
    """Loads files into a company of its own, next to which the database may hold anything."""

    @classmethod
    def load(cls, lines, company=None, **options):
        return history.HistoryLoader(cls.env, company or cls.company).load(lines, **options)

    @classmethod
    def find_invoices(cls, company=None):
        return cls.env["account.move"].search(
            [("move_type", "=", "out_invoice"), ("company_id", "=", (company or cls.company).id)]
        )

    def get_figures(self, as_of=None):
        """Return {customer number: row} of the company's dossiers as of a day."""
        profiles = self.env["compliance.profile"].sudo()
        rows = self.env.execute_query_dict(profiles._figures_query(as_of=as_of))
        refs = {partner.id: partner.ref for partner in self.find_invoices().partner_id}
        return {refs[row["partner_id"]]: row for row in rows if row["company_id"] == self.company.id}

    def assert_figures(self, figures, expected):
        self.assertEqual(figures.keys(), expected.keys())
        self.assertFalse(
            [
                f"{customer} {figure}: {figures[customer][figure]} instead of {value}"
                for customer, oracles in expected.items()
                for figure, value in oracles.items()
                if not is_same(figure, figures[customer][figure], value)
            ]
        )


class RealDataCase(HistoryCase):
    """Loads one of the real files and compares its customers."""

    file = None

    @classmethod
    def setUpClass(cls):
        cls.path = DATA / cls.file
        if not cls.path.exists():
            raise SkipTest(f"The real invoices are absent: {cls.path} (CRM_COMPLIANCE_DATA names another folder).")
        super().setUpClass()
        cls.lines = cls.read_lines()
        cls.result = cls.load(cls.lines)
        cls.env["compliance.profile"]._open_missing()

    @classmethod
    def read_lines(cls):
        return cls.path.read_text(encoding="utf-8").splitlines()


@tagged("post_install", "-at_install")
class TestLedger(RealDataCase):
    """ar_invoices.csv, whole: paid invoices on terms."""

    file = "ar_invoices.csv"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoices = oracle.read_ledger(cls.path)
        cls.last_day = max(invoice.settled for invoice in cls.invoices)

    def test_oracle(self):
        """The oracle agrees with what the file itself says about days."""
        rows = [dict(zip(self.lines[0].split(","), line.split(","), strict=True)) for line in self.lines[1:]]
        expected = oracle.all_figures(self.invoices, self.last_day)
        for customer, figures in expected.items():
            mine = [row for row in rows if row["customerID"] == customer]
            days = sum(int(row["DaysToSettle"]) for row in mine) / len(mine)
            late = sum(int(row["DaysLate"]) > 0 for row in mine) / len(mine)
            self.assertAlmostEqual(float(figures["avg_days_to_pay"]), days)
            self.assertAlmostEqual(float(figures["late_ratio"]), late)

    def test_load(self):
        """Every row became a posted invoice that is settled, on the settled date, by one payment."""
        self.assertEqual(
            (self.result.created, self.result.paid, self.result.skipped, self.result.bad),
            (len(self.invoices), len(self.invoices), 0, []),
        )
        moves = {move.ref: move for move in self.find_invoices()}
        self.assertEqual(len(moves), len(self.invoices))
        for row in self.invoices:
            move = moves[row.number]
            self.assertEqual((move.state, move.payment_state, move.partner_id.ref), ("posted", "paid", row.customer))
            self.assertEqual((move.invoice_date, move.invoice_date_due), (row.day, row.due))
            self.assertEqual(
                (move.amount_total, move.amount_untaxed, move.amount_residual),
                (float(row.amount), float(row.amount), 0),
            )
            self.assertEqual(move.compliance_disputed, row.disputed)
            partial = move.line_ids.matched_credit_ids
            self.assertEqual((len(partial), partial.max_date), (1, max(row.day, row.settled)))
            self.assertEqual(move.reconciled_payment_ids.date, row.settled)

    def test_load_again(self):
        result = self.load(self.lines)
        self.assertEqual((result.created, result.paid, result.skipped), (0, 0, len(self.invoices)))
        self.assertEqual(len(self.find_invoices()), len(self.invoices))

    def test_figures(self):
        """All figures of all customers on several past days."""
        days = [date(2012, 6, 30), date(2012, 12, 31), date(2013, 6, 30), date(2013, 12, 31), self.last_day]
        for as_of in days:
            with self.subTest(as_of=as_of):
                self.assert_figures(self.get_figures(as_of), oracle.all_figures(self.invoices, as_of))

    def test_figures_of_some(self):
        """Asked for some customers only, their figures are the same."""
        as_of = date(2013, 6, 30)
        partners = self.find_invoices().partner_id[:5]
        profiles = self.env["compliance.profile"].sudo()
        rows = self.env.execute_query_dict(profiles._figures_query(partners, as_of=as_of))
        expected = oracle.all_figures(self.invoices, as_of)
        figures = {partner.ref: row for row in rows for partner in partners if partner.id == row["partner_id"]}
        self.assert_figures(figures, {partner.ref: expected[partner.ref] for partner in partners})

    def test_dossiers(self):
        """The refresh writes today's figures into the dossiers."""
        self.env["compliance.profile"]._refresh()
        expected = oracle.all_figures(self.invoices, fields.Date.context_today(self.env.user))
        profiles = self.env["compliance.profile"].sudo().search([("company_id", "=", self.company.id)])
        self.assert_figures({profile.partner_id.ref: profile for profile in profiles}, expected)


@tagged("post_install", "-at_install")
class TestRetail(RealDataCase):
    """The first customers of online_retail.csv: many purchases, nothing paid."""

    file = "online_retail.csv"
    customers = 120

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoices = [row for row in oracle.read_retail(cls.path) if row.customer in cls.wanted]

    @classmethod
    def read_lines(cls):
        header, *lines = super().read_lines()
        customers = dict.fromkeys(line.split(",")[2] for line in lines)
        cls.wanted = set(list(customers)[: cls.customers])
        return [header, *(line for line in lines if line.split(",")[2] in cls.wanted)]

    def test_load(self):
        self.assertEqual((self.result.created, self.result.paid, self.result.bad), (len(self.invoices), 0, []))
        moves = self.find_invoices()
        self.assertEqual(sum(moves.mapped("amount_residual")), sum(moves.mapped("amount_total")))
        self.assertEqual(
            {(move.ref, move.partner_id.ref, move.invoice_date_due, round(move.amount_total, 2)) for move in moves},
            {(row.number, row.customer, row.due, float(row.amount)) for row in self.invoices},
        )

    def test_figures(self):
        """All figures of all customers on several past days."""
        last_day = max(row.day for row in self.invoices)
        for as_of in (date(2010, 12, 31), date(2011, 3, 31), date(2011, 6, 30), date(2011, 9, 30), last_day):
            with self.subTest(as_of=as_of):
                self.assert_figures(self.get_figures(as_of), oracle.all_figures(self.invoices, as_of))


LEDGER = "customerID,invoiceNumber,InvoiceDate,DueDate,InvoiceAmount,Disputed,SettledDate"


@tagged("post_install", "-at_install")
class TestLoader(HistoryCase):
    """The loader's own behaviour, on made-up rows."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_company = cls.setup_other_company()["company"]

    def make_invoices(self, count):
        """Return paid, part-paid and open invoices of three customers."""
        start = date(2024, 1, 1)
        invoices = []
        for index in range(count):
            day = start + timedelta(days=3 * index)
            settled = day + timedelta(days=20 + index) if index % 4 else None
            amount = Decimal(10 + index) + Decimal("0.50")
            invoices.append(
                oracle.Invoice(
                    customer=f"C{index % 3}",
                    number=f"N{index}",
                    day=day,
                    due=day + timedelta(days=30),
                    amount=amount,
                    disputed=index % 5 == 0,
                    settled=settled,
                    paid=Decimal("5.25") if index % 4 == 1 else amount,
                )
            )
        return invoices

    def make_lines(self, count):
        """Return a file of these invoices."""
        return [
            f"{LEDGER},Paid",
            *(
                f"{row.customer},{row.number},{row.day},{row.due},{row.amount},{'Yes' if row.disputed else 'No'},"
                + (f"{row.settled},{row.paid}" if row.settled else ",")
                for row in self.make_invoices(count)
            ),
        ]

    def snapshot(self, company):
        """Return everything a load leaves behind, as plain values."""
        return sorted(
            (
                move.ref,
                move.partner_id.ref,
                move.name,
                move.state,
                move.payment_state,
                str(move.invoice_date),
                str(move.invoice_date_due),
                move.amount_total,
                move.amount_residual,
                move.compliance_disputed,
                [(str(partial.max_date), partial.amount) for partial in move.line_ids.matched_credit_ids],
                [(payment.state, payment.amount) for payment in move.reconciled_payment_ids],
            )
            for move in self.find_invoices(company)
        )

    def test_interrupted(self):
        """A load that is interrupted and then completed equals a load in one go."""
        lines = self.make_lines(30)

        def interrupt(done, total):
            self.assertEqual(total, 30)
            if done >= 14:
                raise KeyboardInterrupt

        with patch.object(history, "BATCH_SIZE", 7):
            # Not assertRaises, whose savepoint would take back what was loaded.
            with suppress(KeyboardInterrupt):
                self.load(lines, progress=interrupt)
            self.assertEqual(len(self.find_invoices()), 14)
            result = self.load(lines)
        self.assertEqual((result.created, result.skipped), (16, 14))
        result = self.load(lines, self.other_company)
        self.assertEqual((result.created, result.paid, result.skipped, result.bad), (30, 22, 0, []))
        self.assertEqual(self.snapshot(self.company), self.snapshot(self.other_company))

    def test_commit(self):
        """Every batch is committed and reported."""
        calls = []
        with patch.object(history, "BATCH_SIZE", 4):
            self.load(
                self.make_lines(10),
                progress=lambda done, total: calls.append((done, total)),
                commit=lambda: calls.append("commit"),
            )
        self.assertEqual(calls, ["commit", (4, 10), "commit", (8, 10), "commit", (10, 10)])

    def test_missing_payment(self):
        """An invoice that lost its payment is paid by the next load, one that was cancelled is left alone."""
        lines = self.make_lines(4)
        self.load(lines)
        before = self.snapshot(self.company)
        moves = {move.ref: move for move in self.find_invoices()}
        payment = moves["N2"].reconciled_payment_ids
        payment.action_draft()
        payment.unlink()
        self.assertEqual(moves["N2"].payment_state, "not_paid")
        moves["N0"].button_draft()
        moves["N0"].button_cancel()
        result = self.load(lines)
        self.assertEqual((result.created, result.paid, result.skipped), (0, 1, 3))
        self.assertEqual(self.snapshot(self.company)[1:], before[1:])
        self.assertEqual(moves["N0"].state, "cancel")

    def test_part_payment(self):
        result = self.load(
            [
                f"{LEDGER},Paid",
                "C1,N1,2024-01-10,2024-02-10,100.00,No,2024-02-20,40.25",
                "C1,N2,1/10/2024,2/10/2024,9,,,",
            ]
        )
        self.assertEqual((result.created, result.paid, result.bad), (2, 1, []))
        first, second = self.find_invoices().sorted("ref")
        self.assertEqual((first.payment_state, first.amount_residual), ("partial", 59.75))
        self.assertEqual((second.payment_state, second.amount_residual), ("not_paid", 9))
        self.assertEqual(second.invoice_date, date(2024, 1, 10))

    def test_figures(self):
        """Part payments count in all figures on the day they were made."""
        self.load(self.make_lines(60))
        self.env["compliance.profile"]._open_missing()
        for months in range(1, 13):
            as_of = date(2024, 1, 15) + timedelta(days=30 * months)
            with self.subTest(as_of=as_of):
                self.assert_figures(self.get_figures(as_of), oracle.all_figures(self.make_invoices(60), as_of))

    def test_relative_dates(self):
        """A number counts days from today, so that demo data stay young."""
        self.load([LEDGER, "C1,N1,-120,-90,100,No,-80", "C1,N2,-5,25,100,No,"])
        today = fields.Date.context_today(self.env.user)
        first, second = self.find_invoices().sorted("ref")
        self.assertEqual((today - first.invoice_date).days, 120)
        self.assertEqual((today - first.line_ids.matched_credit_ids.max_date).days, 80)
        self.assertEqual((second.invoice_date_due - today).days, 25)

    def test_bad_rows(self):
        """Bad rows are named by line and left out, the others are loaded."""
        rows = {
            "C1,N1,1/10/2024,2/10/2024,10.005,No,2/1/2024": None,
            ",N2,1/10/2024,2/10/2024,10,No,2/1/2024": "customerID is empty",
            "C1,,1/10/2024,2/10/2024,10,No,2/1/2024": "invoiceNumber is empty",
            "C1,N4,,2/10/2024,10,No,2/1/2024": "InvoiceDate is empty",
            "C1,N5,13/10/2024,2/10/2024,10,No,2/1/2024": "InvoiceDate is not a valid date",
            "C1,N6,1/10/2024,2/30/2024,10,No,2/1/2024": "DueDate is not a valid date",
            "C1,N7,1/10/2024,2/10/2024,ten,No,2/1/2024": "InvoiceAmount is not a number",
            "C1,N8,1/10/2024,2/10/2024,NaN,No,2/1/2024": "InvoiceAmount is not a number",
            "C1,N9,1/10/2024,2/10/2024,-10,No,2/1/2024": "InvoiceAmount is negative",
            "C1,N10,1/10/2024,2/10/2024,1e30,No,2/1/2024": "InvoiceAmount is too large",
            "C1,N11,1/10/2024,2/10/2024,10,No,1/9/2024": "settled date lies before",
            "C1,N12,1/10/2024,1/9/2024,10,No,2/1/2024": "due date lies before",
            "C1,N13,1/10/2024,2/10/2024,10,Maybe,2/1/2024": "neither Yes nor No",
            "C1,N1,1/11/2024,2/10/2024,10,No,2/1/2024": "used in line 2 already",
            "C1,N15,1/10/2024,2/10/2024,10,No": "6 columns instead of 7",
            "C1,N16,1/10/2024,2/10/2024,10,No,2/1/2024,more": "8 columns instead of 7",
            '"C1,N17,1/10/2024,2/10/2024,10,No,2/1/2024': "quotation mark",
            "C1\ufffd,N18,1/10/2024,2/10/2024,10,No,2/1/2024": "UTF-8",
            "C1,N19,1/10/2999,2/10/2999,10,No,2/1/2999": "future",
            "": None,
            '"C1","N21",01/10/2024,02/10/2024,"0",no,': None,
        }
        result = self.load(["\ufeff" + LEDGER + "\n", *(f"{row}\n" for row in rows)])
        expected = {line: reason for line, reason in enumerate(rows.values(), start=2) if reason}
        self.assertEqual([line for line, _reason in result.bad], list(expected))
        for line, reason in result.bad:
            self.assertIn(expected[line], reason)
            self.assertTrue(reason.endswith("."), reason)
        self.assertEqual(self.find_invoices().sorted("ref").mapped("amount_total"), [10.01, 0])
        self.assertEqual(result.paid, 1)

    def test_bad_paid(self):
        result = self.load(
            [
                f"{LEDGER},Paid",
                "C1,N1,1/10/2024,2/10/2024,10,No,2/1/2024,11",
                "C1,N2,1/10/2024,2/10/2024,10,No,,5",
                "C1,N3,1/10/2024,2/10/2024,10,No,2/1/2024,-1",
            ]
        )
        self.assertEqual([line for line, _reason in result.bad], [2, 3, 4])
        self.assertFalse(self.find_invoices())

    def test_refused_by_odoo(self):
        """A row Odoo refuses is left out alone, however large its batch."""
        moves = type(self.env["account.move"])
        post = moves._post

        def refuse(self, soft=True):
            if "N5" in self.mapped("ref"):
                raise UserError("This customer\nmust not be invoiced.")
            return post(self, soft=soft)

        with patch.object(moves, "_post", refuse):
            result = self.load(self.make_lines(12))
        self.assertEqual(result.bad, [(7, "This customer must not be invoiced.")])
        self.assertEqual((result.created, len(self.find_invoices())), (11, 11))
        self.assertNotIn("N5", self.find_invoices().mapped("ref"))

    def test_unknown_header(self):
        for lines in ([], ["name,amount"], [LEDGER.replace("DueDate", "Due")]):
            with self.assertRaises(UserError) as caught:
                self.load(lines)
            message = str(caught.exception)
            self.assertIn(LEDGER, message)
            self.assertIn("InvoiceNo,InvoiceDate,CustomerID,TotalPrice", message)

    def test_no_accounting(self):
        company = self.env["res.company"].sudo().create({"name": "Empty"})
        self.env.user.sudo().company_ids = [Command.link(company.id)]
        with self.assertRaisesRegex(UserError, "Empty needs a chart of accounts"):
            self.load(self.make_lines(1), company)

    def test_known_customer(self):
        """A customer with the number is used, also an archived one; the defaults of today do not change the terms."""
        partner = self.env["res.partner"].create(
            {"name": "Known", "ref": "C0", "active": False, "property_payment_term_id": self.pay_terms_b.id}
        )
        self.load(self.make_lines(1))
        move = self.find_invoices()
        self.assertEqual(move.partner_id, partner)
        self.assertEqual(move.line_ids.filtered("date_maturity").mapped("date_maturity"), [date(2024, 1, 31)])
