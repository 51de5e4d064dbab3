# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The order of the tests, and servers for those of this folder."""

import pytest

from servers import Server

# What takes minutes, by a part of its name: begun first, it does not leave the other worker idle in the end.
LONGEST = (
    "test_clickbot",
    "tests/test_complaint_import",
    "tests/test_server_checks",
    "tests/test_lifecycle",
    "tests/test_story",
    "tests/test_accessibility",
)


def pytest_collection_modifyitems(items):
    """The longest tests first, then those that start servers or load real data, then all the small ones."""

    def rank(item):
        for number, name in enumerate(LONGEST):
            if name in item.nodeid:
                return number
        return len(LONGEST) + (not item.nodeid.startswith("tests/"))

    items.sort(key=rank)


@pytest.fixture(scope="class")
def server():
    """Databases and servers that end with the test class."""
    server = Server()
    yield server
    server.drop_copies()
