# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """Merges dossiers before Odoo does: it would delete those that collide, with all that belongs to them."""
        src_partners._move_dossiers_to(dst_partner.commercial_partner_id)
        return super()._update_foreign_keys(src_partners, dst_partner)

    def _log_merge_operation(self, src_partners, dst_partner):
        result = super()._log_merge_operation(src_partners, dst_partner)
        dst_partner._relink_dossiers()
        self.env["compliance.refresh.queue"]._enqueue(dst_partner)
        return result
