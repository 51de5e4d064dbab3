# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import formatLang


class AccountMove(models.Model):
    """Customer invoices and receipts are restricted when they are posted; credit notes and vendor bills never."""

    _name = "account.move"
    _inherit = ["account.move", "compliance.restricted"]

    _compliance_scope = "invoice"
    _compliance_triggers = frozenset({"state", "move_type", "partner_id", "company_id", "journal_id"})

    compliance_collection = fields.Boolean(
        string="In Collection",
        copy=False,
        tracking=True,
        groups="account.group_account_invoice,account.group_account_readonly",
        help="Marked for collection, from an early warning.",
    )

    @api.depends("partner_id", "company_id", "move_type", "state")
    def _compute_compliance_restriction_level(self):
        return super()._compute_compliance_restriction_level()

    def _is_restricted_document(self):
        return self.move_type in ("out_invoice", "out_receipt")

    def _is_concluded(self):
        return self.state == "posted" and self._is_restricted_document()

    def _get_restricted_partners(self):
        return self.commercial_partner_id if self._is_restricted_document() else self.env["res.partner"]

    def _get_restricted_amount(self):
        return self.amount_total, self.currency_id

    def _get_restricted_name(self):
        """Drafts have no number: their amount tells them apart."""
        return self.env._(
            "%(document)s of %(amount)s (ID %(number)s)",
            document=self.display_name,
            amount=formatLang(self.env, self.amount_total, currency_obj=self.currency_id),
            number=self.id,
        )

    # -------------------------------------------------------------------------
    # EVERY ROUTE
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        moves = super().create(vals_list)
        # Odoo refuses to create posted moves by value, but not by a default in the context.
        moves.filtered(lambda move: move._is_concluded())._enforce_restrictions()
        return moves

    def write(self, vals):
        """:raises UserError: if an invoice becomes posted that is blocked"""
        with self._enforcing_restrictions(vals):
            return super().write(vals)

    def _post(self, soft=True):
        """Blocked invoices are refused before Odoo begins to post; what is posted is checked by ``write``."""
        self._check_restrictions()
        return super()._post(soft)

    # -------------------------------------------------------------------------
    # SEVERAL AT ONCE: THE OTHERS ARE NOT LOST
    # -------------------------------------------------------------------------

    def action_post(self):
        """Of several documents posts those that are not blocked, and tells which are."""
        blocked, found = self._get_skipped()
        result = super(AccountMove, self - blocked).action_post()
        return blocked._get_skipped_action(found, result) if blocked else result

    def action_validate_moves_with_confirmation(self):
        """Of several documents posts those that are not blocked, and tells which are."""
        drafts = self.filtered(lambda move: move.state == "draft" and move.line_ids)
        blocked, found = drafts._get_skipped()
        result = super(AccountMove, self - blocked).action_validate_moves_with_confirmation()
        return blocked._get_skipped_action(found, result) if blocked else result
