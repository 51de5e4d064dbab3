# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields
from odoo.tools import SQL


class TransactionField(fields.Char):
    """The number of a transaction of PostgreSQL, of the type ``xid8``: compared as a number, searched by parts as text.
    Whatever is no such number equals none.
    """

    is_text = False

    def _condition_to_sql(self, field_expr, operator, value, model, alias, query):
        if operator in ("in", "not in"):
            value = [number for number in value if not number or self._is_number(str(number))]
            if not value:
                return SQL("FALSE") if operator == "in" else SQL("TRUE")
        elif not operator.endswith(("like", "any!")) and not self._is_number(str(value)):
            return SQL("FALSE")
        return super()._condition_to_sql(field_expr, operator, value, model, alias, query)

    @staticmethod
    def _is_number(text):
        return text.isascii() and text.isdecimal() and int(text) < 1 << 64
