# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models

from .compliance_profile_contact import ACTIVITY


class MailActivityType(models.Model):
    """The hourly job tells contacts that are being prepared from others by the type of their activities."""

    _inherit = "mail.activity.type"

    @api.model
    def _get_model_info_by_xmlid(self):
        return {**super()._get_model_info_by_xmlid(), ACTIVITY: {"res_model": "compliance.profile", "unlink": False}}
