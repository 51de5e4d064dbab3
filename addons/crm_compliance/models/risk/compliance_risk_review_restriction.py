# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models


class ComplianceRiskReviewRestriction(models.Model):
    """A restriction the review proposes; its approval imposes it."""

    _name = "compliance.risk.review.restriction"
    _description = "Proposed Restriction"
    _inherit = ["compliance.risk.review.part"]
    _order = "review_id, id"
    _rec_name = "reason"

    review_id = fields.Many2one("compliance.risk.review", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="review_id.company_id", store=True, index=True)
    level = fields.Selection([("warn", "Warning"), ("block", "Block")], required=True, default="block")
    scope_lead = fields.Boolean(string="Opportunities", default=True)
    scope_quotation = fields.Boolean(string="Quotations", default=True)
    scope_invoice = fields.Boolean(string="Customer Invoices", default=True)
    reason = fields.Text(required=True)
    date_from = fields.Date(string="From", help="Empty: from the day of the approval.")
    date_to = fields.Date(string="Until", help="The last day; empty: until it is lifted.")

    _dates_in_order = models.Constraint(
        "CHECK(date_to IS NULL OR date_from IS NULL OR date_to >= date_from)",
        "A restriction cannot end before it begins.",
    )
    _scope_somewhere = models.Constraint(
        "CHECK(scope_lead OR scope_quotation OR scope_invoice)",
        "Say what the restriction applies to: opportunities, quotations or invoices.",
    )

    @api.model
    def _get_frozen_fields(self):
        return ["level", "scope_lead", "scope_quotation", "scope_invoice", "reason", "date_from", "date_to"]
