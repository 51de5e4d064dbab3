# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What tests with a browser of their own need."""

import resource
from contextlib import contextmanager


@contextmanager
def memory_unlimited():
    """Odoo, which is loaded in the tests' process, limits its address space; no browser starts with that little."""
    limit, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (limit, most))
