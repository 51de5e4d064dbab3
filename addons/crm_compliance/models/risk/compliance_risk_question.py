# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models, tools
from odoo.exceptions import UserError

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

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        questions = super().create(vals_list)
        self.env.registry.clear_cache()
        return questions

    def write(self, vals):
        """:raises UserError: if the kind of answer changes that a risk model compares"""
        if "answer_type" in vals:
            self.filtered(lambda question: question.answer_type != vals["answer_type"])._check_not_compared()
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_compared(self):
        self._check_not_compared()
        self.env.registry.clear_cache()

    # -------------------------------------------------------------------------
    # HELPERS
    # -------------------------------------------------------------------------

    def _check_not_compared(self):
        """:raises UserError: if a factor of a risk model that is not archived looks at the answers"""
        # sudo: whoever edits questionnaires need not be allowed to read every company's risk models.
        factors = self.env["compliance.risk.factor"].sudo()
        compared = factors.search(
            [
                ("signal", "in", [f"answer_{question_id}" for question_id in self.ids]),
                ("model_id.state", "!=", "archived"),
            ],
            limit=1,
        )
        if compared:
            raise UserError(
                self.env._(
                    "%(model)s looks at the answers to this question; archive the question instead.",
                    model=compared.model_id.display_name,
                )
            )

    @api.model
    @tools.ormcache("self.env.lang")
    def _get_comparable(self):
        """Questions with a choice of answers, archived ones included: risk models may look at the answers.

        :return: dict of question id -> dict with name, field (of the answer) and company (id or False)
        """
        # sudo: scoring asks for every company; what people see of it is up to the factor's selection.
        questions = self.sudo().with_context(active_test=False).search([("answer_type", "in", ("yes_no", "scale"))])
        return {
            question.id: {
                "name": question.name,
                "field": f"answer_{question.answer_type}",
                "company": question.company_id.id,
            }
            for question in questions
        }
