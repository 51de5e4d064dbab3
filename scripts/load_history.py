#!/usr/bin/env python3
# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Loads a file of past invoices into a database: load_history.py -c odoo.conf -d DATABASE FILE

Accepts the columns of ar_invoices.csv or online_retail.csv. May be interrupted and repeated: what is there already is
skipped. The invoices belong to the administrator's company; afterwards all dossiers are refreshed.
"""

import argparse
import sys
from pathlib import Path

import psycopg2
from tqdm import tqdm

from odoo import api
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.tools import config

# A running server works on the same rows now and then; the load, being repeatable, then simply tries again.
CONFLICTS = (
    psycopg2.errors.SerializationFailure,
    psycopg2.errors.DeadlockDetected,
    psycopg2.errors.LockNotAvailable,
)
ATTEMPTS = 5
# Any number will do: the key of the lock that keeps two loads from creating the same invoices.
LOAD_LOCK = 7266730191


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-c", "--config", required=True, help="Odoo's configuration file")
    parser.add_argument("-d", "--database", required=True)
    parser.add_argument("file", metavar="FILE")
    arguments = parser.parse_args()
    try:
        # What is no UTF-8 becomes U+FFFD, which spoils its row and no other.
        lines = Path(arguments.file).read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError as error:
        return f"{arguments.file} cannot be read: {error.strerror}."
    config.parse_config(
        ["-c", arguments.config, "-d", arguments.database, "--no-http", "--log-level=warn"], setup_logging=True
    )
    try:
        return load(arguments.database, lines)
    except psycopg2.OperationalError as error:
        return f"The database {arguments.database} is not available: {error}".strip()
    except UserError as error:
        return str(error)
    except KeyboardInterrupt:
        return "Interrupted: what was loaded so far is kept, the same command loads the rest."


def load(database, lines):
    """Load the lines, refresh the dossiers and print what was done; return an error sentence or None."""
    with Registry(database).cursor() as cr:
        env = api.Environment(cr, api.SUPERUSER_ID, {})
        env = env(user=env.ref("base.user_admin"))
        if "compliance.profile" not in env:
            return f"The app CRM Compliance is not installed in the database {database}."
        cr.execute("SELECT pg_try_advisory_lock(%s)", [LOAD_LOCK])
        if not cr.fetchone()[0]:
            return f"Another load into the database {database} is running."
        # Not earlier: the configuration names the folders of the add-ons.
        from odoo.addons.crm_compliance.tools import HistoryLoader

        loader = HistoryLoader(env)
        with tqdm(unit=" invoices", desc="Loading", delay=0.1) as bar:

            def progress(done, total):
                bar.total = total
                bar.update(done - bar.n)

            result = insist(cr, lambda: loader.load(lines, progress=progress, commit=cr.commit))
        print("Refreshing the dossiers ...", file=sys.stderr)
        insist(cr, lambda: refresh(env["compliance.profile"]))
        cr.commit()
    print(
        f"Invoices created: {result.created}, payments added: {result.paid}, "
        f"rows skipped as loaded before: {result.skipped}, bad rows left out: {len(result.bad)}."
    )
    for line, reason in result.bad:
        print(f"Line {line}: {reason}")
    return None


def refresh(profiles):
    """Open the dossiers of the new customers and compute all figures."""
    profiles._open_missing()
    profiles._refresh()


def insist(cr, job):
    """Return the job's result, doing it again when another transaction got in its way."""
    for attempt in range(ATTEMPTS):
        try:
            return job()
        except CONFLICTS:
            cr.rollback()
            if attempt == ATTEMPTS - 1:
                raise


if __name__ == "__main__":
    sys.exit(main())
