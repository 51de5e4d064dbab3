# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    complaint_public_form = fields.Boolean(related="company_id.complaint_public_form", readonly=False)
    complaint_link_days = fields.Integer(related="company_id.complaint_link_days", readonly=False)
    complaint_reopen_days = fields.Integer(related="company_id.complaint_reopen_days", readonly=False)
    complaint_limit_address = fields.Integer(
        string="Complaints an Hour from One Address",
        default=10,
        config_parameter="crm_compliance.complaint_limit_address",
    )
    complaint_limit_total = fields.Integer(
        string="Complaints an Hour Altogether", default=600, config_parameter="crm_compliance.complaint_limit_total"
    )
    complaint_max_file_mb = fields.Integer(
        string="Largest File (MB)", default=10, config_parameter="crm_compliance.complaint_max_file_mb"
    )
