# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class ComplianceComplaintCause(models.Model):
    """Why something went wrong."""

    _name = "compliance.complaint.cause"
    _description = "Root Cause"
    _inherit = ["compliance.complaint.tree"]

    parent_id = fields.Many2one("compliance.complaint.cause", index=True, ondelete="restrict")
    child_ids = fields.One2many("compliance.complaint.cause", "parent_id", string="Finer Causes")
