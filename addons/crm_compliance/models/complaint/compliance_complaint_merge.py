# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models


class ComplianceComplaint(models.Model):
    _inherit = "compliance.complaint"

    @api.model
    def _get_merge_models(self):
        """:return: {model: name of its many2one to the complaint} of records that go along when cases are merged"""
        return {}
