# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        partials = super().create(vals_list)
        partials._enqueue_dossiers()
        return partials

    def unlink(self):
        self._enqueue_dossiers()
        return super().unlink()

    def _enqueue_dossiers(self):
        """Customers whose invoices are settled, or unsettled, get new figures."""
        (self.debit_move_id | self.credit_move_id).move_id._enqueue_dossiers()
