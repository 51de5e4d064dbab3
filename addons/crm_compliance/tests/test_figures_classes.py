# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import tagged

from .common import ComplianceCommon

AS_OF = "2024-06-30"


@tagged("post_install", "-at_install")
class TestFiguresClasses(ComplianceCommon):
    """Classes: among the customers of the company, and against the customer's own habit."""

    def _customers(self, revenues, day="2024-06-01"):
        """A customer per revenue; none of None."""
        customers = [self._customer(f"Customer {number}") for number in range(len(revenues))]
        for customer, revenue in zip(customers, revenues, strict=True):
            if revenue and revenue > 0:
                self._invoice(customer, revenue, day)
            elif revenue:
                self._credit(customer, -revenue, day)
        return customers

    def _classes(self, customers, name, as_of=AS_OF):
        return [self._figures(customer, as_of)[name] for customer in customers]

    # -------------------------------------------------------------------------
    # VALUE
    # -------------------------------------------------------------------------

    def test_value_tiers_by_the_share_before(self):
        # Shares before: 0, 60, 80 (boundary: no longer high), 95 (boundary: no longer medium), 98 of 100.
        customers = self._customers([60, 20, 15, 3, 2])
        self.assertEqual(self._classes(customers, "value_tier"), ["high", "high", "medium", "low", "low"])

    def test_value_tiers_just_below_the_boundaries(self):
        # Shares before: 0, 79.9 (still high), 94.9 (still medium), 99.9
        customers = self._customers([799, 150, 50, 1])
        self.assertEqual(self._classes(customers, "value_tier"), ["high", "high", "medium", "low"])

    def test_value_ties_share_a_tier(self):
        # 70 before each of the two 15s; in a row the second would have 85 before it and be of medium value.
        customers = self._customers([70, 15, 15])
        self.assertEqual(self._classes(customers, "value_tier"), ["high", "high", "high"])

    def test_value_of_negative_none_and_old_revenue(self):
        customers = self._customers([100, -50, None])
        old = self._customer("Old")
        self._invoice(old, 1000, "2023-06-30")
        self.assertEqual(self._classes([*customers, old], "value_tier"), ["high", "none", "none", "none"])

    def test_value_thresholds_are_settings(self):
        customers = self._customers([60, 20, 15, 5])
        self.company.write({"compliance_tier_high": 50, "compliance_tier_medium": 70})
        # Shares before: 0, 60, 80, 95
        self.assertEqual(self._classes(customers, "value_tier"), ["high", "medium", "low", "low"])

    def test_classes_of_some_are_relative_to_all(self):
        customers = self._customers([96, 4])
        rows = self.env.execute_query_dict(self.profiles._figures_query(customers[1], AS_OF))
        self.assertEqual([(row["partner_id"], row["value_tier"]) for row in rows], [(customers[1].id, "low")])

    # -------------------------------------------------------------------------
    # RFM
    # -------------------------------------------------------------------------

    def test_rfm_of_five(self):
        # Of five customers 0 to 4 are strictly worse: 1 + floor(5 x 0/5 .. 4/5) = 1 to 5.
        customers = self._customers([10, 20, 30, 40, 50])
        self.assertEqual(self._classes(customers, "rfm_monetary"), [1, 2, 3, 4, 5])
        # One purchase each on one day: nobody is worse.
        self.assertEqual(self._classes(customers, "rfm_recency"), [1] * 5)
        self.assertEqual(self._classes(customers, "rfm_frequency"), [1] * 5)

    def test_rfm_ties_and_floor(self):
        # Strictly worse of three: 1, 1 and 0: 1 + floor(5 / 3) = 2, 2 and 1. Who never bought is not counted.
        customers = self._customers([20, 20, 10, None])
        self.assertEqual(self._classes(customers, "rfm_monetary"), [2, 2, 1, 0])

    def test_rfm_dimensions_are_independent(self):
        first, second = self._customer("First"), self._customer("Second")
        self._invoice(first, 1000, "2024-01-01")
        for day in ("2024-03-01", "2024-03-02"):
            self._invoice(second, 10, day)
        # Better of two: 1 + floor(5 x 1/2) = 3
        self._assert_figures(first, AS_OF, rfm_recency=1, rfm_frequency=1, rfm_monetary=3)
        self._assert_figures(second, AS_OF, rfm_recency=3, rfm_frequency=3, rfm_monetary=1)

    # -------------------------------------------------------------------------
    # LIFECYCLE
    # -------------------------------------------------------------------------

    def _assert_lifecycle(self, customer, expected):
        found = {days: self._figures(customer, self._day(days))["lifecycle"] for days in expected}
        self.assertEqual(found, expected)

    def _day(self, days):
        """So many days after 1 January 2024."""
        return self.env.cr.execute("SELECT DATE '2024-01-01' + %s", [days]) or self.env.cr.fetchone()[0]

    def test_lifecycle_after_one_purchase(self):
        customer = self._customer()
        self._invoice(customer, 10, "2024-01-01")
        # Expected interval 180: at risk after 360 days of silence, lost after 720; new for 90 days.
        self._assert_lifecycle(
            customer,
            {
                -1: "prospect",
                0: "new",
                89: "new",
                91: "active",
                360: "active",
                361: "at_risk",
                720: "at_risk",
                721: "lost",
            },
        )

    def test_lifecycle_by_the_own_interval(self):
        customer = self._customer()
        self._invoice(customer, 10, "2024-01-01")
        self._invoice(customer, 10, "2024-04-10")
        # 100 days apart; the last purchase on day 100: at risk after day 300, lost after day 500.
        self._assert_lifecycle(customer, {100: "active", 300: "active", 301: "at_risk", 500: "at_risk", 501: "lost"})

    def test_lifecycle_expects_a_week_at_least(self):
        customer = self._customer()
        self._invoice(customer, 10, "2024-01-01")
        self._invoice(customer, 10, "2024-01-02")
        # Daily, but 7 are expected; silence since day 1: at risk after day 15, lost after day 29. Not new any more.
        self._assert_lifecycle(customer, {1: "new", 15: "new", 16: "at_risk", 29: "at_risk", 30: "lost"})

    def test_lifecycle_settings(self):
        customer = self._customer()
        self._invoice(customer, 10, "2024-01-01")
        self.company.write(
            {
                "compliance_new_days": 5,
                "compliance_default_interval_days": 10,
                "compliance_at_risk_factor": 1,
                "compliance_lost_factor": 3,
            }
        )
        self._assert_lifecycle(customer, {4: "new", 6: "active", 10: "active", 11: "at_risk", 31: "lost"})

    def test_lifecycle_after_exit(self):
        customer = self._customer()
        self._invoice(customer, 10, "2024-01-01")
        self._dossier(customer)._write_admission({"admission_state": "exited"})
        self._assert_lifecycle(customer, {0: "exited"})
        self.assertEqual(self._dossier(customer).lifecycle, "exited")

    # -------------------------------------------------------------------------
    # BEHAVIOUR
    # -------------------------------------------------------------------------

    def test_purchase_behaviour(self):
        customer = self._customer()
        found = []
        for number in range(5):
            found.append(self._figures(customer, AS_OF)["purchase_behaviour"])
            self._invoice(customer, 10, f"2024-0{number + 1}-01")
        self.assertEqual(found, ["none", "one_time", "occasional", "occasional", "frequent"])
        # On 1 February 2025 the purchases of 1 March to May remain: three are not frequent.
        self._assert_figures(customer, "2025-02-01", purchase_behaviour="occasional", purchases_12m=3)
        self.company.compliance_frequent_purchases = 3
        self._assert_figures(customer, "2025-02-01", purchase_behaviour="frequent")
