# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .review_common import ReviewCommon


@tagged("post_install", "-at_install")
class TestReviewFlow(ReviewCommon):
    """Transitions, who makes them, and what an approval brings about."""

    def _reason(self, role, review, action, reason="Because"):
        wizard = self._as(role, review)
        action = getattr(wizard, action)()
        wizard = self.env[action["res_model"]].with_user(self.user[role]).browse(action["res_id"])
        wizard.reason = reason
        return wizard.action_confirm()

    # -------------------------------------------------------------------------
    # TRANSITIONS
    # -------------------------------------------------------------------------

    def test_onboarding(self):
        self._set_zone("standard")
        action = self._as("officer", self.dossier).action_submit()
        review = self.reviews.browse(action["res_id"])
        self.assertEqual((review.kind, review.state, review.prepared_by), ("onboarding", "draft", self.user["officer"]))
        self.assertEqual(self.dossier.admission_state, "in_review")
        self.assertRegex(review.name, r"^RR/\d{4}/0001$")
        self.assertEqual(review.line_ids.mapped("name"), ["Owner known (onboarding)?", "Remarks (onboarding)"])
        self._fill(review)
        self._as("officer", review).action_submit()
        self.assertEqual((review.state, review.submitted_by), ("approval", self.user["officer"]))
        self._as("manager", review).action_approve()
        self.assertEqual((review.state, review.approved_by), ("done", self.user["manager"]))
        self.assertEqual(self.dossier.admission_state, "approved")
        self.assertEqual(self.dossier.last_review_date, self.reviews._get_today(self.company))
        # Never rated counts as low: a year.
        self.assertEqual(
            self.dossier.next_review_date, fields.Date.add(self.reviews._get_today(self.company), months=12)
        )

    def test_the_open_review_is_opened_again(self):
        first = self._as("officer", self.dossier).action_submit()["res_id"]
        self.assertEqual(self._as("officer_2", self.dossier).action_submit()["res_id"], first)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self._open_review("onboarding")
            self.env.flush_all()

    def test_a_manager_hands_it_to_the_officer(self):
        review = self.reviews.browse(self._as("manager", self.dossier).action_submit()["res_id"])
        self.assertEqual(review.prepared_by, self.user["officer"])
        self.assertFalse(review.editor_ids)

    def test_rejection(self):
        self._set_zone("non_compliant")
        self._approved(decision="reject")
        self.assertEqual(self.dossier.admission_state, "rejected")
        self.assertFalse(self.dossier.next_review_date)

    def test_what_is_missing_is_named(self):
        review = self._open_review()
        with self.assertRaises(UserError) as refusal:
            self._as("officer", review).action_submit()
        for text in ("Owner known (onboarding)?", "No decision"):
            self.assertIn(text, str(refusal.exception))
        self.assertNotIn("Remarks", str(refusal.exception))
        self._set_zone("grey")
        self._fill(review, "conditional", condition_ids=[])
        with self.assertRaises(UserError):
            self._as("officer", review).action_submit()
        self._fill(review, "exit")
        with self.assertRaises(UserError):
            self._as("officer", review).action_submit()
        self.assertEqual(review.state, "assessment")

    def test_who_is_responsible_must_be_able_to_read(self):
        self._set_zone("grey")
        review = self._open_review()
        self._fill(
            review, "conditional", condition_ids=[Command.create(self._condition(user_id=self.user["employee"].id))]
        )
        with self.assertRaises(UserError):
            self._as("officer", review).action_submit()

    def test_criteria_rule(self):
        for zone in ("non_compliant", "unknown"):
            self._set_zone(zone)
            review = self._open_review()
            for decision in ("approve", "conditional"):
                self._fill(review, decision)
                with self.assertRaises(UserError, msg=f"{zone} {decision}"):
                    self._as("officer", review).action_submit()
            self._as("officer", review)._cancel("Next")
        self._set_zone("grey")
        review = self._open_review()
        self._fill(review, "approve")
        with self.assertRaises(UserError):
            self._as("officer", review).action_submit()
        self._fill(review, "conditional")
        self._as("officer", review).action_submit()
        self._as("manager", review).action_approve()
        self.assertEqual(self.dossier.admission_state, "conditional")

    def test_criteria_answered_otherwise_meanwhile(self):
        self._set_zone("grey")
        review = self._submitted(decision="conditional")
        self._answer(self.criterion, "waived", role="manager", evidence="Not needed")
        with self.assertRaisesRegex(UserError, "Grey Zone"):
            self._as("manager", review).action_approve()
        self._answer(self.criterion, "unmet", role="manager", evidence="Needed")
        self.criterion.knockout = True
        self.criterion.flush_recordset()
        with self.assertRaises(UserError):
            self._as("manager", review).action_approve()
        self.assertEqual(self.dossier.admission_state, "in_review")

    def test_send_back(self):
        self._set_zone("standard")
        review = self._submitted()
        with self.assertRaises(UserError):
            self._reason("manager", review, "action_send_back", " ")
        self._reason("manager", review, "action_send_back", "Ask the bank")
        self.assertEqual((review.state, review.send_back_reason), ("assessment", "Ask the bank"))
        self.assertIn("Ask the bank", str(self._activities(review, "officer").note))
        # Sending back is not editing: the same manager approves in the end.
        self._as("officer", review).action_submit()
        self._as("manager", review).action_approve()
        self.assertEqual(review.state, "done")

    def test_who_submitted_may_take_it_back_and_other_officers_not(self):
        self._set_zone("standard")
        review = self._submitted()
        with self.assertRaises(AccessError):
            self._reason("officer_2", review, "action_send_back")
        self._reason("officer", review, "action_send_back", "Forgot something")
        self.assertEqual(review.state, "assessment")

    def test_cancel(self):
        review = self._open_review()
        self._reason("officer", review, "action_cancel", "Opened twice")
        self.assertEqual((review.state, review.cancel_reason), ("cancelled", "Opened twice"))
        self.assertEqual(self.dossier.admission_state, "draft")
        self.assertFalse(self._activities(review))
        for action in ("action_start", "action_submit", "action_approve"):
            with self.assertRaises(UserError, msg=action):
                getattr(self._as("manager", review), action)()
        with self.assertRaises(UserError):
            self._as("manager", review)._cancel("Again")

    def test_transitions_out_of_turn(self):
        self._set_zone("standard")
        review = self._open_review()
        with self.assertRaises(UserError):
            self._as("manager", review).action_approve()
        with self.assertRaises(UserError):
            self._as("manager", review)._send_back("X")
        self._fill(review)
        with self.assertRaises(UserError):
            self._as("officer", review).action_start()
        self._as("officer", review).action_submit()
        with self.assertRaises(UserError):
            self._as("officer", review).action_submit()
        self._as("manager", review).action_approve()
        for action in ("action_start", "action_submit", "action_approve"):
            with self.assertRaises(UserError, msg=action):
                getattr(self._as("manager_2", review), action)()

    def test_only_drafts_are_deleted(self):
        review = self._open_review()
        self._as("officer", review).unlink()
        self.assertFalse(review.exists())
        review = self._open_review()
        self._fill(review)
        with self.assertRaises(UserError):
            self._as("manager", review).unlink()

    def test_nobody_else(self):
        self._set_zone("standard")
        review = self._submitted()
        for role in ("sales", "auditor", "accountant", "employee", "portal"):
            for action in ("action_start", "action_submit", "action_approve", "action_send_back", "action_cancel"):
                with self.assertRaises(AccessError, msg=f"{role} {action}"):
                    getattr(self._as(role, review), action)()
            with self.assertRaises(AccessError, msg=role):
                self._as(role, self.reviews).create({"profile_id": self.dossier.id, "kind": "exit"})
            for action in ("action_submit", "action_review", "action_exit"):
                with self.assertRaises(AccessError, msg=f"{role} {action}"):
                    getattr(self._as(role, self.dossier), action)()
        with self.assertRaises(AccessError):
            self._as("officer_2", review).action_approve()
        self.assertEqual(review.state, "approval")

    # -------------------------------------------------------------------------
    # EFFECTS
    # -------------------------------------------------------------------------

    def test_conditions_become_activities(self):
        self._set_zone("grey")
        review = self._submitted(decision="conditional")
        condition = review.condition_ids
        self.assertFalse(self._activities(review, "sales"))
        with self.assertRaises(UserError):
            self._as("officer", condition).action_met()
        self._as("manager", review).action_approve()
        activity = self._activities(review, "sales")
        self.assertEqual(activity.date_deadline, condition.deadline)
        self.assertEqual(condition.activity_id, activity)
        for role in ("sales", "auditor"):
            with self.assertRaises(AccessError, msg=role):
                self._as(role, condition).action_met()
        with self.assertRaises(AccessError):
            self._as("officer", condition).state = "met"
        self._as("officer", condition).action_met()
        self.assertEqual((condition.state, condition.closed_by), ("met", self.user["officer"]))
        self.assertFalse(activity.exists())
        self.assertFalse(self._as("manager", review)._is_intact())

    def test_missed_conditions(self):
        self._set_zone("grey")
        late = self._condition(deadline=fields.Date.add(self.today, days=-5))
        review = self._approved(decision="conditional", condition_ids=[Command.create(late)])
        self.assertEqual(self.reviews._miss_conditions(), review.condition_ids)
        self.assertEqual(review.condition_ids.state, "missed")
        self.assertTrue(self._activities(review, "officer"))
        self.assertFalse(self.reviews._miss_conditions())
        self._as("officer", review.condition_ids).action_met()
        self.assertEqual(review.condition_ids.state, "met")

    def test_credit_limit(self):
        other = self._new_company()
        self._set_zone("standard")
        self._approved(set_credit_limit=True, credit_limit=1234.5)
        customer = self.customer.with_company(self.company)
        self.assertEqual(customer.credit_limit, 1234.5)
        self.assertTrue(customer.use_partner_credit_limit)
        self.assertNotEqual(self.customer.with_company(other).credit_limit, 1234.5)

    def test_credit_limit_untouched(self):
        self.customer.with_company(self.company).credit_limit = 77
        self._set_zone("standard")
        self._approved(set_credit_limit=False, credit_limit=5)
        self.assertEqual(self.customer.with_company(self.company).credit_limit, 77)

    def _new_company(self):
        return self.env["res.company"].create({"name": "Elsewhere"})

    def test_exit(self):
        self._invoice(self.customer, 40, self.today)
        self._admit()
        action = self._as("officer", self.dossier).action_exit()
        review = self.reviews.browse(action["res_id"])
        (matter,) = self._as("officer", review)._describe_open_matters()
        self.assertEqual(matter["amount"][:5], "40.00")
        self._fill(review, "exit")
        self._as("officer", review).action_submit()
        self.assertEqual(len(review.open_matters), 1)
        self.assertIn("40.00", str(self._as("officer", review).open_matters_table))
        self._as("manager", review).action_approve()
        self.assertEqual((self.dossier.admission_state, self.dossier.lifecycle), ("exited", "exited"))
        self.assertFalse(self.dossier.next_review_date)
        self.assertIn("block", [vals["level"] for vals in review._prepare_restrictions()])

    def test_restrictions_to_impose(self):
        self._set_zone("standard")
        proposed = {"level": "warn", "reason": "Prepayment only", "scope_lead": False}
        past = {"level": "block", "reason": "Over", "date_from": "2020-01-01", "date_to": "2020-02-01"}
        review = self._approved(restriction_ids=[Command.create(proposed), Command.create(past)])
        (vals,) = review._prepare_restrictions()
        self.assertEqual(
            (vals["level"], vals["scope_lead"], vals["scope_quotation"], vals["reason"]),
            ("warn", False, True, "Prepayment only"),
        )
        self.assertEqual((vals["partner_id"], vals["approved_by"]), (self.customer.id, self.user["manager"].id))
        self.assertEqual(vals["requested_by"], self.user["officer"].id)

    def test_restrictions_imposed_and_lifted(self):
        if "compliance.restriction" not in self.env:
            self.skipTest("Restrictions are another part of the suite.")
        restrictions = self.env["compliance.restriction"]
        proposed = {"level": "warn", "reason": "Prepayment only", "scope_lead": False}
        self._set_zone("standard")
        review = self._approved(restriction_ids=[Command.create(proposed)])
        warning = restrictions.search([("partner_id", "=", self.customer.id)])
        self.assertEqual(
            (warning.state, warning.level, warning.scope_lead, warning.scope_invoice), ("active", "warn", False, True)
        )
        self.assertEqual((warning.origin_ref, warning.approved_by), (review, self.user["manager"]))
        self.assertEqual(warning.requested_by, self.user["officer"])
        review = self._approved("exit", "exit")
        block = restrictions.search([("partner_id", "=", self.customer.id), ("level", "=", "block")])
        self.assertEqual((block.origin_ref, block.state, block.is_effective), (review, "active", True))
        with self.assertRaises(UserError):
            self._invoice(self.customer, 5, self.today)
        self._approved("onboarding")
        self.assertEqual((block.state, warning.state), ("lifted", "active"))
        self._invoice(self.customer, 5, self.today)

    def test_questionnaires(self):
        self._questionnaire("periodic", name="Persons", customer_type="person")
        self._questionnaire("periodic", name="Elsewhere", company_id=self._new_company().id)
        self._questionnaire("periodic", name="Companies", customer_type="company")
        self.assertEqual(len(self._open_review("periodic").line_ids), 4)
        # There are no questions of its own for what is triggered.
        self.assertEqual(len(self._open_review("triggered").line_ids), 4)

    def test_questions_stay_as_they_were_asked(self):
        review = self._open_review()
        line = self._as("officer", review).line_ids[0]
        for vals in ({"name": "Else?"}, {"required": False}, {"answer_type": "text"}, {"question_id": False}):
            with self.assertRaises(UserError, msg=vals):
                line.write(vals)
        with self.assertRaises(UserError):
            line.unlink()
        own = line.create({"review_id": review.id, "name": "My own question", "answer_text": "A"})
        own.name = "Worded better"
        own.unlink()

    def test_people_of_another_company(self):
        stranger = self._new_user("stranger", self.ROLES["officer"], self._new_company())
        with self.assertRaises(ValidationError):
            self._open_review(prepared_by=stranger.id)

    def test_merged_customers(self):
        self._set_zone("standard")
        kept = self._approved()
        other = self._customer("Twin")
        twin = self._dossier(other)
        open_one = self._open_review(dossier=twin)
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.customer | other).ids, self.customer)
        self.env.invalidate_all()
        self.assertEqual((kept | open_one).profile_id, self.dossier)
        self.assertEqual(kept.partner_id, self.customer)
        self.assertFalse(self._as("manager", kept)._is_intact())

    def test_moved_customer_keeps_its_numbers(self):
        """The other company has counted for itself."""
        review = self._open_review()
        second = self._new_company()
        there = self._open_dossier(self.env["res.partner"].create({"name": "There", "is_company": True}), second)
        other = self.reviews.create({"profile_id": there.id, "kind": "onboarding", "prepared_by": self.env.uid})
        self.env.cr.execute("UPDATE compliance_risk_review SET name = %s WHERE id = %s", (review.name, other.id))
        self.env.invalidate_all()
        self.customer.company_id = second
        self.env.flush_all()
        self.assertEqual((review.company_id, review.name), (second, other.name))

    def test_report(self):
        self._set_zone("grey")
        review = self._approved(decision="conditional", conclusion="Sound enough")
        report = self.env["ir.actions.report"].with_user(self.user["manager"])
        html = str(report._render_qweb_html("crm_compliance.report_risk_review", review.ids)[0], "utf-8")
        for text in (
            review.name,
            review.content_hash,
            "Sound enough",
            "Licence on file",
            "Owner known (onboarding)?",
            self.user["officer"].name,
            self.user["manager"].name,
        ):
            self.assertIn(text, html)

    def test_mass_scheduling(self):
        dossiers = self.dossier
        for number in range(3):
            dossiers |= self._dossier(self._customer(f"Planned {number}"))
        busy = self._open_review("periodic", dossier=dossiers[1])
        plan = (
            self.env["compliance.risk.review.plan"]
            .with_user(self.user["manager"])
            .with_context(active_model="compliance.profile", active_ids=dossiers.ids)
            .create({"kind": "periodic", "due_date": "2030-05-01", "prepared_by": self.user["officer_2"].id})
        )
        self.assertEqual(plan.skipped_count, 1)
        # What the window says before it is saved.
        window = Form(plan.browse())
        self.assertEqual((window.kind, window.skipped_count), ("periodic", 1))
        reviews = self.reviews.search(plan.action_schedule()["domain"])
        self.assertEqual(reviews.profile_id, dossiers - busy.profile_id)
        self.assertEqual(reviews.prepared_by, self.user["officer_2"])
        self.assertEqual(set(reviews.mapped("due_date")), {fields.Date.to_date("2030-05-01")})
        self.assertEqual(len(self._activities(reviews, "officer_2")), 3)
        # Scheduling is no work on the review: the manager may approve what others prepare.
        self.assertFalse(reviews.editor_ids)
