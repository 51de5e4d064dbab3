# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The working day with 100,000 customers: how long the first screens take, and 50 simulated users at once on a server
with two workers, our screens against plain Odoo's own in the same run (load_day.py, played by locust).

LOAD_CUSTOMERS, LOAD_USERS and LOAD_SECONDS make it smaller; LOAD_DB takes a database that was filled before.
"""

import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import requests

from common import Results, database, environment, seconds
from generate import generate

CUSTOMERS = int(os.environ.get("LOAD_CUSTOMERS", 100_000))
USERS = int(os.environ.get("LOAD_USERS", 50))
SECONDS = int(os.environ.get("LOAD_SECONDS", 180))
WORKERS = 2
KINDS = ("ours", "plain")
LOCUST = "locust==2.47.0"
COMPLAINTS, LEADS, REVIEWS, OWN_CUSTOMERS = 2000, 2000, 500, 300
# Four of five see everything, as officers who also sell and read invoices; the fifth sees what is his.
EVERYTHING = (
    "crm_compliance.group_compliance_officer",
    "sales_team.group_sale_salesman_all_leads",
    "account.group_account_invoice",
)
# Starts a server. It is started again by this name for the web sockets.
ODOO = """
import sys
if sys.argv[1:2] == ["gevent"]:
    from gevent import monkey
    monkey.patch_all()
from odoo.cli.command import main
main()
"""
OWN = ("crm_compliance.group_compliance_user", "sales_team.group_sale_salesman", "account.group_account_invoice")


def install_locust():
    """Path of locust, in an environment of its own: it is no dependency of anything else."""
    folder = Path(os.environ["BENCH_CACHE"]) / "locust"
    if not (folder / "bin" / "locust").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([folder / "bin" / "pip", "install", "--quiet", LOCUST], check=True)
    return folder / "bin" / "locust"


# -------------------------------------------------------------------------
# DATABASE
# -------------------------------------------------------------------------


def fill(env):
    """What a day needs besides customers and invoices."""
    env = env(context={"tracking_disable": True, "no_reset_password": True, "lang": "en_US"})
    profiles = env["compliance.profile"]
    profiles._open_missing()
    profiles._refresh()
    profiles._update_contact_dates()
    env.cr.commit()
    users = make_users(env)
    chance = random.Random(1)
    dossiers = profiles.search([("partner_id.name", "like", "Customer")], limit=20_000)
    some = profiles.browse(chance.sample(dossiers.ids, min(COMPLAINTS, len(dossiers))))
    env["compliance.complaint"].create(
        [{"subject": f"Complaint {number}", "partner_id": dossier.partner_id.id} for number, dossier in enumerate(some)]
    )
    env.flush_all()
    env.cr.execute("UPDATE compliance_complaint SET user_id = (%s::int[])[1 + id %% %s]", [users.ids, len(users)])
    env.invalidate_all()
    env["crm.lead"].create(
        [
            {
                "name": f"Lead {number}",
                "type": "opportunity",
                "partner_id": dossier.partner_id.id,
                "user_id": chance.choice(users.ids),
            }
            for number, dossier in enumerate(some[:LEADS])
        ]
    )
    env["compliance.risk.review"].create(
        [{"profile_id": dossier.id, "kind": "periodic", "prepared_by": users[0].id} for dossier in some[:REVIEWS]]
    )
    env.cr.commit()


def make_users(env):
    groups = {name: [env.ref(group).id for group in name] for name in (EVERYTHING, OWN)}
    users = env["res.users"].create(
        [
            {
                "name": f"Load {number}",
                "login": f"load_{number}",
                "password": f"load_{number}",
                "group_ids": [(6, 0, groups[EVERYTHING if number % 5 else OWN])],
            }
            for number in range(USERS)
        ]
    )
    env.flush_all()
    env.cr.execute(
        """
        UPDATE compliance_profile SET user_id = (%s::int[])[1 + id %% %s]
         WHERE id IN (SELECT id FROM compliance_profile WHERE user_id IS NULL ORDER BY id LIMIT %s)
        """,
        [users.ids, len(users), len(users) * OWN_CUSTOMERS],
    )
    env.invalidate_all()
    return users


@contextmanager
def filled():
    """Name of a database with everything in it."""
    if os.environ.get("LOAD_DB"):
        yield os.environ["LOAD_DB"]
        return
    with database("bench_day", os.environ["TEMPLATE_DB"]) as name:
        generate(f"dbname={name}", CUSTOMERS, 3 * CUSTOMERS)
        subprocess.run(["psql", "-d", name, "-qc", "VACUUM ANALYZE"], check=True)
        with environment(name) as env:
            fill(env)
        subprocess.run(["psql", "-d", name, "-qc", "VACUUM ANALYZE"], check=True)
        yield name


# -------------------------------------------------------------------------
# SCREENS
# -------------------------------------------------------------------------


def bench_screens(env, results):
    """What somebody who sees everything waits for, alone on the machine."""
    user = env["res.users"].search([("login", "=", "load_1")])
    dashboard = env["compliance.dashboard"].with_user(user)
    my_day = env["compliance.my.day"].with_user(user)
    profiles = env["compliance.profile"].with_user(user)
    fields = {"partner_id": {"fields": {"display_name": {}}}, "zone": {}, "risk_level": {}, "overdue_amount": {}}

    def cold(function):
        def call():
            env.invalidate_all()
            function()

        return call

    for title, function, bar in (
        ("dashboard", dashboard.get_data, "<= 1.0"),
        ("dashboard, trend of late payment", dashboard.get_slow_blocks, "<= 1.5"),
        ("my day", lambda: my_day.web_search_read([], {"title": {}, "deadline": {}}, limit=80), "<= 1.0"),
        ("list of dossiers", lambda: profiles.web_search_read([], fields, limit=80, count_limit=10001), "<= 1.0"),
    ):
        results.add(f"{title}, {CUSTOMERS:,} customers", seconds(cold(function)), "s", bar)


# -------------------------------------------------------------------------
# LOAD
# -------------------------------------------------------------------------


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def server(name):
    """Address of a server with two workers on the database."""
    port = free_port()
    options = {
        "-c": os.environ["ODOO_CONF"],
        "-d": name,
        "--db-filter": f"^{name}$",
        "--http-interface": "127.0.0.1",
        "--http-port": port,
        "--gevent-port": free_port(),
        "--workers": WORKERS,
        "--max-cron-threads": 0,
        "--limit-time-real": 300,
        "--log-level": "error",
    }
    arguments = [str(part) for option in options.items() for part in option]
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "odoo"
        script.write_text(ODOO)
        process = subprocess.Popen([sys.executable, script, *arguments])
        try:
            wait_for(f"{url}/web/login")
            yield url
        finally:
            process.terminate()
            process.wait(60)


def wait_for(url):
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            if requests.get(url, timeout=60).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.5)
    raise TimeoutError(url)


def play(locust, url, name):
    """Milliseconds of all calls by name, and the number of errors by what they say."""
    with tempfile.NamedTemporaryFile() as file:
        settings = {
            "LOAD_DB": name,
            "LOAD_LOGINS": ",".join(f"load_{number}" for number in range(USERS)),
            "LOAD_RESULT": file.name,
        }
        command = [
            locust,
            "--headless",
            "--only-summary",
            f"--locustfile={Path(__file__).with_name('load_day.py')}",
            f"--host={url}",
            f"--users={USERS}",
            "--spawn-rate=5",
            f"--run-time={SECONDS + USERS // 5}s",
        ]
        run = subprocess.run(
            command, env=os.environ | settings, capture_output=True, text=True, check=False, timeout=SECONDS + 300
        )
        content = Path(file.name).read_text()
        if not content:
            raise RuntimeError(run.stdout + run.stderr)
    answer = json.loads(content)
    return answer["times"], answer["errors"]


def percentile(values):
    """The time that 95 % of the calls did not take longer than."""
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


def bench_load(name, results):
    locust = install_locust()
    with server(name) as url:
        times, errors = play(locust, url, name)
    for error, count in errors.items():
        print(f"  {count} x {error}")
    both = {kind: [ms for call, values in times.items() if call.startswith(kind) for ms in values] for kind in KINDS}
    load = f"{USERS} users, {WORKERS} workers"
    for call, values in sorted(times.items()):
        if call.startswith(KINDS):
            results.add(f"{call}, median", statistics.median(values), "ms")
            results.add(f"{call}, 95 % of {len(values)}", percentile(values), "ms")
    results.add(f"calls a second, {load}", sum(map(len, times.values())) / SECONDS, "calls/s")
    results.add(f"errors, {load}", sum(errors.values()), "", "<= 0")
    for kind, values in both.items():
        results.add(f"{kind}, 95 % of {len(values)}, {load}", percentile(values), "ms")
    results.add("ours against plain Odoo, 95 %", percentile(both["ours"]) / percentile(both["plain"]), "x", "<= 1.5")


def main():
    results = Results("day")
    with filled() as name:
        with environment(name) as env:
            bench_screens(env, results)
        bench_load(name, results)
    results.finish()


if __name__ == "__main__":
    main()
