# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ...tools.forms import open_form
from .compliance_decision import MANAGER

# What is asked for. Whoever changes it is who asks.
ASKED = {"document_ref", "reason", "valid_until"}
VALID_DAYS = 30


class ComplianceRestrictionException(models.Model):
    """Leave to conclude one document of a blocked customer: asked for by one person, approved by a manager who is
    somebody else, good for that very document, its customer and its amount, once.
    """

    _name = "compliance.restriction.exception"
    _description = "Exception to a Restriction"
    _inherit = ["compliance.decision", "compliance.discussion", "mail.activity.mixin"]
    _order = "id desc"
    _decided_fields = frozenset(
        {
            "state",
            "partner_id",
            "company_id",
            "amount",
            "currency_id",
            "restriction_ids",
            "requested_by",
            "requested_at",
            "approved_by",
            "approved_at",
            "refuse_reason",
            "used_by",
            "used_at",
        }
    )

    document_ref = fields.Reference(selection="_selection_document", string="Document", required=True, index=True)
    document_name = fields.Char(compute="_compute_document_name", compute_sudo=True)
    reason = fields.Text(required=True, tracking=True, help="Why this document should pass all the same.")
    valid_until = fields.Date(
        required=True,
        tracking=True,
        default=lambda self: fields.Date.add(fields.Date.context_today(self), days=VALID_DAYS),
    )
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True, index=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", readonly=True, index="btree_not_null")
    amount = fields.Monetary(
        string="Amount up to", readonly=True, tracking=True, help="Of the document, when it was asked for."
    )
    currency_id = fields.Many2one("res.currency", readonly=True)
    restriction_ids = fields.Many2many(
        "compliance.restriction", string="Restrictions", readonly=True, help="A later restriction is not covered."
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("requested", "Requested"),
            ("approved", "Approved"),
            ("refused", "Refused"),
            ("used", "Used"),
            ("expired", "Expired"),
        ],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        tracking=True,
        index=True,
    )
    requested_by = fields.Many2one(
        "res.users", readonly=True, required=True, copy=False, index=True, default=lambda self: self.env.user
    )
    requested_at = fields.Datetime(readonly=True, copy=False)
    approved_by = fields.Many2one("res.users", string="Decided by", readonly=True, copy=False, tracking=True)
    approved_at = fields.Datetime(string="Decided on", readonly=True, copy=False)
    refuse_reason = fields.Text(readonly=True, copy=False, tracking=True)
    used_by = fields.Many2one("res.users", readonly=True, copy=False, tracking=True)
    used_at = fields.Datetime(readonly=True, copy=False)
    can_decide = fields.Boolean(compute="_compute_can_decide")

    @api.depends("document_name")
    def _compute_display_name(self):
        for exception in self:
            exception.display_name = self.env._(
                "Exception %(number)s: %(document)s", number=exception.id or "", document=exception.document_name or ""
            )

    @api.depends("document_ref")
    def _compute_document_name(self):
        for exception in self:
            document = exception.document_ref
            exception.document_name = (
                document._get_restricted_name() if document is not None and document.exists() else False
            )

    @api.depends("state", "requested_by")
    @api.depends_context("uid")
    def _compute_can_decide(self):
        manager = self.env.user.has_group(MANAGER)
        for exception in self:
            exception.can_decide = (
                manager and exception.state == "requested" and exception.requested_by != self.env.user
            )

    @api.model
    def _selection_document(self):
        """All models whose documents concluding is restricted."""
        names = {
            name for name in self.env.registry.descendants(["compliance.restricted"], "_inherit") if name in self.env
        } - {"compliance.restricted"}
        return [(model.model, model.name) for model in map(self.env["ir.model"].sudo()._get, sorted(names))]

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """:raises AccessError: if a decision is given, or the document is not the user's to change"""
        exceptions = super().create(vals_list)
        exceptions._read_document()
        return exceptions

    def write(self, vals):
        """:raises AccessError: if a decision is given
        :raises UserError: if what was asked for already is to be changed
        """
        result = super().write(vals)
        if "document_ref" in vals:
            self._read_document()
        return result

    def _prepare_request(self, vals):
        """Whoever changes what is asked for is who asks."""
        return {**vals, "requested_by": self.env.uid} if ASKED & set(vals) else vals

    def _check_undecided(self):
        if self.filtered(lambda exception: exception.state != "draft"):
            raise UserError(self.env._("What was asked for is not changed afterwards; ask for another exception."))

    @api.model
    def _refuse_decision(self):
        raise AccessError(self.env._("An exception is asked for by one person and approved by another."))

    def _read_document(self):
        """Takes customer, amount and restrictions from the document as it is now.

        :raises AccessError: if the document is not the user's to change
        """
        for exception in self:
            document = exception.document_ref
            if document is None or not document.exists():
                raise ValidationError(self.env._("The document of the exception does not exist any more."))
            document.check_access("write")
            document = document.sudo()
            amount, currency = document._get_restricted_amount()
            restrictions = document._get_restrictions().get(document, self.env["compliance.restriction"])
            exception.sudo()._write_decision(
                {
                    "partner_id": document._get_restricted_partners()[:1].id,
                    "company_id": document.company_id.id,
                    "amount": amount,
                    "currency_id": currency.id,
                    "restriction_ids": [fields.Command.set(restrictions.ids)],
                }
            )

    # -------------------------------------------------------------------------
    # DECISIONS
    # -------------------------------------------------------------------------

    def action_request(self):
        """Hands the request over to the managers, with the amount the document has now.

        :raises UserError: if it was asked for already, or nothing blocks the document
        """
        self.ensure_one()
        self.check_access("write")
        if self.state != "draft":
            raise UserError(self.env._("%s was asked for already.", self.display_name))
        self._read_document()
        restrictions = self.sudo().restriction_ids
        if not restrictions:
            raise UserError(self.env._("%s is not blocked: no exception is needed.", self.document_name))
        self._write_decision(
            {"state": "requested", "requested_by": self.env.uid, "requested_at": fields.Datetime.now()}
        )
        managers = restrictions._get_managers(restrictions.company_id[:1]) - self.env.user
        self._send_notice("mail_template_exception_requested", managers)
        self._log_on_document(self.env._("An exception was requested: %s", self.reason))
        return {"type": "ir.actions.act_window_close"}

    def action_approve(self):
        """Lets the document pass once.

        :raises AccessError: for everybody but another manager than who asked
        """
        for exception in self:
            exception._check_decider()
            exception._decide("approved")
            exception._log_on_document(
                self.env._(
                    "Exception %(number)s was approved by %(user)s.", number=exception.id, user=self.env.user.name
                )
            )

    def action_refuse(self):
        """Asks for the reason and refuses the request."""
        for exception in self:
            exception._check_decider()
        return self.env["compliance.reason"]._open(self, self.env._("Refuse"))

    def _refuse(self, reason):
        """:param str reason: told to who asked"""
        for exception in self:
            exception._check_decider()
            exception._decide("refused", refuse_reason=reason)
            exception._log_on_document(
                self.env._("Exception %(number)s was refused: %(reason)s", number=exception.id, reason=reason)
            )

    def _check_decider(self):
        """:raises AccessError: unless the user is a manager and not who asked"""
        self.ensure_one()
        self.check_access("write")
        if not self.env.user.has_group(MANAGER):
            raise AccessError(self.env._("Only compliance managers decide on exceptions."))
        if self.state != "requested":
            raise UserError(self.env._("%s was decided already, or not asked for yet.", self.display_name))
        if self.requested_by == self.env.user:
            self._refuse_decision()

    def _decide(self, state, **vals):
        self._write_decision(
            {**vals, "state": state, "approved_by": self.env.uid, "approved_at": fields.Datetime.now()}
        )
        self._send_notice("mail_template_exception_decided", self.requested_by)

    def _log_on_document(self, body):
        self.document_ref.sudo()._message_log(body=body)

    # -------------------------------------------------------------------------
    # USE
    # -------------------------------------------------------------------------

    def _covers(self, document, blocks):
        """Whether this exception lets a document pass as it is now.

        :param blocks: the restrictions that block the document
        """
        self.ensure_one()
        amount, currency = document.sudo()._get_restricted_amount()
        return (
            self.state == "approved"
            and self.approved_by
            and self.approved_by != self.requested_by
            and self.document_ref == document
            and self.partner_id == document.sudo()._get_restricted_partners()[:1]
            and self.valid_until >= self.env["compliance.restriction"]._get_today(blocks.company_id[:1])
            and blocks <= self.sudo().restriction_ids
            and self.currency_id == currency
            and currency.compare_amounts(amount, self.amount) <= 0
        )

    def _use(self, document):
        """Marks the exception used, in the transaction that concludes the document. Of two transactions that use it at
        the same time PostgreSQL lets one pass; the other starts over and finds it used.
        """
        exception = self.sudo()
        exception._write_decision({"state": "used", "used_by": self.env.uid, "used_at": fields.Datetime.now()})
        exception.flush_recordset()
        exception._message_log(body=self.env._("Used for %s.", document.sudo().display_name))

    @api.model
    def _expire(self):
        """Ends what was not used in time."""
        standing = self.sudo().search([("state", "in", ("draft", "requested", "approved"))])
        today = {company: company._get_compliance_today() for company in standing.company_id | self.env.company}
        overdue = standing.filtered(
            lambda exception: exception.valid_until < today[exception.company_id or self.env.company]
        )
        overdue._write_decision({"state": "expired"})

    def action_open_document(self):
        """Opens the document."""
        self.ensure_one()
        return open_form(self.document_ref)
