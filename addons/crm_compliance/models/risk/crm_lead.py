# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models


class CrmLead(models.Model):
    """Opportunities are restricted when they are won."""

    _name = "crm.lead"
    _inherit = ["crm.lead", "compliance.restricted"]

    _compliance_scope = "lead"
    _compliance_triggers = frozenset({"stage_id", "probability", "active", "partner_id", "company_id"})

    @api.depends("partner_id", "company_id")
    def _compute_compliance_restriction_level(self):
        return super()._compute_compliance_restriction_level()

    def _is_concluded(self):
        return self.won_status == "won"

    def _get_restricted_partners(self):
        return self.partner_id.commercial_partner_id

    def _get_restricted_amount(self):
        return self.expected_revenue, self.company_currency

    @api.model_create_multi
    def create(self, vals_list):
        """:raises UserError: if a lead is created as won with a blocked customer"""
        leads = super().create(vals_list)
        leads.filtered(lambda lead: lead._is_concluded())._enforce_restrictions()
        return leads

    def write(self, vals):
        """:raises UserError: if a lead becomes won that is blocked, or a won one gets a blocked customer"""
        with self._enforcing_restrictions(vals):
            return super().write(vals)
