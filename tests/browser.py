# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What tests with a browser of their own need."""

import resource
from contextlib import contextmanager

from playwright.sync_api import expect, sync_playwright

from screenshots import launch

PATIENCE = 60000  # milliseconds; the first page of a server has its style sheets made


@contextmanager
def browsing():
    """A browser, without any window yet.

    Odoo, which is loaded in the tests' process, limits its address space; no browser starts with that little.
    """
    limit, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    expect.set_options(timeout=PATIENCE)
    try:
        with sync_playwright() as playwright:
            browser = launch(playwright)
            yield browser
            browser.close()
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (limit, most))
