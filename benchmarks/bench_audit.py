# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Cost of the audit trail: against no audit, against OCA auditlog, and of sealing and verifying a large one."""

import gc
import json
import os
import statistics
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from unittest.mock import patch

from bench_profile import peak, reset_peak
from common import Results, database, environment, install

ROWS = int(os.environ.get("BENCH_AUDIT_ROWS", 1_000_000))
CHANGES = min(20_000, ROWS)
PARTNERS = 1_000
# Each record of the large trail has about as many rows.
ROWS_PER_RECORD = 20
# Runs of each variant, of which the fastest counts.
PAIRS, PAIRS_FAST, PAIRS_FULL, PAIRS_UNAUDITED = 21, 3, 1, 31
PEER = "odoo-addon-auditlog>=19.0,<19.1"


# -------------------------------------------------------------------------
# WHAT IS MEASURED
# -------------------------------------------------------------------------


def get_partners(env):
    return env["res.partner"].search([("ref", "=like", "bench-%")], order="id")


def write_singly(env):
    """200 forms saved one after the other."""
    for number, partner in enumerate(get_partners(env)[:200]):
        partner.write({"function": f"Buyer {number}"})
        partner.flush_recordset()


def write_batch(env):
    get_partners(env)[:500].write({"function": "Buyer"})
    env.flush_all()


def create_batch(env):
    env["res.partner"].create([prepare_partner(f"new-{number}") for number in range(200)])
    env.flush_all()


def unlink_batch(env):
    get_partners(env)[:200].unlink()
    env.flush_all()


OPERATIONS = {
    "200 single writes": write_singly,
    "batch write of 500": write_batch,
    "batch create of 200": create_batch,
    "unlink of 200": unlink_batch,
}


def prepare_partner(ref):
    return {
        "name": f"Customer {ref}",
        "ref": ref,
        "is_company": True,
        "email": f"{ref}@example.com",
        "phone": "+32 2 290 34 90",
        "street": "Chaussée de Namur 40",
        "zip": "1367",
        "city": "Grand-Rosière",
        "function": "Clerk",
    }


def spend(env, operation):
    """Seconds of an operation that is undone afterwards, not counting what the interpreter tidies up."""
    gc.collect()
    gc.disable()
    started = time.perf_counter()
    operation(env)
    spent = time.perf_counter() - started
    gc.enable()
    env.cr.rollback()
    return spent


def compare(operation, env, variants, baseline, pairs):
    """Ratio of each variant to the baseline, and the baseline's seconds.

    The variants take turns, so that a disturbance that lasts hits all of them. Of each the fastest run counts:
    whatever else runs on the machine makes a run slower, never faster (what Python's ``timeit`` advises). The first run
    after a switch is not counted: then Odoo asks which models are recorded, and PostgreSQL compiles and plans anew,
    once per connection. That is what switching costs, not what recording does.

    :param dict variants: what switches a variant on, by name
    """
    times = {name: [] for name in variants}
    for turn in range(pairs):
        for name in variants if turn % 2 else reversed(variants):
            variants[name]()
            spend(env, operation if pairs > 1 else warm_up)
            times[name].append(spend(env, operation))
    fastest = min(times[baseline])
    return {name: min(times[name]) / fastest for name in variants}, fastest


def warm_up(env):
    """A short form of the operations, where the long one takes minutes."""
    get_partners(env)[:2].write({"function": "Buyer"})
    env["res.partner"].create(prepare_partner("warm"))
    env.flush_all()


# -------------------------------------------------------------------------
# VARIANTS
# -------------------------------------------------------------------------


def get_policies(env, model=None):
    domain = [("model", "=", model)] if model else []
    return env["compliance.audit.policy"].with_context(active_test=False).search(domain)


def switch(env, policies, active):
    """Switch recording by policies on or off, with their triggers."""
    policies.write({"active": active})
    env.cr.commit()


def download_peer():
    """Folder of the OCA peer's add-ons, None if it cannot be had."""
    folder = Path(os.environ["BENCH_CACHE"]) / "auditlog"
    folder.mkdir(parents=True, exist_ok=True)
    if not list(folder.glob("*.whl")):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--pre", "-d", str(folder), PEER]
        if subprocess.run(command, check=False).returncode:
            return None
    wheel = next(folder.glob("*.whl"))
    subprocess.run([sys.executable, "-m", "zipfile", "-e", str(wheel), str(folder)], check=True)
    return folder / "odoo" / "addons"


class Peer:
    """Rules of OCA auditlog for partners; the type of a rule is fixed when it is confirmed."""

    def __init__(self, env):
        self.env = env
        self.rule = env["auditlog.rule"]

    def switch(self, log_type):
        """Record with that type of rule, or not at all."""
        self.rule.unlink()
        self.rule = self.rule.browse()
        if log_type:
            values = {"name": log_type, "model_id": self.env["ir.model"]._get_id("res.partner"), "log_type": log_type}
            self.rule = self.rule.create({**values, "capture_record": log_type == "full"})
            self.rule.set_to_confirmed()
        self.env.cr.commit()


# -------------------------------------------------------------------------
# THE BENCHMARKS
# -------------------------------------------------------------------------


def populate(env):
    """Partners to work on."""
    env["res.partner"].create([prepare_partner(f"bench-{number}") for number in range(PARTNERS)])
    env.cr.commit()
    env.cr.execute("ANALYZE res_partner")
    env.cr.commit()


def bench_ours(env, results):
    """Partners: with our triggers against without."""
    policies = get_policies(env, "res.partner")
    policies.write({"field_mode": "all", "log_create": True, "log_write": True, "log_unlink": True})
    variants = {"none": lambda: switch(env, policies, False), "ours": lambda: switch(env, policies, True)}
    for label, operation in OPERATIONS.items():
        ratios, free = compare(operation, env, variants, "none", PAIRS)
        results.add(f"{label}: no audit", free, "s")
        results.add(f"{label}: ours / no audit", ratios["ours"], "x", "<= 1.25")
    counts = {}
    for name, activate in variants.items():
        activate()
        spend(env, write_singly)
        before = env.cr.sql_log_count
        write_singly(env)
        counts[name] = env.cr.sql_log_count - before
        env.cr.rollback()
    extra = counts["ours"] - counts["none"]
    results.add("extra statements from Odoo, 200 single writes in a transaction", extra, "", "<= 3")


def bench_peer(env, results):
    """Partners: with rules of OCA auditlog against without."""
    switch(env, get_policies(env, "res.partner"), False)
    peer = Peer(env)
    for log_type, pairs in (("fast", PAIRS_FAST), ("full", PAIRS_FULL)):
        variants = {"none": lambda: peer.switch(None), log_type: lambda kind=log_type: peer.switch(kind)}
        for label, operation in OPERATIONS.items():
            ratios, _free = compare(operation, env, variants, "none", pairs)
            results.add(f"{label}: OCA auditlog {log_type} / no audit", ratios[log_type], "x")


def bench_unaudited(env, results):
    """Tags of partners have no policy: what does it cost them that other models have one?"""
    tags = env["res.partner.category"].create([{"name": f"Tag {number}"} for number in range(200)])
    env.cr.commit()
    # All that may be switched off; partners among them, but not what is recorded of the audit itself.
    policies = get_policies(env).filtered(lambda policy: not policy.model.startswith("compliance.audit."))

    def write_tags(env):
        for number, tag in enumerate(tags):
            tag.write({"color": number % 11 + 1})
            tag.flush_recordset()

    variants = {"off": lambda: switch(env, policies, False), "on": lambda: switch(env, policies, True)}
    ratios, _free = compare(write_tags, env, variants, "off", PAIRS_UNAUDITED)
    results.add("model without policy, 200 single writes: policies on / off", ratios["on"], "x", "< 1.01")
    switch(env, policies, True)
    # The hook that asks whether there is a policy ran in both.
    model = type(tags)
    hooks = {"empty": lambda self: None, "ours": model._audit_identify}
    with patch.object(model, "_audit_identify"):
        variants = {name: partial(setattr, model, "_audit_identify", hook) for name, hook in hooks.items()}
        ratios, _free = compare(write_tags, env, variants, "empty", PAIRS_UNAUDITED)
    results.add("model without policy, 200 single writes: our hook / an empty one", ratios["ours"], "x")


def seal_all(env):
    """Number of rows sealed, block by block as the scheduled job does."""
    count = 0
    while sealed := env["compliance.audit.seal"]._seal_block():
        count += sealed
        env.cr.commit()
    env.cr.rollback()
    return count


def bench_size(env, results):
    """Bytes of simple changes, with their part of the indexes and seals."""

    def measure():
        env.cr.execute(
            "SELECT pg_total_relation_size('compliance_audit_log') + pg_total_relation_size('compliance_audit_leaf')"
        )
        return env.cr.fetchone()[0]

    partners = get_partners(env)[: PARTNERS // 2]  # the others' stories stay as long as the benchmark wants them
    seal_all(env)
    before = measure()
    done = 0
    while done < CHANGES:
        ids = partners.ids[: CHANGES - done]
        env.cr.execute("UPDATE res_partner SET function = %s WHERE id = ANY(%s)", (f"Buyer {done}", ids))
        env.cr.commit()
        done += len(ids)
    sealed = seal_all(env)
    if sealed != done:
        raise RuntimeError(f"{done:,} changes, but {sealed:,} rows")
    results.add(f"bytes per change, {done:,} changes of one field", (measure() - before) / done, "bytes", "<= 600")


def fill(env):
    """Rows as they come in over time: each record once in a transaction."""
    env.cr.execute("SELECT count(*) FROM compliance_audit_log")
    missing = ROWS - env.cr.fetchone()[0]
    per_transaction = max(ROWS // ROWS_PER_RECORD, get_partners(env)[-1:].id)
    while missing > 0:
        env.cr.execute(
            """
            INSERT INTO compliance_audit_log
                   (operation, model, res_id, name, user_id, origin, address, session, changes)
            SELECT 'write', 'res.partner', number, 'Customer ' || number, 2, 'web', '192.0.2.1', '0123456789abcdef',
                   jsonb_build_object('function', jsonb_build_array('Buyer ' || number, 'Clerk'))
              FROM generate_series(1, %s) number
            """,
            (min(missing, per_transaction),),
        )
        env.cr.commit()
        missing -= per_transaction
    env.cr.execute("ANALYZE compliance_audit_log, compliance_audit_leaf")
    env.cr.commit()


def bench_large(env, results):
    """A large trail: sealing it, and the story of one record."""
    fill(env)
    started = time.perf_counter()
    sealed = seal_all(env)
    results.add(f"sealing {sealed:,} rows", sealed / (time.perf_counter() - started), "rows/s", ">= 20000")
    env.cr.execute("ANALYZE compliance_audit_log, compliance_audit_leaf")
    env.cr.commit()
    log = env["compliance.audit.log"].with_user(env.ref("base.user_admin"))
    times, lengths = [], []
    for partner in get_partners(env)[-60:]:
        env.invalidate_all()
        started = time.perf_counter()
        story = log.get_history("res.partner", partner.id)
        times.append(1000 * (time.perf_counter() - started))
        lengths.append(len(story))
    results.add("events of such a record", statistics.median(lengths[10:]), "")
    results.add(f"history of one record among {ROWS:,} rows", statistics.median(times[10:]), "ms", "<= 5.0")


def verify(name):
    """Verifies in a process of its own and prints what it took: what was done before would hide its memory."""
    with environment(name) as env:
        env["compliance.audit.redaction"].search_count([])
        idle = reset_peak()
        started = time.perf_counter()
        result = env["compliance.audit.seal"]._verify()
        print(json.dumps({**result, "seconds": time.perf_counter() - started, "memory": peak() - idle}))


def bench_verification(name, results):
    command = [sys.executable, __file__, "verify", name]
    answer = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])
    if answer["fault"]:
        raise RuntimeError(answer["fault"])
    results.add(f"verification of {answer['rows']:,} rows", answer["seconds"], "s", "<= 60")
    results.add("verification: peak memory above idle", answer["memory"], "MiB", "<= 200")


def main():
    results = Results("audit")
    template = os.environ["TEMPLATE_DB"]
    with database("bench_audit", template) as name:
        with environment(name) as env:
            populate(env)
            bench_size(env, results)  # first: what is rolled back later takes place as well
            bench_ours(env, results)
            bench_unaudited(env, results)
            bench_large(env, results)
        bench_verification(name, results)
    addons = download_peer()
    if addons:
        with database("bench_audit_peer", template) as name:
            install(name, "auditlog", f"{addons},{Path(__file__).parents[1] / 'addons'}")
            import odoo.addons

            odoo.addons.__path__.append(str(addons))
            with environment(name) as env:
                populate(env)
                bench_peer(env, results)
    else:
        print("  OCA auditlog could not be downloaded: its comparison is left out")
    results.finish()


if __name__ == "__main__":
    if sys.argv[1:2] == ["verify"]:
        verify(sys.argv[2])
    else:
        main()
