# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import json

from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg2 import sql
from psycopg2.extensions import new_type, register_type

from odoo.tests import tagged

from .common import ComplianceCommon

# What docs/audit.md says is left out.
TECHNICAL = {"id", "create_uid", "create_date", "write_uid", "write_date", "parent_path"}

repeatable = settings(derandomize=True, deadline=None, database=None, max_examples=40)
# Whatever PostgreSQL can hold; with what tends to be misread.
texts = (
    st.none()
    | st.sampled_from(
        [
            "",
            " ",
            "NULL",
            "null",
            "''",
            '"',
            "\\",
            "\\\\'\"",
            "a=>b",
            '"a"=>"b", c',
            "{}",
            '{"a": [1, null]}',
            "[null]",
            "***",
        ]
        + [
            "x\ny",
            "\r\n\t",
            "\x01\x1f\x7f",
            "%s %(a)s",
            "$$;--",
            "\u2028",
            "\ufeffé",
            "e\u0301",
            "\U0001f600",
            "t",
            "0",
            "1e3",
        ]
    )
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
)
numbers = st.none() | st.decimals(-999, 999, places=7)
jsons = st.none() | st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | texts,
    lambda inner: st.dictionaries(st.text("ab'\"", max_size=2), inner),
).map(json.dumps)


@tagged("post_install", "-at_install")
class TestAuditDiff(ComplianceCommon):
    """What the log says is what a comparison of the rows before and after says, whatever the values."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = cls.env["res.partner"].with_context(tracking_disable=True)
        cls.partners = cls.model.create([{"name": "One"}, {"name": "Two", "active": False, "is_company": True}])
        cls.related = {
            "country_id": cls.env["res.country"].search([], limit=3).ids,
            "industry_id": cls.env["res.partner.industry"].search([], limit=3).ids,
            "user_id": cls.env.user.ids + cls.user["officer"].ids,
        }
        cls.env.flush_all()

    def execute_example(self, example):
        """Each case starts from the same rows."""
        self.env.flush_all()
        savepoint = self.env.cr.savepoint(flush=False)
        try:
            example()
        finally:
            self.env.invalidate_all(flush=False)
            savepoint.close(rollback=True)

    def _rows(self, partners):
        """{id: {column: text}}: the very texts PostgreSQL sends, recorded columns only."""
        self.env.flush_all()
        cursor = self.env.cr._obj
        cursor.execute("SELECT * FROM res_partner LIMIT 0")
        types = tuple({column.type_code for column in cursor.description})
        register_type(new_type(types, "AS_SENT", lambda text, _cursor: text), cursor)
        try:
            cursor.execute("SELECT * FROM res_partner WHERE id = ANY(%s)", (partners.ids,))
            names = [column.name for column in cursor.description]
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        finally:
            cursor.string_types.clear()
        return {int(row["id"]): {name: text for name, text in row.items() if name not in TECHNICAL} for row in rows}

    def _last_id(self):
        self.env.flush_all()
        self.env.cr.execute("SELECT COALESCE(MAX(id), 0) FROM compliance_audit_log")
        return self.env.cr.fetchone()[0]

    def _logged(self, since, *operations):
        """[(record, changes)] recorded of partners since a row, by these operations."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT operation, res_id, changes::text FROM compliance_audit_log"
            " WHERE id > %s AND model = 'res.partner' ORDER BY id",
            (since,),
        )
        rows = self.env.cr.fetchall()
        self.assertLessEqual({row[0] for row in rows}, set(operations))
        return [(record, json.loads(changes)) for _operation, record, changes in rows]

    def _merge(self, logged):
        """Several statements as one change: {record: {column: [first, last]}}; each starts where the last one ended."""
        merged = {}
        for record, changes in logged:
            self.assertTrue(changes)
            for column, (before, after) in changes.items():
                self.assertNotEqual(before, after, column)
                known = merged.setdefault(record, {}).setdefault(column, [before, before])
                self.assertEqual(known[1], before, column)
                known[1] = after
        different = {
            record: {column: pair for column, pair in changes.items() if pair[0] != pair[1]}
            for record, changes in merged.items()
        }
        return {record: changes for record, changes in different.items() if changes}

    @staticmethod
    def _diff(before, after):
        """The independent opinion."""
        changes = {
            record: {
                column: [before.get(record, {}).get(column), after.get(record, {}).get(column)]
                for column in (before.get(record) or after.get(record))
                if before.get(record, {}).get(column) != after.get(record, {}).get(column)
            }
            for record in before.keys() | after.keys()
        }
        return {record: columns for record, columns in changes.items() if columns}

    def _draw_values(self, data):
        """Values of some fields, as Odoo takes them."""
        fields_ = {
            **dict.fromkeys(("ref", "street", "street2", "city", "zip", "function", "company_registry"), texts),
            "comment": texts,
            "color": st.integers(0, 11),
            "partner_latitude": st.floats(-90, 90),
            "active": st.booleans(),
            "is_company": st.booleans(),
            "credit_limit": st.integers(0, 9),
            "type": st.sampled_from(["contact", "invoice", "delivery", "other"]),
            **{name: st.sampled_from([False, *ids]) for name, ids in self.related.items()},
        }
        return data.draw(st.fixed_dictionaries({}, optional=fields_))

    @repeatable
    @given(data=st.data())
    def test_write(self, data):
        """Through Odoo: one or both contacts, any fields, computed ones along with them."""
        before, since = self._rows(self.partners), self._last_id()
        partners = self.partners[data.draw(st.integers(0, 1)) :]
        partners.write(self._draw_values(data))
        after = self._rows(self.partners)
        self.assertEqual(self._merge(self._logged(since, "write")), self._diff(before, after))

    @repeatable
    @given(data=st.data())
    def test_plain_sql(self, data):
        """One statement: a row of the log for each record that differs, and none for the others."""
        kinds = {
            **dict.fromkeys(("ref", "street", "city", "vat", "comment", "website"), texts),
            **dict.fromkeys(("credit_limit", "properties", "trust"), jsons),
            "partner_latitude": numbers,
            "partner_longitude": numbers,
            "active": st.none() | st.booleans(),
            "employee": st.none() | st.booleans(),
            "color": st.none() | st.integers(-(2**31), 2**31 - 1),
            "calendar_last_notif_ack": st.none() | st.datetimes(),
            **{name: st.sampled_from([None, *ids]) for name, ids in self.related.items()},
        }
        values = data.draw(st.fixed_dictionaries({}, optional=kinds).filter(bool))
        before, since = self._rows(self.partners), self._last_id()
        self.env.cr.execute(
            sql.SQL("UPDATE res_partner SET {} WHERE id = ANY(%s)").format(
                sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in values)
            ),
            (*values.values(), self.partners.ids),
        )
        self.env.invalidate_all(flush=False)
        expected = self._diff(before, self._rows(self.partners))
        logged = self._logged(since, "write")
        self.assertEqual(dict(logged), expected)
        self.assertEqual(len(logged), len(expected))
        for name, text in values.items():
            # Texts need no opinion of PostgreSQL's.
            if kinds[name] is texts:
                for changes in expected.values():
                    self.assertEqual(changes.get(name, [text, text])[1], text)

    @repeatable
    @given(data=st.data())
    def test_create_and_unlink(self, data):
        """Everything that is not empty."""
        since = self._last_id()
        partner = self.model.create({"name": "Third", **self._draw_values(data)})
        rows = self._rows(partner)
        self.assertEqual(self._merge(self._logged(since, "create", "write")), self._diff({}, rows))
        since = self._last_id()
        partner.unlink()
        self.assertEqual(dict(self._logged(since, "unlink")), self._diff(rows, {}))

    def test_dates(self):
        """Dates as ISO writes them, whatever way of writing the session prefers."""
        check = self._dossier(self._customer()).check_ids[0]
        self.env.flush_all()
        since = self._last_id()
        for style in ("ISO", "German", "SQL, DMY"):
            self.env.cr.execute("SELECT set_config('datestyle', %s, true)", (style,))
            for day in ("2026-11-24", None, "0001-01-01"):
                self.env.cr.execute(
                    "UPDATE compliance_criterion_check SET valid_until = %s::date WHERE id = %s", (day, check.id)
                )
            self.env.cr.execute("UPDATE compliance_criterion_check SET valid_until = NULL WHERE id = %s", check.ids)
        self.env.cr.execute("SET LOCAL datestyle = 'ISO'")
        self.env.cr.execute(
            "SELECT changes::text FROM compliance_audit_log"
            " WHERE id > %s AND model = 'compliance.criterion.check' ORDER BY id",
            (since,),
        )
        days = [None, "2026-11-24", None, "0001-01-01", None]
        self.assertEqual(
            [json.loads(changes)["valid_until"] for (changes,) in self.env.cr.fetchall()],
            3 * [[before, after] for before, after in zip(days, days[1:], strict=False)],
        )
