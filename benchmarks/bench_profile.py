# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Speed of the dossier's figures: against plain SQL, against the OCA peer, and what we cost where people work."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import patch

import psutil
from common import Results, alternate, close, database, environment, install, seconds
from generate import generate
from plain_sql import plain_query

SIZES = [
    tuple(map(int, size.split("/"))) for size in os.environ.get("BENCH_SIZES", "25000/250000 100000/1000000").split()
]
PEER = "odoo-addon-account-financial-risk"
PARTNER_FIELDS = ("compliance_profile_id", "compliance_zone", "compliance_risk_level", "compliance_value_tier")
AMOUNT_FIELDS = ("compliance_overdue_amount", "compliance_revenue_12m", "compliance_late_probability")


def maxima(names):
    """Columns that make PostgreSQL compute every figure while nothing is sent."""
    return ", ".join(["COUNT(*)", *(f"MAX({name})" for name in names)])


def spoil(env):
    """Makes every dossier differ from its figures, as on the first refresh after an import."""
    env.cr.execute("UPDATE compliance_profile SET invoice_count = -1, revenue_total = -1, lifecycle = 'exited'")


def bench_refresh(env, results, label):
    """Refresh of everything against the bare SELECT, in turns; returns the median of the full refresh."""
    profiles = env["compliance.profile"]
    started = time.perf_counter()
    opened = profiles._open_missing()
    results.add(f"{label}: opening {opened:,} dossiers", time.perf_counter() - started, "s")
    started = time.perf_counter()
    profiles._refresh()
    results.add(f"{label}: first refresh, with laying out the checks", time.perf_counter() - started, "s")
    env.cr.commit()
    env.cr.execute("ANALYZE compliance_profile, compliance_criterion_check, res_partner")
    env.cr.commit()
    names = [name for name in profiles._get_figure_names()]
    query = plain_query(env.cr, maxima(names))
    spent = {"full": []}

    def full():
        spoil(env)
        started = time.perf_counter()
        profiles._refresh()
        spent["full"].append(time.perf_counter() - started)
        env.cr.commit()

    def unchanged():
        profiles._refresh()
        env.cr.commit()

    times = alternate({"plain": lambda: env.cr._obj.execute(query), "unchanged": unchanged, "full": full})
    times["full"] = statistics.median(spent["full"][1:])
    results.add(f"{label}: plain SELECT", times["plain"], "s")
    results.add(f"{label}: full refresh", times["full"], "s")
    results.add(f"{label}: full refresh / plain SELECT", times["full"] / times["plain"], "x", "<= 2.0")
    results.add(f"{label}: refresh, nothing changed / plain SELECT", times["unchanged"] / times["plain"], "x", "<= 1.2")
    return times["full"]


def bench_statements(env, results):
    """Statements of a refresh of 2 and of 2,000 customers, and of all."""
    profiles = env["compliance.profile"]
    counts = []
    for partners in (profiles.search([], limit=2).partner_id, profiles.search([], limit=2000).partner_id, None):
        profiles._refresh(partners)
        before = env.cr.sql_log_count
        profiles._refresh(partners)
        counts.append(env.cr.sql_log_count - before)
    results.add("statements, 2 customers", counts[0], "")
    results.add("statements, 2,000 customers less those of 2", counts[1] - counts[0], "", "<= 0")
    results.add("statements, all customers", counts[2], "")


def bench_memory(env, results):
    """What a full refresh adds to the resident memory of the process."""
    process = psutil.Process()
    idle = process.memory_info().rss
    spoil(env)
    env["compliance.profile"]._refresh()
    env.cr.commit()
    results.add("memory after a full refresh, above idle", (process.memory_info().rss - idle) / 2**20, "MiB", "<= 300")


def bench_partial(env, results):
    """A queue run for one customer, and for the largest."""
    profiles = env["compliance.profile"]
    profiles.flush_model()
    typical = profiles.search([("invoice_count", ">", 3), ("invoice_count", "<", 10)], limit=1)
    largest = profiles.search([], order="invoice_count desc", limit=1)
    results.add("refresh of one typical customer", seconds(lambda: profiles._refresh(typical.partner_id)), "s")
    results.add(
        f"refresh of the largest customer ({largest.invoice_count:,} invoices)",
        seconds(lambda: profiles._refresh(largest.partner_id)),
        "s",
    )


def bench_search(env, results):
    """Finding customers with much overdue, or late; returns the slower one's seconds."""
    domain = ["|", ("overdue_amount", ">", 5000), ("late_ratio", ">", 0.8)]
    dossiers = seconds(lambda: env["compliance.profile"].search(domain)._ids)
    partner_domain = ["|", ("compliance_overdue_amount", ">", 5000), ("compliance_late_ratio", ">", 0.8)]
    partners = seconds(lambda: env["res.partner"].search(partner_domain)._ids)
    results.add("finding late customers among dossiers", dossiers, "s")
    results.add("finding late customers among contacts", partners, "s")
    return dossiers


def bench_peer(name, results, ours):
    """The OCA peer's search for risk exceptions, in a copy of the same database."""
    folder = Path(os.environ["BENCH_CACHE"]) / "peer"
    wheels = list(folder.glob("*.whl"))
    if not wheels:
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--pre", "-d", str(folder), PEER]
        if subprocess.run(command, check=False).returncode:
            print("  the OCA peer could not be downloaded: its comparison is left out")
            return
        wheels = list(folder.glob("*.whl"))
    subprocess.run([sys.executable, "-m", "zipfile", "-e", str(wheels[0]), str(folder)], check=True)
    addons = folder / "odoo" / "addons"
    with database(f"{name}_peer", name) as copy:
        install(copy, "account_financial_risk", f"{addons},{Path(__file__).parents[1] / 'addons'}")
        code = (
            "import time\n"
            "started = time.perf_counter()\n"
            "found = env['res.partner'].search([('risk_exception', '=', True)])\n"
            "print('peer', time.perf_counter() - started, len(found))\n"
        )
        command = [sys.executable, "-m", "odoo", "shell", "-c", os.environ["ODOO_CONF"], "-d", copy, "--no-http"]
        command += ["--log-level=error", f"--addons-path={addons},{Path(__file__).parents[1] / 'addons'}"]
        run = subprocess.run(command, input=code, capture_output=True, text=True, check=True)
    answer = next(line for line in run.stdout.splitlines() if line.startswith("peer")).split()
    results.add("OCA account_financial_risk: finding its risk exceptions", float(answer[1]), "s")
    results.add("OCA / ours", float(answer[1]) / ours, "x", ">= 50")


def bench_documents(env, results, count=20):
    """Extra queries and time of posting and paying one invoice: with our queue, and with it switched off."""
    queue = type(env["compliance.refresh.queue"])
    customers = env["compliance.profile"].search([("invoice_count", ">", 3)], limit=2 * count).partner_id
    product = {"name": "Work", "price_unit": 100, "quantity": 1}
    invoices = env["account.move"].create(
        [
            {"move_type": "out_invoice", "partner_id": partner.id, "invoice_line_ids": [(0, 0, product)]}
            for partner in customers
        ]
    )
    env.flush_all()

    def pay(invoice):
        context = {"active_model": "account.move", "active_ids": invoice.ids}
        env["account.payment.register"].with_context(**context).create({})._create_payments()

    for action, function in (("posting", lambda invoice: invoice.action_post()), ("paying", pay)):
        cost = {True: [], False: []}
        for number, invoice in enumerate(invoices):
            ours = number % 2 == 0
            with patch.object(queue, "_enqueue", queue._enqueue if ours else lambda *args: None):
                queries, started = env.cr.sql_log_count, time.perf_counter()
                function(invoice)
                env.cr.flush()
                cost[ours].append((env.cr.sql_log_count - queries, time.perf_counter() - started))
        with_us, without = (list(map(statistics.median, zip(*cost[ours][2:], strict=True))) for ours in (True, False))
        results.add(f"{action} an invoice: extra queries", with_us[0] - without[0], "", "<= 2")
        results.add(f"{action} an invoice: extra time", 1000 * (with_us[1] - without[1]), "ms", "<= 1.0")


def bench_views(env, results):
    """Extra queries of the partner form and list."""
    partners = env["compliance.profile"].search([("invoice_count", ">", 0)], limit=80).partner_id
    plain = {"name": {}, "email": {}}
    ours = {**plain, **{name: {} for name in (*PARTNER_FIELDS, *AMOUNT_FIELDS)}}

    def count(records, specification):
        for _warm_up in range(2):
            env.invalidate_all()
            before = env.cr.sql_log_count
            records.web_read(specification)
        return env.cr.sql_log_count - before

    results.add("partner form: extra queries", count(partners[:1], ours) - count(partners[:1], plain), "", "<= 3")
    results.add("list of 80 partners less that of 10", count(partners, ours) - count(partners[:10], ours), "", "<= 0")


def main():
    results = Results("profile")
    template = os.environ["TEMPLATE_DB"]
    refreshed = []
    for customers, invoices in SIZES:
        label = f"{customers:,}/{invoices:,}"
        with database("bench_profile", template) as name:
            generate(f"dbname={name}", customers, invoices)
            with environment(name) as env:
                refreshed.append(bench_refresh(env, results, label))
                if (customers, invoices) == SIZES[-1]:
                    bench_statements(env, results)
                    bench_memory(env, results)
                    bench_partial(env, results)
                    found = bench_search(env, results)
                    bench_views(env, results)
                    bench_documents(env, results)
            close(name)
            if (customers, invoices) == SIZES[-1]:
                bench_peer(name, results, found)
    if len(refreshed) > 1:
        results.add(
            "full refresh, growth from the smallest to the largest size", refreshed[-1] / refreshed[0], "x", "<= 4.4"
        )
    results.finish()


if __name__ == "__main__":
    main()
