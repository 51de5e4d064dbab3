# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    compliance_contact_lead_days = fields.Integer(related="company_id.compliance_contact_lead_days", readonly=False)
    compliance_contact_max = fields.Integer(related="company_id.compliance_contact_max", readonly=False)
