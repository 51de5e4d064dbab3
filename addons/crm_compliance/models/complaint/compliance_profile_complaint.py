# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models


class ComplianceProfile(models.Model):
    _inherit = "compliance.profile"

    def _merge_into(self, target):
        """Complaints go along with their customer's dossier."""
        complaints = self.env["compliance.complaint"].sudo().search([("profile_id", "in", (self - target).ids)])
        result = super()._merge_into(target)
        self.env.add_to_compute(complaints._fields["profile_id"], complaints)
        return result
