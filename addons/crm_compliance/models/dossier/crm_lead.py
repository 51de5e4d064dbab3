# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

from ..dossier_field import DossierMany2one, DossierSelection


class CrmLead(models.Model):
    _name = "crm.lead"
    _inherit = ["crm.lead", "compliance.field.access"]

    compliance_profile_id = DossierMany2one(related="partner_id.compliance_profile_id")
    compliance_zone = DossierSelection(related="partner_id.compliance_zone")
    compliance_risk_level = DossierSelection(related="partner_id.compliance_risk_level")
    compliance_value_tier = DossierSelection(related="partner_id.compliance_value_tier")
    compliance_banner = fields.Char(
        compute="_compute_compliance_banner",
        groups="crm_compliance.group_compliance_user,crm_compliance.group_compliance_auditor",
    )

    @api.depends("partner_id")
    @api.depends_context("company", "lang")
    def _compute_compliance_banner(self):
        for lead in self:
            profile = lead.sudo().with_company(lead.company_id or self.env.company).compliance_profile_id
            lead.compliance_banner = (
                " ".join(message["text"] for message in profile._get_banner_messages()) if profile else False
            )

    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        leads._enqueue_dossiers()
        return leads

    def write(self, vals):
        result = super().write(vals)
        if "partner_id" in vals:
            self._enqueue_dossiers()
        return result

    def _enqueue_dossiers(self):
        """Prospects get a dossier in the company that deals with them."""
        for lead in self.filtered("partner_id"):
            company = lead.company_id or lead.partner_id.company_id or self.env.company
            self.env["compliance.refresh.queue"]._enqueue(lead.partner_id, company)

    def action_open_compliance_profile(self):
        """Opens the dossier of the lead's customer, in the lead's company."""
        company = self.company_id or self.env.company
        return self.partner_id.with_company(company).action_open_compliance_profile()
