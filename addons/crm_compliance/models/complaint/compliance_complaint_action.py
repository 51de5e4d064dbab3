# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models


class ComplianceComplaint(models.Model):
    """Actions that come from a complaint."""

    _name = "compliance.complaint"
    _inherit = ["compliance.complaint", "compliance.action.origin"]

    action_ids = fields.One2many(groups="base.group_user")
    action_count = fields.Integer(groups="base.group_user")
    action_open_count = fields.Integer(groups="base.group_user")

    def _prepare_action_defaults(self):
        """What is known of the cause goes along; the customer is the company the case is of."""
        defaults = {**super()._prepare_action_defaults(), "partner_id": self.commercial_partner_id.id}
        return {**defaults, "cause": self.cause_note} if self.cause_note else defaults

    def _after_merge(self, sources):
        """Actions go along with the case they come from."""
        result = super()._after_merge(sources)
        sources.action_ids._write_state({"res_id": self.id})
        return result


class ComplianceAction(models.Model):
    """The complaint an action comes from: who handles it reads the action."""

    _inherit = "compliance.action"

    complaint_id = fields.Many2one(
        "compliance.complaint",
        compute="_compute_complaint_id",
        store=True,
        index="btree_not_null",
        ondelete="restrict",
    )

    @api.depends("res_model", "res_id")
    def _compute_complaint_id(self):
        for action in self:
            action.complaint_id = action.res_model == "compliance.complaint" and action.res_id
