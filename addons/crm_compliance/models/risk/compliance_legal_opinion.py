# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models


class ComplianceLegalOpinion(models.Model):
    """What counsel says about dealing with a customer."""

    _name = "compliance.legal.opinion"
    _description = "Legal Opinion"
    _inherit = ["compliance.risk.review.part"]
    _order = "review_id, date, id"
    _rec_name = "counsel"

    review_id = fields.Many2one("compliance.risk.review", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="review_id.company_id", store=True, index=True)
    counsel = fields.Char(required=True, help="Name of the lawyer, firm or department.")
    date = fields.Date(required=True, default=fields.Date.context_today)
    text = fields.Text(string="Opinion", required=True)
    conclusion = fields.Selection(
        [
            ("no_objection", "No Objection"),
            ("conditions", "Only with Conditions"),
            ("objection", "Objection"),
            ("open", "Cannot Be Said"),
        ],
        required=True,
    )
    attachment_ids = fields.Many2many("ir.attachment", string="Documents", bypass_search_access=True, copy=False)

    @api.model
    def _get_frozen_fields(self):
        return ["counsel", "date", "text", "conclusion"]
