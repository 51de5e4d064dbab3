# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from .common import ComplianceCommon


@tagged("post_install", "-at_install")
class TestDayComplaint(ComplianceCommon):
    """Complaints in the dashboard, in My Day, in goals, on paper and in the assistant."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._customer("Complains", user_id=cls.user["sales"].id)
        cls.team = cls.env["compliance.complaint.team"].create(
            {
                "name": "Service",
                "company_id": cls.company.id,
                "member_ids": [Command.set((cls.user["officer"] | cls.user["sales"]).ids)],
            }
        )
        cls.first, cls.second, cls.third = cls.env["compliance.complaint"].create(
            [
                {
                    "subject": f"Broken {number}",
                    "partner_id": cls.customer.id,
                    "company_id": cls.company.id,
                    "team_id": cls.team.id,
                }
                for number in range(3)
            ]
        )

    @classmethod
    def _put(cls, complaint, **values):
        """Puts facts into a case, past its flow."""
        complaint.flush_recordset()
        assignments = ", ".join(f"{name} = %s" for name in values)
        cls.env.cr.execute(
            f"UPDATE compliance_complaint SET {assignments} WHERE id = %s",  # pylint: disable=sql-injection
            [*values.values(), complaint.id],
        )
        complaint.invalidate_recordset()

    def _blocks(self, role):
        dashboard = self.env["compliance.dashboard"].with_user(self.user[role])
        data = dashboard.with_context(allowed_company_ids=self.company.ids).get_data()
        return {block["code"]: block for block in data["blocks"]}

    def test_day_of_a_deadline(self):
        """Due in the afternoon in Los Angeles is due today there, though it is tomorrow in UTC; and the other way
        round in Shanghai.
        """
        for agent, deadline, zone, day in (
            (self.user["sales"], "2026-03-19 00:30", "America/Los_Angeles", "2026-03-18"),
            (self.user["officer"], "2026-03-18 17:00", "Asia/Shanghai", "2026-03-19"),
        ):
            agent.tz = zone
            self._put(self.first, state="investigating", waiting="none", user_id=agent.id, sla_deadline=deadline)
            tasks = self.env["compliance.my.day"].with_user(agent).with_context(allowed_company_ids=self.company.ids)
            for seen in (tasks, tasks.with_context(tz=zone)):
                self.assertEqual(str(seen.search([("kind", "=", "complaint")]).deadline), day)
            self.env.invalidate_all()

    def test_agent_left(self):
        """The cases of somebody who left are the team leader's; where the team has none, the officers'."""
        left = self._new_users({"left": self.ROLES["sales"]})["left"]
        self.team.user_id = self.user["sales"]
        for case in self.first | self.second | self.third:
            self._put(case, state="investigating", waiting="none", user_id=left.id)
        self.assertEqual((self._kinds("sales"), self._kinds("officer")), ([], []))
        left.active = False
        self.assertEqual((self._kinds("sales"), self._kinds("officer")), (["complaint"] * 3, []))
        self.team.user_id = False
        self.assertEqual((self._kinds("sales"), self._kinds("officer")), ([], ["complaint"] * 3))

    def _kinds(self, role):
        tasks = self.env["compliance.my.day"].with_user(self.user[role])
        found = tasks.with_context(allowed_company_ids=self.company.ids).search([("kind", "!=", "redaction")])
        return found.mapped("kind")

    def test_block(self):
        """Two new, one investigated, of which one is overdue and one at risk; each figure opens its records."""
        now = fields.Datetime.now()
        hours = {"before": fields.Datetime.subtract(now, hours=1), "after": fields.Datetime.add(now, hours=1)}
        self._put(self.first, sla_result="open", sla_deadline=hours["before"], sla_warn_at=hours["before"])
        self._put(self.second, sla_result="open", sla_deadline=hours["after"], sla_warn_at=hours["before"])
        self._put(self.third, state="investigating", sla_result="none", sla_deadline=None, sla_warn_at=None)
        block = self._blocks("officer")["complaints"]
        self.assertEqual([item["value"] for item in block["items"]], [2, 0, 1, 0, 1, 1])
        for item in block["items"]:
            found = self.env["compliance.complaint"].with_user(self.user["officer"]).search_count(item["domain"])
            self.assertEqual(found, item["value"], item["label"])

    def test_follow_up(self):
        """Of three that were to be called by now two were: 67 %, below the goal."""
        days = {"date_resolved": self._days_ago(20), "follow_up_latest": self._days_ago(10), "state": "resolved"}
        self._put(self.first, follow_up_done_at=self._days_ago(12), **days)
        self._put(self.second, follow_up_done_at=self._days_ago(5), **days)
        self._put(self.third, **days)
        block = self._blocks("officer")["follow_up"]
        self.assertEqual([item["value"] for item in block["items"]], [2, 1])
        self.assertEqual((block["headline"]["text"], block["headline"]["tone"]), ("67 %", "danger"))

    def test_roles(self):
        for role, sees in {"sales": True, "officer": True, "auditor": True, "accountant": False}.items():
            with self.subTest(role=role):
                self.assertEqual("complaints" in self._blocks(role), sees)

    def test_my_day(self):
        officer = self.user["officer"]
        self._put(self.first, user_id=officer.id)
        self._put(self.second, user_id=officer.id, waiting="customer")
        self._put(self.third, user_id=officer.id, state="resolved", follow_up_date=self._days_ago(1))
        self.assertEqual(sorted(self._kinds("officer")), ["complaint", "follow_up"])
        self._put(self.second, handover_user_id=self.user["sales"].id)
        self.assertEqual(self._kinds("sales"), ["handover"])

    def test_actions_of_my_day(self):
        sales, officer = self.user["sales"], self.user["officer"]
        action = self.env["compliance.action"].create(
            {"name": "Train the crew", "kind": "preventive", "user_id": sales.id, "verifier_id": officer.id}
        )
        self.assertEqual((self._kinds("sales"), self._kinds("officer")), (["action"], []))
        action.with_user(sales).action_start()
        action.with_user(sales).result = "Trained"
        action.with_user(sales).action_done()
        self.assertEqual((self._kinds("sales"), self._kinds("officer")), ([], ["effect"]))

    def test_goals(self):
        """Two of three resolved, rated 5 and 2, first answered after one and three hours."""
        received, resolved = "2025-03-03 09:00:00", "2025-03-05 09:00:00"
        self._put(
            self.first,
            date_received=received,
            date_resolved=resolved,
            date_first_response=received,
            state="closed",
            satisfaction=5,
            response_minutes=60,
        )
        self._put(
            self.second,
            date_received=received,
            date_resolved=resolved,
            date_first_response=received,
            state="resolved",
            satisfaction=2,
            response_minutes=180,
        )
        self._put(self.third, date_received=received, date_first_response=None)
        actual = {
            indicator: self.env["compliance.goal"]
            .create(
                {
                    "indicator": indicator,
                    "period": "year",
                    "date_start": "2025-01-01",
                    "company_id": self.company.id,
                    "target": 3,
                }
            )
            .actual
            for indicator in ("satisfaction", "complaint_closure", "response_time")
        }
        self.assertEqual(
            {name: round(value, 2) for name, value in actual.items()},
            {"satisfaction": 3.5, "complaint_closure": 66.67, "response_time": 2},
        )

    def test_report(self):
        report = self.env["ir.actions.report"].with_user(self.user["officer"])
        dossier = self._dossier(self.customer)
        html = report._render_qweb_html("crm_compliance.report_profile", dossier.ids)[0].decode()
        self.assertIn("Broken 1", html)

    def test_setup(self):
        """The assistant leaves a team with members and an address."""
        admin = self.user["manager"]
        admin.group_ids = [Command.link(self.env.ref("base.group_system").id)]
        setup = self.env["compliance.setup"].with_user(admin).with_company(self.company)
        setup.create(
            {"complaint_member_ids": [Command.set(self.user["sales"].ids)], "complaint_alias": "day-complaints"}
        ).action_apply()
        self.assertEqual((self.team.member_ids, self.team.alias_name), (self.user["sales"], "day-complaints"))
