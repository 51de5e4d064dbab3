# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models


class ComplianceComplaintTeam(models.Model):
    """Deadlines follow the hours of the team."""

    _inherit = "compliance.complaint.team"

    def write(self, vals):
        result = super().write(vals)
        if "resource_calendar_id" in vals and self:
            self.env["compliance.sla.replay"].sudo()._enqueue(teams=self, reason=self.env._("Hours of the team"))
        return result
