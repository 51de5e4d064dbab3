# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .review_common import ReviewCommon


@tagged("post_install", "-at_install")
class TestRiskReviewSignal(ReviewCommon):
    """Answers, judgements and the decision of approved reviews count in the score."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        questionnaires = cls.env["compliance.risk.questionnaire"]
        cls.owner = questionnaires.search([("kind", "=", "onboarding")]).question_ids[0]
        cls.cash = cls.env["compliance.risk.question"].create(
            {
                "questionnaire_id": cls.owner.questionnaire_id.id,
                "name": "Cash?",
                "answer_type": "scale",
                "required": False,
            }
        )

    def _score_by(self, *factors):
        model = self.env["compliance.risk.model"].create(
            {
                "name": "Test",
                "company_id": self.company.id,
                "factor_ids": [
                    Command.create({"code": f"F{number}", "name": f"Factor {number}", "points": 30, **factor})
                    for number, factor in enumerate(factors)
                ],
            }
        )
        model.action_activate()
        return model

    def _answer_question(self, review, question, **vals):
        self._as("officer", review).line_ids.filtered(lambda line: line.question_id == question).write(vals)

    def _review_with(self, scale, judgement="neutral", kind="onboarding"):
        review = self._open_review(kind)
        self._fill(review)
        if kind == "onboarding":
            self._answer_question(review, self.cash, answer_scale=scale, judgement=judgement)
        self._as("officer", review).action_submit()
        self._as("manager", review).action_approve()
        return review

    def test_answers(self):
        self._set_zone("standard")
        self._score_by({"signal": f"answer_{self.cash.id}", "comparison": "in", "choices": "high, medium"})
        self.assertEqual(self.dossier.risk_score, 0)
        review = self._open_review()
        self._fill(review)
        self._answer_question(review, self.cash, answer_scale="high")
        self._work_off_queue()
        self.profiles._score()
        self.assertEqual(self.dossier.risk_score, 0)  # not approved yet
        self._as("officer", review).action_submit()
        self._as("manager", review).action_approve()
        self.assertEqual((self.dossier.risk_score, self.dossier.risk_level), (30, "medium"))
        self.assertIn("High", self.dossier.with_user(self.user["officer"]).risk_reasons_text)
        # The rise is what the review found: it calls for no other review.
        self.assertEqual(self.dossier.review_level, "medium")
        # A later review that did not ask leaves the answer; one that asked replaces it.
        self._review_with(None, kind="periodic")
        self.assertEqual(self.dossier.risk_score, 30)
        self.env.cr.execute("UPDATE compliance_risk_review SET approved_at = approved_at - INTERVAL '9 days'")
        self._review_with("low")
        self.assertEqual(self.dossier.risk_score, 0)

    def test_past_days(self):
        self._set_zone("standard")
        self._review_with("high")
        self.env.cr.execute("UPDATE compliance_risk_review SET approved_at = approved_at - INTERVAL '9 days'")
        signal = self.env["compliance.risk.factor"]._get_risk_signals()[f"answer_{self.cash.id}"]
        for days, found in ((10, []), (9, ["high"]), (0, ["high"])):
            rows = self.env.execute_query_dict(signal["sql"](self._days_ago(days)))
            self.assertEqual([row["value"] for row in rows if row["partner_id"] == self.customer.id], found, days)

    def test_judgements_decision_and_age(self):
        self._set_zone("standard")
        self._score_by(
            {"signal": "review_adverse", "comparison": ">=", "value": 1, "points": 1},
            {"signal": "review_decision", "comparison": "in", "choices": "approve", "points": 2},
            {"signal": "review_age", "comparison": ">", "value": 5, "points": 4},
        )
        self._review_with("high", "adverse")
        self.assertEqual(self.dossier.risk_score, 3)
        self.env.cr.execute("UPDATE compliance_risk_review SET approved_at = approved_at - INTERVAL '9 days'")
        self.profiles._score()
        self.assertEqual(self.dossier.risk_score, 7)
        self._review_with("high")
        self.assertEqual(self.dossier.risk_score, 2)

    def test_questions_that_are_compared_stay(self):
        model = self._score_by({"signal": f"answer_{self.cash.id}", "comparison": "in", "choices": "high"})
        with self.assertRaises(UserError):
            self.cash.unlink()
        with self.assertRaises(UserError):
            self.cash.answer_type = "text"
        self.cash.active = False
        self.assertIn(f"answer_{self.cash.id}", self.env["compliance.risk.factor"]._get_risk_signals())
        model.action_archive_version()
        self.cash.unlink()
        self.profiles._score()

    def test_texts_and_unknown_answers(self):
        text = self.owner.questionnaire_id.question_ids.filtered(lambda question: question.answer_type == "text")
        self.assertNotIn(f"answer_{text[:1].id}", self.env["compliance.risk.factor"]._get_risk_signals())
        with self.assertRaises(ValidationError):
            self._score_by({"signal": f"answer_{self.cash.id}", "comparison": "in", "choices": "yes"})

    def test_other_companies_questions(self):
        other = self.env["res.company"].create({"name": "Other"})
        foreign = self._questionnaire("triggered", company_id=other.id).question_ids[0]
        factors = self._as("manager", self.env["compliance.risk.factor"])
        codes = {code for code, _label in factors._get_signal_selection()}
        self.assertIn(f"answer_{self.cash.id}", codes)
        self.assertNotIn(f"answer_{foreign.id}", codes)
