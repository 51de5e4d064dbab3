# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import math
from datetime import date, timedelta

from odoo.tests import tagged

from .common import ComplianceCommon

AS_OF = date(2024, 6, 30)
DUE = date(2024, 1, 31)


def late_probability(paid, portfolio):
    """The formula of docs/figures.md, in Python.

    :param paid: (age of the payment in days, days late) of each paid invoice of the customer
    :param portfolio: days late of all paid invoices of the company
    """
    p0 = (sum(days > 0 for days in portfolio) + 5) / (len(portfolio) + 10)
    weight = late_weight = evidence = 0.0
    for age, days in paid:
        w = 0.5 ** (age / 180)
        t = days - 0.5
        weight += w
        late_weight += w * (days > 0)
        evidence += w * 4 * ((0.25 if days > 0 else -0.25) + t / (10 + abs(t)))
    q = 1 / (1 + math.exp(-(evidence + 2 * math.log(p0 / (1 - p0))) / (weight + 2)))
    return (late_weight + 10 * q) / (weight + 10)


@tagged("post_install", "-at_install")
class TestLateProbability(ComplianceCommon):
    """Chance that the next invoice is paid late, against the documented formula."""

    def _payer(self, name, *days_late):
        """A customer who paid invoices due on 31 January 2024 so many days late."""
        customer = self._customer(name)
        for days in days_late:
            self._paid_invoice(customer, 100, DUE - timedelta(days=30), DUE, DUE + timedelta(days=days))
        return customer

    def _probability(self, customer, as_of=AS_OF):
        return float(self._figures(customer, as_of)["late_probability"])

    def _expected(self, days_late, portfolio, as_of=AS_OF):
        return late_probability([((as_of - DUE).days - days, days) for days in days_late], portfolio)

    def test_without_any_payments(self):
        # (0 + 5) / (0 + 10)
        self.assertEqual(self._probability(self._customer()), 0.5)

    def test_without_history_the_portfolio_decides(self):
        self._payer("In Time", 0, 0, -5)
        self._payer("Late", 20)
        # (1 + 5) / (4 + 10)
        self.assertAlmostEqual(self._probability(self._customer()), 6 / 14, 4)

    def test_formula(self):
        portfolio = [30, 5, -3, -20, 1]
        mixed, early = self._payer("Mixed", 30, 5, -3), self._payer("Early", -20)
        slightly = self._payer("Slightly", 1)
        for customer, days_late in ((mixed, [30, 5, -3]), (early, [-20]), (slightly, [1])):
            self.assertAlmostEqual(self._probability(customer), self._expected(days_late, portfolio), 4)
        self.assertGreater(self._probability(mixed), self._probability(slightly))
        self.assertGreater(self._probability(slightly), self._probability(early))

    def test_formula_by_hand(self):
        """One invoice paid 10.5 - 0.5 = 10 days late on the very day: w = 1, t = 9.5, e = 4 (0.25 + 9.5 / 19.5)."""
        customer = self._payer("Late", 10)
        # p0 = 6 / 11, 2 ln(6 / 5) = 0.364643; e = 2.948718; q = 1 / (1 + exp(-3.313361 / 3)) = 0.751107
        # (1 + 7.51107) / 11 = 0.773734
        self.assertAlmostEqual(self._probability(customer, DUE + timedelta(days=10)), 0.7737, 4)

    def test_old_payments_lose_weight(self):
        customer = self._payer("Late", 40, 40)
        self._payer("In Time", 0, 0)
        later = AS_OF + timedelta(days=720)
        self.assertAlmostEqual(self._probability(customer, later), self._expected([40, 40], [40, 40, 0, 0], later), 4)
        self.assertGreater(self._probability(customer), self._probability(customer, later))
        self.assertGreater(self._probability(customer, later), 0.5)

    def test_later_payer_is_riskier_at_the_same_share(self):
        # Both paid every invoice late, but one by a day and the other by two months.
        slightly, badly = self._payer("Slightly", 1, 1), self._payer("Badly", 60, 60)
        self.assertGreater(self._probability(badly), self._probability(slightly))

    def test_bounds(self):
        worst, best = self._payer("Worst", *[900] * 12), self._payer("Best", *[-29] * 12)
        as_of = DUE + timedelta(days=900)
        for customer in (worst, best):
            self.assertGreater(self._probability(customer, as_of), 0)
            self.assertLess(self._probability(customer, as_of), 1)
        self.assertGreater(self._probability(worst, as_of), 0.9)
        self.assertLess(self._probability(best, as_of), 0.5)

    def test_very_old_payments_do_not_underflow(self):
        customer = self._payer("Ancient", 10)
        probability = self._probability(customer, date(9999, 12, 31))
        self.assertAlmostEqual(probability, 6 / 11, 4)

    def test_stored_probability_is_that_of_the_query(self):
        customer = self._payer("Late", 10, 20)
        self.profiles._refresh()
        self.assertAlmostEqual(self._dossier(customer).late_probability, self._probability(customer, self.today), 4)
