# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    # The figures read the instalments from it alone, a customer's next to each other.
    _compliance_instalment_idx = models.Index(
        "(partner_id, company_id, move_id) INCLUDE (id, account_id, date_maturity, invoice_date, balance)"
        " WHERE display_type = 'payment_term' AND parent_state = 'posted'"
    )
    # Instalments below zero are few among a customer's: found without reading all of them.
    _compliance_below_zero_idx = models.Index(
        "(partner_id, account_id) INCLUDE (id, invoice_date)"
        " WHERE display_type = 'payment_term' AND parent_state = 'posted' AND balance < 0"
    )

    def write(self, vals):
        """The due date of an instalment may be put off after posting."""
        result = super().write(vals)
        if "date_maturity" in vals:
            self.move_id._enqueue_dossiers()
        return result
