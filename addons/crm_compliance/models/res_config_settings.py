# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    compliance_tier_high = fields.Float(related="company_id.compliance_tier_high", readonly=False)
    compliance_tier_medium = fields.Float(related="company_id.compliance_tier_medium", readonly=False)
    compliance_frequent_purchases = fields.Integer(related="company_id.compliance_frequent_purchases", readonly=False)
    compliance_new_days = fields.Integer(related="company_id.compliance_new_days", readonly=False)
    compliance_default_interval_days = fields.Integer(
        related="company_id.compliance_default_interval_days", readonly=False
    )
    compliance_at_risk_factor = fields.Float(related="company_id.compliance_at_risk_factor", readonly=False)
    compliance_lost_factor = fields.Float(related="company_id.compliance_lost_factor", readonly=False)
    compliance_recent_days = fields.Integer(related="company_id.compliance_recent_days", readonly=False)
    compliance_checkpoint_emails = fields.Char(related="company_id.compliance_checkpoint_emails", readonly=False)
    compliance_dso_days = fields.Integer(related="company_id.compliance_dso_days", readonly=False)
