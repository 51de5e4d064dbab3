# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models


class ResourceCalendarAttendance(models.Model):
    """Deadlines follow the hours."""

    _inherit = "resource.calendar.attendance"

    @api.model_create_multi
    def create(self, vals_list):
        attendances = super().create(vals_list)
        attendances.calendar_id._after_service_hours_change()
        return attendances

    def write(self, vals):
        calendars = self.calendar_id
        result = super().write(vals)
        if not set(vals) <= {"name", "sequence"}:
            (calendars | self.calendar_id)._after_service_hours_change()
        return result

    def unlink(self):
        calendars = self.calendar_id
        result = super().unlink()
        if calendars:
            calendars._after_service_hours_change()
        return result
