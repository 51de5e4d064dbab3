# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.exceptions import UserError

from ..risk.ir_attachment_review import CONTENT
from .compliance_action import OPEN

ACTION = "compliance.action"


class IrAttachment(models.Model):
    """Evidence of an action: whoever replaces or removes it worked on the action; nobody does once it is done."""

    _inherit = "ir.attachment"

    def write(self, vals):
        if CONTENT & set(vals) and not {"res_model", "res_id"} >= set(vals):
            self._sign_actions()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_evidence(self):
        self._sign_actions()

    def _sign_actions(self):
        """:raises UserError: if a document is evidence of an action that is done"""
        # sudo: whose evidence a document is does not depend on who asks.
        actions = self.env[ACTION].sudo().search([("attachment_ids", "in", self.ids)]) if self.ids else ()
        for action in actions:
            if action.state not in OPEN:
                raise UserError(self.env._("%s is done, and its evidence stays as it is.", action.display_name))
        if actions:
            actions._sign()
