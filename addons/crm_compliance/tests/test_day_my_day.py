# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields
from odoo.tests import tagged

from .common import RestrictionCommon


@tagged("post_install", "-at_install")
class TestMyDay(RestrictionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dossier = cls._dossier(cls.free)
        # Redactions belong to no company: those of the demo data wait for every manager.
        tasks = cls.env["compliance.my.day"].with_user(cls.manager)
        cls.known = tasks.search([]).ids

    def _tasks(self, role):
        user = self.user[role] if isinstance(role, str) else role
        tasks = self.env["compliance.my.day"].with_user(user).with_context(allowed_company_ids=self.company.ids)
        return tasks.search([("id", "not in", self.known)])

    def _kinds(self, role):
        return self._tasks(role).mapped("kind")

    def _review(self, **vals):
        return self.env["compliance.risk.review"].create(
            {
                "profile_id": self.dossier.id,
                "kind": "triggered",
                "due_date": self.today,
                "prepared_by": self.officer.id,
                **vals,
            }
        )

    def _contact_due(self, days):
        self.dossier.flush_recordset()
        self.dossier.sudo().next_contact_date = fields.Date.add(self.today, days=days)

    def test_nothing(self):
        for role in ("sales", "auditor", "accountant"):
            with self.subTest(role=role):
                self.assertFalse(self._tasks(role))

    def test_review(self):
        """A review is its officer's, and nobody else's."""
        review = self._review()
        task = self._tasks("officer")
        self.assertEqual((task.kind, task.deadline, task.partner_id), ("review", self.today, self.free))
        action = task.action_open()
        self.assertEqual((action["res_model"], action["res_id"]), (review._name, review.id))
        self.assertIn(review.name, task.title)
        self.assertNotIn("review", self._kinds("manager"))

    def test_officer_left(self):
        """A review of somebody who left is the customer's officer's; where there is none, every officer's."""
        left, other = self._new_users(dict.fromkeys(("left", "other"), self.ROLES["officer"])).values()
        self.dossier.officer_id = self.officer
        self._review(prepared_by=left.id)
        self.assertEqual((self._kinds(left), self._kinds("officer")), (["review"], []))
        left.active = False
        self.assertEqual((self._kinds(other), self._kinds("officer")), ([], ["review"]))
        self.dossier.officer_id = False
        self.assertEqual((self._kinds(other), self._kinds("officer")), (["review"], ["review"]))
        self.assertNotIn("review", self._kinds("sales"))

    def test_alert_of_somebody_who_left(self):
        left = self._new_users({"left": self.ROLES["officer"]})["left"]
        self.dossier.write({"officer_id": self.officer.id, "user_id": self.user["sales"].id})
        self.env.flush_all()
        self.env.cr.execute(
            "INSERT INTO compliance_alert (profile_id, partner_id, company_id, kind, state, raised_at, user_id)"
            " VALUES (%s, %s, %s, 'limit', 'new', now(), %s)",
            [self.dossier.id, self.free.id, self.company.id, left.id],
        )
        self.assertEqual((self._kinds("officer"), self._kinds("sales")), ([], []))
        left.active = False
        self.assertEqual((self._kinds("officer"), self._kinds("sales")), (["alert"], []))
        self.officer.active = False
        self.assertEqual(self._kinds("sales"), ["alert"])
        other = self._new_users({"other": self.ROLES["officer"]})["other"]
        self.assertFalse(self._kinds(other))
        self.user["sales"].active = False
        self.assertEqual(self._kinds(other), ["alert"], "nobody is left")
        self.dossier.write({"officer_id": False, "user_id": False})
        self.env.flush_all()
        self.env.cr.execute("UPDATE compliance_alert SET user_id = NULL WHERE profile_id = %s", [self.dossier.id])
        self.env.invalidate_all()
        self.assertFalse(self._kinds(other), "it never was anybody's")

    def test_exception(self):
        """A manager decides on what another asked for."""
        exception = self._except(self._draft(self.blocked), approver=False)
        self.assertEqual(self._kinds("manager"), ["exception"])
        self.assertNotIn("exception", self._kinds(self.second_manager), "who asked does not decide")
        self.assertNotIn("exception", self._kinds("officer"))
        exception.with_user(self.manager).action_approve()
        self.assertFalse(self._tasks("manager"), "done is gone")

    def test_redaction(self):
        self.env["compliance.audit.redaction"].with_user(self.officer).create(
            {
                "name": "Asked for",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "res_id": self.free.id,
            }
        )
        self.assertEqual(self._kinds("manager"), ["redaction"])
        self.assertNotIn("redaction", self._kinds("officer"))

    def test_contact(self):
        """Of the account manager, once it comes near; of the officer where there is none."""
        self.dossier.officer_id = self.officer
        self._contact_due(2)
        self.assertEqual(self._kinds("officer"), ["contact"])
        self.dossier.user_id = self.user["sales"]
        self.assertEqual((self._kinds("officer"), self._kinds("sales")), ([], ["contact"]))
        self._contact_due(3)
        self.assertFalse(self._kinds("sales"))

    def test_order(self):
        """The longest overdue first; of one day what others wait for."""
        self.dossier.user_id = self.officer
        self._contact_due(-1)
        self._review()
        self.assertEqual(self._kinds("officer"), ["contact", "review"])
        self._contact_due(0)
        self.assertEqual(self._kinds("officer"), ["review", "contact"])

    def test_search_and_groups(self):
        self._review(due_date=fields.Date.subtract(self.today, days=3))
        tasks = self.env["compliance.my.day"].with_user(self.officer)
        self.assertEqual(tasks.search_count([("deadline", "<", "today")]), 1)
        self.assertEqual(tasks._read_group([], ["kind"], ["__count"]), [("review", 1)])

    def test_search_by_title(self):
        review = self._review()
        self._contact_due(0)
        tasks = self.env["compliance.my.day"].with_user(self.officer)
        self.assertEqual(tasks.search([("title", "ilike", review.name)]).res_id, review.id)
        self.assertNotIn(review.id, tasks.search([("title", "not ilike", review.name)]).mapped("res_id"))
        self.assertEqual([name for _id, name in tasks.name_search(review.name)], [review.display_name])

    def test_other_company(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.officer.company_ids += company
        dossier = self._open_dossier(self.env["res.partner"].create({"name": "Far", "is_company": True}), company)
        self._review(profile_id=dossier.id)
        self.assertFalse(self._tasks("officer"))

    def test_query_count(self):
        def show():
            self._tasks("officer").read(["title", "kind", "deadline", "partner_id"])

        self._review()
        self._review(profile_id=self._dossier(self.warned).id)
        few = self._count(show)
        for number in range(10):
            dossier = self._dossier(self._customer(f"More {number}"))
            self._review(profile_id=dossier.id)
        self._assert_no_dearer(few, self._count(show))
