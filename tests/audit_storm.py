# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The audit trail under load and in crashes.

``storm``: many processes write audited contacts while others seal and verify. ``crash``: workers and PostgreSQL itself
are killed at random moments, on a throwaway server with its default safety. Every writer keeps a record of its own, in
a file, of what it is about to commit and what it has committed. In the end the trail has to agree with these files,
and to verify. 'make storm' runs the long form, tests/test_audit_robustness.py a short one.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

SCRIPTS = Path(__file__).parent.parent / "scripts"
# How a writer ends: as it should, by an error, because the server is gone.
FINE, FAILED, LOST = 0, 1, 3
LOGGED = """
    SELECT transaction::text, operation, res_id, changes -> 'ref' ->> 0, changes -> 'ref' ->> 1
      FROM compliance_audit_log WHERE id > %s AND model = 'res.partner' AND changes ? 'ref'
"""


class StormError(Exception):
    """The trail does not agree with what was done."""


def need(condition, sentence):
    if not condition:
        raise StormError(sentence)


# -------------------------------------------------------------------------
# ODOO, WITH PROCESSES
# -------------------------------------------------------------------------


@contextmanager
def environment(database):
    """An Odoo environment in a transaction of its own, rolled back unless committed."""
    from odoo.api import SUPERUSER_ID, Environment
    from odoo.modules.registry import Registry

    with Registry(database).cursor() as cr:
        yield Environment(cr, SUPERUSER_ID, {})
        cr.rollback()


def load(database):
    """Loads Odoo once; the processes are forked from this one."""
    from odoo.tools import config

    config.parse_config(["-c", os.environ["ODOO_CONF"], "-d", database, "--log-level=critical"])
    with environment(database):
        pass
    disconnect(database)


def disconnect(database):
    """No connection may be shared with a child."""
    from odoo.sql_db import close_db

    close_db(database)


def fork(function, *args):
    """A process that runs a function of (is_wanted, *args) as long as it is wanted; its id."""
    pid = os.fork()
    if pid:
        return pid
    wanted = [True]
    signal.signal(signal.SIGTERM, lambda *_args: wanted.clear())
    code = FINE
    try:
        function(lambda: bool(wanted), *args)
    except BaseException as error:
        code = LOST if is_lost(error) else FAILED
        if code == FAILED:
            traceback.print_exc()
    os._exit(code)


def is_lost(error):
    """Whether the server has gone away."""
    import psycopg2

    # Errors of the connection itself have no code; 57P01 and the like: the server shuts down.
    return isinstance(error, psycopg2.Error) and (error.pgcode or "57P").startswith("57P")


def stop(pids):
    """Ends processes when they are done with what they do; how each of them ended."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    return [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]


# -------------------------------------------------------------------------
# WHAT THE PROCESSES DO
# -------------------------------------------------------------------------


class Writer:
    """Contacts of its own, and a record of what was done to them."""

    def __init__(self, env, number, file, seed):
        self.env, self.number, self.file = env, number, file
        self.random = random.Random(seed)
        env.cr.execute("SELECT id, ref FROM res_partner WHERE ref LIKE %s", (f"storm-{number}-%",))
        self.refs = dict(env.cr.fetchall())
        self.count = 0
        self.token = f"storm-{number}-{seed}"

    def note(self, **values):
        """Survives the process: the operating system has it."""
        os.write(self.file, json.dumps(values).encode() + b"\n")

    def next_ref(self):
        self.count += 1
        return f"{self.token}-{self.count}"

    def work(self):
        """One transaction."""
        refs = dict(self.refs)
        changes = [change for _statement in range(self.random.randint(1, 3)) for change in self.change(refs)]
        self.env.flush_all()
        self.env.cr.execute("SELECT pg_current_xact_id()::text")
        transaction = self.env.cr.fetchone()[0]
        if self.random.random() < 0.05:
            time.sleep(self.random.random() * 2)  # others are sealed meanwhile, with later ids
        if self.random.random() < 0.2:
            self.env.cr.rollback()
            self.note(rolled_back=transaction)
        else:
            self.note(transaction=transaction, changes=changes)
            self.env.cr.commit()
            self.note(done=transaction)
            self.refs = refs
        self.env.invalidate_all(flush=False)

    def change(self, refs):
        """One statement; the changes [operation, id, before, after] it means."""
        partners = self.env["res.partner"]
        choice = self.random.random()
        if choice < 0.3 or len(refs) < 4:
            ref = self.next_ref()
            partner = partners.create({"name": f"Storm {ref}", "ref": ref})
            refs[partner.id] = ref
            return [["create", partner.id, None, ref]]
        partner = partners.browse(self.random.choice(list(refs)))
        before = refs[partner.id]
        if choice < 0.4:
            self.env.flush_all()
            partner.unlink()
            del refs[partner.id]
            return [["unlink", partner.id, before, None]]
        ref = refs[partner.id] = self.next_ref()
        if choice < 0.5:
            self.try_in_vain(partner)
        if choice < 0.6:
            self.env.cr.execute("UPDATE res_partner SET ref = %s WHERE id = %s", (ref, partner.id))
            partner.invalidate_recordset(flush=False)
        else:
            partner.write({"ref": ref, "function": f"Function {self.count}"})
            self.env.flush_all()
        return [["write", partner.id, before, ref]]

    def try_in_vain(self, partner):
        """What a savepoint takes back must not be recorded."""
        with suppress(ZeroDivisionError), self.env.cr.savepoint():
            partner.ref = "storm-in-vain"
            self.env.flush_all()
            raise ZeroDivisionError


def write(is_wanted, database, number, path, seed):
    with environment(database) as env:
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        writer = Writer(env, number, file, seed)
        while is_wanted():
            writer.work()


def seal(is_wanted, database):
    """As the scheduled job does, without its pauses."""
    with environment(database) as env:
        while is_wanted():
            env["compliance.audit.seal"]._cron_seal()
            env.cr.commit()
            time.sleep(0.02)


def verify(is_wanted, database, path):
    """Verifies, against the checkpoint of the round before, and seals as another host may."""
    checkpoint, rounds = None, 0
    with environment(database) as env:
        while is_wanted():
            fault = env["compliance.audit.seal"]._verify(checkpoint)["fault"]
            need(not fault, fault)
            if env["compliance.audit.seal"]._get_last():
                checkpoint = env["compliance.audit.seal"]._prepare_checkpoint()
            env.cr.rollback()
            env["compliance.audit.seal"]._cron_seal()
            env.cr.commit()
            rounds += 1
    path.write_text(str(rounds))


# -------------------------------------------------------------------------
# WHAT IS COMPARED
# -------------------------------------------------------------------------


def read_notes(paths):
    """(transactions committed, those of which a writer does not know, those rolled back): {transaction: changes}."""
    done, unknown, rolled_back = {}, {}, set()
    for path in paths:
        begun = {}
        for line in path.read_text().splitlines() if path.exists() else ():
            note = json.loads(line)
            if "changes" in note:
                begun[note["transaction"]] = note["changes"]
            elif "done" in note:
                done[note["done"]] = begun.pop(note["done"])
            else:
                rolled_back.add(note["rolled_back"])
        unknown.update(begun)
    return done, unknown, rolled_back


def is_committed(env, transaction):
    """What PostgreSQL says; a transaction of which nothing was kept may not even have a number after a crash."""
    env.cr.execute(
        "SELECT CASE WHEN number < pg_snapshot_xmax(pg_current_snapshot())"
        " THEN pg_xact_status(number) = 'committed' END FROM (SELECT %s::xid8 AS number) said",
        (transaction,),
    )
    return env.cr.fetchone()[0]


def compare(env, start, paths):
    """Compares trail, contacts and writers' records; figures about that."""
    done, unknown, rolled_back = read_notes(paths)
    committed = {**done, **{key: changes for key, changes in unknown.items() if is_committed(env, key)}}
    expected = Counter((key, *change) for key, changes in committed.items() for change in changes)
    env.cr.execute(LOGGED, (start,))
    logged = Counter(env.cr.fetchall())
    need(not expected - logged, f"Not in the trail: {list(expected - logged)[:5]}")
    need(not logged - expected, f"In the trail, but not done: {list(logged - expected)[:5]}")
    env.cr.execute("SELECT DISTINCT transaction::text FROM compliance_audit_log WHERE id > %s", (start,))
    others = {key for (key,) in env.cr.fetchall()} ^ committed.keys()
    need(not others, f"Transactions on one side only: {sorted(others)[:5]}")
    # The contacts themselves say the same: each has one writer, whose transactions are in order.
    refs = {id_: after for changes in committed.values() for _operation, id_, _before, after in changes}
    env.cr.execute("SELECT id, ref FROM res_partner WHERE id = ANY(%s)", (list(refs),))
    found = dict(env.cr.fetchall())
    need(found == {id_: ref for id_, ref in refs.items() if ref}, "The contacts are not as they were left")
    return {
        "commits": len(committed),
        "commits the writer did not hear of": len(committed) - len(done),
        "lost in the crash": len(unknown) + len(done) - len(committed),
        "rolled back": len(rolled_back),
        "changes": sum(expected.values()),
    }


def check_chain(env):
    """Seals all there is; all of it must verify."""
    env["compliance.audit.seal"]._cron_seal()
    env.cr.commit()
    result = env["compliance.audit.seal"]._verify()
    need(not result["fault"], result["fault"])
    need(not result["unsealed"], f"{result['unsealed']} rows stay unsealed")
    return {"rows": result["rows"], "seals": result["seals"]}


def get_last_id(env):
    env.cr.execute("SELECT COALESCE(MAX(id), 0) FROM compliance_audit_log")
    return env.cr.fetchone()[0]


# -------------------------------------------------------------------------
# STORM
# -------------------------------------------------------------------------


def storm(database, folder, writers, seconds, seed):
    """Writers, two that seal, one of them verifying; nobody may fail."""
    load(database)
    with environment(database) as env:
        start = get_last_id(env)
    disconnect(database)
    paths = [folder / f"writer-{number}" for number in range(writers)]
    pids = [fork(write, database, number, path, seed) for number, path in enumerate(paths)]
    pids += [fork(seal, database), fork(verify, database, folder / "verified")]
    time.sleep(seconds)
    codes = stop(pids)
    need(not any(codes), f"Processes ended with {codes}")
    with environment(database) as env:
        figures = compare(env, start, paths)
        figures.update(check_chain(env))
    return {"writers": writers, "seconds": seconds, **figures, "verifications": int((folder / "verified").read_text())}


# -------------------------------------------------------------------------
# CRASH
# -------------------------------------------------------------------------


class Cluster:
    """A throwaway PostgreSQL server that survives nothing but crashes: fsync and full pages are on, as by default."""

    def __init__(self, folder):
        self.data = folder / "postgres" / "data"
        # Without autovacuum, nobody but the writers uses up numbers of transactions.
        self.sockets = self.shell(f"pg_start '{folder}/postgres' '-c autovacuum=off'; echo $PGHOST").strip()
        self.folder = folder

    def shell(self, command):
        code = f". '{SCRIPTS}/lib.sh'; . '{SCRIPTS}/postgres.sh'; {command}"
        return subprocess.run(["bash", "-c", code], stdout=subprocess.PIPE, text=True, check=True).stdout

    def pg_ctl(self, command):
        options = f"-D '{self.data}' -l '{self.data}/server.log' -w -t 60"
        self.shell(f'pg_as "$(pg_bin)/pg_ctl" {options} {command} >/dev/null 2>&1')

    def stop(self):
        self.pg_ctl("stop -m immediate")

    def kill(self):
        """Every process of the server at once."""
        postmaster = psutil.Process(int((self.data / "postmaster.pid").read_text().split()[0]))
        processes = [postmaster, *postmaster.children(recursive=True)]
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        while any(is_running(process) for process in processes):
            time.sleep(0.01)
        # In a container, nobody may collect the dead: PostgreSQL would take them for running.
        for lock in (self.data / "postmaster.pid", *Path(self.sockets).glob(".s.PGSQL.*.lock")):
            lock.unlink()

    def restart(self):
        """With the options of before."""
        try:
            self.pg_ctl("restart")
        except subprocess.CalledProcessError:
            raise StormError("PostgreSQL does not start:\n" + (self.data / "server.log").read_text()[-2000:]) from None

    def drop(self):
        with suppress(subprocess.CalledProcessError):
            self.stop()
        shutil.rmtree(self.sockets, ignore_errors=True)


def is_running(process):
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def restore(database, cluster, folder):
    """Copies a database to another server, with a row that is not sealed yet; works there from now on."""
    subprocess.run(
        ["psql", "-q", "-d", database, "-c", "UPDATE res_partner SET ref = 'Before the dump' WHERE id = 1"], check=True
    )
    subprocess.run(["pg_dump", "-Fc", "-Z0", "-f", folder / "dump", database], check=True)
    os.environ.update(PGHOST=cluster.sockets, PGUSER="odoo", PGPORT="5432")
    subprocess.run(["createdb", "-T", "template0", database], check=True)
    subprocess.run(["pg_restore", "-j", "2", "-d", database, folder / "dump"], check=True)
    load(database)
    with environment(database) as env:
        result = env["compliance.audit.seal"]._verify()
        need(result["unsealed"] and not result["fault"], f"Not restored as it was: {result}")
        check_chain(env)
    disconnect(database)


def crash(database, folder, writers, rounds, seed):
    """Kills a worker or the server, and looks what is left; again and again."""
    folder.chmod(0o755)  # the server has a user of its own
    cluster = Cluster(folder)
    try:
        restore(database, cluster, folder)
        chance, total = random.Random(seed), Counter()
        for number in range(rounds):
            kind = ("worker", "immediate", "kill")[number % 3]
            total.update(crash_once(database, cluster, folder / f"round-{number}", kind, writers, chance))
            total[f"crashes: {kind}"] += 1
        with environment(database) as env:
            return {"writers": writers, **total, **check_chain(env)}
    finally:
        cluster.drop()


def crash_once(database, cluster, folder, kind, writers, chance):
    folder.mkdir()
    with environment(database) as env:
        start = get_last_id(env)
    disconnect(database)
    paths = [folder / f"writer-{number}" for number in range(writers)]
    seeds = [chance.randrange(10**9) for _path in paths]
    pids = [fork(write, database, number, path, seeds[number]) for number, path in enumerate(paths)]
    pids.append(fork(seal, database))
    time.sleep(0.4 + chance.random())
    if kind == "worker":
        os.kill(chance.choice(pids), signal.SIGKILL)
    elif kind == "immediate":
        cluster.stop()
    else:
        cluster.kill()
    codes = stop(pids)
    need(set(codes) <= {FINE, LOST, -signal.SIGKILL}, f"Processes ended with {codes}")
    if kind != "worker":
        cluster.restart()
    with environment(database) as env:
        wait_alone(env)
        figures = compare(env, start, paths)
        check_chain(env)
    disconnect(database)
    return figures


def wait_alone(env):
    """A worker's session may still be ending what it was told."""
    while True:
        env.cr.rollback()
        env.cr.execute(
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        if not env.cr.fetchone()[0]:
            env.cr.rollback()
            return
        time.sleep(0.02)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["storm", "crash"])
    parser.add_argument("--database", required=True, help="has the add-on; storm writes to it, crash copies it")
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=120, help="length of a storm")
    parser.add_argument("--rounds", type=int, default=50, help="number of crashes")
    parser.add_argument("--seed", type=int, default=1, help="for other random moments")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="crmc-storm.") as folder:
        try:
            if args.what == "storm":
                figures = storm(args.database, Path(folder), args.writers, args.seconds, args.seed)
            else:
                figures = crash(args.database, Path(folder), args.writers, args.rounds, args.seed)
        except StormError as error:
            sys.exit(f"{args.what}: {error}")
    print(json.dumps({args.what: figures}))


if __name__ == "__main__":
    main()
