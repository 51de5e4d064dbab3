# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Exceptions used at the same time, in transactions of their own."""

import pytest

pytestmark = pytest.mark.slow

# The demo accountant asked for it; leaves an approved exception and its draft invoice.
APPROVED = """
exception = env["compliance.restriction.exception"].search([("state", "=", "requested")], limit=1)
exception.with_user(env.ref("crm_compliance.user_manager_demo")).action_approve()
result = [exception.id, exception.document_ref.id]
"""
# Both transactions begin while the exception is approved.
TWICE = """
from odoo.tools import mute_logger
from psycopg2.errors import SerializationFailure
with mute_logger("odoo.sql_db"), env.registry.cursor() as first, env.registry.cursor() as second:
    results = []
    for cr in (first, second):
        cr.execute("SELECT state FROM compliance_restriction_exception WHERE id = {exception}")
        results.append(cr.fetchone()[0])
    for cr in (first, second):
        other = env(cr=cr)
        try:
            {action}
            cr.commit()
            results.append("used")
        except SerializationFailure:
            cr.rollback()
            results.append("refused")
    result = results
"""
USE = "other['compliance.restriction.exception'].browse({exception})._use(other['account.move'].browse({invoice}))"
POST = "other['account.move'].browse({invoice}).action_post()"
STARTED_OVER = """
from odoo.exceptions import UserError
other = env["account.move"].browse({invoice}).copy()
try:
    other.action_post()
    result = "posted"
except UserError as error:
    result = str(error)
env.cr.rollback()
"""


class TestExceptions:
    @pytest.mark.parametrize("action", [USE, POST], ids=["use", "post"])
    def test_used_by_two_at_once(self, server, action):
        database = server.copy()
        exception, invoice = server.shell(database, APPROVED)
        code = TWICE.replace("{action}", action).format(exception=exception, invoice=invoice)
        assert server.shell(database, code) == ["approved", "approved", "used", "refused"]
        state = server.query(database, "SELECT state FROM compliance_restriction_exception WHERE id = %s", [exception])
        assert state == [("used",)]
        assert "restriction" in server.shell(database, STARTED_OVER.format(invoice=invoice))
