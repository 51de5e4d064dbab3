# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import date
from functools import partial
from unittest.mock import patch

from dateutil.relativedelta import relativedelta

from odoo.exceptions import AccessError
from odoo.fields import Command, Date
from odoo.tests import freeze_time, tagged

from odoo.addons.crm_compliance.models.risk.compliance_risk_review_schedule import ComplianceRiskReview

from .review_common import ReviewCommon

SCHEDULE = ComplianceRiskReview._cron_schedule


class ScheduleCommon(ReviewCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The levels are the tests' to say: without a risk model, a refresh takes them away.
        cls.startClassPatcher(patch.object(type(cls.profiles), "_score", lambda *_args, **_kwargs: None))
        # The dossiers of other companies are not the tests' concern.
        cls.env.cr.execute("UPDATE compliance_profile SET active = FALSE WHERE company_id <> %s", [cls.company.id])
        cls.env.cr.execute("UPDATE compliance_risk_review SET escalated_at = now() AT TIME ZONE 'UTC'")
        cls.env.invalidate_all()

    def _plan(self, dossiers=None, **vals):
        """Admitted customers, with these dates, as if their reviews had been."""
        (dossiers or self.dossier)._write_admission({"admission_state": "approved", **vals})

    def _set_level(self, level, dossiers=None):
        """What the risk model writes, and the refresh after it."""
        dossiers = dossiers or self.dossier
        self.env.flush_all()
        self.env.cr.execute("UPDATE compliance_profile SET risk_level = %s WHERE id = ANY(%s)", [level, dossiers.ids])
        self.env.invalidate_all()
        return self.reviews._follow_risk(dossiers.partner_id)

    def _run(self):
        with self.enter_registry_test_mode():
            self.env.ref("crm_compliance.ir_cron_schedule_reviews").method_direct_trigger()
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestReviewSchedule(ScheduleCommon):
    """When reviews fall due, and who is told."""

    def _assert_next(self, level, expected):
        self._plan(last_review_date="2024-01-31", next_review_date=False, review_level=level)
        self.env.flush_all()
        self.env.cr.execute("UPDATE compliance_profile SET risk_level = %s WHERE id = %s", [level, self.dossier.id])
        self.env.invalidate_all()
        self.reviews._date_reviews()
        self.assertEqual(self.dossier.next_review_date, Date.to_date(expected), level)

    def test_intervals(self):
        """By hand; months end where they end."""
        self._assert_next("critical", "2024-02-29")
        self._assert_next("high", "2024-04-30")
        self._assert_next("medium", "2024-07-31")
        self._assert_next("low", "2025-01-31")
        self._assert_next(None, "2025-01-31")

    def test_intervals_of_the_risk_model(self):
        months = {"low": 24, "medium": 12, "high": 2, "critical": 1}
        with patch.object(type(self.reviews), "_get_review_months", lambda self, company: months):
            self._assert_next("high", "2024-03-31")
            self._assert_next("low", "2026-01-31")

    def test_never_reviewed_counts_from_today(self):
        self._plan(next_review_date=False)
        self.reviews._date_reviews()
        self.assertEqual(self.dossier.next_review_date, self.reviews._get_today(self.company) + relativedelta(years=1))

    def test_a_date_that_was_chosen_stays(self):
        self._plan(last_review_date="2024-01-31", next_review_date="2031-01-01")
        self.reviews._date_reviews()
        self.assertEqual(self.dossier.next_review_date, date(2031, 1, 1))

    def test_only_admitted_customers(self):
        for state in ("draft", "in_review", "rejected", "exited"):
            self._plan(next_review_date=self._days_ago(3))
            self.dossier._write_admission({"admission_state": state})
            self._run()
            self.assertFalse(self.dossier.review_ids, state)
        self.dossier._write_admission({"admission_state": "conditional"})
        self._run()
        self.assertEqual(self.dossier.review_ids.kind, "periodic")

    def test_due_reviews_are_opened_once(self):
        due = Date.add(self.reviews._get_today(self.company), days=14)
        self._plan(next_review_date=Date.add(due, days=1))
        self._run()
        self.assertFalse(self.dossier.review_ids)
        self._plan(next_review_date=due)
        self._run()
        review = self.dossier.review_ids
        self.assertEqual((review.kind, review.state, review.due_date), ("periodic", "draft", due))
        self.assertEqual(review.prepared_by, self.user["officer"])
        self.assertEqual(len(review.line_ids), 2)
        self.assertFalse(review.editor_ids)
        activity = self._activities(review)
        self.assertEqual((activity.user_id, activity.date_deadline), (self.user["officer"], due))
        self.assertEqual(activity.activity_type_id, self.env.ref("crm_compliance.mail_activity_type_review"))
        self._run()
        self.assertEqual(self.dossier.review_ids, review)
        self.assertEqual(self._activities(review), activity)

    def test_many_in_batches(self):
        partners = self.env["res.partner"].create([{"name": f"Many {number}"} for number in range(7)])
        dossiers = self.profiles.create([{"partner_id": partner.id} for partner in partners])
        self._plan(dossiers, next_review_date=self.today)
        with patch.object(type(self.reviews), "_cron_schedule", lambda self: SCHEDULE(self, batch_size=2)):
            self._run()
        self.assertEqual(self.reviews.search_count([("profile_id", "in", dossiers.ids)]), 7)
        self.assertEqual(len(set(dossiers.review_ids.mapped("name"))), 7)

    def test_without_an_officer(self):
        self.user["officer"].active = False
        self._plan(next_review_date=self.today)
        self._run()
        review = self.dossier.review_ids
        self.assertFalse(review.prepared_by)
        self._as("officer_2", review).action_start()
        self.assertEqual(review.prepared_by, self.user["officer_2"])
        self.assertEqual(self._activities(review).user_id, self.user["officer_2"])

    def test_manager_looks_at_what_nobody_prepares(self):
        """Whoever submits it prepared it; a manager who merely began it may approve it."""
        self._set_zone("standard")
        self.user["officer"].active = False
        self._plan(next_review_date=self.today)
        self._run()
        review = self.dossier.review_ids
        self._as("manager", review).action_start()
        self.assertFalse(review.prepared_by)
        self._fill(review, role="officer_2")
        self._as("officer_2", review).action_submit()
        self.assertEqual(review.prepared_by, self.user["officer_2"])
        self._as("manager", review).action_approve()
        self.assertEqual(review.state, "done")

    def test_overdue_is_told_once(self):
        today = self.reviews._get_today(self.company)
        review = self._open_review("periodic", due_date=Date.subtract(today, days=7))
        self.assertFalse(self.reviews._escalate())
        self.assertTrue(review.is_overdue)
        self._as("officer", review).due_date = Date.subtract(today, days=8)
        self.assertEqual(self.reviews._escalate(), review)
        for role in ("manager", "manager_2"):
            self.assertEqual(len(self._activities(review, role)), 1, role)
        self.assertFalse(self.reviews._escalate())
        self.assertEqual(len(self._activities(review, "manager")), 1)

    def test_own_period_of_the_company(self):
        self.company.compliance_review_escalation_days = 0
        self.company.compliance_review_lead_days = 0
        today = self.reviews._get_today(self.company)
        review = self._open_review("periodic", due_date=today)
        self.assertFalse(self.reviews._escalate())
        self._as("officer", review).due_date = Date.subtract(today, days=1)
        self.assertTrue(self.reviews._escalate())

    def test_day_of_the_company(self):
        """At 11:30 UTC it is another day already in Kiritimati, and still yesterday in Pago Pago at 10:30."""
        for zone, moment, day in (
            ("Pacific/Kiritimati", "2030-03-09 11:30:00", date(2030, 3, 10)),
            ("Pacific/Kiritimati", "2030-03-09 09:30:00", date(2030, 3, 9)),
            ("Pacific/Pago_Pago", "2030-03-10 10:30:00", date(2030, 3, 9)),
            ("Pacific/Pago_Pago", "2030-03-10 11:30:00", date(2030, 3, 10)),
        ):
            self.company.resource_calendar_id.tz = zone
            with freeze_time(moment):
                self.assertEqual(self.reviews.with_context(tz="UTC")._get_today(self.company), day, (zone, moment))

    def test_due_in_late_and_early_time_zones(self):
        self.company.compliance_review_lead_days = 0
        self._plan(next_review_date="2030-03-10")
        with freeze_time("2030-03-10 10:30:00"):
            self.company.resource_calendar_id.tz = "Pacific/Pago_Pago"
            self.reviews._open_due(10)
            self.assertFalse(self.dossier.review_ids)
        with freeze_time("2030-03-09 11:30:00"):
            self.company.resource_calendar_id.tz = "Pacific/Kiritimati"
            self.reviews._open_due(10)
            self.assertTrue(self.dossier.review_ids)

    # -------------------------------------------------------------------------
    # RISING RISK
    # -------------------------------------------------------------------------

    def test_rise(self):
        self._plan(last_review_date=self.today, next_review_date="2031-01-01")
        self.assertFalse(self._set_level("low"))
        review = self._set_level("high")
        today = self.reviews._get_today(self.company)
        self.assertEqual((review.kind, review.due_date, review.risk_level), ("triggered", today, "high"))
        self.assertEqual(self.dossier.next_review_date, today)
        self.assertTrue(self._activities(review, "officer"))
        # Up and down and up again is no second rise.
        self.assertFalse(self._set_level("low"))
        self.assertFalse(self._set_level("high"))
        self.assertEqual(self.dossier.review_ids, review)
        self._as("officer", review)._cancel("X")
        self.assertTrue(self._set_level("critical"))

    def test_rise_after_the_next_review(self):
        self._set_zone("standard")
        self._set_level("high")
        self._approved()
        self._set_level("low")
        self._approved("periodic")
        self.assertEqual(self.dossier.review_level, "low")
        self.assertTrue(self._set_level("medium"))

    def test_first_level_brings_forward(self):
        self._plan(last_review_date=self.today, next_review_date=Date.add(self.today, months=12))
        self.assertFalse(self._set_level("critical"))
        self.assertEqual(self.dossier.next_review_date, Date.add(self.today, months=1))
        self.assertFalse(self.dossier.review_ids)

    def test_rise_with_an_open_review(self):
        self._plan(next_review_date="2031-01-01")
        self._set_level("low")
        review = self._open_review("periodic", due_date="2031-01-01")
        self.assertFalse(self._set_level("critical"))
        self.assertEqual(review.due_date, self.reviews._get_today(self.company))
        self.assertEqual(self._activities(review).date_deadline, review.due_date)

    def test_rise_of_a_prospect_asks_for_nothing(self):
        self._set_level("low")
        self.assertFalse(self._set_level("critical"))

    def test_hook_of_the_refresh(self):
        self._plan(next_review_date="2031-01-01")
        self._set_level("low")
        self.env.cr.execute("UPDATE compliance_profile SET risk_level = 'high' WHERE id = %s", [self.dossier.id])
        self.profiles._refresh(self.customer)
        self.assertEqual(self.dossier.review_ids.kind, "triggered")


@tagged("post_install", "-at_install")
class TestReviewCost(ScheduleCommon):
    """Opening, dating and escalating costs the same for 2 and for 22."""

    def _count_and_undo(self, function, prepare):
        """The second of two times, each from the same start."""
        for _run in range(2):
            self.env.flush_all()
            self.env.cr.execute("SAVEPOINT counted")
            cost = self._count(function, prepare, warm=False)
            self.env.cr.execute("ROLLBACK TO SAVEPOINT counted")
            self.env.invalidate_all(flush=False)
        return cost

    def test_cost(self):
        dossiers = self.profiles.create(
            [
                {"partner_id": partner.id, "officer_id": self.user["officer"].id}
                for partner in self.env["res.partner"].create([{"name": f"Many {n}"} for n in range(22)])
            ]
        )
        self.env.flush_all()

        def plan(some):
            self._plan(some, next_review_date=self._days_ago(60))
            self.env.flush_all()
            self.env.cr.flush()
            self.env.invalidate_all()

        def schedule(_dossiers):
            self.reviews._date_reviews()
            self.reviews._open_due(1000)
            self.reviews._escalate()
            self.reviews._miss_conditions()

        def follow(some):
            self._set_level("low", some)
            self._set_level("high", some)

        for function in (schedule, follow):
            few, many = (
                self._count_and_undo(partial(function, some), prepare=partial(plan, some))
                for some in (dossiers[:2], dossiers)
            )
            self._assert_same_cost(few, many)


@tagged("post_install", "-at_install")
class TestReviewCompanies(ScheduleCommon):
    """Reviews stay in their company."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls.env["res.company"].create({"name": "Second"})
        cls.stranger = cls._new_user("stranger", cls.ROLES["manager"], cls.second)
        cls.elsewhere = cls._open_dossier(cls.customer, cls.second)

    def test_rules(self):
        review = self._open_review()
        for model in ("compliance.risk.review", "compliance.risk.review.line", "compliance.risk.review.condition"):
            self.assertFalse(self.env[model].with_user(self.stranger).search([("company_id", "=", self.company.id)]))
        self.assertTrue(self._as("officer", self.reviews).search([("id", "=", review.id)]))
        self.assertFalse(self._as("sales", self.reviews).search([("profile_id", "=", self.elsewhere.id)]))

    def test_strangers_do_not_approve(self):
        self._set_zone("standard")
        review = self._submitted()
        with self.assertRaises(AccessError):
            review.with_user(self.stranger).action_approve()
        self.assertNotIn(self.stranger, self.reviews._get_managers(self.company))
        self.assertFalse(self.env["mail.activity"].search([("user_id", "=", self.stranger.id)]))

    def test_numbers_per_company(self):
        first = self._open_review()
        second = self.reviews.with_user(self.stranger).create({"profile_id": self.elsewhere.id, "kind": "onboarding"})
        self.assertEqual(first.name, second.sudo().name)
        self.assertEqual(second.sudo().company_id, self.second)

    def test_due_dates_of_each_company(self):
        self.second.resource_calendar_id.tz = "Pacific/Kiritimati"
        self.company.resource_calendar_id.tz = "Pacific/Pago_Pago"
        (self.company | self.second).compliance_review_lead_days = 0
        self._plan(self.dossier | self.elsewhere, next_review_date="2030-03-10")
        with freeze_time("2030-03-10 05:00:00"):
            self.reviews._open_due(10)
        self.assertFalse(self.dossier.review_ids)
        self.assertTrue(self.elsewhere.review_ids)


@tagged("post_install", "-at_install")
class TestReviewReading(ReviewCommon):
    """Account managers read the outcome of their own customers' reviews, and nothing else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.foreign = cls._dossier(cls._customer("Somebody else's"))

    def test_own_customers(self):
        self._set_zone("grey")
        review = self._approved(decision="conditional", conclusion="Secret")
        other = self._open_review(dossier=self.foreign)
        sales = self._as("sales", self.reviews)
        self.assertEqual(sales.search([]), sales.browse(review.id))
        self.assertNotIn(other, sales.search([]))
        self.assertEqual(
            self._as("sales", review).read(["state", "decision", "next_review_date", "due_date"])[0]["decision"],
            "conditional",
        )
        self.assertEqual(self._as("sales", review.condition_ids).name, "Licence on file")
        self.assertEqual(self._as("sales", self.dossier).review_count, 1)

    def test_documents_and_messages(self):
        review = self._open_review()
        attachments = self.env["ir.attachment"]
        own = self._as("officer", attachments).create(
            {"name": "secret.txt", "raw": b"x", "res_model": review._name, "res_id": review.id}
        )
        line = self._as("officer", review.line_ids[0])
        line.write({"attachment_ids": [Command.create({"name": "line.txt", "raw": b"x"})]})
        message = self._as("officer", review).message_post(body="Secret", message_type="comment")
        for document in (own, line.attachment_ids):
            self.assertFalse(self._as("sales", document).has_access("read"))
            self.assertFalse(self._as("sales", attachments).search([("id", "=", document.id)]))
            for role in ("officer_2", "manager", "auditor"):
                self.assertTrue(self._as(role, document).has_access("read"), role)
        self.assertFalse(
            self._as("sales", attachments).search([("res_model", "=", review._name), ("res_id", "=", review.id)])
        )
        self.assertFalse(self._as("sales", message).has_access("read"))
        for role in ("officer_2", "auditor"):
            self.assertTrue(self._as(role, message).has_access("read"), role)
        for role in ("sales", "auditor"):
            with self.assertRaises(AccessError):
                self._as(role, review).message_post(body="X", message_type="comment")

    def test_auditor_changes_nothing(self):
        review = self._open_review()
        for records in (review, review.line_ids, self.env["compliance.risk.questionnaire"].search([])):
            self.assertTrue(self._as("auditor", records).has_access("read"))
            for operation in ("write", "create", "unlink"):
                self.assertFalse(self._as("auditor", records).has_access(operation), records._name)
