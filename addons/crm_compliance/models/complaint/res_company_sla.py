# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models


class ResCompany(models.Model):
    """Deadlines follow the hours of the company."""

    _inherit = "res.company"

    def write(self, vals):
        result = super().write(vals)
        if "resource_calendar_id" in vals:
            for company in self:
                self.env["compliance.sla.replay"].sudo()._enqueue(
                    company=company, reason=self.env._("Hours of the company")
                )
        return result
