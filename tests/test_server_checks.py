# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The checks Odoo makes on its own add-ons, over ours."""

import re
import shutil

import pytest

pytestmark = pytest.mark.slow

# Failures of the server itself: what the log says, and why it is not ours.
KNOWN = [
    (
        r"ERROR: Subtest TestEveryModel\.test_form_new_record .*\(model='ir\.ui\.view'\)",
        "ir.ui.view catches the ValueError that older versions of lxml raise for a view without content; newer ones"
        " raise a TypeError.",
    ),
]
# Words by which a failure is ours, whatever else it looks like.
OURS = re.compile(r"addons/crm_compliance|'crm_compliance|compliance[._][a-z]")


def unknown_problems(run):
    """Everything logged that is not a known failure of the server."""
    known = [record for record in run.problems if is_known(record)]
    problems = [record for record in run.problems if record not in known]
    if known and all(record.logger == "odoo.tests.result" for record in problems):
        # Only the sum is left, and it counts known failures.
        problems = []
    return "\n".join(map(str, problems))


def is_known(record):
    """Whether this is one of the listed failures, and nothing of ours is involved."""
    return any(re.match(pattern, record.text) for pattern, _reason in KNOWN) and not OURS.search(record.text)


def check(run, expected):
    """Fails unless the expected test classes ran and nothing but known failures was logged."""
    started = {name.partition(".")[0] for name in run.tests}
    assert expected <= started, f"did not run: {expected - started}\n{run.output[-3000:]}"
    problems = unknown_problems(run)
    assert not problems, problems
    assert run.returncode == 0 or any(is_known(record) for record in run.problems), run.output[-3000:]


class TestLint:
    """Manifests, translations, tests nobody imports, indexes, overridden signatures, routes, docstrings."""

    def test_lint(self, server):
        # TestPyLint reads all of the server for eight minutes; scripts/lint.sh reads our part.
        run = server.test(server.copy(), ["/test_lint", "-/test_lint:TestPyLint"], "-i", "test_lint")
        check(
            run,
            {
                "ManifestLinter",
                "PotLinter",
                "TestDocstring",
                "TestDunderinit",
                "TestIndex",
                "TestLintOverrideSignatures",
                "TestNaming",
                "TestOnchangeDomains",
                "TestTestHoles",
            },
        )


class TestViewsAndModels:
    """Every view of every model, always-invisible fields, reports; what every model must stand: creating nothing,
    writing nothing, defaults, a new record in its form.
    """

    def test_views_and_models(self, server):
        run = server.test(
            server.copy(),
            [
                "migration/base:TestAllViews",
                "render_all_views/base:TestRenderAllViews",
                "/base:TestInvisibleField",
                "/base:TestReports",
                # Makes a PDF of a report of its own, with a program our tests can do without.
                "-/base:TestReports.test_report_reload_from_attachment",
                "/base:TestOverrides",
                "/base:TestEveryModel",
            ],
        )
        check(
            run,
            {
                "TestAllViews",
                "TestRenderAllViews",
                "TestInvisibleField",
                "TestReports",
                "TestOverrides",
                "TestEveryModel",
            },
        )


class TestFlows:
    """What the ledger and Sales do by themselves still works: accounts that are split by company, orders that are
    confirmed, grow and are invoiced. docs/contributing.md says which others of the server's tests were run by hand.
    """

    def test_flows(self, server):
        run = server.test(
            server.copy(), ["/account:TestAccountAccount", "/sale:TestSaleToInvoice", "/sale:TestSalesTeam"]
        )
        check(run, {"TestAccountAccount", "TestSaleToInvoice", "TestSalesTeam"})


class TestMenus:
    """A browser opens the first screen of every app."""

    def test_menus(self, server):
        browsers = ["google-chrome", "chromium", "chromium-browser", "google-chrome-stable"]
        assert any(map(shutil.which, browsers)), "no browser: Odoo would skip this test"
        run = server.test(server.copy(), ["/web:TestMenusAdminLight"])
        check(run, {"TestMenusAdminLight"})
        assert "Testing app menu: crm_compliance.menu_root" in run.output
        assert "clickbot test succeeded" in run.output
