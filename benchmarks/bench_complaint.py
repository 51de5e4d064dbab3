# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Cost of service levels: taking in and moving complaints against OCA helpdesk_mgmt with helpdesk_mgmt_sla, computing
all deadlines anew, and the analysis over a large ledger.
"""

import gc
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from common import Results, database, environment, install

CASES = int(os.environ.get("BENCH_COMPLAINT_CASES", 100_000))
EVENTS = int(os.environ.get("BENCH_COMPLAINT_EVENTS", 1_000_000))
BATCH = 500
TURNS = 5
PEERS = ("odoo-addon-helpdesk-mgmt>=19.0,<19.1", "odoo-addon-helpdesk-mgmt-sla>=19.0,<19.1")
TARGETS = ("resolution", "first_response", "answer", "acknowledge", "resolution")


def spend(env, operation, *args):
    """Milliseconds per record of an operation on BATCH records that is undone afterwards.

    :return: (the operation with what it writes, the same with what the commit adds: notes of changes, messages)
    """
    gc.collect()
    gc.disable()
    started = time.perf_counter()
    operation(env, *args)
    env.flush_all()
    written = time.perf_counter() - started
    env.cr.flush()
    committed = time.perf_counter() - started
    gc.enable()
    env.cr.rollback()
    env.invalidate_all()
    return 1000 * written / BATCH, 1000 * committed / BATCH


def measure(env, figures, name, operation, *args):
    """Medians of some turns, after one to warm up."""
    turns = [spend(env, operation, *args) for _turn in range(TURNS + 1)][1:]
    written, committed = zip(*turns, strict=True)
    figures[name] = statistics.median(written)
    figures[f"{name} committed"] = statistics.median(committed)


# -------------------------------------------------------------------------
# OURS
# -------------------------------------------------------------------------


def set_policies(env, count):
    """So many service levels that apply to every complaint, for good."""
    policies = env["compliance.sla.policy"].with_context(active_test=False)
    policies.search([]).active = False
    policies.create(
        [
            {
                "name": f"Level {number}",
                "target": TARGETS[number],
                "limit": 8 + number,
                "domain": "[('channel', '!=', 'visit')]",
            }
            for number in range(count)
        ]
    )
    env.cr.commit()


def create_ours(env):
    partner = env.ref("base.main_partner")
    env["compliance.complaint"].create(
        [{"subject": f"Complaint {number}", "partner_id": partner.id} for number in range(BATCH)]
    )


def bench_ours(env, figures):
    """Milliseconds per complaint with 0, 1 and 5 service levels."""
    for count in (0, 1, 5):
        set_policies(env, count)
        measure(env, figures, f"create {count}", create_ours)
        create_ours(env)
        env.cr.commit()
        cases = env["compliance.complaint"].search([], limit=BATCH, order="id desc")
        measure(env, figures, f"move {count}", lambda env, ids=cases.ids: move_ours(env, ids))


def move_ours(env, ids):
    """The customer is asked for something: the clocks stand."""
    env["compliance.complaint"].browse(ids).action_wait_customer()


# -------------------------------------------------------------------------
# THE PEER
# -------------------------------------------------------------------------


def download_peers():
    """Folder of the OCA peers' add-ons, None if they cannot be had."""
    folder = Path(os.environ["BENCH_CACHE"]) / "helpdesk"
    folder.mkdir(parents=True, exist_ok=True)
    if len(list(folder.glob("*.whl"))) < len(PEERS):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--pre", "-d", str(folder), *PEERS]
        if subprocess.run(command, check=False).returncode:
            return None
    for wheel in folder.glob("*.whl"):
        subprocess.run([sys.executable, "-m", "zipfile", "-e", str(wheel), str(folder)], check=True)
    return folder / "odoo" / "addons"


def create_peer(env, team):
    env["helpdesk.ticket"].create(
        [{"name": f"Ticket {number}", "description": "Complaint", "team_id": team.id} for number in range(BATCH)]
    )


def move_peer(env, ids, stage):
    env["helpdesk.ticket"].browse(ids).write({"stage_id": stage.id})


def bench_peer(env, figures):
    """The same of OCA helpdesk_mgmt with helpdesk_mgmt_sla, whose clocks stand in the stage as well. Chatter, notes of
    changes and the mails of stages are as each add-on ships them, on both sides.
    """
    calendar = env.company.resource_calendar_id
    team = env["helpdesk.ticket.team"].create({"name": "Team", "use_sla": True, "resource_calendar_id": calendar.id})
    start, waiting = env["helpdesk.ticket.stage"].search([("closed", "=", False)], limit=2)
    # Without a stage to reach their service levels count as kept from the beginning.
    done = env["helpdesk.ticket.stage"].search([("closed", "=", True)], limit=1)
    for count in (0, 1, 5):
        env["helpdesk.ticket"].search([]).unlink()  # they hold on to their service levels
        env["helpdesk.sla"].search([]).unlink()
        env["helpdesk.sla"].create(
            [
                {
                    "name": f"Level {number}",
                    "hours": 8 + number,
                    "team_ids": team.ids,
                    "stage_id": done.id,
                    "ignore_stage_ids": waiting.ids,
                    "domain": "[('active', '=', True)]",
                }
                for number in range(count)
            ]
        )
        env.cr.commit()
        measure(env, figures, f"create {count}", create_peer, team)
        create_peer(env, team)
        env.cr.commit()
        tickets = env["helpdesk.ticket"].search([], limit=BATCH, order="id desc")
        tickets.write({"stage_id": start.id})
        env.cr.commit()
        measure(env, figures, f"move {count}", lambda env, ids=tickets.ids: move_peer(env, ids, waiting))


# -------------------------------------------------------------------------
# SIZE
# -------------------------------------------------------------------------


def fill(env):
    """Open cases of the last year, received at all hours, with a pause each, their clocks not computed yet."""
    set_policies(env, 5)
    partner, company = env.ref("base.main_partner"), env.company
    team = env["compliance.complaint.team"].search([("company_id", "=", company.id)], limit=1)
    env.cr.execute(
        """
        INSERT INTO compliance_complaint
               (name, subject, partner_id, commercial_partner_id, company_id, currency_id, team_id, state, waiting,
                dispute_stage, channel, severity, scope, emotion, priority, date_received, reopen_count, satisfaction)
        SELECT 'B/' || number, 'Complaint ' || number, %(partner)s, %(partner)s, %(company)s, %(currency)s, %(team)s,
               'investigating', 'none', 'none', 'phone', '2', '1', '2', '1',
               now() AT TIME ZONE 'UTC' - number %% 525600 * interval '1 minute', 0, number %% 6
          FROM generate_series(1, %(count)s) number
        """,
        {
            "partner": partner.id,
            "company": company.id,
            "currency": company.currency_id.id,
            "team": team.id,
            "count": CASES,
        },
    )
    env.cr.commit()
    env.cr.execute("ANALYZE compliance_complaint")


def bench_recompute(env, results):
    """Deadlines after a change of the working hours, batch by batch as the job does it."""
    complaints = env["compliance.complaint"]
    ids = complaints.search([("name", "=like", "B/%")]).ids
    for start in range(0, len(ids), 10_000):
        complaints.browse(ids[start : start + 10_000])._sync_clocks()
        env.cr.commit()
        env.invalidate_all()
    env.cr.execute("ANALYZE compliance_sla_clock, compliance_sla_event")
    before = get_deadlines(env)
    calendar = env.company.resource_calendar_id
    calendar.attendance_ids.filtered(lambda line: line.day_period == "afternoon").hour_to = 16
    env.cr.commit()
    replay = env["compliance.sla.replay"].search([("state", "=", "waiting")], limit=1)
    started = time.perf_counter()
    done = 0
    while replay.state == "waiting":
        done += replay._process()
        env.cr.commit()
        env.invalidate_all()
    spent = time.perf_counter() - started
    if get_deadlines(env) == before:
        raise RuntimeError("The deadlines did not change")
    results.add(f"deadlines of {done:,} open cases (5 levels each) after new working hours", spent, "s", "<= 60")


def get_deadlines(env):
    env.cr.execute("SELECT sum(extract(epoch FROM deadline)) FROM compliance_sla_clock")
    return env.cr.fetchone()[0]


def bench_report(env, results):
    """The analysis as its pivot asks for it."""
    env.cr.execute("SELECT count(*) FROM compliance_sla_event")
    missing = EVENTS - env.cr.fetchone()[0]
    env.cr.execute(
        """
        INSERT INTO compliance_sla_event (complaint_id, company_id, kind, date, target)
        SELECT complaint.id, complaint.company_id, (ARRAY['pause', 'resume'])[1 + turn %% 2],
               complaint.date_received + turn * interval '1 hour', 'customer'
          FROM compliance_complaint complaint, generate_series(1, %s) turn
        """,
        (max(missing // CASES, 0) + 1,),
    )
    env.cr.commit()
    env.cr.execute("ANALYZE compliance_sla_event")
    env.cr.execute("SELECT count(*) FROM compliance_sla_event")
    rows = env.cr.fetchone()[0]
    report = env["compliance.complaint.report"].with_user(env.ref("base.user_admin"))
    measures = ("sla_attainment", "response_hours", "resolution_hours", "follow_up_rate", "reopened", "satisfaction")
    for label, groupby in (("category", ["category_id"]), ("month and team", ["date_received:month", "team_id"])):
        times = []
        for _turn in range(4):
            env.invalidate_all()
            started = time.perf_counter()
            report.formatted_read_group([], groupby, [f"{name}:avg" for name in measures] + ["__count"])
            times.append(time.perf_counter() - started)
        results.add(f"analysis by {label}, {rows:,} ledger rows", statistics.median(times[1:]), "s", "<= 2.0")


def compare(results, ours, peer):
    """Bars that hold ours against the peer of the same run."""
    for key, value in ours.items():
        action, count, *when = key.split()
        label = ", ".join([action, f"{count} levels", *when])
        results.add(f"{label}: ours per complaint", value, "ms")
        if peer:
            results.add(f"{label}: OCA per ticket", peer[key], "ms")
    results.add("create: 5 levels / 1 level", ours["create 5"] / ours["create 1"], "x", "<= 1.2")
    if peer:
        results.add("create: ours with 5 levels / OCA with 1", ours["create 5"] / peer["create 1"], "x", "<= 1.0")
        results.add("move, 5 levels: OCA / ours", peer["move 5"] / ours["move 5"], "x", ">= 10")
        ratio = peer["move 5 committed"] / ours["move 5 committed"]
        results.add("move, 5 levels, with notes and messages: OCA / ours", ratio, "x")


def main():
    results = Results("complaint")
    template = os.environ["TEMPLATE_DB"]
    addons = download_peers()
    peer = {}
    if addons:
        with database("bench_complaint_peer", template) as name:
            path = f"{addons},{Path(__file__).parents[1] / 'addons'}"
            install(name, "helpdesk_mgmt_sla", path)
            import odoo.addons

            odoo.addons.__path__.append(str(addons))
            with environment(name) as env:
                bench_peer(env, peer)
    else:
        print("  OCA helpdesk_mgmt could not be downloaded: its comparison is left out")
    with database("bench_complaint", template) as name, environment(name) as env:
        ours = {}
        bench_ours(env, ours)
        compare(results, ours, peer)
        fill(env)
        bench_recompute(env, results)
        bench_report(env, results)
    results.finish()


if __name__ == "__main__":
    main()
