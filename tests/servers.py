# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Servers of their own for the tests of this folder.

What installs, upgrades or uninstalls cannot share the database of the other tests, nor their process. These tests
therefore work on copies, through the command line a user has.
"""

import json
import os
import re
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from configparser import ConfigParser
from pathlib import Path
from typing import NamedTuple

import psycopg2
import pytest
import requests

ADDONS = sorted(path.parent for path in (Path(__file__).parent.parent / "addons").glob("*/__manifest__.py"))
HEADER = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \d+ (?P<level>[A-Z]+) \S+ (?P<logger>[^ :]+): (?P<text>.*)")
MARKER = "shell result: "


class Record(NamedTuple):
    """One entry of the server's log, with the lines that belong to it."""

    level: str
    logger: str
    text: str

    def __str__(self):
        return f"{self.level} {self.logger}: {self.text}"


class Log:
    """What a server logged."""

    def __init__(self, output):
        self.output = output
        self.records = list(self._parse(output))

    @staticmethod
    def _parse(output):
        """Puts the lines of a log together to records."""
        record = None
        for line in output.splitlines():
            header = HEADER.match(line)
            if header:
                if record:
                    yield record
                record = Record(**header.groupdict())
            elif record:
                record = record._replace(text=f"{record.text}\n{line}")
        if record:
            yield record

    @property
    def problems(self):
        """Everything logged as a warning or worse."""
        return [record for record in self.records if record.level in ("WARNING", "ERROR", "CRITICAL")]


class Run(Log):
    """A server that has ended: what it answered and what it logged."""

    def __init__(self, process):
        super().__init__(process.stdout)
        self.returncode = process.returncode

    @property
    def tests(self):
        """Names of the tests that were started, as Class.method."""
        started = (re.match(r"Starting (\w+\.\w+) \.\.\.", record.text) for record in self.records)
        return {match[1] for match in started if match}


class Session:
    """A server process that stays: its registry is loaded once, and it runs one piece of code after the other."""

    BOOTSTRAP = """
import json, traceback
for line in open({descriptor}):
    scope = {{"env": env}}
    code, commit = json.loads(line)
    try:
        exec(code, scope)
        if commit:
            env.cr.commit()
        answer = [scope.get("result"), None]
    except Exception:
        env.cr.rollback()
        answer = [None, traceback.format_exc()]
    env.invalidate_all()
    print({marker!r} + json.dumps(answer), flush=True)
"""

    def __init__(self, server, database, *options):
        reader, writer = os.pipe()
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "odoo",
                "shell",
                "-c",
                server.conf,
                "-d",
                database,
                "--no-http",
                "--log-level=warn",
                *options,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[reader],
            text=True,
        )
        os.close(reader)
        self.commands = os.fdopen(writer, "w")
        with self.process.stdin as stdin:
            stdin.write(self.BOOTSTRAP.format(descriptor=reader, marker=MARKER))

    def run(self, code, commit=True):
        """Runs Python code and commits; what it leaves in ``result`` is returned (JSON)."""
        self.send(code, commit)
        result, error, _log = self.receive()
        assert not error, error
        return result

    def send(self, code, commit=True):
        """Has Python code run, without waiting; its answer must be received before the next one is sent."""
        self.commands.write(json.dumps([code, commit]) + "\n")
        self.commands.flush()

    def receive(self):
        """Waits for an answer.

        :return: tuple of the result, the traceback or None, and the ``Log`` until then
        """
        output = ""
        for line in self.process.stdout:
            if MARKER in line:
                return *json.loads(line.partition(MARKER)[2]), Log(output)
            output += line
        raise AssertionError(output)

    def has_answered(self, seconds):
        """Whether there is something to receive, now or soon."""
        return bool(select.select([self.process.stdout], [], [], seconds)[0])

    def close(self):
        """Ends the process, which may have ended already."""
        if not self.commands.closed:
            self.commands.close()
            self.process.stdout.close()
            self.process.kill()
            self.process.wait(60)


class Site:
    """A server that answers browsers and programs until it is closed. Its scheduled jobs run when they are told to."""

    def __init__(self, server, database):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed by close)
        options = (
            f"--db-filter=^{database}$",
            f"--http-port={port}",
            "--http-interface=127.0.0.1",
            "--max-cron-threads=0",
            "--log-level=warn",
        )
        self.process = subprocess.Popen(
            [sys.executable, "-m", "odoo", "-c", server.conf, "-d", database, *options],
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )

    def wait(self, seconds=120):
        """Returns once the server answers."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and self.process.poll() is None:
            try:
                return requests.get(f"{self.url}/web/health", timeout=10).raise_for_status()
            except (requests.ConnectionError, requests.Timeout):
                time.sleep(0.2)
        raise AssertionError(self.get_log())

    def get_log(self):
        """Everything logged so far."""
        self.log.seek(0)
        return self.log.read()

    def get_problems(self):
        """Everything logged so far as a warning or worse, but that somebody was refused something, or that Odoo could
        not ask its makers' server about companies.
        """
        problems = Log(self.get_log()).problems
        return [
            record
            for record in problems
            if (record.logger != "odoo.http" or record.level != "WARNING")
            and "partner_autocomplete" not in record.logger
        ]

    def close(self):
        """Ends the server."""
        self.process.terminate()
        self.process.wait(60)
        self.log.close()


class Server:
    """Copies of the prepared databases, and servers on them."""

    def __init__(self):
        missing = {"ODOO_CONF", "BASE_DB", "SALES_DB", "TEMPLATE_DB"} - set(os.environ)
        if missing:
            pytest.fail(f"{', '.join(sorted(missing))} not set: start the tests with 'make test'.")
        self.conf = os.environ["ODOO_CONF"]
        settings = ConfigParser(interpolation=None)
        settings.read(self.conf)
        self.filestore = Path(settings["options"]["data_dir"]) / "filestore"
        self.copies = []
        self.running = []
        self.shells = {}

    def copy(self, with_addon=True, with_sales=True):
        """A new database: Odoo with demo data, with our add-ons or Sales or neither. Its files are links to those of
        the originals, which build on each other.
        """
        sources = [os.environ["BASE_DB"]]
        if with_sales or with_addon:
            sources.insert(0, os.environ["SALES_DB"])
        if with_addon:
            sources.insert(0, os.environ["TEMPLATE_DB"])
        database = f"{sources[0]}_{uuid.uuid4().hex[:8]}"
        subprocess.run(["createdb", "-T", sources[0], database], check=True)
        self.copies.append(database)
        for source in sources:
            for file in (self.filestore / source).glob("??/*"):
                link = self.filestore / database / file.parent.name / file.name
                link.parent.mkdir(parents=True, exist_ok=True)
                if not link.exists():
                    os.link(file, link)
        return database

    def drop_copies(self):
        """Leaves nothing behind."""
        for process in self.running:
            process.close()
        for database in self.copies:
            subprocess.run(["dropdb", "--force", "--if-exists", database], check=True)
            shutil.rmtree(self.filestore / database, ignore_errors=True)

    def odoo(self, database, *options, command=(), timeout=900, **kwargs):
        """Runs one server command on a database and waits for its end."""
        if database in self.shells:
            # It would not know what is installed next.
            self.shells.pop(database).close()
        return Run(
            subprocess.run(
                [sys.executable, "-m", "odoo", *command, "-c", self.conf, "-d", database, *options],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=timeout,
                check=False,
                **kwargs,
            )
        )

    def install(self, database, *options):
        """Installs the add-on, or does what the options say instead."""
        options = options or ("-i", "crm_compliance")
        return self.odoo(database, *options, "--log-level=info", "--stop-after-init", "--no-http")

    def test(self, database, tags, *options, timeout=900):
        """Runs tests of the server itself that match the tags."""
        return self.odoo(
            database,
            *options,
            "--log-level=info",
            "--stop-after-init",
            f"--test-tags={','.join(tags)}",
            f"--http-port={free_port()}",
            timeout=timeout,
        )

    def shell(self, database, code, *options):
        """Runs Python code on a database and commits; what it leaves in ``result`` is returned (JSON). One process does
        that for all code until the next command on the same database.
        """
        if database not in self.shells:
            self.shells[database] = self.session(database, *options)
        self.shells[database].send(code)
        result, error, log = self.shells[database].receive()
        assert not error and not log.problems, f"{error}\n{log.output}"
        return result

    def session(self, database, *options):
        """A process that stays, for code in many pieces."""
        self.running.append(Session(self, database, *options))
        return self.running[-1]

    def site(self, database):
        """A server that stays and answers over HTTP; see that it does with ``wait``."""
        self.running.append(Site(self, database))
        return self.running[-1]

    def psql(self, database, sql, check=True):
        """Runs SQL from outside, in one transaction, as somebody with a terminal does."""
        return subprocess.run(
            ["psql", "-X", "-q", "-At", "-1", "-v", "ON_ERROR_STOP=1", "-d", database],
            input=sql,
            capture_output=True,
            text=True,
            check=check,
        )

    def query(self, database, sql, params=None):
        """Reads rows straight from a database."""
        connection = psycopg2.connect(dbname=database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, params)
                return cursor.fetchall()
        finally:
            connection.close()


def free_port():
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
