# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What holds for all tests, whichever are run."""

from unittest.mock import patch

import pytest


@pytest.fixture(scope="session", autouse=True)
def files_of_other_workers():
    """No worker deletes what another one has just written.

    Workers have databases of their own but one folder for files. After each class, Odoo deletes files that its own
    database does not know: a page that another worker's browser has open loses its scripts and styles.
    """
    from odoo.tests.common import TransactionCase

    with patch.object(TransactionCase, "_gc_filestore", lambda: None):
        yield
