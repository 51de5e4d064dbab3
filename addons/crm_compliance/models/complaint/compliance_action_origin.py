# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError

from .compliance_action import OPEN


class ComplianceActionOrigin(models.AbstractModel):
    """For records that corrective and preventive actions come from: complaints, reviews, audits."""

    _name = "compliance.action.origin"
    _description = "Origin of Actions"

    action_ids = fields.One2many(
        "compliance.action",
        "res_id",
        string="Actions",
        domain=lambda self: [("res_model", "=", self._name)],
        readonly=True,
        copy=False,
    )
    action_count = fields.Integer(compute="_compute_action_counts", string="Actions Taken")
    action_open_count = fields.Integer(compute="_compute_action_counts", string="Open Actions")

    @api.depends_context("uid")
    def _compute_action_counts(self):
        counts = {}
        actions = self.env["compliance.action"]
        if actions.has_access("read"):
            for res_id, is_open, count in actions._read_group(
                [("res_model", "=", self._name), ("res_id", "in", self.ids)], ["res_id", "is_open"], ["__count"]
            ):
                counts[res_id, is_open] = count
        for origin in self:
            origin.action_open_count = counts.get((origin.id, True), 0)
            origin.action_count = origin.action_open_count + counts.get((origin.id, False), 0)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_acted_on(self):
        acted_on = (
            self.env["compliance.action"]
            .sudo()
            .search([("res_model", "=", self._name), ("res_id", "in", self.ids)], limit=1)
        )
        if acted_on:
            raise UserError(self.env._("%s comes from this record, which therefore stays.", acted_on.display_name))

    def _prepare_action_defaults(self):
        """Company and customer of the actions taken on this record; extended by what knows more."""
        self.ensure_one()
        return {"company_id": self.company_id.id, "partner_id": self.partner_id.commercial_partner_id.id}

    def action_view_actions(self):
        """The corrective and preventive actions of this record; new ones begin with what is known of it."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_compliance.compliance_action_action")
        return {
            **action,
            "domain": [("res_model", "=", self._name), ("res_id", "=", self.id)],
            "context": {"default_res_model": self._name, "default_res_id": self.id},
        }

    def _has_open_actions(self):
        """Whether somebody still has something to do about one of these records."""
        return bool(
            self.env["compliance.action"]
            .sudo()
            .search_count([("res_model", "=", self._name), ("res_id", "in", self.ids), ("state", "in", OPEN)], limit=1)
        )
