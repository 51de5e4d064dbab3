# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import gc
import random
import re
from collections import Counter
from contextlib import contextmanager
from unittest.mock import patch

from odoo.sql_db import Cursor
from odoo.tests import TransactionCase
from odoo.tools import SQL


class Cost(int):
    """A number of SQL statements that remembers them."""

    def __new__(cls, statements):
        cost = super().__new__(cls, len(statements))
        cost.statements = statements
        return cost

    def explain(self, other):
        """The statements by which two costs differ, without their numbers."""
        kinds = [
            Counter(re.sub(r"\d+|%s", "?", " ".join(statement.split()))[:300] for statement in cost.statements)
            for cost in (self, other)
        ]
        return "".join(
            f"\n{sign}{count} x {statement}"
            for sign, difference in (("-", kinds[0] - kinds[1]), ("+", kinds[1] - kinds[0]))
            for statement, count in difference.items()
        )


class CountingCase(TransactionCase):
    """Counts SQL statements, and always arrives at the same number."""

    def _count(self, function, prepare=None, warm=True):
        """Cost of a call and of what it leaves to be written; no record is cached when it begins.

        :param prepare: called right before, what it reads is cached then
        :param warm: whether to call once more before, so that definitions are cached. What can be done only once is
            counted several times instead, with the first number thrown away.
        """
        self._hold_caches()
        for _run in range(2 if warm else 1):
            self.env.flush_all()
            self.env.cr.flush()
            self.env.invalidate_all()
            if prepare:
                prepare()
            with self._recorded() as statements:
                function()
                self.env.flush_all()
                self.env.cr.flush()
        return Cost(statements)

    def _assert_same_cost(self, few, many):
        self.assertEqual(int(few), int(many), few.explain(many))

    def _assert_no_dearer(self, few, many, spare=0):
        """``many`` takes no more statements than ``few``, but for some to spare."""
        self.assertLessEqual(int(many), few + spare, few.explain(many))

    @contextmanager
    def _recorded(self):
        statements = []
        execute = Cursor.execute

        def record(cursor, query, *args, **kwargs):
            text = query.code if isinstance(query, SQL) else query
            statements.append(text.decode() if isinstance(text, bytes) else text)
            return execute(cursor, query, *args, **kwargs)

        with patch.object(Cursor, "execute", record):
            yield statements

    def _hold_caches(self):
        """From here to the end of the test only the code itself empties caches.

        An environment remembers the time zone and the companies of its user: two statements or none. It is held
        weakly and part of a cycle, so it lives until the garbage collector comes by. Threads of tests before (a
        browser's socket that closes late) clear caches of definitions when they see a signal. Odoo tidies up at random.
        """
        if gc.isenabled():
            gc.disable()
            self.addCleanup(gc.enable)
            self.patch(type(self.env.registry), "check_signaling", lambda registry, cr=None: registry)
            self.patch(random, "random", lambda: 1)
