# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Does ``late_probability`` predict? Walks forward over real invoices with the add-on's own SQL."""

from datetime import timedelta

from odoo.tests import tagged

import oracle
import test_real_data


def area_under_curve(outcomes, predictions):
    """Chance that a late invoice was predicted higher than a punctual one; ties count half."""
    late = [value for value, outcome in zip(predictions, outcomes, strict=True) if outcome]
    punctual = [value for value, outcome in zip(predictions, outcomes, strict=True) if not outcome]
    wins = sum((a > b) + (a == b) / 2 for a in late for b in punctual)
    return wins / (len(late) * len(punctual))


def calibration(outcomes, predictions):
    """Mean prediction and observed share in each fifth of the predictions."""
    pairs = sorted(zip(predictions, outcomes, strict=True))
    size = len(pairs)
    for fifth in range(5):
        part = pairs[size * fifth // 5 : size * (fifth + 1) // 5]
        yield sum(value for value, _late in part) / len(part), sum(late for _value, late in part) / len(part)


@tagged("post_install", "-at_install")
class TestLateProbability(test_real_data.RealDataCase):
    file = "ar_invoices.csv"

    def test_walk_forward(self):
        """Each invoice is judged by what was settled before its date; the bars are those of the issue."""
        invoices = oracle.read_ledger(self.path)
        outcomes, predictions = [], []
        by_day = {}
        for invoice in invoices:
            by_day.setdefault(invoice.day, []).append(invoice)
        for day, issued in sorted(by_day.items()):
            figures = self.get_figures(day - timedelta(days=1))
            for invoice in issued:
                outcomes.append(invoice.settled > invoice.due)
                predictions.append(float(figures[invoice.customer]["late_probability"]))
        self.assertGreaterEqual(area_under_curve(outcomes, predictions), 0.855)
        for predicted, observed in calibration(outcomes, predictions):
            self.assertLess(abs(predicted - observed), 0.10)
