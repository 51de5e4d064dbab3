# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class ComplianceSlaDue(models.TransientModel):
    """Asks for another deadline and the reason for it."""

    _name = "compliance.sla.due"
    _description = "Deadline by Hand"

    clock_id = fields.Many2one("compliance.sla.clock", string="Service Level", required=True, readonly=True)
    is_manual = fields.Boolean(related="clock_id.is_manual")
    deadline = fields.Datetime()
    reason = fields.Text()

    def action_confirm(self):
        """Sets it; who may is checked there."""
        self.ensure_one()
        self.clock_id._set_deadline(self.deadline, self.reason)
        return {"type": "ir.actions.act_window_close"}

    def action_withdraw(self):
        """Gives the deadline back to the service level."""
        self.ensure_one()
        self.clock_id._set_deadline(False, self.reason)
        return {"type": "ir.actions.act_window_close"}
