# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models


class ComplianceComplaintTeam(models.Model):
    """Deadlines follow the hours of the team."""

    _inherit = "compliance.complaint.team"

    hours_note = fields.Char(string="About the Working Hours", compute="_compute_hours_note")

    @api.depends("resource_calendar_id", "company_id")
    @api.depends_context("lang")
    def _compute_hours_note(self):
        for team in self:
            calendar = team.resource_calendar_id or team.company_id.resource_calendar_id
            team.hours_note = calendar._describe_service_hours()

    def write(self, vals):
        result = super().write(vals)
        if "resource_calendar_id" in vals and self:
            self.env["compliance.sla.replay"].sudo()._enqueue(teams=self, reason=self.env._("Hours of the team"))
        return result
