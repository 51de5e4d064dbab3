# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class ComplianceComplaintMerge(models.TransientModel):
    """Makes one case of several."""

    _name = "compliance.complaint.merge"
    _description = "Merge of Complaints"

    complaint_ids = fields.Many2many("compliance.complaint", string="Cases")
    target_id = fields.Many2one("compliance.complaint", string="Into", domain="[('id', 'in', complaint_ids)]")
