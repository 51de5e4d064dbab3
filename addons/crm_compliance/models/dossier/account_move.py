# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

from ...tools.forms import open_form
from ..dossier_field import DossierMany2one, DossierSelection


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "compliance.field.access"]

    compliance_disputed = fields.Boolean(
        string="Disputed",
        copy=False,
        tracking=True,
        groups="base.group_user",
        help="The customer disputes this invoice.",
    )
    compliance_profile_id = DossierMany2one(related="commercial_partner_id.compliance_profile_id")
    compliance_zone = DossierSelection(related="commercial_partner_id.compliance_zone")
    compliance_risk_level = DossierSelection(related="commercial_partner_id.compliance_risk_level")
    compliance_value_tier = DossierSelection(related="commercial_partner_id.compliance_value_tier")

    # The figures read a customer's documents from it alone, in order; Odoo has no index on the commercial entity.
    _compliance_customer_idx = models.Index(
        "(commercial_partner_id, company_id, invoice_date)"
        " INCLUDE (move_type, amount_untaxed_signed, amount_total_signed)"
        " WHERE state = 'posted' AND move_type IN ('out_invoice', 'out_receipt', 'out_refund')"
    )

    def write(self, vals):
        relevant = {"state", "partner_id", "invoice_date", "invoice_date_due"} & set(vals)
        if not relevant:
            return super().write(vals)
        # Before and after: an invoice moved to another customer concerns both.
        if "partner_id" in vals:
            self._enqueue_dossiers()
        result = super().write(vals)
        self._enqueue_dossiers()
        return result

    def _enqueue_dossiers(self):
        """Queues the customers of these documents for a refresh of their figures; other moves do not matter."""
        documents = self.filtered(lambda move: move.is_sale_document(include_receipts=True) and move.posted_before)
        queue = self.env["compliance.refresh.queue"]
        for company, moves in documents.grouped("company_id").items():
            queue._enqueue(moves.commercial_partner_id, company)

    def _get_alerts(self):
        """Adds a banner where the customer is in the grey zone, non-compliant or late in paying."""
        alerts = super()._get_alerts()
        profile = self.sudo().with_company(self.company_id).compliance_profile_id
        if self.is_sale_document(include_receipts=True) and profile and self._can_see_compliance():
            for message in profile._get_banner_messages():
                alerts[f"crm_compliance_{message['code']}"] = {
                    "level": message["level"],
                    "message": message["text"],
                    "action_text": self.env._("Open Dossier"),
                    "action": open_form(profile.sudo(False)),
                }
        return alerts

    @api.model
    def _can_see_compliance(self):
        """May the user know how customers stand?"""
        return self.env["compliance.profile"].has_access("read")
