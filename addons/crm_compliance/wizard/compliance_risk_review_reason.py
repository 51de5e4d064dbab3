# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError


class ComplianceRiskReviewReason(models.TransientModel):
    """Asks why reviews are sent back or cancelled."""

    _name = "compliance.risk.review.reason"
    _description = "Reason to Send Back or Cancel"

    review_ids = fields.Many2many("compliance.risk.review", required=True, readonly=True)
    action = fields.Selection([("send_back", "Send Back"), ("cancel", "Cancel")], required=True, readonly=True)
    reason = fields.Text()

    @api.model
    def _open(self, reviews, action, title):
        """:return: action that asks for the reason"""
        reviews.check_access("write")
        wizard = self.create({"review_ids": [fields.Command.set(reviews.ids)], "action": action})
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": self._name,
            "res_id": wizard.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def action_confirm(self):
        """:raises UserError: without a reason"""
        self.ensure_one()
        reason = (self.reason or "").strip()
        if not reason:
            raise UserError(self.env._("Please give the reason."))
        if self.action == "cancel":
            self.review_ids._cancel(reason)
        else:
            self.review_ids._send_back(reason)
        return {"type": "ir.actions.act_window_close"}
