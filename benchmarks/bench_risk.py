# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Speed of the risk model: scoring against the refresh of the figures, dry run while others write, back-test, the whole
night, and what restrictions add to posting invoices.
"""

import contextlib
import os
import statistics
import threading
import time
from unittest.mock import patch

from common import Results, close, database, environment, figures_alone, seconds
from generate import generate

SIZES = [
    tuple(map(int, size.split("/"))) for size in os.environ.get("BENCH_SIZES", "25000/250000 100000/1000000").split()
]
FACTORS = 25


def prepare(env, results, label):
    """Opens and refreshes all dossiers; leaves a draft of 25 factors and the same as the active version."""
    profiles = env["compliance.profile"]
    profiles._open_missing()
    profiles._refresh()
    env.cr.commit()
    active = env.ref("crm_compliance.compliance_risk_model_default")
    results.add(f"{label}: factors of the model", len(active.factor_ids), "", f">= {FACTORS}")
    draft = active.copy()
    draft.factor_ids.filtered(lambda factor: factor.signal == "late_probability").points = 8
    env.cr.commit()
    env.cr.execute("ANALYZE compliance_profile, compliance_criterion_check, res_partner")
    env.cr.commit()
    return draft


def spoil_figures(env):
    """Makes every dossier differ from its figures."""
    env.cr.execute("UPDATE compliance_profile SET invoice_count = -1, revenue_total = -1, lifecycle = 'exited'")


def spoil_scores(env):
    """Makes every dossier differ from its score, so that each is rewritten and gets a snapshot."""
    env.cr.execute("UPDATE compliance_profile SET risk_score = -1, risk_level = 'low', risk_hits = '{}'")


def bench_scoring(env, results, label, is_last):
    """Scoring everything, changed or not, and the refresh it follows, in turns."""
    profiles = env["compliance.profile"]
    times = {"figures": [], "all": [], "unchanged": []}

    def timed(name, function):
        started = time.perf_counter()
        function()
        times[name].append(time.perf_counter() - started)
        env.cr.commit()

    for _run in range(4):
        spoil_figures(env)
        env.cr.commit()
        with figures_alone(profiles):
            timed("figures", profiles._refresh)
        spoil_scores(env)
        env.cr.commit()
        timed("all", profiles._score)
        timed("unchanged", profiles._score)
    medians = {name: statistics.median(values[1:]) for name, values in times.items()}
    results.add(f"{label}: full refresh of the figures alone", medians["figures"], "s")
    results.add(f"{label}: scoring, all changed, with a snapshot each", medians["all"], "s")
    results.add(f"{label}: scoring, nothing changed", medians["unchanged"], "s")
    bar = "<= 0.5" if is_last else None
    results.add(f"{label}: scoring, all changed / figures", medians["all"] / medians["figures"], "x", bar)
    results.add(f"{label}: scoring, nothing changed / figures", medians["unchanged"] / medians["figures"], "x", bar)


def bench_night(env, results, label):
    """A night in which every figure and score changes, alerts are raised on 5 % of the customers and 0.4 % of the
    reviews fall due, each with an activity for somebody; returns its seconds.
    """
    reviews = env["compliance.risk.review"]
    somebody = env.ref("base.user_admin").id
    env.cr.execute("DELETE FROM compliance_alert WHERE profile_id % 20 = 0")
    env.cr.execute("SELECT COUNT(*) FROM compliance_alert")
    (alerts_before,) = env.cr.fetchone()
    env.cr.execute("SELECT COUNT(*) FROM mail_activity")
    (activities_before,) = env.cr.fetchone()
    env.cr.execute("UPDATE compliance_profile SET user_id = %s, officer_id = %s", [somebody, somebody])
    env.cr.execute("DELETE FROM compliance_refresh_queue")
    env.cr.execute(
        "UPDATE compliance_profile SET admission_state = 'approved', last_review_date = CURRENT_DATE - 100,"
        " next_review_date = CURRENT_DATE + CASE WHEN id % 250 = 0 THEN 0 ELSE 200 END, review_level = 'critical'"
    )
    spoil_figures(env)
    spoil_scores(env)
    env.cr.commit()
    env.invalidate_all()
    started = time.perf_counter()
    env["compliance.profile"]._cron_refresh_all()
    while env["compliance.refresh.queue"]._process_batch(20000):
        env.cr.commit()
    reviews._date_reviews()
    while reviews._open_due(500):
        env.cr.commit()
    reviews._remind()
    reviews._escalate()
    reviews._miss_conditions()
    env.cr.commit()
    spent = time.perf_counter() - started
    for table, before in (("compliance_alert", alerts_before), ("mail_activity", activities_before)):
        env.cr.execute(f"SELECT COUNT(*) FROM {table}")
        results.add(f"{label}: new rows of {table} that night", env.cr.fetchone()[0] - before, "")
    results.add(f"{label}: the night: figures, scores, snapshots, alerts, reviews, activities", spent, "s")
    return spent


def bench_statements(env, results):
    """Statements of scoring 2, 2,000 and all customers."""
    profiles = env["compliance.profile"]
    counts = []
    for partners in (profiles.search([], limit=2).partner_id, profiles.search([], limit=2000).partner_id, None):
        profiles._score(partners)
        before = env.cr.sql_log_count
        profiles._score(partners)
        counts.append(env.cr.sql_log_count - before)
    results.add("statements of scoring 2 customers", counts[0], "")
    results.add("statements, 2,000 customers less those of 2", counts[1] - counts[0], "", "<= 0")
    results.add("statements, all customers less those of 2", counts[2] - counts[0], "", "<= 0")
    few = profiles.search([("invoice_count", ">", 3)], limit=1).partner_id
    results.add("scoring one customer", 1000 * seconds(lambda: profiles._score(few)), "ms")


class Writer(threading.Thread):
    """Somebody who edits one dossier after the other, and notes how long each takes."""

    def __init__(self, env):
        super().__init__(daemon=True)
        self.registry, self.uid = env.registry, env.uid
        self.ids = env["compliance.profile"].search([], limit=5000).ids[::7]
        self.waits, self.failures, self.stopped = [], 0, threading.Event()

    def run(self):
        for profile_id in self.ids * 1000:
            if self.stopped.is_set():
                return
            started = time.perf_counter()
            try:
                with self.registry.cursor() as cr:
                    cr.execute("UPDATE compliance_profile SET note = %s WHERE id = %s", [str(started), profile_id])
            except Exception:
                self.failures += 1
            self.waits.append(time.perf_counter() - started)
            self.stopped.wait(0.05)

    @classmethod
    @contextlib.contextmanager
    def meanwhile(cls, env):
        """Writes until the block ends."""
        writer = cls(env)
        writer.start()
        try:
            yield writer
        finally:
            writer.stopped.set()
            writer.join()


def bench_simulations(env, results, label, draft, is_last):
    """Dry run and back-test on all customers, the dry run while somebody else edits dossiers."""
    env.cr.commit()
    with Writer.meanwhile(env) as writer:
        started = time.perf_counter()
        run = env["compliance.risk.dry.run"].create({"model_id": draft.id})
        run._run()
        env.cr.commit()
        spent = time.perf_counter() - started
    results.add(f"{label}: dry run, while dossiers are edited", spent, "s", "<= 30" if is_last else None)
    results.add(f"{label}: customers in it that change level", run.raised_count + run.lowered_count, "")
    results.add(f"{label}: dossiers edited meanwhile", len(writer.waits), "", ">= 1")
    results.add(f"{label}: edits that failed meanwhile", writer.failures, "", "<= 0")
    results.add(f"{label}: longest wait of an edit meanwhile", 1000 * max(writer.waits), "ms", "<= 500")
    env.cr.execute("SELECT MAX(invoice_date) - 120, MAX(invoice_date) FROM account_move WHERE state = 'posted'")
    as_of, date_to = env.cr.fetchone()
    started = time.perf_counter()
    test = env["compliance.risk.backtest"].create({"model_id": draft.id, "as_of": as_of, "date_to": date_to})
    test.action_run()
    results.add(f"{label}: back-test", time.perf_counter() - started, "s")
    env.cr.rollback()


@contextlib.contextmanager
def without_restrictions(env):
    """Invoices as they are posted without our checks."""
    moves = type(env["account.move"])
    nothing = lambda *_args, **_kwargs: None  # noqa: E731
    with (
        patch.object(moves, "_check_restrictions", nothing),
        patch.object(moves, "_enforce_restrictions", nothing),
        patch.object(moves, "_enforcing_restrictions", lambda *_args, **_kwargs: contextlib.nullcontext()),
        patch.object(moves, "_get_skipped", lambda self: (self.browse(), {})),
    ):
        yield


def bench_posting(env, results, count=100):
    """Queries of posting 100 invoices of 100 unrestricted customers at once, with and without the check."""
    restricted = env["compliance.restriction"].search([]).partner_id
    customers = (
        env["compliance.profile"]
        .search([("invoice_count", ">", 3), ("partner_id", "not in", restricted.ids)], limit=count)
        .partner_id
    )
    line = {"name": "Work", "price_unit": 100, "quantity": 1}
    queries = {True: [], False: []}
    for number in range(6):
        ours = number % 2 == 0
        invoices = env["account.move"].create(
            [
                {"move_type": "out_invoice", "partner_id": partner.id, "invoice_line_ids": [(0, 0, line)]}
                for partner in customers
            ]
        )
        env.flush_all()
        env.invalidate_all()
        with contextlib.nullcontext() if ours else without_restrictions(env):
            before = env.cr.sql_log_count
            invoices.action_post()
            env.cr.flush()
            queries[ours].append(env.cr.sql_log_count - before)
    extra = statistics.median(queries[True][1:]) - statistics.median(queries[False][1:])
    results.add(f"queries of posting {count} invoices, without the check", statistics.median(queries[False][1:]), "")
    results.add(f"queries the check for restrictions adds to posting {count} invoices", extra, "", "<= 1")
    env.cr.rollback()


def main():
    results = Results("risk")
    template = os.environ["TEMPLATE_DB"]
    nights = []
    for customers, invoices in SIZES:
        label = f"{customers:,}/{invoices:,}"
        is_last = (customers, invoices) == SIZES[-1]
        with database("bench_risk", template) as name:
            generate(f"dbname={name}", customers, invoices)
            with environment(name) as env:
                draft = prepare(env, results, label)
                bench_scoring(env, results, label, is_last)
                bench_simulations(env, results, label, draft, is_last)
                nights.append(bench_night(env, results, label))
                if is_last:
                    bench_statements(env, results)
                    bench_posting(env, results)
            close(name)
    if len(nights) > 1:
        growth = nights[-1] / nights[0]
        results.add("the night, growth from the smallest to the largest size", growth, "x", "<= 4.4")
    results.finish()


if __name__ == "__main__":
    main()
