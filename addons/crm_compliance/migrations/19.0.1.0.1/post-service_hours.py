# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Open cases on flexible hours, or on hours that do not say when anybody works, had no deadline."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    calendars = env["resource.calendar"].search([("active", "in", (True, False))])
    if mended := calendars.filtered(lambda calendar: calendar.flexible_hours or not calendar._has_service_hours()):
        mended._after_service_hours_change()
