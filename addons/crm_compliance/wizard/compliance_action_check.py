# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.forms import open_form


class ComplianceActionCheck(models.TransientModel):
    """Asks whether an action helped. Who may answer is checked by the action itself."""

    _name = "compliance.action.check"
    _description = "Check of the Effect"

    action_id = fields.Many2one("compliance.action", required=True, readonly=True, ondelete="cascade")
    outcome = fields.Selection([("effective", "It Helped"), ("ineffective", "It Did Not Help")])
    note = fields.Text(string="How It Was Checked")
    due_date = fields.Date(string="Next Action Due", help="Of the action that follows, as this one did not help.")

    @api.model
    def _open(self, action):
        """:return: action that asks whether an action helped"""
        wizard = self.create({"action_id": action.id})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Check the Effect"),
            "res_model": self._name,
            "res_id": wizard.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def action_confirm(self):
        """:return: action that opens what follows from an action that did not help
        :raises UserError: without an outcome
        """
        self.ensure_one()
        if not self.outcome:
            raise UserError(self.env._("Say whether the action helped."))
        following = self.action_id._check_effect(self.outcome == "effective", self.note, self.due_date or None)
        if not following:
            return {"type": "ir.actions.act_window_close"}
        return open_form(following)
