# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from contextlib import contextmanager

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.crm_compliance.models.dossier_field import DossierMany2one, DossierSelection


class SaleOrder(models.Model):
    """Quotations are restricted when they are confirmed, and confirmed orders when they grow or change the customer."""

    _name = "sale.order"
    _inherit = ["sale.order", "compliance.field.access", "compliance.restricted"]

    _compliance_scope = "quotation"
    _compliance_triggers = frozenset({"state", "partner_id", "partner_invoice_id", "partner_shipping_id", "company_id"})

    compliance_profile_id = DossierMany2one(related="partner_id.compliance_profile_id")
    compliance_zone = DossierSelection(related="partner_id.compliance_zone")
    compliance_risk_level = DossierSelection(related="partner_id.compliance_risk_level")
    compliance_value_tier = DossierSelection(related="partner_id.compliance_value_tier")
    compliance_banner = fields.Char(
        compute="_compute_compliance_banner",
        groups="crm_compliance.group_compliance_user,crm_compliance.group_compliance_auditor,"
        "account.group_account_invoice,account.group_account_readonly",
    )

    @api.depends("partner_id", "company_id")
    @api.depends_context("lang")
    def _compute_compliance_banner(self):
        for order in self:
            profile = order.sudo().with_company(order.company_id).compliance_profile_id
            order.compliance_banner = (
                " ".join(message["text"] for message in profile._get_banner_messages()) if profile else False
            )

    @api.depends("partner_id", "partner_invoice_id", "partner_shipping_id", "company_id")
    def _compute_compliance_restriction_level(self):
        return super()._compute_compliance_restriction_level()

    def _is_concluded(self):
        return self.state == "sale"

    def _get_restricted_partners(self):
        """Neither the invoice nor the goods go to somebody who is blocked."""
        return (self.partner_id | self.partner_invoice_id | self.partner_shipping_id).commercial_partner_id

    def _get_restricted_amount(self):
        return self.amount_total, self.currency_id

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """:raises UserError: if an order of a blocked customer is created as confirmed"""
        orders = super().create(vals_list)
        orders.filtered(lambda order: order._is_concluded())._enforce_restrictions()
        orders._enqueue_dossiers()
        return orders

    def write(self, vals):
        """:raises UserError: if a quotation becomes confirmed that is blocked, or an order newly names a blocked one"""
        with self._enforcing_restrictions(vals):
            result = super().write(vals)
        if "partner_id" in vals:
            self._enqueue_dossiers()
        return result

    def _enqueue_dossiers(self):
        """Prospects get a dossier in the company that deals with them."""
        for company, orders in self.grouped("company_id").items():
            self.env["compliance.refresh.queue"]._enqueue(orders.partner_id, company)

    # -------------------------------------------------------------------------
    # CONFIRMING
    # -------------------------------------------------------------------------

    def action_confirm(self):
        """Of several quotations confirms those that are not blocked, and tells which are."""
        blocked, found = self._get_skipped()
        result = super(SaleOrder, self - blocked).action_confirm()
        return blocked._get_skipped_action(found) if blocked else result

    def _confirmation_error_message(self):
        """Blocked quotations are refused before Odoo begins to confirm; ``write`` checks what becomes confirmed."""
        message = super()._confirmation_error_message()
        found = {} if message else self._get_restrictions()
        blocked = self._get_blocked(found)[0]
        return blocked._get_block_message(found) if blocked else message

    def _hold(self, text):
        """Leaves a blocked order as it is and tells those who look after it what the customer did.

        :param str text: what happened
        """
        for order in self.sudo():
            reason = order._get_block_line(order._get_restrictions()[order], self.env["compliance.restriction"])
            responsible = order.with_company(order.company_id).compliance_profile_id.officer_id or order.user_id
            order._message_log(body=f"{text} {reason}")
            if responsible:
                order.activity_schedule("mail.mail_activity_data_todo", summary=text, user_id=responsible.id)

    def _filter_blocked_invoicing(self):
        """Orders whose invoices would be refused now."""
        restrictions = self.env["compliance.restriction"].sudo()
        effective = restrictions._get_effective(self.sudo().partner_invoice_id.commercial_partner_id.ids)
        return self.filtered(
            lambda order: any(
                restriction.level == "block" and restriction.scope_invoice
                for restriction_id, company_id in effective[order.sudo().partner_invoice_id.commercial_partner_id.id]
                for restriction in [restrictions.browse(restriction_id)]
                if company_id == order.company_id.id
            )
        )

    # -------------------------------------------------------------------------
    # GROWING
    # -------------------------------------------------------------------------

    @contextmanager
    def _enforcing_amount(self):
        """Around a change of lines: a confirmed order of a blocked customer does not grow beyond its exception.

        :raises UserError: if it would
        """
        before = {order: order.amount_total for order in self.sudo() if order._is_concluded()}
        yield
        grown = self.filtered(
            lambda order: (
                order.sudo() in before
                and order.currency_id.compare_amounts(order.sudo().amount_total, before[order.sudo()]) > 0
            )
        )
        if grown:
            grown._check_grown()

    def _check_grown(self):
        found = self._get_restrictions()
        held = self.filtered(lambda order: order in found and "block" in found[order].mapped("level"))
        if not held:
            return
        used = (
            self.env["compliance.restriction.exception"]
            .sudo()
            .search([("document_ref", "in", [f"{self._name},{order.id}" for order in held]), ("state", "=", "used")])
        )
        covered = {
            exception.document_ref.id
            for exception in used
            if exception.currency_id.compare_amounts(exception.document_ref.amount_total, exception.amount) <= 0
        }
        beyond = held.filtered(lambda order: order.id not in covered)
        if beyond:
            raise UserError(beyond._get_block_message(found))

    def action_open_compliance_profile(self):
        """Opens the dossier of the order's customer, in the order's company."""
        return self.partner_id.with_company(self.company_id).action_open_compliance_profile()
