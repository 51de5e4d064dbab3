# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models


class ComplianceActivity(models.AbstractModel):
    """Asks people to do something, by activities of one type, for many records at once."""

    _name = "compliance.activity"
    _description = "Activities by Which People are Asked"

    # External id of the type.
    _compliance_activity_type = None

    def _prepare_activity(self, user, deadline, summary, note=""):
        self.ensure_one()
        return {
            "res_model_id": self.env["ir.model"]._get_id(self._name),
            "res_id": self.id,
            "activity_type_id": self.env["ir.model.data"]._xmlid_to_res_id(self._compliance_activity_type),
            "user_id": user.id,
            "date_deadline": deadline,
            "summary": summary,
            "note": note,
        }

    @api.model
    def _create_activities(self, vals_list, notify=False):
        """By mail people are told only of what they would not expect; Odoo's digest tells of the rest.

        :param vals_list: see ``_prepare_activity``
        """
        # sudo: whose turn it is follows from the record, not from the rights of who brought it there.
        activities = self.env["mail.activity"].sudo().with_context(mail_activity_quick_update=not notify)
        return activities.create(vals_list)

    def _end_activities(self):
        """What people were asked to do is over."""
        type_id = self.env["ir.model.data"]._xmlid_to_res_id(self._compliance_activity_type)
        # sudo: the activities are other people's.
        self.env["mail.activity"].sudo().search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids), ("activity_type_id", "=", type_id)]
        ).unlink()
