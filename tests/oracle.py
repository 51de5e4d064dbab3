# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The figures of docs/figures.md a second time: plain Python on the rows of a file, nothing of Odoo, no SQL.

Written from the definitions alone, one small function per figure and slow on purpose, so that a mistake here is not
the same mistake as in the add-on. An invoice of these files has one instalment and at most one payment, which is what
makes most definitions short.
"""

import csv
import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Invoice:
    """One row of a file; without ``settled`` it was never paid."""

    customer: str
    number: str
    day: date
    due: date
    amount: Decimal
    disputed: bool
    settled: date | None
    paid: Decimal


def read_ledger(path):
    """Return the invoices of ar_invoices.csv."""
    with path.open(newline="", encoding="utf-8") as file:
        return [
            Invoice(
                customer=row["customerID"],
                number=row["invoiceNumber"],
                day=us_date(row["InvoiceDate"]),
                due=us_date(row["DueDate"]),
                amount=cents(row["InvoiceAmount"]),
                disputed=row["Disputed"] == "Yes",
                settled=us_date(row["SettledDate"]),
                paid=cents(row["InvoiceAmount"]),
            )
            for row in csv.DictReader(file)
        ]


def read_retail(path):
    """Return the invoices of online_retail.csv: due at once and never paid."""
    with path.open(newline="", encoding="utf-8") as file:
        return [
            Invoice(
                customer=row["CustomerID"],
                number=row["InvoiceNo"],
                day=date.fromisoformat(row["InvoiceDate"]),
                due=date.fromisoformat(row["InvoiceDate"]),
                amount=cents(row["TotalPrice"]),
                disputed=False,
                settled=None,
                paid=Decimal(0),
            )
            for row in csv.DictReader(file)
        ]


def us_date(text):
    """Return the date of a month/day/year text."""
    month, day, year = text.split("/")
    return date(int(year), int(month), int(day))


def cents(text):
    """Return an amount rounded to cents, halves upwards."""
    return Decimal(text).quantize(CENT, rounding=ROUND_HALF_UP)


def all_figures(invoices, as_of):
    """Return {customer: {figure: value}} as of a day, for every customer of the file, also those of later days."""
    customers = defaultdict(list)
    for invoice in invoices:
        customers[invoice.customer] += [invoice] if invoice.day <= as_of else []
    late_share = portfolio_late_share(customers, as_of)
    figures = {
        customer: {
            **history(rows, as_of),
            **receivables(rows, as_of),
            **habit(rows, as_of),
            "late_probability": late_probability(rows, as_of, late_share),
            "purchase_behaviour": purchase_behaviour(rows, as_of),
            "lifecycle": lifecycle(rows, as_of),
        }
        for customer, rows in customers.items()
    }
    for mine in figures.values():
        mine["value_tier"] = value_tier(mine, figures)
        mine["rfm_recency"] = score("last_invoice_date", mine, figures)
        mine["rfm_frequency"] = score("purchases_12m", mine, figures)
        mine["rfm_monetary"] = score("revenue_12m", mine, figures)
    return figures


# --- One invoice on a day ---------------------------------------------------------------------------------------------


def is_purchase(invoice):
    """Tell whether the invoice counts as a purchase."""
    return invoice.amount != 0


def received(invoice, as_of):
    """Return what was paid of the invoice until the day."""
    return invoice.paid if invoice.settled and invoice.settled <= as_of else Decimal(0)


def open_part(invoice, as_of):
    """Return what is unsettled on the day."""
    return invoice.amount - received(invoice, as_of)


def overdue_part(invoice, as_of):
    """Return what is unsettled and was due before the day."""
    return open_part(invoice, as_of) if invoice.due < as_of else Decimal(0)


def is_paid(invoice, as_of):
    """Tell whether the invoice is a paid invoice on the day: a purchase, paid, with nothing open."""
    return is_purchase(invoice) and received(invoice, as_of) > 0 and open_part(invoice, as_of) == 0


def is_late(invoice):
    """Tell whether a paid invoice was paid after its due date."""
    return invoice.settled > invoice.due


def days_late(invoice):
    """Return by how many days a paid invoice was paid late; negative when early."""
    return (invoice.settled - invoice.due).days


# --- One customer on a day --------------------------------------------------------------------------------------------


def year_before(day):
    """Return the same day one year ago; the 29th of February has none and falls back to the 28th."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


def history(rows, as_of):
    """Return the figures of the section History."""
    purchases = [row for row in rows if is_purchase(row)]
    days = sorted({row.day for row in purchases})
    last_year = [row for row in purchases if row.day > year_before(as_of)]
    return {
        "invoice_count": len(purchases),
        "revenue_total": sum((row.amount for row in rows), Decimal(0)),
        "revenue_12m": sum((row.amount for row in last_year), Decimal(0)),
        "purchases_12m": len(last_year),
        "first_invoice_date": days[0] if days else None,
        "last_invoice_date": days[-1] if days else None,
        "purchase_interval_days": Fraction((days[-1] - days[0]).days, len(days) - 1) if len(days) > 1 else 0,
    }


def receivables(rows, as_of):
    """Return the figures of the section Today and the days sales outstanding."""
    open_amount = sum((open_part(row, as_of) for row in rows), Decimal(0))
    overdue_amount = sum((overdue_part(row, as_of) for row in rows), Decimal(0))
    oldest = min((row.due for row in rows if overdue_part(row, as_of)), default=None)
    sales = sum((row.amount for row in rows if row.day > as_of - timedelta(days=365)), Decimal(0))
    dso = share(open_amount, sales) * 365
    best_possible_dso = share(open_amount - overdue_amount, sales) * 365
    return {
        "open_amount": open_amount,
        "overdue_amount": overdue_amount,
        "oldest_due_date": oldest,
        "max_days_overdue": (as_of - oldest).days if oldest else 0,
        "dso": dso,
        "best_possible_dso": best_possible_dso,
        "avg_days_delinquent": dso - best_possible_dso,
    }


def habit(rows, as_of):
    """Return the figures of the section Payment habit, except the chance."""
    paid = [row for row in rows if is_paid(row, as_of)]
    recent = [row for row in paid if row.settled > as_of - timedelta(days=180)]
    payments = [(received(row, as_of), days_late(row)) for row in rows if received(row, as_of)]
    return {
        "paid_count": len(paid),
        "avg_days_to_pay": share(sum((row.settled - row.day).days for row in paid), len(paid)),
        "days_beyond_terms": share(
            sum(amount * days for amount, days in payments), sum(amount for amount, _days in payments)
        ),
        "late_ratio": share(sum(is_late(row) for row in paid), len(paid)),
        "late_ratio_recent": share(sum(is_late(row) for row in recent), len(recent)),
        "late_trend": late_trend([row for row in paid if row.settled > year_before(as_of)]),
    }


def share(part, whole):
    """Return an exact quotient, 0 where there is nothing to divide by."""
    return Fraction(part) / Fraction(whole) if whole else Fraction(0)


def late_trend(paid):
    """Return the slope of the least-squares line through (payment day, days late), per 30 days."""
    if len(paid) < 3:
        return Fraction(0)
    days = [row.settled.toordinal() for row in paid]
    late = [days_late(row) for row in paid]
    mean_day, mean_late = Fraction(sum(days), len(days)), Fraction(sum(late), len(late))
    spread = sum((day - mean_day) ** 2 for day in days)
    return 30 * share(sum((x - mean_day) * (y - mean_late) for x, y in zip(days, late, strict=True)), spread)


def portfolio_late_share(customers, as_of):
    """Return p0: the late share of all customers' paid invoices, pulled towards one half."""
    paid = [row for rows in customers.values() for row in rows if is_paid(row, as_of)]
    return (sum(is_late(row) for row in paid) + 5) / (len(paid) + 10)


def late_probability(rows, as_of, late_share):
    """Return the chance that the next invoice is paid late."""
    weights, evidence, late_weights = [], [], []
    for row in rows:
        if is_paid(row, as_of):
            weight = 0.5 ** ((as_of - row.settled).days / 180)
            distance = days_late(row) - 0.5
            sign = 0.25 if is_late(row) else -0.25
            weights.append(weight)
            evidence.append(weight * 4 * (sign + distance / (10 + abs(distance))))
            late_weights.append(weight * is_late(row))
    odds = math.log(late_share / (1 - late_share))
    prior = 1 / (1 + math.exp(-(math.fsum(evidence) + 2 * odds) / (math.fsum(weights) + 2)))
    return (math.fsum(late_weights) + 10 * prior) / (math.fsum(weights) + 10)


def purchase_behaviour(rows, as_of):
    """Return the class of the customer's purchases."""
    figures = history(rows, as_of)
    if figures["invoice_count"] == 0:
        return "none"
    if figures["invoice_count"] == 1:
        return "one_time"
    return "frequent" if figures["purchases_12m"] >= 4 else "occasional"


def lifecycle(rows, as_of):
    """Return the class of the customer's silence; nobody of the files was exited."""
    figures = history(rows, as_of)
    if not figures["invoice_count"]:
        return "prospect"
    silence = (as_of - figures["last_invoice_date"]).days
    interval = max(figures["purchase_interval_days"] or 180, 7)
    if silence > 4 * interval:
        return "lost"
    if silence > 2 * interval:
        return "at_risk"
    return "new" if figures["first_invoice_date"] > as_of - timedelta(days=90) else "active"


# --- One customer among all -------------------------------------------------------------------------------------------


def value_tier(mine, figures):
    """Return the class by the share of revenue of all customers before this one."""
    if mine["revenue_12m"] <= 0:
        return "none"
    revenues = [other["revenue_12m"] for other in figures.values() if other["revenue_12m"] > 0]
    before = share(sum(revenue for revenue in revenues if revenue > mine["revenue_12m"]), sum(revenues))
    if before < Fraction(80, 100):
        return "high"
    return "medium" if before < Fraction(95, 100) else "low"


def score(figure, mine, figures):
    """Return the RFM score of a figure, from 1 to 5; 0 without a purchase."""
    if not mine["invoice_count"]:
        return 0
    others = [other[figure] for other in figures.values() if other["invoice_count"]]
    return 1 + math.floor(5 * Fraction(sum(other < mine[figure] for other in others), len(others)))
