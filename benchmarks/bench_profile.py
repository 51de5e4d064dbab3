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

from common import Results, alternate, close, database, environment, figures_alone, install, seconds
from generate import generate
from plain_sql import SETTINGS, plain_query

SIZES = [
    tuple(map(int, size.split("/"))) for size in os.environ.get("BENCH_SIZES", "25000/250000 100000/1000000").split()
]
PEER = "odoo-addon-account-financial-risk"
CLASS_FIELDS = ("compliance_zone", "compliance_risk_level", "compliance_value_tier")
AMOUNT_FIELDS = ("compliance_overdue_amount", "compliance_revenue_12m", "compliance_late_probability")


def spoil(env):
    """Makes every dossier differ from its figures, as on the first refresh after an import."""
    env.cr.execute("UPDATE compliance_profile SET invoice_count = -1, revenue_total = -1, lifecycle = 'exited'")


def bench_refresh(env, results, label, is_last):
    """Refresh of all figures against the bare SELECT of the same, in turns; returns the median of the full one."""
    profiles = env["compliance.profile"]
    idle = reset_peak()
    started = time.perf_counter()
    opened = profiles._open_missing()
    results.add(f"{label}: opening {opened:,} dossiers", time.perf_counter() - started, "s")
    started = time.perf_counter()
    profiles._refresh()
    results.add(f"{label}: first refresh, with laying out the checks", time.perf_counter() - started, "s")
    env.cr.commit()
    if is_last:
        results.add("peak memory of opening and refreshing all, above idle", peak() - idle, "MiB", "<= 300")
    env.cr.execute("ANALYZE compliance_profile, compliance_criterion_check, res_partner")
    env.cr.commit()
    query = plain_query(env.cr)
    spent = {"full": [], "all": []}

    def plain():
        env.cr._obj.execute(f"{SETTINGS}; {query}")
        env.cr.rollback()  # and the settings with it

    def spoiled(name):
        spoil(env)
        started = time.perf_counter()
        profiles._refresh()
        spent[name].append(time.perf_counter() - started)
        env.cr.commit()

    def full():
        with figures_alone(profiles):
            spoiled("full")

    def unchanged():
        with figures_alone(profiles):
            profiles._refresh()
        env.cr.commit()

    times = alternate({"plain": plain, "unchanged": unchanged, "full": full, "all": lambda: spoiled("all")})
    times.update({name: statistics.median(values[1:]) for name, values in spent.items()})
    results.add(f"{label}: plain SELECT", times["plain"], "s")
    results.add(f"{label}: full refresh", times["full"], "s")
    results.add(f"{label}: refresh, nothing changed", times["unchanged"], "s")
    results.add(f"{label}: full refresh with scores and alerts", times["all"], "s")
    bars = ("<= 2.0", "<= 1.2") if is_last else (None, None)
    results.add(f"{label}: full refresh / plain SELECT", times["full"] / times["plain"], "x", bars[0])
    results.add(f"{label}: refresh, nothing changed / plain SELECT", times["unchanged"] / times["plain"], "x", bars[1])
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
    results.add("statements, all customers less those of 2", counts[2] - counts[0], "", "<= 0")


def reset_peak():
    """Forget the process's peak memory; returns what it uses now, in MiB."""
    Path("/proc/self/clear_refs").write_text("5")
    return psutil.Process().memory_info().rss / 2**20


def peak():
    """Peak memory of the process since the last reset, in MiB."""
    status = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in status if line.startswith("VmHWM")).split()[1]) / 2**10


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
    return max(dossiers, partners)


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
    results.add("OCA / the slower of our searches", float(answer[1]) / ours, "x", ">= 50")


class Hooks:
    """Our hooks on posting and paying: switched off, or with the time spent in them taken.

    The time is taken inside the hooks: they cost well under a millisecond of an action whose own time varies by more.
    """

    PLACES = (
        ("account.move", "_enqueue_dossiers"),
        ("account.partial.reconcile", "_enqueue_dossiers"),
        ("compliance.refresh.queue", "_enqueue"),
        ("compliance.refresh.queue", "_insert_pending"),
    )

    def __init__(self, env, enabled):
        self.enabled, self.seconds, self.depth = enabled, 0.0, 0
        self.patches = [
            patch.object(type(env[model]), method, self._wrap(getattr(type(env[model]), method)))
            for model, method in self.PLACES
        ]

    def _wrap(self, method):
        def hook(records, *args, **kwargs):
            if not self.enabled:
                return None
            started = time.perf_counter()
            self.depth += 1
            try:
                return method(records, *args, **kwargs)
            finally:
                self.depth -= 1
                if not self.depth:
                    self.seconds += time.perf_counter() - started

        return hook

    def __enter__(self):
        for patched in self.patches:
            patched.start()
        return self

    def __exit__(self, *_error):
        for patched in self.patches:
            patched.stop()


def bench_documents(env, results, count=40):
    """Extra queries and time of posting and paying one invoice: every other one with our hooks, the rest without."""
    customers = env["compliance.profile"].search([("invoice_count", ">", 3)], limit=count).partner_id
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
        queries, hooked = {True: [], False: []}, []
        for number, invoice in enumerate(invoices):
            ours = number % 2 == 0
            with Hooks(env, ours) as hooks:
                before = env.cr.sql_log_count
                function(invoice)
                env.cr.flush()
            queries[ours].append(env.cr.sql_log_count - before)
            if ours:
                hooked.append(hooks.seconds)
        extra = statistics.median(queries[True][2:]) - statistics.median(queries[False][2:])
        results.add(f"{action} an invoice: extra queries", extra, "", "<= 2")
        results.add(f"{action} an invoice: time in our hooks", 1000 * statistics.median(hooked[2:]), "ms", "<= 1.0")


def bench_views(env, results):
    """Extra queries of the partner form and list, as the administrator opens them."""
    customers = env["compliance.profile"].search([("invoice_count", ">", 0)], limit=80).partner_id
    # By id: a prefetch through the dossiers would forget its other records when the cache is emptied.
    partners = env["res.partner"].with_user(env.ref("base.user_admin")).browse(customers.ids)
    ours = {name: {} for name in (*CLASS_FIELDS, *AMOUNT_FIELDS)}

    def specification(view_type):
        names = partners.get_view(view_type=view_type)["models"]["res.partner"]
        return {name: {} for name in names if not name.startswith("compliance_")}

    def count(records, fields):
        for _warm_up in range(2):
            env.invalidate_all()
            before = env.cr.sql_log_count
            records.web_read(fields)
        return env.cr.sql_log_count - before

    form, rows = specification("form"), specification("list")
    extra = count(partners[:1], {**form, **ours}) - count(partners[:1], form)
    results.add("partner form: extra queries", extra, "", "<= 3")
    extra = [count(partners[:length], {**rows, **ours}) - count(partners[:length], rows) for length in (10, 80)]
    results.add("list of 10 partners: extra queries", extra[0], "")
    results.add("list of 80 partners: extra queries less those of 10", extra[1] - extra[0], "", "<= 0")


def main():
    results = Results("profile")
    template = os.environ["TEMPLATE_DB"]
    refreshed = []
    for customers, invoices in SIZES:
        label = f"{customers:,}/{invoices:,}"
        with database("bench_profile", template) as name:
            generate(f"dbname={name}", customers, invoices)
            with environment(name) as env:
                refreshed.append(bench_refresh(env, results, label, (customers, invoices) == SIZES[-1]))
                if (customers, invoices) == SIZES[-1]:
                    bench_statements(env, results)
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
