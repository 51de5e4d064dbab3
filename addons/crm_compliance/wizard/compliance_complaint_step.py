# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError

# Step -> method of the complaint that takes what is asked for. Each checks for itself who may.
METHODS = {
    "cancel": "action_cancel",
    "reopen": "action_reopen",
    "question": "action_ask_customer",
    "reject": "action_reject_solution",
    "follow_up": "action_follow_up_done",
    "handover": "action_ask_handover",
}


class ComplianceComplaintStep(models.TransientModel):
    """Asks for what a step needs to know: a reason, a note, a colleague."""

    _name = "compliance.complaint.step"
    _description = "Step of a Complaint"

    step = fields.Char(required=True, readonly=True)
    complaint_ids = fields.Many2many("compliance.complaint", readonly=True)
    reason = fields.Text()
    user_id = fields.Many2one("res.users", string="Colleague", domain="[('share', '=', False)]")

    @api.model
    def _open(self, complaints, step):
        """:return: action that asks and then takes the step"""
        titles = {
            "cancel": self.env._("Cancel"),
            "reopen": self.env._("Reopen"),
            "question": self.env._("Ask the Customer"),
            "reject": self.env._("The Customer Rejects the Solution"),
            "follow_up": self.env._("Follow-up Call"),
            "handover": self.env._("Hand Over"),
        }
        wizard = self.create({"step": step, "complaint_ids": complaints.ids})
        return {
            "type": "ir.actions.act_window",
            "name": titles[step],
            "res_model": self._name,
            "res_id": wizard.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def action_confirm(self):
        """Takes the step with what was given."""
        self.ensure_one()
        if self.step not in METHODS:
            raise UserError(self.env._("There is no such step."))
        given = self.user_id.id if self.step == "handover" else self.reason or ""
        if not given:
            raise UserError(self.env._("Please fill it in."))
        getattr(self.complaint_ids, METHODS[self.step])(given)
        return {"type": "ir.actions.act_window_close"}
