# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def write(self, vals):
        """The due date of an instalment may be put off after posting."""
        result = super().write(vals)
        if "date_maturity" in vals:
            self.move_id._enqueue_dossiers()
        return result
