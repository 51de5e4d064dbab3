# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""How well do predictors of late payment predict? Walks forward over a file of real invoices, without Odoo.

Each invoice is judged by what was settled before its date, of its own customer and of the portfolio. The formula is
written out here a second time on purpose: tests/test_late_probability.py holds the add-on's SQL to the same figures.
Reads ar_invoices.csv (``CRM_COMPLIANCE_DATA``, or the path given) and prints all predictors in one run.
"""

import csv
import math
import os
import random
import sys
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from common import Results

DATA = Path(os.environ.get("CRM_COMPLIANCE_DATA") or Path(__file__).parents[2] / "shared" / "data")
HALF_LIFE, EVIDENCE_SCALE, LATE_STEP, DAYS_SCALE = 180, 4, 0.25, 10
PRIOR_ODDS_WEIGHT, PRIOR_SHARE_WEIGHT, PORTFOLIO_WEIGHT = 2, 10, 10


class Invoice(NamedTuple):
    """Days are ordinals."""

    day: int
    settled: int
    days_late: int
    customer: str

    @property
    def is_late(self):
        return self.days_late > 0


def read(path):
    """Invoices of the file by date."""

    def ordinal(text):
        return datetime.strptime(text, "%m/%d/%Y").toordinal()

    with path.open(newline="") as file:
        rows = [
            (row["invoiceNumber"], ordinal(row["InvoiceDate"]), ordinal(row["SettledDate"]), row)
            for row in csv.DictReader(file)
        ]
    rows.sort(key=lambda row: (row[1], row[0]))
    return [
        Invoice(day, settled, settled - ordinal(row["DueDate"]), row["customerID"])
        for _number, day, settled, row in rows
    ]


class History:
    """What was settled before a day: of one customer, and the portfolio's count and sums."""

    def __init__(self, settled, customer):
        self.all = settled
        self.own = [invoice for invoice in settled if invoice.customer == customer]


def shrunk(values, prior, weight):
    return (sum(values) + weight * prior) / (len(values) + weight)


def mean(values, default):
    return sum(values) / len(values) if values else default


def share_of_late(_day, history):
    """Shrunk share of late invoices, one pseudo-invoice of the portfolio."""
    prior = mean([invoice.is_late for invoice in history.all], 0.5)
    return shrunk([invoice.is_late for invoice in history.own], prior, 1)


def mean_lateness(_day, history):
    """Shrunk mean of the signed days late, half a pseudo-invoice of the portfolio."""
    prior = mean([invoice.days_late for invoice in history.all], 0)
    return shrunk([invoice.days_late for invoice in history.own], prior, 0.5)


def last_five(_day, history):
    """Mean of the signed days late of the last five settled; the portfolio's without history."""
    recent = sorted(history.own, key=lambda invoice: invoice.settled)[-5:]
    return mean([invoice.days_late for invoice in recent], mean([invoice.days_late for invoice in history.all], 0))


def late_probability(day, history):
    """The add-on's figure; docs/figures.md explains it."""
    late_count = sum(invoice.is_late for invoice in history.all)
    prior = (late_count + PORTFOLIO_WEIGHT / 2) / (len(history.all) + PORTFOLIO_WEIGHT)
    weight = late_weight = evidence = 0.0
    for invoice in history.own:
        w = 0.5 ** ((day - invoice.settled) / HALF_LIFE)
        t = invoice.days_late - 0.5
        weight += w
        late_weight += w * invoice.is_late
        evidence += w * EVIDENCE_SCALE * ((LATE_STEP if t > 0 else -LATE_STEP) + t / (DAYS_SCALE + abs(t)))
    odds = (evidence + PRIOR_ODDS_WEIGHT * math.log(prior / (1 - prior))) / (weight + PRIOR_ODDS_WEIGHT)
    chance = 1 / (1 + math.exp(-odds))
    return (late_weight + PRIOR_SHARE_WEIGHT * chance) / (weight + PRIOR_SHARE_WEIGHT)


PREDICTORS = {
    "shrunk share of late invoices": share_of_late,
    "shrunk mean lateness in days": mean_lateness,
    "mean lateness of the last five": last_five,
    "late_probability": late_probability,
}


def walk_forward(invoices, predictor):
    """Outcome, prediction and whether the customer had a history, of every invoice."""
    judged = []
    for invoice in invoices:
        history = History([other for other in invoices if other.settled < invoice.day], invoice.customer)
        judged.append((invoice.is_late, predictor(invoice.day, history), bool(history.own)))
    return judged


def area_under_curve(judged):
    """Chance that a late invoice was predicted higher than a punctual one; ties count half."""
    late = [prediction for is_late, prediction, _known in judged if is_late]
    punctual = [prediction for is_late, prediction, _known in judged if not is_late]
    return sum((a > b) + (a == b) / 2 for a in late for b in punctual) / (len(late) * len(punctual))


def fifths(judged):
    """Mean prediction and observed share in each fifth of the predictions."""
    ranked = sorted((prediction, is_late) for is_late, prediction, _known in judged)
    for fifth in range(5):
        part = ranked[len(ranked) * fifth // 5 : len(ranked) * (fifth + 1) // 5]
        yield mean([prediction for prediction, _late in part], 0), mean([late for _prediction, late in part], 0)


def halves(invoices, count=30):
    """AUC of the add-on's figure on random halves of the customers: how far one may trust the figure elsewhere."""
    by_customer = defaultdict(list)
    for invoice in invoices:
        by_customer[invoice.customer].append(invoice)
    chooser = random.Random(19)
    for _round in range(count):
        chosen = set(chooser.sample(sorted(by_customer), len(by_customer) // 2))
        part = [invoice for invoice in invoices if invoice.customer in chosen]
        yield area_under_curve(walk_forward(part, late_probability))


def main():
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA / "ar_invoices.csv"
    if not path.exists():
        print(f"late_probability: skipped, the real invoices are absent ({path}; CRM_COMPLIANCE_DATA names a folder).")
        return
    invoices = read(path)
    results = Results("late_probability")
    for name, predictor in PREDICTORS.items():
        judged = walk_forward(invoices, predictor)
        bar = ">= 0.855" if name == "late_probability" else None
        results.add(f"AUC, {name}", area_under_curve(judged), "", bar)
        results.add(f"AUC, {name}, customers with history", area_under_curve([row for row in judged if row[2]]), "")
    for number, (predicted, observed) in enumerate(fifths(judged), start=1):
        print(f"  fifth {number}: predicted {predicted:.3f}, observed {observed:.3f}")
    results.add("worst calibration of a fifth", max(abs(p - o) for p, o in fifths(judged)), "", "< 0.10")
    spread = sorted(halves(invoices))
    results.add("AUC on random halves of the customers, lowest of 30", spread[0], "")
    results.add("AUC on random halves of the customers, mean", mean(spread, 0), "")
    results.finish()


if __name__ == "__main__":
    main()
