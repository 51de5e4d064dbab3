#!/usr/bin/env python3
# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Back-tests the shipped risk model on a file of past invoices and draws how well it ranked: backtest_picture.py
-c odoo.conf -d DATABASE FILE PICTURE.svg

The invoices are loaded into a company of their own, and everything is rolled back: nothing of the file stays in the
database, and no customer is in the picture. Prints the figures as a table for docs/risk-model.md.
"""

import argparse
from datetime import date, timedelta
from pathlib import Path

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import config

DAYS = [date(2012, 6, 30), date(2012, 9, 30), date(2012, 12, 31), date(2013, 3, 31), date(2013, 6, 30)]
DAYS.append(date(2013, 9, 30))
AHEAD = 90
BANDS = [(0, 9), (10, 24), (25, 49), (50, 74), (75, 100)]
LEVELS = ["low", "low", "medium", "high", "critical"]
COLOURS = {"low": "#3a9d5d", "medium": "#e0a92e", "high": "#d9682b", "critical": "#b3261e"}


def judge(env, path):
    """(score, turned out late) of every customer on every day, and a row of figures per day."""
    from odoo.addons.crm_compliance.tools import history

    company = env["res.company"].create({"name": "Back-test"})
    env["account.chart.template"].try_loading("generic_coa", company=company, install_demo=False)
    history.HistoryLoader(env, company).load(path.read_text(encoding="utf-8").splitlines())
    env["compliance.profile"]._open_missing()
    shipped = env.ref("crm_compliance.compliance_risk_model_default")
    model = shipped.copy({"company_id": company.id})
    pairs, rows = [], []
    for as_of in DAYS:
        test = env["compliance.risk.backtest"].create(
            {
                "model_id": model.id,
                "as_of": as_of,
                "date_to": as_of + timedelta(days=AHEAD),
                "count_disputed": False,
                "count_written_off": False,
            }
        )
        test.action_run()
        pairs += [(line.score, line.is_bad) for line in test.line_ids]
        rows.append((as_of, test.customer_count, test.bad_count, test.auc, test.hit_rate, test.false_alarm_rate))
    return pairs, rows


def area(points):
    """Area under a curve of points, by trapezoids."""
    return sum((x2 - x1) * (y1 + y2) / 2 for (x1, y1), (x2, y2) in zip(points, points[1:], strict=False))


def roc(pairs):
    """(share of the good warned of, share of the bad warned of) for every score one could warn from."""
    bad = sum(is_bad for _score, is_bad in pairs)
    good = len(pairs) - bad
    points = [(0.0, 0.0)]
    for threshold in sorted({score for score, _is_bad in pairs}, reverse=True):
        warned = [is_bad for score, is_bad in pairs if score >= threshold]
        points.append(((len(warned) - sum(warned)) / good, sum(warned) / bad))
    return points


def text(x, y, words, size=13, anchor="middle", colour="#333", extra=""):
    place = f'x="{x:.0f}" y="{y:.0f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}"'
    return f"<text {place} {extra}>{words}</text>"


def draw_bars(pairs, left, top, width, height):
    """Share of customers that paid late, by score."""
    parts = [text(left + width / 2, top - 22, f"Paid late within {AHEAD} days, by score", 15)]
    step = width / len(BANDS)
    for share in (0, 0.25, 0.5, 0.75, 1):
        y = top + height * (1 - share)
        parts.append(f'<line x1="{left}" x2="{left + width}" y1="{y:.0f}" y2="{y:.0f}" stroke="#ddd"/>')
        parts.append(text(left - 8, y + 4, f"{share:.0%}", 11, "end", "#666"))
    for number, ((low, high), level) in enumerate(zip(BANDS, LEVELS, strict=True)):
        inside = [is_bad for score, is_bad in pairs if low <= score <= high]
        share = sum(inside) / len(inside) if inside else 0
        x, y = left + step * number + step * 0.15, top + height * (1 - share)
        parts.append(
            f'<rect x="{x:.0f}" y="{y:.0f}" width="{step * 0.7:.0f}" height="{height * share:.0f}"'
            f' fill="{COLOURS[level]}"/>'
        )
        middle = left + step * (number + 0.5)
        parts.append(text(middle, y - 6, f"{share:.0%}" if inside else "none"))
        parts.append(text(middle, top + height + 18, f"{low} to {high}", 12))
        parts.append(text(middle, top + height + 34, f"{level}, n = {len(inside)}", 10, colour="#666"))
    return parts


def draw_roc(pairs, left, top, size):
    """The receiver operating characteristic."""
    points = roc(pairs)
    curve = " ".join(f"{left + size * x:.1f},{top + size * (1 - y):.1f}" for x, y in points)
    return [
        text(left + size / 2, top - 22, f"Ranking: AUC {area(points):.2f}", 15),
        f'<rect x="{left}" y="{top}" width="{size}" height="{size}" fill="none" stroke="#ccc"/>',
        f'<line x1="{left}" y1="{top + size}" x2="{left + size}" y2="{top}" stroke="#bbb" stroke-dasharray="5 4"/>',
        f'<polyline points="{curve}" fill="none" stroke="#2f5d8a" stroke-width="2.5"/>',
        text(left + size / 2, top + size + 22, "punctual customers warned of", 12),
        text(left - 14, top + size / 2, "late customers warned of", 12, extra=f'transform="rotate(-90 {left - 14}'
             f' {top + size / 2:.0f})"'),
        text(left + size - 8, top + size - 12, "dashed: by chance", 11, "end", "#777"),
    ]  # fmt: skip


def draw(pairs):
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" width="860" height="390" font-family="sans-serif">',
        '<rect width="860" height="390" fill="white"/>',
        *draw_bars(pairs, 60, 50, 420, 270),
        *draw_roc(pairs, 560, 50, 270),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-c", "--config", required=True, help="Odoo's configuration file")
    parser.add_argument("-d", "--database", required=True)
    parser.add_argument("file", metavar="FILE", type=Path)
    parser.add_argument("picture", metavar="PICTURE", type=Path)
    arguments = parser.parse_args()
    config.parse_config(["-c", arguments.config, "-d", arguments.database, "--no-http", "--log-level=error"])
    with Registry(arguments.database).cursor() as cr:
        pairs, rows = judge(api.Environment(cr, SUPERUSER_ID, {}), arguments.file)
        cr.rollback()
    arguments.picture.write_text(draw(pairs), encoding="utf-8")
    print("| judged as of | late of judged | AUC | late ones warned of | false alarms |\n|---|---|---|---|---|")
    for as_of, judged, late, auc, hits, alarms in rows:
        print(f"| {as_of:%d %B %Y} | {late} of {judged} | {auc:.2f} | {hits:.0%} | {alarms:.0%} |")
    print(f"All days together: {len(pairs)} judgements, AUC {area(roc(pairs)):.3f}")


if __name__ == "__main__":
    main()
