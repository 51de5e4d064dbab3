# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models


class ComplianceDossierItem(models.Model):
    _inherit = "compliance.dossier.item"

    @api.model
    def _get_watched_fields(self):
        """Factors of the risk model may look at these as well."""
        return super()._get_watched_fields() | {"industry_id"}
