# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    complaint_close_days = fields.Integer(related="company_id.complaint_close_days", readonly=False)
    complaint_close_notice_days = fields.Integer(related="company_id.complaint_close_notice_days", readonly=False)
    complaint_follow_up_from = fields.Integer(related="company_id.complaint_follow_up_from", readonly=False)
    complaint_follow_up_to = fields.Integer(related="company_id.complaint_follow_up_to", readonly=False)
    complaint_duplicate_days = fields.Integer(related="company_id.complaint_duplicate_days", readonly=False)
