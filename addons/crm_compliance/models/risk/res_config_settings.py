# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    compliance_alert_score_rise = fields.Integer(related="company_id.compliance_alert_score_rise", readonly=False)
    compliance_alert_habit_days = fields.Integer(related="company_id.compliance_alert_habit_days", readonly=False)
    compliance_alert_limit_share = fields.Float(related="company_id.compliance_alert_limit_share", readonly=False)
    compliance_alert_overdue_days = fields.Integer(related="company_id.compliance_alert_overdue_days", readonly=False)
    compliance_alert_silence_factor = fields.Float(related="company_id.compliance_alert_silence_factor", readonly=False)
    compliance_alert_review_days = fields.Integer(related="company_id.compliance_alert_review_days", readonly=False)
    compliance_alert_disputed_amount = fields.Float(
        related="company_id.compliance_alert_disputed_amount", readonly=False
    )
