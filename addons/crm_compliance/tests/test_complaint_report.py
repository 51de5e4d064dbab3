# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import tagged

from .sla_common import SlaCommon


@tagged("post_install", "-at_install")
class TestComplaintReport(SlaCommon):
    """The figures, counted by hand."""

    def _figures(self, cases, *names):
        self.env.flush_all()
        [values] = self.env["compliance.complaint.report"]._read_group(
            [("complaint_id", "in", cases.ids)], [], [f"{name}:avg" for name in names]
        )
        return values[0] if len(names) == 1 else values

    def _resolve(self, case, day, hour):
        with self._on(day, hour):
            case.action_acknowledge()
            case.action_resolve()

    def test_attainment(self):
        """A share of all clocks decided, not an average of shares."""
        self._policy("acknowledge", 8)
        self._policy(limit=4, domain="[('is_complex', '=', True)]")
        first, second = self._opened(2, 9), self._opened(2, 9, is_complex=True)
        self._resolve(first, 2, 10)  # 1 of 1
        self._resolve(second, 2, 15)  # 1 of 2
        self.assertAlmostEqual(self._figures(first | second, "sla_attainment"), 100 * 2 / 3, 4)
        self.assertAlmostEqual(self._figures(first | second, "resolution_hours"), 3.5)

    def test_every_filter(self):
        """Whatever is filtered by, the database understands; what a row says of itself finds it."""
        self._policy(limit=4)
        case = self._opened(2, 9)
        self._resolve(case, 2, 10)
        case.sudo()._customer_rate(self.contact, 4)
        self.env.flush_all()
        reports = self.env["compliance.complaint.report"]
        row = reports.search([("complaint_id", "=", case.id)])
        self.assertEqual(row.satisfaction, 4)
        for name, field in reports._fields.items():
            if not field._description_searchable or name == "id":
                continue
            value = row[name].id if field.relational else row[name]
            other = {"many2one": 1, "integer": 1, "float": 1.5}.get(field.type, value or "x")
            ordered = field.type in ("integer", "float", "datetime")
            if field.type == "datetime":
                other = self._at(2, 9)
            with self.subTest(field=name):
                for operator in ("=", "!=", ">", "<=") if ordered else ("=", "!="):
                    for wanted in (value, other):
                        reports.search([(name, operator, wanted)])
                for operator in ("in", "not in"):
                    reports.search([(name, operator, [other, False])])
                    reports.search([(name, operator, [value])])
                # Computed numbers differ in the last place; names are found by parts of the case's.
                if field.type != "float" and name != "display_name":
                    self.assertIn(row, reports.search([(name, "=", value)]))
        self.assertIn(row, reports.search([("satisfaction", "=", 4)]))

    def test_overdue_counts_before_anybody_looks(self):
        self._policy(limit=1)
        case = self._opened(2, 9)
        self.assertEqual(self._figures(case, "sla_attainment"), 0)

    def test_reopen(self):
        self._policy(limit=8)
        case = self._opened(2, 9)
        self._resolve(case, 2, 11)
        self.assertEqual(self._figures(case, "resolution_hours", "reopened"), (2, 0))
        with self._on(3, 9):
            case.action_reopen("No")
        self.assertFalse(self._figures(case, "resolution_hours"))
        with self._on(3, 12):
            case.action_resolve()
        self.assertEqual(self._figures(case, "resolution_hours", "reopened", "sla_attainment"), (5, 100, 100))

    def test_merge(self):
        """Two that were one count once."""
        first, second = self._opened(2, 9), self._opened(2, 10)
        with self._on(2, 11):
            first._merge(second)
        self.env.flush_all()
        report = self.env["compliance.complaint.report"].search([("complaint_id", "in", (first | second).ids)])
        self.assertEqual(report.complaint_id, first)

    def test_follow_up_rate(self):
        self._policy("follow_up", 168, clock="working_days_24h")
        cases = self.complaints.browse([self._opened(2, 9).id for _number in range(4)])
        self._resolve(cases, 2, 10)
        with self._on(6, 10):
            cases[:3].action_follow_up_done("Content")
        self.assertEqual(self._figures(cases, "follow_up_rate"), 75)

    def test_never_negative(self):
        case = self._opened(4, 9)
        self._resolve(case, 4, 10)
        self.env.cr.execute("UPDATE compliance_complaint SET date_received = '2026-03-20' WHERE id = %s", [case.id])
        self.assertEqual(self._figures(case, "days_to_close"), 0)
