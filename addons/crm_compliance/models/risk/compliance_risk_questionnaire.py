# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

from .compliance_risk_review import KINDS


class ComplianceRiskQuestionnaire(models.Model):
    """Questions that reviews of a kind ask about customers of a type."""

    _name = "compliance.risk.questionnaire"
    _description = "Review Questionnaire"
    _order = "kind, sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    kind = fields.Selection(KINDS, required=True, default="periodic", help="Reviews that ask these questions.")
    customer_type = fields.Selection(
        [("any", "Any Customer"), ("company", "Companies"), ("person", "Persons")], required=True, default="any"
    )
    company_id = fields.Many2one("res.company", index="btree_not_null", help="Empty: in all companies.")
    question_ids = fields.One2many("compliance.risk.question", "questionnaire_id", string="Questions", copy=True)
    question_count = fields.Integer(compute="_compute_question_count", string="Number of Questions")

    @api.depends("question_ids")
    def _compute_question_count(self):
        for questionnaire in self:
            questionnaire.question_count = len(questionnaire.question_ids)

    @api.model
    def _get_questions(self, reviews):
        """The questions that apply to each of these reviews, as of now.

        Something that happened is reviewed like a period, unless there are questions of its own for it.

        :return: dict of review -> questions, in the order they are asked
        """
        questionnaires = self.sudo().search([("active", "=", True)])
        return {review: questionnaires._filter_for(review).question_ids.filtered("active") for review in reviews}

    def _filter_for(self, review):
        customer_type = "company" if review.partner_id.is_company else "person"
        fitting = self.filtered(
            lambda questionnaire: (
                questionnaire.customer_type in ("any", customer_type)
                and questionnaire.company_id in (review.company_id, self.env["res.company"])
            )
        )
        own = fitting.filtered(lambda questionnaire: questionnaire.kind == review.kind)
        if own or review.kind != "triggered":
            return own
        return fitting.filtered(lambda questionnaire: questionnaire.kind == "periodic")
