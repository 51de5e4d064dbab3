# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
from ast import literal_eval

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

TARGETS = [
    ("acknowledge", "Acknowledgement"),
    ("first_response", "First Response"),
    ("answer", "Answer"),
    ("resolution", "Resolution"),
    ("follow_up", "Follow-up Call"),
]
CLOCKS = [
    ("working_hours", "Working Hours"),
    ("working_days_24h", "24 Hours per Working Day"),
    ("calendar", "Calendar Time"),
]
# What a clock shows does not depend on these.
COSMETIC = {
    "name",
    "description",
    "sequence",
    "escalation_user_id",
    "warn_template_id",
    "escalation_template_id",
}
MAX_LIMIT = 10_000


class ComplianceSlaPolicy(models.Model):
    """What customers are promised: which complaints have to reach what within how much time."""

    _name = "compliance.sla.policy"
    _description = "Service Level"
    _inherit = ["mail.thread", "compliance.condition"]
    _order = "sequence, id"
    _check_company_auto = True
    _condition_fields = ("domain",)

    name = fields.Char(required=True, translate=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    sequence = fields.Integer(default=10)
    description = fields.Text(translate=True)
    company_id = fields.Many2one("res.company", index=True, help="Empty: of all companies.")
    target = fields.Selection(
        TARGETS,
        required=True,
        default="resolution",
        tracking=True,
        help="What has to happen in time: the complaint is acknowledged; somebody answers for the first time; a"
        " solution is proposed; the complaint is resolved; the customer is called again after it was resolved.",
    )
    domain = fields.Char(string="Complaints", default="[]", tracking=True, help="Which complaints; empty: all.")
    limit = fields.Float(
        string="Within (hours)",
        required=True,
        default=24,
        tracking=True,
        help="With 24 hours per working day, 24 hours are one working day.",
    )
    clock = fields.Selection(
        CLOCKS,
        required=True,
        default="working_hours",
        tracking=True,
        help="Working hours: only the hours in which people work count. 24 hours per working day: the whole day counts"
        " on every day on which people work. Calendar time: every hour counts.",
    )
    calendar_id = fields.Many2one(
        "resource.calendar",
        string="Working Hours of",
        domain="[('company_id', 'in', [company_id, False] if company_id else allowed_company_ids + [False])]",
        tracking=True,
        ondelete="restrict",
        help="Empty: the hours of the complaint's team, or of the company.",
    )
    hours_note = fields.Char(string="About the Working Hours", compute="_compute_hours_note")
    warn_percent = fields.Integer(
        string="Warn at (%)",
        default=75,
        tracking=True,
        help="The owner is warned when this much of the time is used up, within working hours. 0: no warning.",
    )
    pause_customer = fields.Boolean(
        string="Stands while Waiting for the Customer",
        default=True,
        tracking=True,
        help="Waiting for our own people never stops the clock, nor does any waiting stop that of the first response.",
    )
    pause_third_party = fields.Boolean(string="Stands while Waiting for a Third Party", tracking=True)
    restart_on_reopen = fields.Boolean(
        string="Starts anew when Reopened",
        tracking=True,
        help="Otherwise a reopened complaint has what was left of its time.",
    )
    escalation_user_id = fields.Many2one(
        "res.users",
        string="Escalate to",
        domain="[('share', '=', False)]",
        ondelete="restrict",
        tracking=True,
        help="Who is told that the time is up; empty: the leader of the complaint's team.",
    )
    warn_template_id = fields.Many2one(
        "mail.template",
        string="Mail of the Warning",
        domain="[('model', '=', 'compliance.sla.clock')]",
        default=lambda self: self.env.ref("crm_compliance.mail_template_sla_warning", raise_if_not_found=False),
        ondelete="set null",
        help="Empty: only an activity.",
    )
    escalation_template_id = fields.Many2one(
        "mail.template",
        string="Mail of the Escalation",
        domain="[('model', '=', 'compliance.sla.clock')]",
        default=lambda self: self.env.ref("crm_compliance.mail_template_sla_escalation", raise_if_not_found=False),
        ondelete="set null",
        help="Empty: only an activity.",
    )
    summary = fields.Char(compute="_compute_summary")
    clock_count = fields.Integer(string="Complaints Measured", compute="_compute_figures")
    open_count = fields.Integer(string="Open", compute="_compute_figures")
    decided_count = fields.Integer(string="Kept or Missed", compute="_compute_figures")
    attainment = fields.Float(string="Kept (%)", compute="_compute_figures", digits=(5, 1))

    _limit_range = models.Constraint(
        f'CHECK("limit" >= 0 AND "limit" <= {MAX_LIMIT})', "The time of a service level is between 0 and 10,000 hours."
    )
    _warn_range = models.Constraint(
        "CHECK(warn_percent >= 0 AND warn_percent < 100)",
        "A warning comes at 1 to 99 % of the time, or not at all (0).",
    )

    # -------------------------------------------------------------------------
    # COMPUTES AND CONSTRAINTS
    # -------------------------------------------------------------------------

    @api.depends("limit", "clock")
    @api.depends_context("lang")
    def _compute_summary(self):
        for policy in self:
            if policy.clock == "working_days_24h" and policy.limit > 24 and not policy.limit % 24:
                policy.summary = self.env._("%d working days", policy.limit / 24)
            elif policy.clock == "working_days_24h":
                policy.summary = self.env._("%g hours on working days", policy.limit)
            elif policy.clock == "working_hours":
                policy.summary = self.env._("%g working hours", policy.limit)
            else:
                policy.summary = self.env._("%g hours", policy.limit)

    @api.depends("calendar_id", "clock")
    @api.depends_context("lang")
    def _compute_hours_note(self):
        for policy in self:
            policy.hours_note = policy.clock != "calendar" and policy.calendar_id._describe_service_hours()

    def _compute_figures(self):
        counts = self.env["compliance.sla.clock"]._read_group(
            [("policy_id", "in", self.ids)], ["policy_id", "state", "is_open"], ["__count"]
        )
        for policy in self:
            own = [(state, is_open, count) for found, state, is_open, count in counts if found == policy]
            met = sum(count for state, _is_open, count in own if state == "met")
            missed = sum(count for state, _is_open, count in own if state == "missed")
            policy.clock_count = sum(count for _state, _is_open, count in own)
            policy.open_count = sum(count for _state, is_open, count in own if is_open)
            policy.decided_count = met + missed
            policy.attainment = 100 * met / (met + missed) if met + missed else 0

    @api.constrains("domain")
    def _check_domain(self):
        for policy in self:
            if policy._get_condition_fault():
                raise ValidationError(
                    self.env._("The condition of %(policy)s is not one on complaints.", policy=policy.name)
                )

    @api.constrains("calendar_id", "clock", "company_id")
    def _check_calendar(self):
        pairs = [
            (policy.calendar_id, policy.company_id or self.env.company)
            for policy in self
            if policy.calendar_id and policy.clock != "calendar"
        ]
        for (calendar, _company), found in self.env["resource.calendar"]._has_service_time(pairs).items():
            if not found:
                raise ValidationError(
                    self.env._("%(hours)s has no working time: no deadline could ever be met.", hours=calendar.name)
                )

    # -------------------------------------------------------------------------
    # CRUD AND ACTIONS
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        policies = super().create(vals_list)
        policies._after_change()
        return policies

    def write(self, vals):
        """What is promised changes for open complaints; what was met stays judged by the terms of its time."""
        result = super().write(vals)
        if set(vals) - COSMETIC and not all(name.startswith(("message_", "activity_")) for name in vals):
            self._after_change()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        if self.env["compliance.sla.clock"].sudo().search_count([("policy_id", "in", self.ids)], limit=1):
            raise ValidationError(
                self.env._("Service levels that complaints were measured by are part of the record: archive them.")
            )

    def action_view_clocks(self):
        """The complaints measured by it."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_compliance.compliance_sla_clock_action")
        return {**action, "domain": [("policy_id", "=", self.id)], "context": {}}

    # -------------------------------------------------------------------------
    # HELPERS
    # -------------------------------------------------------------------------

    def _after_change(self):
        self.env["compliance.sla.replay"].sudo()._enqueue(
            company=self.company_id if len(self.company_id) == 1 and all(self.mapped("company_id")) else None,
            reason=", ".join(self.mapped("name")),
        )

    def _try_conditions(self):
        self.env["compliance.complaint"].sudo()._search(self._parse_domain())

    def _parse_domain(self):
        self.ensure_one()
        return Domain(literal_eval(self.domain or "[]"))

    def _get_condition(self, complaints, query):
        """SQL of what has to hold of a complaint; None if that cannot be told any more. A field may have gone with its
        add-on: that must not keep complaints from being taken in.
        """
        try:
            domain = self._parse_domain()
            if self.company_id:
                domain &= Domain("company_id", "=", self.company_id.id)
            return domain.optimize_full(complaints)._to_sql(complaints, query.table, query)
        except (ValueError, SyntaxError, TypeError, KeyError) as error:
            _logger.warning("The service level %s applies to nothing, its condition is none: %s", self.name, error)
            return None

    @api.model
    def _get_matches(self, complaints):
        """Which policies apply, in one query.

        :return: {complaint id: list of policy ids in their order}; complaints none applies to are left out
        """
        policies = self.sudo().search([("company_id", "in", [False, *complaints.sudo().company_id.ids])])
        if not policies:
            return {}
        complaints = complaints.sudo().with_context(active_test=False)
        # The complaints are looked at once, whatever the number of policies.
        query = complaints._search([("id", "in", complaints.ids)])
        conditions = {policy.id: policy._get_condition(complaints, query) for policy in policies}
        conditions = {policy_id: condition for policy_id, condition in conditions.items() if condition}
        rows = self.env.execute_query(query.select(SQL.identifier(query.table, "id"), *conditions.values()))
        ids = list(conditions)
        matches = {
            complaint_id: [policy_id for policy_id, applies in zip(ids, flags, strict=True) if applies]
            for complaint_id, *flags in rows
        }
        return {complaint_id: found for complaint_id, found in matches.items() if found}

    def _get_promise(self, calendar):
        """Terms as the ledger keeps them, see ``tools/service_ledger.py``.

        :param calendar: of the complaint's team
        """
        self.ensure_one()
        limit = round(self.limit * 3600)
        pause = [whom for whom in ("customer", "third_party") if self[f"pause_{whom}"]]
        return {
            "target": self.target,
            "clock": self.clock,
            "limit": limit,
            "warn": round(limit * (100 - self.warn_percent) / 100) if self.warn_percent else 0,
            "calendar": (self.calendar_id or calendar).id,
            "pause": pause,
            "restart": self.restart_on_reopen,
        }
