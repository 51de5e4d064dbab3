# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.forms import open_form
from .compliance_risk_question import ANSWER_TYPES

# What the questionnaire says; an answer does not change the question.
ASKED = {"question_id", "name", "answer_type", "required"}


class ComplianceRiskReviewLine(models.Model):
    """A question of a review with its answer, the judgement and what it rests on."""

    _name = "compliance.risk.review.line"
    _description = "Review Answer"
    _inherit = ["compliance.risk.review.part"]
    _order = "review_id, sequence, id"

    review_id = fields.Many2one("compliance.risk.review", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="review_id.company_id", store=True, index=True)
    question_id = fields.Many2one(
        "compliance.risk.question",
        string="Asked by the Questionnaire",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
    )
    sequence = fields.Integer(default=100)
    name = fields.Char(string="Question", required=True)
    guidance = fields.Text(related="question_id.guidance")
    answer_type = fields.Selection(ANSWER_TYPES, required=True, default="text")
    required = fields.Boolean()
    answer_yes_no = fields.Selection([("yes", "Yes"), ("no", "No")], string="Yes/No")
    answer_scale = fields.Selection([("low", "Low"), ("medium", "Medium"), ("high", "High")], string="Scale")
    answer_text = fields.Text(string="Answer")
    judgement = fields.Selection([("favourable", "Favourable"), ("neutral", "Neutral"), ("adverse", "Adverse")])
    evidence = fields.Text(help="What the answer rests on.")
    attachment_ids = fields.Many2many("ir.attachment", string="Documents", bypass_search_access=True, copy=False)
    is_answered = fields.Boolean(string="Answered", compute="_compute_is_answered", store=True)

    @api.depends("answer_type", "answer_yes_no", "answer_scale", "answer_text")
    def _compute_is_answered(self):
        for line in self:
            line.is_answered = bool(line._get_answer())

    @api.model_create_multi
    def create(self, vals_list):
        """Questions of one's own may be added to those of the questionnaire."""
        if any(vals.get("question_id") for vals in vals_list):
            raise UserError(self.env._("The questions of the questionnaire are laid out when the review is created."))
        return super().create(vals_list)

    def write(self, vals):
        """:raises UserError: if the question is changed instead of the answer"""
        if "question_id" in vals or (ASKED & set(vals) and self.filtered("question_id")):
            raise UserError(self.env._("The questions are those of the questionnaire; only the answers are entered."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_asked(self):
        if self.filtered(lambda line: line.required and line.question_id):
            raise UserError(self.env._("The required questions of the questionnaire cannot be removed."))

    def _get_answer(self):
        """The answer in the field its type asks for; False while there is none."""
        self.ensure_one()
        answer = {"yes_no": self.answer_yes_no, "scale": self.answer_scale, "text": self.answer_text}[self.answer_type]
        return (answer or "").strip() or False

    def _get_answer_label(self):
        """The answer as people read it."""
        self.ensure_one()
        if self.answer_type == "text":
            return self.answer_text or ""
        fname = f"answer_{self.answer_type}"
        return dict(self._fields[fname]._description_selection(self.env)).get(self[fname], "")

    def action_open_form(self):
        """Opens the question on its own, with its documents."""
        return {**open_form(self), "target": "new"}

    @api.model
    def _get_frozen_fields(self):
        return [
            "name",
            "answer_type",
            "required",
            "answer_yes_no",
            "answer_scale",
            "answer_text",
            "judgement",
            "evidence",
        ]
