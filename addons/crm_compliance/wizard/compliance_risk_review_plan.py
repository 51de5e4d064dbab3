# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

from ..models.risk.compliance_risk_review import KINDS, OPEN


class ComplianceRiskReviewPlan(models.TransientModel):
    """Schedules reviews of many customers at once."""

    _name = "compliance.risk.review.plan"
    _description = "Schedule Reviews"

    profile_ids = fields.Many2many("compliance.profile", string="Dossiers", required=True)
    kind = fields.Selection(KINDS, required=True, default="periodic")
    due_date = fields.Date(required=True, default=fields.Date.context_today)
    prepared_by = fields.Many2one(
        "res.users",
        string="Officer",
        domain="[('share', '=', False)]",
        help="Empty: the officer of each customer, or else you.",
    )
    skipped_count = fields.Integer(compute="_compute_skipped_count", string="With an Open Review")

    @api.model
    def default_get(self, fields):  # pylint: disable=redefined-outer-name
        values = super().default_get(fields)
        if self.env.context.get("active_model") == "compliance.profile" and "profile_ids" in fields:
            values.setdefault("profile_ids", self.env.context.get("active_ids", []))
        return values

    @api.depends("profile_ids", "kind")
    def _compute_skipped_count(self):
        for plan in self:
            plan.skipped_count = len(plan.profile_ids._origin & plan._get_busy())

    def _get_busy(self):
        """Dossiers with an open review of this kind."""
        return (
            self.env["compliance.risk.review"]
            .search([("profile_id", "in", self.profile_ids.ids), ("kind", "=", self.kind), ("state", "in", OPEN)])
            .profile_id
        )

    def action_schedule(self):
        """Opens the reviews and shows them; customers with an open review of the kind are left out."""
        self.ensure_one()
        reviews = self.env["compliance.risk.review"].create(
            [
                {
                    "profile_id": profile.id,
                    "kind": self.kind,
                    "due_date": self.due_date,
                    "prepared_by": (self.prepared_by or profile._get_planned_officer()).id,
                }
                for profile in self.profile_ids - self._get_busy()
            ]
        )
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_compliance.compliance_risk_review_action")
        return {**action, "domain": [("id", "in", reviews.ids)], "context": {}}
