# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    # Disputed invoices are few, and a factor of the risk model asks for them at every refresh.
    _compliance_disputed_idx = models.Index("(commercial_partner_id, company_id) WHERE compliance_disputed")

    def write(self, vals):
        result = super().write(vals)
        if "compliance_disputed" in vals:
            self._enqueue_dossiers()
        return result
