# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What every benchmark needs: throwaway databases, timing, and results that are printed and kept."""

import json
import os
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

RESULTS = Path(__file__).parent / "results.json"
COMPARISONS = {
    "<=": lambda value, limit: value <= limit,
    "<": lambda value, limit: value < limit,
    ">=": lambda value, limit: value >= limit,
}


class Results:
    """Figures of one benchmark: printed as they come, kept in results.json at the end."""

    def __init__(self, bench):
        self.bench = bench
        self.rows = []
        print(f"\n{bench}")

    def add(self, figure, value, unit, bar=None):
        """Note a figure; ``bar`` such as "<= 2.0" is what it must hold, None where it is for information."""
        holds = None
        if bar:
            sign, limit = bar.split()
            holds = COMPARISONS[sign](value, float(limit))
        value = round(value, 4)
        self.rows.append(
            {"bench": self.bench, "figure": figure, "value": value, "unit": unit, "bar": bar, "holds": holds}
        )
        verdict = "" if holds is None else f"  {bar}  {'holds' if holds else 'FAILS'}"
        print(f"  {figure:<66} {value:>12,} {unit:<10}{verdict}", flush=True)

    def finish(self):
        """Replace this benchmark's figures in results.json."""
        kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
        rows = [row for row in kept if row["bench"] != self.bench] + self.rows
        RESULTS.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n")


def seconds(function, repeat=3):
    """Median wall-clock time of some runs, after one to warm up."""
    times = []
    for _run in range(repeat + 1):
        started = time.perf_counter()
        function()
        times.append(time.perf_counter() - started)
    return statistics.median(times[1:])


def alternate(functions, repeat=3):
    """Median time of each function, the functions taking turns, so that a disturbance hits all of them."""
    times = {name: [] for name in functions}
    for run in range(repeat + 1):
        for name, function in functions.items():
            started = time.perf_counter()
            function()
            if run:
                times[name].append(time.perf_counter() - started)
    return {name: statistics.median(values) for name, values in times.items()}


@contextmanager
def database(name, template):
    """A copy of a database that is dropped in the end."""
    subprocess.run(["dropdb", "--if-exists", "--force", name], check=True)
    subprocess.run(["createdb", "-T", template, name], check=True)
    try:
        yield name
    finally:
        close(name)
        subprocess.run(["dropdb", "--if-exists", "--force", name], check=True)


def close(name):
    """Let go of a database's connections, so that it can be copied or dropped."""
    if "odoo" in sys.modules:
        import odoo

        odoo.modules.registry.Registry.delete(name)
        odoo.sql_db.close_db(name)


@contextmanager
def environment(name):
    """An Odoo environment, as the superuser, on a database; rolled back in the end."""
    import odoo
    from odoo.api import SUPERUSER_ID, Environment
    from odoo.modules.registry import Registry

    odoo.tools.config.parse_config(["-c", os.environ["ODOO_CONF"], "-d", name, "--log-level=error"])
    with Registry(name).cursor() as cr:
        cr.execute("SET jit = off")
        yield Environment(cr, SUPERUSER_ID, {})
        cr.rollback()


def figures_alone(profiles):
    """Context in which a refresh computes the figures of dossiers, and neither scores nor alerts nor reviews."""
    return patch.object(type(profiles), "_after_refresh", lambda *_args, **_kwargs: None)


def install(name, module, addons_path=None):
    """Install a module from the command line."""
    command = [sys.executable, "-m", "odoo", "-c", os.environ["ODOO_CONF"], "-d", name, "-i", module]
    if addons_path:
        command.append(f"--addons-path={addons_path}")
    subprocess.run([*command, "--stop-after-init", "--no-http", "--log-level=error"], check=True)
