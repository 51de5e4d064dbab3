# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Does the shipped risk model rank real customers? Judged as of a day, held against what happened since."""

import statistics
from datetime import date, timedelta

from odoo.tests import tagged

import oracle
from test_real_data import RealDataCase

DAYS = [
    date(2012, 6, 30),
    date(2012, 9, 30),
    date(2012, 12, 31),
    date(2013, 3, 31),
    date(2013, 6, 30),
    date(2013, 9, 30),
]


def area_under_curve(scores):
    """Chance that a late customer has the higher score; equal scores count half. From (score, is late) pairs."""
    late = [score for score, is_late in scores if is_late]
    punctual = [score for score, is_late in scores if not is_late]
    return sum((a > b) + (a == b) / 2 for a in late for b in punctual) / (len(late) * len(punctual))


@tagged("post_install", "-at_install")
class TestRiskModel(RealDataCase):
    """The shipped model on ar_invoices.csv."""

    file = "ar_invoices.csv"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoices = oracle.read_ledger(cls.path)
        cls.env = cls.env(su=True)
        cls.model = cls.env["compliance.risk.model"].browse(
            cls.env["compliance.risk.model"].with_company(cls.company).action_use_default()["res_id"]
        )

    def judge(self, as_of, date_to, **vals):
        test = self.env["compliance.risk.backtest"].create(
            {"model_id": self.model.id, "as_of": as_of, "date_to": date_to, **vals}
        )
        test.action_run()
        return test

    def expect_outcomes(self, as_of, date_to):
        """{customer number: was an invoice that fell due in between paid late}, of customers known that day."""
        known = {row.customer for row in self.invoices if row.day <= as_of}
        due = [row for row in self.invoices if as_of < row.due < date_to and row.customer in known]
        return {
            customer: any(oracle.is_late(row) for row in due if row.customer == customer)
            for customer in {row.customer for row in due}
        }

    def test_ranking(self):
        """AUC of at least 0.80 on every day, 30 and 90 days ahead, by the add-on and by hand."""
        measured = []
        for as_of in DAYS:
            for days in (30, 90):
                with self.subTest(as_of=as_of, days=days):
                    date_to = as_of + timedelta(days=days)
                    test = self.judge(as_of, date_to, count_disputed=False, count_written_off=False)
                    found = {line.profile_id.partner_id.ref: line.is_bad for line in test.line_ids}
                    self.assertEqual(found, self.expect_outcomes(as_of, date_to))
                    auc = area_under_curve([(line.score, line.is_bad) for line in test.line_ids])
                    self.assertAlmostEqual(test.auc, auc, 2)
                    self.assertGreaterEqual(auc, 0.80)
                    measured.append(auc)
        self.assertGreaterEqual(statistics.mean(measured), 0.85)

    def test_levels(self):
        """From one level to the next, more customers turn out late."""
        lines = self.env["compliance.risk.backtest.line"]
        for as_of in DAYS:
            lines |= self.judge(as_of, as_of + timedelta(days=90), count_disputed=False).line_ids
        shares = [
            statistics.mean(line.is_bad for line in lines if line.level in levels)
            for levels in (("low",), ("medium",), ("high", "critical"))
        ]
        self.assertEqual(shares, sorted(shares))
        self.assertGreater(shares[-1] - shares[0], 0.4)
