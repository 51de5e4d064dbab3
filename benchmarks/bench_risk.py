# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Speed of the risk model: scoring against the refresh of the figures, dry run, back-test, growth."""

import os
import statistics
import time

from common import Results, close, database, environment, seconds
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
    env.cr.execute("UPDATE compliance_profile SET risk_score = -1, risk_level = 'low', risk_reasons = '[]'")


def bench_scoring(env, results, label, is_last):
    """Scoring everything, changed or not, and the refresh it follows, in turns; returns the median of all changed."""
    profiles = env["compliance.profile"]
    times = {"figures": [], "all": [], "unchanged": [], "nightly": []}

    def timed(name, function):
        started = time.perf_counter()
        function()
        times[name].append(time.perf_counter() - started)
        env.cr.commit()

    for _run in range(4):
        spoil_figures(env)
        env.cr.commit()
        scoring = type(profiles)._score
        type(profiles)._score = lambda *_args, **_kwargs: None
        try:
            timed("figures", profiles._refresh)
        finally:
            type(profiles)._score = scoring
        spoil_scores(env)
        env.cr.commit()
        timed("all", profiles._score)
        timed("unchanged", profiles._score)
        timed("nightly", profiles._refresh)
    medians = {name: statistics.median(values[1:]) for name, values in times.items()}
    results.add(f"{label}: full refresh of the figures, without scoring", medians["figures"], "s")
    results.add(f"{label}: scoring, all changed, with a snapshot each", medians["all"], "s")
    results.add(f"{label}: scoring, nothing changed", medians["unchanged"], "s")
    results.add(f"{label}: refresh with scoring, nothing changed", medians["nightly"], "s")
    bar = "<= 0.5" if is_last else None
    results.add(f"{label}: scoring, all changed / full refresh", medians["all"] / medians["figures"], "x", bar)
    return medians["all"]


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


def bench_simulations(env, results, label, draft, is_last):
    """Dry run and back-test on all customers; whether a dry run locks any dossier."""
    runs = env["compliance.risk.dry.run"]

    def dry_run():
        run = runs.create({"model_id": draft.id})
        run._run()
        return run

    started = time.perf_counter()
    run = dry_run()
    results.add(f"{label}: dry run", time.perf_counter() - started, "s", "<= 30" if is_last else None)
    results.add(f"{label}: customers in it that change level", run.raised_count + run.lowered_count, "")
    env.cr.execute(
        "SELECT COUNT(*) FROM pg_locks WHERE pid = pg_backend_pid() AND mode IN ('RowExclusiveLock', 'ExclusiveLock',"
        " 'AccessExclusiveLock', 'ShareRowExclusiveLock') AND relation = 'compliance_profile'::regclass"
    )
    results.add(f"{label}: locks of a dry run on dossiers", env.cr.fetchone()[0], "", "<= 0")
    env.cr.rollback()
    env.cr.execute("SELECT MAX(invoice_date) - 120, MAX(invoice_date) FROM account_move WHERE state = 'posted'")
    as_of, date_to = env.cr.fetchone()
    started = time.perf_counter()
    test = env["compliance.risk.backtest"].create({"model_id": draft.id, "as_of": as_of, "date_to": date_to})
    test.action_run()
    results.add(f"{label}: back-test", time.perf_counter() - started, "s")
    env.cr.rollback()


def main():
    results = Results("risk")
    template = os.environ["TEMPLATE_DB"]
    scored = []
    for customers, invoices in SIZES:
        label = f"{customers:,}/{invoices:,}"
        is_last = (customers, invoices) == SIZES[-1]
        with database("bench_risk", template) as name:
            generate(f"dbname={name}", customers, invoices)
            with environment(name) as env:
                draft = prepare(env, results, label)
                scored.append(bench_scoring(env, results, label, is_last))
                bench_simulations(env, results, label, draft, is_last)
                if is_last:
                    bench_statements(env, results)
            close(name)
    if len(scored) > 1:
        results.add("scoring, growth from the smallest to the largest size", scored[-1] / scored[0], "x", "<= 4.4")
    results.finish()


if __name__ == "__main__":
    main()
