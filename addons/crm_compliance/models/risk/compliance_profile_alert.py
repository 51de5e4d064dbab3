# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

from .compliance_alert import OPEN


class ComplianceProfile(models.Model):
    """Early warnings of a customer."""

    _inherit = "compliance.profile"

    alert_ids = fields.One2many("compliance.alert", "profile_id", string="Alerts")
    alert_count = fields.Integer(compute="_compute_alert_count", string="Open Alerts")

    def _compute_alert_count(self):
        counts = dict(
            self.env["compliance.alert"]._read_group(
                [("profile_id", "in", self.ids), ("state", "in", OPEN)], ["profile_id"], ["__count"]
            )
        )
        for profile in self:
            profile.alert_count = counts.get(profile, 0)

    @api.model
    def _after_refresh(self, partners=None):
        """Watches the new figures."""
        result = super()._after_refresh(partners)
        self.env["compliance.alert"].sudo()._watch(partners)
        return result

    def _merge_into(self, target):
        """Alerts go along with the dossier."""
        self.sudo().alert_ids._move_to(target.sudo())
        return super()._merge_into(target)

    def action_view_alerts(self):
        """The early warnings of the customer, past ones included."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_compliance.compliance_alert_action")
        return {**action, "domain": [("profile_id", "=", self.id)], "context": {}}
