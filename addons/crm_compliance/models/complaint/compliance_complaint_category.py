# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError

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
    _parent_store = True
    _rec_name = "complete_name"
    _rec_names_search = ["complete_name"]
    _order = "sequence, complete_name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    complete_name = fields.Char(compute="_compute_complete_name", recursive=True, store=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    parent_id = fields.Many2one("compliance.complaint.category", index=True, ondelete="restrict", check_company=True)
    parent_path = fields.Char(index=True)
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

    @api.depends("name", "parent_id.complete_name")
    def _compute_complete_name(self):
        for category in self:
            parent = category.parent_id.complete_name
            category.complete_name = f"{parent} / {category.name}" if parent else category.name

    @api.depends("parent_id.kind")
    def _compute_kind(self):
        for category in self:
            category.kind = category.parent_id.kind or category.kind or "other"

    @api.depends("name", "parent_id.name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        """The path in the language of who looks; ``complete_name`` is there to search and sort by."""
        for category in self:
            path, names = category, []
            while path:
                names.insert(0, path.name or "")
                path = path.parent_id
            category.display_name = " / ".join(names)

    @api.constrains("parent_id")
    def _check_hierarchy(self):
        if self._has_cycle():
            raise ValidationError(self.env._("A category cannot be below itself."))
