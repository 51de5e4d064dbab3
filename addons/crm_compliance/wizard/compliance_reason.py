# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError

# Model, or model/action -> what is done with the records once the reason is given. Each method checks who may.
METHODS = {
    "compliance.action": "_cancel",
    "compliance.restriction": "_lift",
    "compliance.restriction.exception": "_refuse",
    "compliance.alert": "_dismiss",
    "compliance.risk.review/cancel": "_cancel",
    "compliance.risk.review/send_back": "_send_back",
}


class ComplianceReason(models.TransientModel):
    """Asks for the reason of a decision."""

    _name = "compliance.reason"
    _description = "Reason of a Decision"

    res_model = fields.Char(required=True, readonly=True)
    res_ids = fields.Json(required=True, readonly=True)
    action = fields.Char(readonly=True)
    reason = fields.Text()

    @api.model
    def _open(self, records, title, action=None):
        """:param str action: which of several decisions on such records is asked for
        :return: action that asks for the reason and then decides on the records
        """
        wizard = self.create({"res_model": records._name, "res_ids": records.ids, "action": action})
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": self._name,
            "res_id": wizard.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def action_confirm(self):
        """Decides with the reason given."""
        self.ensure_one()
        if not (self.reason or "").strip():
            raise UserError(self.env._("Please give the reason."))
        method = METHODS.get("/".join(filter(None, (self.res_model, self.action))))
        if not method:
            raise UserError(self.env._("Nothing can be decided here."))
        getattr(self.env[self.res_model].browse(self.res_ids), method)(self.reason.strip())
        return {"type": "ir.actions.act_window_close"}
