# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models


class ResourceCalendarLeaves(models.Model):
    """Deadlines follow public holidays and company leaves. Those of single people are not the customer's concern."""

    _inherit = "resource.calendar.leaves"

    @api.model_create_multi
    def create(self, vals_list):
        leaves = super().create(vals_list)
        leaves._touch_service_hours()
        return leaves

    def write(self, vals):
        # before as well: a leave may move from one calendar to another
        self._touch_service_hours()
        result = super().write(vals)
        if set(vals) - {"name"}:
            self._touch_service_hours()
        return result

    def unlink(self):
        shared = self.filtered(lambda leave: not leave.resource_id)
        calendars, everywhere = shared.calendar_id, any(not leave.calendar_id for leave in shared)
        result = super().unlink()
        if shared:
            (calendars.browse() if everywhere else calendars)._after_service_hours_change()
        return result

    def _touch_service_hours(self):
        shared = self.filtered(lambda leave: not leave.resource_id)
        if shared:
            calendars = shared.calendar_id
            everywhere = any(not leave.calendar_id for leave in shared)
            (calendars.browse() if everywhere else calendars)._after_service_hours_change()
