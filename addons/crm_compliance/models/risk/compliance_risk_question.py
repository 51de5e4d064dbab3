# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models

ANSWER_TYPES = [("yes_no", "Yes or No"), ("scale", "Low, Medium, High"), ("text", "Text")]


class ComplianceRiskQuestion(models.Model):
    """A question of a questionnaire. Reviews keep a copy, so that what was asked stays readable."""

    _name = "compliance.risk.question"
    _description = "Review Question"
    _order = "questionnaire_id, sequence, id"

    questionnaire_id = fields.Many2one("compliance.risk.questionnaire", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    name = fields.Char(string="Question", required=True, translate=True)
    guidance = fields.Text(translate=True, help="What to look at, and what a good answer rests on.")
    answer_type = fields.Selection(ANSWER_TYPES, required=True, default="yes_no")
    required = fields.Boolean(default=True, help="The review is not submitted while this is unanswered.")
    company_id = fields.Many2one(related="questionnaire_id.company_id", store=True, index="btree_not_null")
