# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models


class ValidateAccountMove(models.TransientModel):
    _inherit = "validate.account.move"

    def validate_move(self):
        """Of several documents posts those that are not blocked, and tells which are."""
        blocked, found = self.move_ids._get_skipped()
        if not blocked:
            return super().validate_move()
        self.move_ids -= blocked
        return blocked._get_skipped_action(found, super().validate_move())
