# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from functools import partial
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import SQL

from .common import ComplianceCommon

PARTNER_FIELDS = (
    "compliance_zone",
    "compliance_risk_level",
    "compliance_value_tier",
    "compliance_lifecycle",
    "compliance_overdue_amount",
    "compliance_revenue_12m",
    "compliance_late_probability",
)


@tagged("post_install", "-at_install")
class TestPerformance(ComplianceCommon):
    """What the dossier costs, in SQL statements: the same for few and many records."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls.env["res.partner"].create(
            [{"name": f"Customer {number}", "user_id": cls.user["sales"].id} for number in range(80)]
        )
        cls.profiles.create([{"partner_id": customer.id} for customer in cls.customers])
        for customer in cls.customers[:22]:
            cls._invoice(customer, 100, cls._days_ago(30))
        cls._work_off_queue()

    def test_refresh(self):
        few, many, everybody = (
            self._count(lambda partners=partners: self.profiles._refresh(partners))
            for partners in (self.customers[:2], self.customers[:22], None)
        )
        self._assert_same_cost(few, many)
        self._assert_same_cost(few, everybody)

    def test_refresh_of_more_than_are_read_at_once(self):
        """The ORM reads a thousand records at a time; the refresh does not read them through it."""
        ids = self.customers.ids + list(range(10**9, 10**9 + 2500))
        many = self._count(lambda: self.profiles._refresh(self.env["res.partner"].browse(ids)))
        self._assert_same_cost(self._count(lambda: self.profiles._refresh(self.customers[:2])), many)

    def test_refresh_with_outdated_statistics(self):
        """Looking at tables anew is part of the one statement that asks whether it is needed."""
        few = self._count(lambda: self.profiles._refresh(self.customers[:2]))
        outdated = SQL("SELECT 'compliance_profile'::regclass")
        with patch.object(type(self.profiles), "_outdated_tables_query", lambda profiles: outdated):
            self._assert_same_cost(few, self._count(lambda: self.profiles._refresh(self.customers[:2])))

    def test_refresh_of_changed_dossiers(self):
        def change_and_refresh(customers):
            self.env.cr.execute(
                "UPDATE compliance_profile SET open_amount = 7 WHERE partner_id = ANY(%s)", [customers.ids]
            )
            self.profiles._refresh(customers)

        few, many = (self._count(lambda n=n: change_and_refresh(self.customers[:n])) for n in (2, 22))
        self._assert_same_cost(few, many)
        self.assertEqual(set(map(int, self.customers[:22].compliance_profile_id.mapped("open_amount"))), {100})

    def test_queue(self):
        queue = self.env["compliance.refresh.queue"]

        def process(customers):
            queue._enqueue(customers, self.company)
            self.env.cr.flush()
            queue._process_batch(100)

        few, many = (self._count(partial(process, some)) for some in (self.customers[:2], self.customers))
        self._assert_same_cost(few, many)

    def _cost_of_enqueueing(self, booking):
        queue = type(self.env["compliance.refresh.queue"])
        self._count(booking, warm=False)
        with_add_on = self._count(booking, warm=False)
        with patch.object(queue, "_enqueue"):
            return with_add_on - self._count(booking, warm=False)

    def test_posting(self):
        invoices = iter([self._invoice(self.customers[0], 1, self.today, post=False) for _number in range(3)])
        self.assertLessEqual(self._cost_of_enqueueing(lambda: next(invoices).action_post()), 2)

    def test_posting_many(self):
        moves = self.env["account.move"]
        batches = iter(
            moves.union(*(self._invoice(customer, 1, self.today, post=False) for customer in self.customers[:8]))
            for _number in range(3)
        )
        self.assertLessEqual(self._cost_of_enqueueing(lambda: next(batches).action_post()), 2)

    def test_paying(self):
        invoices = iter([self._invoice(self.customers[0], 1, self.today) for _number in range(3)])
        self.assertLessEqual(self._cost_of_enqueueing(lambda: self._pay(next(invoices), self.today)), 2)

    def _get_specification(self, role):
        """What a role's form and list of partners read of ours: salespeople get no amounts."""
        allowed = self.env["res.partner"].with_user(self.user[role]).fields_get(PARTNER_FIELDS)
        self.assertGreater(len(allowed), 3)
        return {"name": {}, **{name: {} for name in allowed}}

    def test_partner_form(self):
        for role in ("sales", "officer"):
            partner = self.customers[0].with_user(self.user[role])
            plain = self._count(lambda: partner.web_read({"name": {}}))  # noqa: B023
            specification = self._get_specification(role)
            full = self._count(lambda: partner.web_read(specification))  # noqa: B023
            self.assertLessEqual(full - plain, 3, role)

    def test_partner_list(self):
        for role in ("sales", "officer", "accountant"):
            partners = self.env["res.partner"].with_user(self.user[role])
            specification = self._get_specification(role)
            few, many = (
                self._count(partial(partners.web_search_read, [("id", "in", self.customers[:size].ids)], specification))
                for size in (10, 80)
            )
            self._assert_same_cost(few, many)

    def test_dossier_list(self):
        names = [name for name, field in self.profiles._fields.items() if field.store and not field.groups]
        specification = {name: {} for name in names}
        few, many = (
            self._count(
                lambda n=n: self.profiles.with_user(self.user["officer"]).web_search_read(
                    [("partner_id", "in", self.customers[:n].ids)], specification
                )
            )
            for n in (10, 80)
        )
        self._assert_same_cost(few, many)
