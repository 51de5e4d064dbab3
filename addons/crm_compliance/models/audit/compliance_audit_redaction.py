# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL

# Only the methods below decide; a write over RPC does not.
DECIDED = {"state", "requested_by", "approved_by", "approved_at", "row_count", "model"}
# What is to be erased. Whoever changes it is who asks for it.
ASKED = {"name", "model_id", "res_id", "before", "company_id"}


class ComplianceAuditRedaction(models.Model):
    """An erasure in the audit trail: one person asks for it, another approves it. That something stood there, when and
    who did it, remains; the contents and the salt go, so that nobody can even guess them. The seals still verify.
    """

    _name = "compliance.audit.redaction"
    _description = "Audit Redaction"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"

    name = fields.Char(string="Reason", required=True, tracking=True, help="The lawful ground, and who asked for it.")
    model_id = fields.Many2one("ir.model", ondelete="set null", domain=[("transient", "=", False)], tracking=True)
    # Stays when the add-on of the model goes: the rows that were emptied do, too.
    model = fields.Char(string="Technical Model", compute="_compute_model", store=True, precompute=True)
    res_id = fields.Many2oneReference(
        string="Record", model_field="model", tracking=True, help="Empty: all records of the model."
    )
    before = fields.Datetime(string="Rows Older Than", help="Empty: all rows of the record.", tracking=True)
    # Not set null: an erasure of one company's rows would become one of every company's.
    company_id = fields.Many2one(
        "res.company",
        default=lambda self: self.env.company,
        ondelete="restrict",
        tracking=True,
        help="Whose rows are erased. Rows of no company, as those of shared contacts, go along where a record is named."
        " Empty: rows of every company and of none; who asks and who approves must be of every company.",
    )
    state = fields.Selection(
        [("draft", "Requested"), ("approved", "Approved"), ("refused", "Refused")],
        readonly=True,
        required=True,
        copy=False,
        default="draft",
        tracking=True,
    )
    requested_by = fields.Many2one(
        "res.users", readonly=True, required=True, copy=False, default=lambda self: self.env.user
    )
    # Without who approved it, an erasure would no longer verify.
    approved_by = fields.Many2one("res.users", readonly=True, copy=False, tracking=True, ondelete="restrict")
    approved_at = fields.Datetime(readonly=True, copy=False)
    row_count = fields.Integer(string="Rows Emptied", readonly=True, copy=False)
    can_approve = fields.Boolean(compute="_compute_can_approve")

    @api.depends("model_id")
    def _compute_model(self):
        for redaction in self:
            redaction.model = redaction.model_id.model or redaction.model

    @api.depends("state", "requested_by")
    @api.depends_context("uid")
    def _compute_can_approve(self):
        manager = self.env.user.has_group("crm_compliance.group_compliance_manager")
        for redaction in self:
            redaction.can_approve = manager and redaction.state == "draft" and redaction.requested_by != self.env.user

    # The name is always there: none of the others may be given.
    @api.constrains("name", "model_id", "res_id", "before")
    def _check_extent(self):
        for redaction in self:
            if not redaction.model or not (redaction.res_id or redaction.before):
                raise ValidationError(
                    self.env._("Say of which record, or older than when, the contents are to be erased.")
                )

    @api.constrains("name", "company_id", "requested_by")
    def _check_requester(self):
        for redaction in self:
            redaction._check_companies(redaction.requested_by)

    def _check_companies(self, users):
        """:raises AccessError: unless the users are of the company whose rows go, or of every one if it is empty"""
        companies = self.company_id or self.env["res.company"].sudo().search([("active", "=", True)])
        if any(companies - user.company_ids for user in users.sudo() if not user._is_superuser()):
            raise AccessError(
                self.env._(
                    "Who asks for an erasure and who approves it are of the company whose rows go, or of every company"
                    " where none is named."
                )
            )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if DECIDED & set(vals) or self._context_decides():
                self._refuse_decision()
        return super().create(vals_list)

    def write(self, vals):
        if DECIDED & set(vals):
            self._refuse_decision()
        if self.filtered(lambda redaction: redaction.state != "draft") and not self._is_chatter(vals):
            raise UserError(self.env._("A redaction that was decided is part of the record."))
        if ASKED & set(vals):
            vals = {**vals, "requested_by": self.env.uid}
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_decided(self):
        if self.filtered(lambda redaction: redaction.state != "draft"):
            raise UserError(self.env._("A redaction that was decided is part of the record."))

    @api.model
    def _context_decides(self):
        return any(key.removeprefix("default_") in DECIDED for key in self.env.context if key.startswith("default_"))

    @api.model
    def _refuse_decision(self):
        raise AccessError(self.env._("A redaction is requested by one person and approved by another."))

    @api.model
    def _is_chatter(self, vals):
        return all(name.startswith(("message_", "activity_")) for name in vals)

    def _check_approver(self):
        """:raises AccessError: unless the user is a manager and not who asked for it"""
        self.ensure_one()
        if not self.env.user.has_group("crm_compliance.group_compliance_manager"):
            raise AccessError(self.env._("Only compliance managers decide on redactions."))
        if self.requested_by == self.env.user:
            self._refuse_decision()
        if self.state != "draft":
            raise UserError(self.env._("This redaction was decided already."))
        self._check_companies(self.requested_by | self.env.user)

    def action_approve(self):
        """Empties the rows."""
        self._check_approver()
        self._decide("approved")
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                "UPDATE compliance_audit_log SET changes = NULL, name = NULL, salt = NULL, redaction_id = %s"
                " WHERE model = %s AND %s AND %s AND redaction_id IS NULL AND recorded_at < %s"
                " AND EXISTS (SELECT FROM compliance_audit_leaf leaf WHERE leaf.log_id = compliance_audit_log.id)",
                self.id,
                self.model,
                SQL("res_id = %s", self.res_id) if self.res_id else SQL("TRUE"),
                self._get_company_condition(),
                self.before or "infinity",
            )
        )
        self._write_decision({"row_count": self.env.cr.rowcount})
        self.env["compliance.audit.log"].invalidate_model(flush=False)

    def _get_company_condition(self):
        """Of which companies rows go, over the table of the log; ``_covers`` and its trigger say the same."""
        if not self.company_id:
            return SQL("TRUE")
        if not self.res_id:
            return SQL("company_id = %s", self.company_id.id)
        return SQL("(company_id = %s OR company_id IS NULL)", self.company_id.id)

    def action_refuse(self):
        self._check_approver()
        self._decide("refused")

    def _decide(self, state):
        self._write_decision({"state": state, "approved_by": self.env.uid, "approved_at": fields.Datetime.now()})

    def _write_decision(self, vals):
        """Past our own ``write``, which refuses decisions."""
        return super().write(vals)  # pylint: disable=super-method-mismatch

    def _is_approved(self):
        self.ensure_one()
        return self.state == "approved" and self.approved_by and self.approved_by != self.requested_by

    def _covers(self, row):
        """Is it an approved erasure of this row?

        :param dict row: a row as it is hashed: texts
        """
        self.ensure_one()
        is_of_record = not self.res_id or row["res_id"] == str(self.res_id)
        own, company = self.company_id, row["company_id"]
        is_of_company = not own or company == str(own.id) or (self.res_id and not company)
        is_old = not self.before or (row["recorded_at"] or "~") < self.before.isoformat()
        return self._is_approved() and row["model"] == self.model and is_of_record and is_of_company and is_old

    # -------------------------------------------------------------------------
    # RETENTION
    # -------------------------------------------------------------------------

    @api.model
    def _propose_retention(self):
        """Asks for the redaction of what the policies have kept for long enough; a manager approves.

        :return: the redactions proposed
        """
        self = self.with_user(SUPERUSER_ID)
        proposed = self.browse()
        for policy, company, before in self._get_overdue_policies():
            # Asked for by who said how long contents are kept; somebody else approves.
            asking = self.with_user(policy.retention_user_id or SUPERUSER_ID).sudo()
            proposed += asking.create(
                {
                    "name": self.env._("Kept for %s months, as the audit policy says", policy.retention_months),
                    "model_id": policy.model_id.id,
                    "company_id": company.id,
                    "before": before,
                }
            )
        managers = self.env.ref("crm_compliance.group_compliance_manager").all_user_ids
        for redaction in proposed:
            approvers = managers.filtered_domain([("company_ids", "in", redaction.company_id.ids)])
            redaction.message_notify(
                partner_ids=(approvers if redaction.company_id else managers).partner_id.ids,
                subject=self.env._("Retention: contents of the audit trail may go"),
                body=redaction.name,
            )
        return proposed

    @api.model
    def _get_overdue_policies(self):
        """Policies with rows older than they keep, and nothing proposed yet.

        :return: list of (policy, company or none for every one, datetime before which rows may go)
        """
        policies = self.env["compliance.audit.policy"].search([("retention_months", ">", 0)])
        waiting = {
            (redaction.model_id, redaction.company_id)
            for redaction in self.search([("state", "=", "draft"), ("res_id", "=", 0)])
        }
        every = self.env["res.company"].search([("active", "=", True)])
        today = fields.Datetime.today()
        limits = [
            (policy, company, fields.Datetime.subtract(today, months=policy.retention_months))
            for policy in policies
            for company in self._get_retention_companies(policy.retention_user_id, every)
            if not waiting & {(policy.model_id, company), (policy.model_id, every.browse())}
        ]
        overdue = self.env.execute_query(
            SQL(
                "SELECT number - 1 FROM UNNEST(%s::varchar[], %s::int4[], %s::timestamp[])"
                " WITH ORDINALITY AS kept (model, company_id, before, number)"
                " WHERE EXISTS (SELECT FROM compliance_audit_log log WHERE log.model = kept.model"
                " AND (kept.company_id IS NULL OR log.company_id = kept.company_id)"
                " AND log.recorded_at < kept.before AND log.redaction_id IS NULL) ORDER BY number",
                [policy.model for policy, _company, _before in limits],
                [company.id or None for _policy, company, _before in limits],
                [before for _policy, _company, before in limits],
            )
        )
        return [limits[number] for (number,) in overdue]

    @api.model
    def _get_retention_companies(self, user, every):
        """Of whose rows this user may ask that they go: each of his companies by itself, or all there are at once."""
        is_of_every = not user or user._is_superuser() or every <= user.company_ids
        return [every.browse()] if is_of_every else user.company_ids
