# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from dateutil.relativedelta import relativedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged

from .common import ComplianceCommon


@tagged("post_install", "-at_install")
class TestDashboard(ComplianceCommon):
    """Two customers of the salesperson and one of somebody else, with figures put in by hand."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own = cls._customer("Own", user_id=cls.user["sales"].id)
        cls.late = cls._customer("Late", user_id=cls.user["sales"].id)
        cls.other = cls._customer("Other")
        cls._put(cls.own, risk_level="low", zone="standard", overdue_amount=0)
        cls._put(cls.late, risk_level="high", zone="grey", overdue_amount=250.5)
        cls._put(cls.other, risk_level="high", zone="non_compliant", overdue_amount=1000)

    @classmethod
    def _put(cls, partner, age=90, **figures):
        """Puts figures into a dossier that is some days old."""
        dossier = cls._dossier(partner)
        dossier.flush_recordset()
        figures["create_date"] = fields.Datetime.subtract(fields.Datetime.now(), days=age)
        assignments = ", ".join(f"{name} = %s" for name in figures)
        cls.env.cr.execute(
            f"UPDATE compliance_profile SET {assignments} WHERE id = %s",  # pylint: disable=sql-injection
            [*figures.values(), dossier.id],
        )
        dossier.invalidate_recordset()

    def _dashboard(self, role, company=None):
        user = self.user[role]
        dashboard = self.env["compliance.dashboard"].with_user(user)
        return dashboard.with_context(allowed_company_ids=(company or self.company).ids)

    def _blocks(self, role, **kwargs):
        dashboard = self._dashboard(role, **kwargs)
        return {block["code"]: block for block in dashboard.get_data()["blocks"] + dashboard.get_slow_blocks()}

    def _values(self, block):
        return {item["label"]: item["value"] for item in block["items"]}

    def _assert_clicks(self, role, blocks):
        """Every figure's domain finds exactly its records."""
        for block in blocks.values():
            for item in block["items"]:
                records = self.env[block["model"]].with_user(self.user[role]).search(item["domain"])
                if block["code"] == "overdue":
                    self.assertEqual(sum(records.mapped("overdue_amount")), item["value"], item["label"])
                elif block["code"] == "late":
                    self.assertEqual(item["text"].split()[-1], str(len(records)), item["label"])
                else:
                    self.assertEqual(len(records), item["value"], item["label"])

    def test_officer(self):
        blocks = self._blocks("officer")
        self.assertEqual(self._values(blocks["levels"]), {"Critical": 0, "High": 2, "Medium": 0, "Low": 1})
        self.assertEqual(
            self._values(blocks["zones"]), {"Standard": 1, "Grey Zone": 1, "Non-Compliant": 1, "Unknown": 0}
        )
        self.assertEqual(self._values(blocks["overdue"]), {"Critical": 0, "High": 1250.5, "Medium": 0, "Low": 0})
        self._assert_clicks("officer", blocks)

    def test_own_customers(self):
        """A salesperson sees figures of own customers, and no history."""
        blocks = self._blocks("sales")
        self.assertEqual(self._values(blocks["levels"])["High"], 1)
        self.assertEqual(self._values(blocks["overdue"])["High"], 250.5)
        self.assertFalse([item for item in blocks["levels"]["items"] if item["change"] is not None])
        self._assert_clicks("sales", blocks)

    def test_roles(self):
        """Each role has the blocks it may read; nobody gets an error."""
        every = {"levels", "reviews", "alerts", "zones", "overdue", "late"}
        expected = {"manager": every, "officer": every, "auditor": every, "sales": every}
        expected["accountant"] = every - {"reviews"}
        expected["employee"] = set()
        for role, codes in expected.items():
            with self.subTest(role=role):
                blocks = self._blocks(role)
                self.assertLessEqual(codes, set(blocks))
                self.assertFalse({"levels", "reviews"} & set(blocks) - codes)
                self._assert_clicks(role, blocks)

    def test_portal(self):
        """The customer's account gets nothing."""
        self.assertEqual(self._dashboard("portal").get_data()["blocks"], [])

    def test_company_switcher(self):
        """Another company's customers do not count, and appear when it is switched to."""
        company = self.env["res.company"].create({"name": "Elsewhere", "currency_id": self.company.currency_id.id})
        self.user["officer"].company_ids += company
        partner = self.env["res.partner"].create({"name": "Far", "is_company": True})
        dossier = self._open_dossier(partner, company)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE compliance_profile SET risk_level = 'critical', zone = 'standard' WHERE id = %s", dossier.ids
        )
        dossier.invalidate_recordset()
        self.assertEqual(self._values(self._blocks("officer")["levels"])["Critical"], 0)
        self.assertEqual(self._values(self._blocks("officer", company=company)["levels"])["Critical"], 1)
        both = self._values(self._blocks("officer", company=self.company + company)["levels"])
        self.assertEqual((both["Critical"], both["High"]), (1, 2))
        with self.assertRaises(AccessError):
            self._dashboard("sales", company=company).get_data()

    def test_currencies(self):
        """Amounts of different currencies are not added up."""
        foreign = (
            self.env["res.currency"]
            .with_context(active_test=False)
            .search([("id", "!=", self.company.currency_id.id)], limit=1)
        )
        foreign.active = True
        company = self.env["res.company"].create({"name": "Abroad", "currency_id": foreign.id})
        self.user["officer"].company_ids += company
        partner = self.env["res.partner"].create({"name": "Far", "is_company": True})
        self._open_dossier(partner, company)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE compliance_profile SET risk_level = 'high', overdue_amount = 77 WHERE partner_id = %s", partner.ids
        )
        self.env.invalidate_all()
        block = self._blocks("officer", company=self.company + company)["overdue"]
        values = self._values(block)
        self.assertEqual(values[f"High ({foreign.name})"], 77)
        self.assertEqual(values[f"High ({self.company.currency_id.name})"], 1250.5)
        self.assertIsNone(block["chart"])

    def test_change_of_levels(self):
        """One rose from low to high within the month, one was opened since: against then, high is up by two."""
        self._put(self.other, age=5)
        old, recent = (fields.Datetime.subtract(fields.Datetime.now(), days=days) for days in (60, 3))
        values = [(old, "medium", "low"), (recent, "low", "high"), (recent, "high", "high")]
        for moment, before, level in values:
            self.env.cr.execute(
                "INSERT INTO compliance_risk_snapshot (create_date, profile_id, risk_level_previous, risk_level)"
                " VALUES (%s, %s, %s, %s)",
                [moment, self._dossier(self.late).id, before, level],
            )
        items = {item["label"]: item["change"] for item in self._blocks("officer")["levels"]["items"]}
        self.assertEqual(items, {"Critical": 0, "High": 2, "Medium": 0, "Low": -1})

    def test_change_of_zones(self):
        """A refresh that changes a zone notes it; the first classification is no change."""
        dossier = self._dossier(self.own)
        self._put(self.other, zone="unknown")
        changes = self.env["compliance.zone.change"].search([("profile_id", "=", dossier.id)])
        changes.unlink()
        criterion = self.env["compliance.criterion"].create(
            {"code": "day", "name": "Day", "kind": "manual", "knockout": True}
        )
        self._work_off_queue()
        check = dossier.check_ids.filtered(lambda check: check.criterion_id == criterion)
        check.with_user(self.user["officer"]).result = "unmet"
        self.env.invalidate_all()
        self.assertEqual(dossier.zone, "non_compliant")
        change = self.env["compliance.zone.change"].search([("profile_id", "=", dossier.id)], limit=1)
        self.assertEqual(change.zone, "non_compliant")
        items = {item["label"]: item["change"] for item in self._blocks("officer")["zones"]["items"]}
        # Without an address everybody is at least in the grey zone: "Late" stays there, "Other" comes from unknown,
        # and "Own" went from standard to non-compliant.
        self.assertEqual(items, {"Standard": -1, "Grey Zone": 1, "Non-Compliant": 1, "Unknown": -1})

    def test_reviews(self):
        reviews = self.env["compliance.risk.review"]
        for partner, days in ((self.own, -1), (self.late, 7), (self.other, 8)):
            reviews.create(
                {
                    "profile_id": self._dossier(partner).id,
                    "kind": "triggered",
                    "due_date": fields.Date.add(self.today, days=days),
                    "prepared_by": self.user["officer"].id,
                }
            )
        blocks = self._blocks("officer")
        self.assertEqual(
            self._values(blocks["reviews"]),
            {"Overdue": 1, "Due within 7 days": 1, "Due later": 1, "Waiting for approval": 0},
        )
        self._assert_clicks("officer", blocks)

    def test_late_trend(self):
        """Of three payments of last month two were late; this month none was made."""
        month = self.today + relativedelta(months=-1, day=15)
        for late in (True, True, False):
            due = fields.Date.subtract(month, days=5) if late else month
            self._paid_invoice(self.own, 100, fields.Date.subtract(month, days=30), due, month)
        blocks = self._blocks("accountant")
        values = [item["value"] for item in blocks["late"]["items"]]
        self.assertEqual(len(values), 12)
        self.assertAlmostEqual(values[-2], 200 / 3)
        self.assertIsNone(values[-1])
        self._assert_clicks("accountant", blocks)

    def test_query_count(self):
        """Twenty customers more cost no query more."""
        dashboard = self._dashboard("officer")

        def show():
            dashboard.get_data()
            dashboard.get_slow_blocks()

        few = self._count(show)
        for number in range(20):
            self._put(self._customer(f"More {number}"), risk_level=("low", "critical")[number % 2], zone="grey")
        self._assert_no_dearer(few, self._count(show))


@tagged("post_install", "-at_install")
class TestDashboardTour(HttpCase):
    def test_tour(self):
        """Opens the app, reaches a figure with the keyboard and gets to its records."""
        self.env["res.users"].search([("login", "=", "admin")]).tour_enabled = False
        self.start_tour("/odoo/compliance", "compliance_dashboard", login="admin")
