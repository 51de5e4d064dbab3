# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

KINDS = [
    ("technical", "Technical"),
    ("service", "Service Process"),
    ("product", "Product Use"),
    ("conduct", "Conduct"),
    ("billing", "Billing"),
    ("other", "Other"),
]


class ComplianceComplaintCategory(models.Model):
    """What a complaint is about."""

    _name = "compliance.complaint.category"
    _description = "Complaint Category"
    _inherit = ["compliance.complaint.tree"]
    _check_company_auto = True

    parent_id = fields.Many2one("compliance.complaint.category", index=True, ondelete="restrict", check_company=True)
    child_ids = fields.One2many("compliance.complaint.category", "parent_id", string="Subcategories")
    company_id = fields.Many2one("res.company", index=True, help="Of all companies where none is given.")
    kind = fields.Selection(
        KINDS,
        compute="_compute_kind",
        store=True,
        readonly=False,
        required=True,
        recursive=True,
        precompute=True,
        help="Service levels ask for it.",
    )
    team_id = fields.Many2one(
        "compliance.complaint.team",
        string="Default Team",
        index="btree_not_null",
        help="Takes the complaints of this category in its company.",
    )
    is_public = fields.Boolean(string="Offered to Customers", default=True)

    @api.depends("parent_id.kind")
    def _compute_kind(self):
        for category in self:
            category.kind = category.parent_id.kind or category.kind or "other"
