# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ..dossier.compliance_profile import RISK_LEVELS
from .compliance_decision import MANAGER
from .compliance_risk_factor import RANKS

# What is asked for. Whoever changes it is who asks for it.
ASKED = {"profile_id", "level", "reason", "date_to"}


class ComplianceRiskOverride(models.Model):
    """A level set by people instead of the risk model, for a reason and until a day: one person asks for it, a manager
    who is somebody else approves it. Where a factor demands a lowest level, that still holds.
    """

    _name = "compliance.risk.override"
    _description = "Risk Level Override"
    _inherit = ["compliance.decision", "compliance.discussion", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True
    _decided_fields = frozenset({"state", "requested_by", "approved_by", "approved_at"})

    profile_id = fields.Many2one(
        "compliance.profile",
        string="Dossier",
        required=True,
        index=True,
        ondelete="cascade",
        tracking=True,
    )
    partner_id = fields.Many2one(related="profile_id.partner_id", string="Customer")
    company_id = fields.Many2one(related="profile_id.company_id", store=True, index=True)
    level_before = fields.Selection(related="profile_id.risk_level", string="Level Now")
    level = fields.Selection(RISK_LEVELS, required=True, tracking=True)
    reason = fields.Text(required=True, tracking=True)
    date_to = fields.Date("Until", required=True, tracking=True, help="Last day on which the level is set.")
    state = fields.Selection(
        [("draft", "Requested"), ("approved", "Approved"), ("refused", "Refused"), ("expired", "Expired")],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        tracking=True,
    )
    requested_by = fields.Many2one(
        "res.users", required=True, readonly=True, copy=False, default=lambda self: self.env.user
    )
    approved_by = fields.Many2one("res.users", string="Decided by", readonly=True, copy=False, tracking=True)
    approved_at = fields.Datetime("Decided at", readonly=True, copy=False)
    can_approve = fields.Boolean(compute="_compute_can_approve")

    _approved_uniq = models.UniqueIndex(
        "(profile_id) WHERE state = 'approved'", "The level of this customer is set already."
    )

    @api.depends("partner_id", "level")
    def _compute_display_name(self):
        levels = dict(self._fields["level"]._description_selection(self.env))
        for override in self:
            level = levels.get(override.level)
            override.display_name = ": ".join(filter(None, (override.partner_id.display_name, level)))

    @api.depends("state", "requested_by")
    @api.depends_context("uid")
    def _compute_can_approve(self):
        manager = self.env.user.has_group(MANAGER)
        for override in self:
            override.can_approve = manager and override.state == "draft" and override.requested_by != self.env.user

    @api.constrains("date_to")
    def _check_date_to(self):
        for override in self:
            if override.state == "draft" and override.date_to < override.company_id._get_compliance_today():
                raise ValidationError(self.env._("A level cannot be set until a day that has passed."))

    @api.constrains("level")
    def _check_floor(self):
        """:raises ValidationError: if a factor that applies now demands a higher level"""
        for override in self:
            floor = override.profile_id.sudo()._get_risk_floor()
            if RANKS[override.level] < RANKS[floor]:
                levels = dict(self._fields["level"]._description_selection(self.env))
                raise ValidationError(
                    self.env._(
                        "%(customer)s cannot be set to %(level)s: a factor demands at least %(floor)s.",
                        customer=override.partner_id.display_name,
                        level=levels[override.level].lower(),
                        floor=levels[floor].lower(),
                    )
                )

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    def _prepare_request(self, vals):
        """Whoever changes what is asked for is who asks for it."""
        return {**vals, "requested_by": self.env.uid} if ASKED & set(vals) else vals

    def _check_undecided(self):
        if self.filtered(lambda override: override.state != "draft"):
            raise UserError(self.env._("A level that was decided on is part of the record; ask for another instead."))

    @api.model
    def _refuse_decision(self):
        raise AccessError(self.env._("A level is set by two people: one asks for it, another approves it."))

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    def action_approve(self):
        """Sets the level, in place of one set before.

        :raises AccessError: unless the user is a compliance manager who did not ask for it
        :raises ValidationError: if it is too late, or a factor demands more
        """
        self._check_approver()
        self._check_date_to()
        self._check_floor()
        standing = Domain("profile_id", "=", self.profile_id.id) & Domain("state", "=", "approved")
        replaced = self.search(standing)
        replaced._write_decision({"state": "expired"})
        replaced.flush_recordset()  # before another becomes the one approved
        self._decide("approved")

    def action_refuse(self):
        """:raises AccessError: unless the user is a compliance manager who did not ask for it"""
        self._check_approver()
        self._decide("refused")

    def action_end(self):
        """Ends a level set, before its day.

        :raises AccessError: unless the user is a compliance manager
        """
        self.ensure_one()
        self._check_manager()
        if self.state != "approved":
            raise UserError(self.env._("This level is not set."))
        self._write_decision({"state": "expired"})
        self._rescore()

    def _check_manager(self):
        self.check_access("write")
        if not self.env.user.has_group(MANAGER):
            raise AccessError(self.env._("Only compliance managers decide on risk levels."))

    def _check_approver(self):
        self.ensure_one()
        self._check_manager()
        self._check_undecided()
        if self.requested_by == self.env.user:
            self._refuse_decision()

    def _decide(self, state):
        self._write_decision({"state": state, "approved_by": self.env.uid, "approved_at": fields.Datetime.now()})
        self._rescore()

    def _rescore(self):
        self.flush_recordset()
        self.env["compliance.profile"].sudo()._score(self.profile_id.sudo().partner_id)

    # -------------------------------------------------------------------------
    # HELPERS
    # -------------------------------------------------------------------------

    @api.model
    def _expire(self):
        """Notes which levels are not set any more. The scoring goes by their days, not by this."""
        self.flush_model()
        self.env.cr.execute(
            SQL(
                "UPDATE compliance_risk_override asked"
                " SET state = 'expired', write_date = now() AT TIME ZONE 'UTC'"
                " FROM (VALUES %s) day (company_id, today)"
                " WHERE asked.company_id = day.company_id AND state = 'approved' AND date_to < day.today",
                self.env["res.company"]._get_compliance_days_sql(),
            )
        )
        self.invalidate_model(["state"], flush=False)
