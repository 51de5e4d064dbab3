# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import Command, api, fields, models

from ..tools.forms import open_form


class ComplianceComplaintMerge(models.TransientModel):
    """Makes one case of several."""

    _name = "compliance.complaint.merge"
    _description = "Merge of Complaints"

    complaint_ids = fields.Many2many("compliance.complaint", string="Cases")
    target_id = fields.Many2one(
        "compliance.complaint", string="Case That Stays", domain="[('id', 'in', complaint_ids)]"
    )

    @api.model
    def default_get(self, fields):
        """From a list: the cases that are marked, into the oldest."""
        values = super().default_get(fields)
        if self.env.context.get("active_model") == "compliance.complaint" and "complaint_ids" not in values:
            complaints = self.env["compliance.complaint"].browse(self.env.context.get("active_ids"))
            values["complaint_ids"] = [Command.set(complaints.ids)]
            values["target_id"] = complaints.sorted("date_received")[:1].id
        return values

    @api.model
    def _open(self, complaints, target):
        """:return: action that asks which cases are merged into which"""
        wizard = self.create({"complaint_ids": [Command.set(complaints.ids)], "target_id": target.id})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Merge"),
            "res_model": self._name,
            "res_id": wizard.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def action_merge(self):
        """Merges and opens the case that stays."""
        self.ensure_one()
        self.target_id._merge(self.complaint_ids)
        return open_form(self.target_id)
