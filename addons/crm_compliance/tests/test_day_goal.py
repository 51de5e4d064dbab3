# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import date

from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import mute_logger

from ..wizard.compliance_setup import SETTINGS
from .common import ComplianceCommon


@tagged("post_install", "-at_install")
class TestGoal(ComplianceCommon):
    def _goal(self, indicator, target=90, **vals):
        return self.env["compliance.goal"].create(
            {
                "indicator": indicator,
                "period": "year",
                "date_start": "2025-01-01",
                "company_id": self.company.id,
                "target": target,
                **vals,
            }
        )

    def test_late_share(self):
        """Three payments in 2025, one late: 33.33 %; one in 2024, late: 100 %."""
        customer = self._customer()
        for due, paid in (
            ("2025-03-10", "2025-03-09"),
            ("2025-04-10", "2025-04-20"),
            ("2025-05-10", "2025-05-10"),
            ("2024-05-10", "2024-06-10"),
        ):
            self._paid_invoice(customer, 100, "2024-05-01" if due < "2025" else "2025-03-01", due, paid)
        goal = self._goal("late_share", target=40)
        self.assertAlmostEqual(goal.actual, 100 / 3, 2)
        self.assertEqual((goal.count, goal.previous), (3, 100))
        self.assertAlmostEqual(goal.trend, 100 / 3 - 100, 2)
        self.assertEqual(goal.status, "reached", "less is better")
        goal.target = 30
        self.assertEqual(goal.status, "missed")

    def test_retention(self):
        """Two customers of 2024, one bought again in 2025: 50 %. The new one of 2025 does not count."""
        kept, lost, new = (self._customer(name) for name in ("Kept", "Lost", "New"))
        for customer, day in ((kept, "2024-06-01"), (lost, "2024-06-01"), (kept, "2025-06-01"), (new, "2025-06-01")):
            self._invoice(customer, 100, day)
        goal = self._goal("retention", target=60)
        self.assertEqual((goal.actual, goal.count, goal.status), (50, 2, "missed"))

    def test_team(self):
        """Of a team count the customers of its members."""
        team = self.env["crm.team"].create({"name": "Team", "company_id": self.company.id})
        self.env["crm.team.member"].create({"crm_team_id": team.id, "user_id": self.user["sales"].id})
        own, other = self._customer("Own", user_id=self.user["sales"].id), self._customer("Other")
        self._paid_invoice(own, 100, "2025-03-01", "2025-03-10", "2025-03-20")
        self._paid_invoice(other, 100, "2025-03-01", "2025-03-10", "2025-03-09")
        self.assertEqual(self._goal("late_share", team_id=team.id).actual, 100)
        self.assertEqual(self._goal("late_share").actual, 50)

    def test_quarter(self):
        self.assertEqual(
            self._goal("late_share", period="quarter", date_start="2025-04-01").date_end, date(2025, 6, 30)
        )

    def test_days_are_the_companys(self):
        """What comes in the night to 1 October in Shanghai belongs to the fourth quarter, whoever looks at the goal."""
        self.company.resource_calendar_id.tz = "Asia/Shanghai"
        case = self.env["compliance.complaint"].create(
            {"subject": "Broken", "partner_id": self._customer().id, "company_id": self.company.id}
        )
        for received, counts in (("2025-09-30 15:59:59", [1, 0]), ("2025-09-30 19:00:00", [0, 1])):
            self.env.flush_all()
            self.env.cr.execute("UPDATE compliance_complaint SET date_received = %s WHERE id = %s", [received, case.id])
            goals = [
                self._goal("complaint_closure", period="quarter", date_start=start)
                for start in ("2025-07-01", "2025-10-01")
            ]
            self.assertEqual([goal.count for goal in goals], counts)
            goals[0].unlink()
            goals[1].unlink()

    @freeze_time("2025-09-30 19:00:00")
    def test_today_is_the_companys(self):
        """Where it is October already, receivables of today count for the fourth quarter."""
        self.company.resource_calendar_id.tz = "Asia/Shanghai"
        customer = self._customer()
        self._invoice(customer, 100, "2025-09-01")
        self.profiles._refresh(customer)
        goals = [
            self._goal("overdue_share", period="quarter", date_start=start) for start in ("2025-07-01", "2025-10-01")
        ]
        self.assertEqual([goal.count for goal in goals], [0, 1])

    def test_review_approved_in_time(self):
        """Approved on the day it was due, by the company's clock."""
        dossier = self._dossier(self._customer())
        review = self.env["compliance.risk.review"].create(
            {"profile_id": dossier.id, "kind": "triggered", "due_date": "2025-03-31"}
        )
        self.env.flush_all()
        self.env.cr.execute("ALTER TABLE compliance_risk_review DISABLE TRIGGER USER")
        self.env.cr.execute(
            "UPDATE compliance_risk_review SET state = 'done', approved_by = %s, prepared_by = %s,"
            " approved_at = '2025-03-31 22:00:00' WHERE id = %s",
            [self.user["manager"].id, self.user["officer"].id, review.id],
        )
        self.env.invalidate_all()
        goal = self._goal("review_timeliness")
        for zone, share in (("UTC", 100), ("Asia/Shanghai", 0), ("America/New_York", 100)):
            self.company.resource_calendar_id.tz = zone
            goal.invalidate_recordset()
            self.assertEqual(goal.actual, share, zone)

    def test_no_data(self):
        self.assertEqual(self._goal("review_timeliness").status, "none")

    def test_other_company(self):
        """Payments of another company do not count, and its goals are not seen."""
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self._paid_invoice(self._customer(), 100, "2025-03-01", "2025-03-10", "2025-03-20")
        goal = self._goal("late_share", company_id=company.id)
        self.assertEqual(goal.count, 0)
        with self.assertRaises(AccessError):
            goal.with_user(self.user["manager"]).read(["target"])

    def test_rights(self):
        goal = self._goal("late_share")
        goal.with_user(self.user["manager"]).target = 5
        for role in ("officer", "auditor"):
            self.assertEqual(goal.with_user(self.user[role]).read(["target"])[0]["target"], 5)
            with self.subTest(role=role), self.assertRaises(AccessError):
                goal.with_user(self.user[role]).target = 6
        for role in ("sales", "accountant", "employee"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                goal.with_user(self.user[role]).read(["actual"])

    @mute_logger("odoo.sql_db")
    def test_unique(self):
        self._goal("late_share")
        with self.assertRaises(UniqueViolation):
            self._goal("late_share")

    def test_all_indicators(self):
        """Each is measured without an error, and with one statement however many goals there are."""
        goals = self.env["compliance.goal"]
        for indicator, _name in goals._selection_indicator():
            goals |= self._goal(indicator) | self._goal(indicator, date_start="2026-01-01")
        self.assertTrue(all(goal.status for goal in goals))
        self.assertTrue(all(goal.display_name for goal in goals))


@tagged("post_install", "-at_install")
class TestSetup(ComplianceCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = cls.user["manager"]
        cls.admin.group_ids = [Command.link(cls.env.ref("base.group_system").id)]

    def _setup(self, user=None, **vals):
        return self.env["compliance.setup"].with_user(user or self.admin).with_company(self.company).create(vals)

    def test_presets(self):
        """Each preset leaves a configuration that holds."""
        for preset, days in (("trading", 14), ("service", 14), ("regulated", 7)):
            with self.subTest(preset=preset):
                setup = self._setup(preset=preset)
                self.assertTrue(setup.criterion_ids)
                setup.action_next()
                setup.action_next()
                self.assertEqual(setup.step, "people")
                action = setup.action_apply()
                self.assertEqual(action["tag"], "crm_compliance.dashboard")
                rules = self.env["compliance.contact.cadence"].search([("company_id", "=", self.company.id)])
                self.assertEqual(sorted(rules.mapped("interval_days")), sorted([30, days, days, days]))

    def test_values(self):
        officer = self.user["employee"]
        setup = self._setup(compliance_tier_high=70, other_days=45, officer_ids=[Command.set(officer.ids)])
        setup.action_apply()
        self.assertEqual(self.company.compliance_tier_high, 70)
        self.assertTrue(officer.has_group("crm_compliance.group_compliance_officer"))

    def _configuration(self):
        """Everything that the assistant can change of the company."""
        self.env.flush_all()
        self.env.invalidate_all()
        rules = self.env["compliance.contact.cadence"].search([("company_id", "=", self.company.id)])
        return (
            self.company.read([*SETTINGS, "resource_calendar_id"]),
            self.env["compliance.complaint.team"].search([]).read(["member_ids", "resource_calendar_id", "alias_name"]),
            rules.read(["value_tier", "risk_level", "interval_days", "write_date"]),
            self.env["compliance.criterion"].search([]).mapped("code"),
        )

    def test_again(self):
        """Who only clicks on when the assistant runs again changes nothing; what is changed alone is written."""
        self._setup(preset="regulated", compliance_new_days=77, important_days=9).action_apply()
        rules = self.env["compliance.contact.cadence"].search([("company_id", "=", self.company.id)])
        rules.filtered(lambda rule: rule.risk_level == "critical").interval_days = 3
        self.env["compliance.criterion"].search([("code", "=", "TAX")]).action_archive()
        before = self._configuration()

        assistant = Form(self.env["compliance.setup"].with_user(self.admin).with_company(self.company))
        self.assertEqual(assistant.preset, "current")
        self.assertEqual((assistant.compliance_new_days, assistant.important_days), (77, 9))
        assistant.save().action_apply()
        self.assertEqual(self._configuration(), before)

        self._setup(other_days=60).action_apply()
        intervals = {(rule.value_tier, rule.risk_level): rule.interval_days for rule in rules}
        self.assertEqual(
            intervals, {(False, False): 60, ("high", False): 9, (False, "high"): 9, (False, "critical"): 3}
        )

    def test_archived_rule_beside_an_active_one(self):
        rules = self.env["compliance.contact.cadence"]
        vals = {"company_id": self.company.id, "value_tier": "high"}
        rules.create({**vals, "interval_days": 5, "active": False})
        rule = rules.create({**vals, "interval_days": 20})
        rules.create({**vals, "interval_days": 6, "active": False})
        self._setup(preset="regulated", important_days=8).action_apply()
        self.assertEqual(rule.interval_days, 8)

    def test_criteria_of_all_companies(self):
        """One of several companies neither archives nor revives what all share."""
        criteria = self.env["compliance.criterion"].with_context(active_test=False)
        shared = criteria.search([("company_id", "=", False)])
        shared.filtered(lambda criterion: criterion.code == "TAX").action_archive()
        own = criteria.create({"code": "OWN", "name": "Own", "company_id": self.company.id, "active": False})
        before = shared.filtered("active")
        self._setup(preset="trading", criterion_ids=[Command.set((shared[:1] | own).ids)]).action_apply()
        self.assertEqual(shared.filtered("active"), before)
        self.assertTrue(own.active)

    def test_another_kind_of_business(self):
        """A kind of business that is chosen proposes its own values, and what is in force comes back."""
        self._setup(preset="regulated", compliance_new_days=77).action_apply()
        assistant = Form(self.env["compliance.setup"].with_user(self.admin).with_company(self.company))
        assistant.preset = "trading"
        self.assertEqual((assistant.compliance_new_days, assistant.important_days), (90, 14))
        assistant.preset = "current"
        self.assertEqual((assistant.compliance_new_days, assistant.important_days), (77, 7))

    def test_four_eyes(self):
        alone = self._setup(officer_ids=[Command.set(self.admin.ids)], manager_ids=[Command.set(self.admin.ids)])
        self.assertTrue(alone.is_short_of_eyes)

    def test_rights(self):
        for role in ("officer", "auditor", "sales"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self._setup(user=self.user[role])
