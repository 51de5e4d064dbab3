# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Refreshes that are killed or run at the same time, in real processes on a real database."""

import signal
import subprocess
import sys
import time

import pytest

# Puts every dossier's figures wrong and queues all; small batches, so that there is a middle to be killed in.
SPOIL = """
env.cr.execute("UPDATE compliance_profile SET invoice_count = 999, open_amount = 999")
env["compliance.refresh.queue"]._enqueue_all()
env.cr.commit()
env.cr.execute("SELECT count(*) FROM compliance_refresh_queue")
result = env.cr.fetchone()[0]
"""
FIGURES = "SELECT partner_id, company_id, invoice_count, open_amount, value_tier FROM compliance_profile ORDER BY 1, 2"
QUEUED = "SELECT count(*) FROM compliance_refresh_queue"
IN_BATCHES = (
    "from odoo.addons.crm_compliance.models.dossier import compliance_refresh_queue\n"
    "compliance_refresh_queue.MAX_AT_ONCE = 0\n"
)
SLEEPING = "SELECT COUNT(*) FROM pg_stat_activity WHERE query = 'SELECT PG_SLEEP(60)' AND state = 'active'"


class TestRobustness:
    @pytest.fixture
    def database(self, server):
        return server.copy()

    def start(self, server, database, code):
        """A server process that runs code and is not waited for."""
        options = ["-c", server.conf, "-d", database, "--no-http", "--log-level=error"]
        process = subprocess.Popen(
            [sys.executable, "-m", "odoo", "shell", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        process.stdin.write(code)
        process.stdin.close()
        process.stdin = None  # or communicate() would flush it
        return process

    def test_killed_in_the_middle(self, server, database):
        """kill -9 during the run: nothing is lost, nothing half done, the next run completes it."""
        expected = server.query(database, FIGURES)
        queued = server.shell(database, SPOIL)
        slow = IN_BATCHES + (
            "import time\nqueue = env['compliance.refresh.queue']\n"
            "while queue._process_batch(2):\n    env.cr.commit()\n    time.sleep(0.5)\n"
        )
        process = self.start(server, database, slow)
        deadline = time.monotonic() + 300
        while server.query(database, QUEUED)[0][0] == queued and time.monotonic() < deadline:
            time.sleep(0.1)
        process.send_signal(signal.SIGKILL)
        process.wait()
        left = server.query(database, QUEUED)[0][0]
        assert 0 < left < queued
        assert 0 < sum(row[2] == 999 for row in server.query(database, FIGURES)) < queued
        server.shell(
            database, IN_BATCHES + "env['compliance.refresh.queue']._cron_process(batch_size=3)\nresult = None"
        )
        assert server.query(database, QUEUED)[0][0] == 0
        assert server.query(database, FIGURES) == expected

    def test_killed_before_the_end_of_one_go(self, server, database):
        """kill -9 while all dossiers are refreshed at once: the queue is as it was, and so are the dossiers."""
        expected = server.query(database, FIGURES)
        queued = server.shell(database, SPOIL)
        spoilt = server.query(database, FIGURES)
        process = self.start(
            server,
            database,
            "import time\nenv['compliance.refresh.queue']._process_batch(2)\nenv.cr.execute('SELECT PG_SLEEP(60)')\n",
        )
        deadline = time.monotonic() + 300
        while not server.query(database, SLEEPING)[0][0] and time.monotonic() < deadline:
            time.sleep(0.1)
        assert server.query(database, SLEEPING)[0][0]
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert server.query(database, QUEUED)[0][0] == queued
        assert server.query(database, FIGURES) == spoilt
        server.query(
            database, "SELECT PG_TERMINATE_BACKEND(pid) FROM pg_stat_activity WHERE query LIKE '%PG_SLEEP(60)'"
        )
        server.shell(database, "env['compliance.refresh.queue']._cron_process(batch_size=3)\nresult = None")
        assert server.query(database, QUEUED)[0][0] == 0
        assert server.query(database, FIGURES) == expected

    def test_two_at_once(self, server, database):
        """Two workers and a full refresh at the same time: no error, and the figures are right in the end."""
        expected = server.query(database, FIGURES)
        server.shell(database, SPOIL)
        work = IN_BATCHES + (
            "import time\nqueue = env['compliance.refresh.queue']\n"
            "for _ in range(30):\n    queue._cron_process(batch_size=1)\n    time.sleep(0.02)\n"
        )
        everything = (
            "import time\nfrom odoo.service.model import retrying\n"  # as every request does
            "for _ in range(10):\n    retrying(env['compliance.profile']._refresh, env)\n    time.sleep(0.05)\n"
        )
        processes = [self.start(server, database, code) for code in (work, work, everything)]
        outputs = [process.communicate(timeout=600)[0] for process in processes]
        assert not any("Traceback" in output for output in outputs), "\n".join(outputs)
        server.shell(database, "env['compliance.refresh.queue']._cron_process()\nresult = None")
        assert server.query(database, QUEUED)[0][0] == 0
        assert server.query(database, FIGURES) == expected
