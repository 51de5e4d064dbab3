# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ComplianceComplaintTree(models.AbstractModel):
    """Terms in a tree: each is known by its path. Whoever inherits it adds ``parent_id`` and its inverse."""

    _name = "compliance.complaint.tree"
    _description = "Tree of Complaint Terms"
    _parent_store = True
    _rec_name = "complete_name"
    # The path is kept in one language; the name is found in that of who looks.
    _rec_names_search = ["complete_name", "name"]
    _order = "sequence, complete_name, id"

    name = fields.Char(required=True, translate=True)
    complete_name = fields.Char(compute="_compute_complete_name", recursive=True, store=True)
    display_name = fields.Char(compute="_compute_display_name", search="_search_display_name", recursive=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    parent_path = fields.Char(index=True)

    @api.depends("name", "parent_id.complete_name")
    def _compute_complete_name(self):
        for term in self:
            parent = term.parent_id.complete_name
            term.complete_name = f"{parent} / {term.name}" if parent else term.name

    @api.depends("name", "parent_id.display_name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        """The path in the language of who looks; ``complete_name`` is there to search and sort by."""
        for term in self:
            parent = term.parent_id.display_name
            term.display_name = f"{parent} / {term.name or ''}" if parent else term.name or ""

    @api.constrains("parent_id")
    def _check_hierarchy(self):
        if self._has_cycle():
            raise ValidationError(self.env._("%s cannot be below itself.", self[:1].name))
