# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL

from ...tools import service_clock
from ...tools.forms import open_form
from .compliance_sla_policy import TARGETS

STATES = [
    ("running", "Running"),
    ("paused", "Paused"),
    ("met", "Kept"),
    ("missed", "Not Kept"),
    ("cancelled", "Void"),
]
# Columns of the projection: name, type, key of what service_ledger.judge says. Instants are seconds on their way there.
COLUMNS = (
    ("complaint_id", "int4"),
    ("policy_id", "int4"),
    ("company_id", "int4"),
    ("calendar_id", "int4"),
    ("target", "varchar"),
    ("state", "varchar"),
    ("is_open", "bool"),
    ("is_manual", "bool"),
    ("limit_minutes", "int4"),
    ("used_minutes", "int4"),
    ("date_start", "timestamp"),
    ("deadline", "timestamp"),
    ("warn_at", "timestamp"),
    ("notify_at", "timestamp"),
    ("met_at", "timestamp"),
)
KEY = ("complaint_id", "policy_id")


class ComplianceSlaClock(models.Model):
    """How a complaint stands towards a service level: computed from the ledger, never entered. Rows are replaced by
    ``_project`` in one statement for any number of complaints.
    """

    _name = "compliance.sla.clock"
    _description = "Service Level of a Complaint"
    _order = "is_open desc, deadline, id"
    _log_access = False

    complaint_id = fields.Many2one("compliance.complaint", required=True, readonly=True, index=True, ondelete="cascade")
    policy_id = fields.Many2one(
        "compliance.sla.policy", string="Service Level", required=True, readonly=True, ondelete="restrict"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    calendar_id = fields.Many2one("resource.calendar", string="Working Hours", readonly=True, ondelete="set null")
    target = fields.Selection(TARGETS, required=True, readonly=True)
    state = fields.Selection(STATES, string="Status", required=True, readonly=True)
    is_open = fields.Boolean(readonly=True, help="Neither reached nor void.")
    is_manual = fields.Boolean(string="Set by Hand", readonly=True)
    limit_minutes = fields.Integer(string="Limit (minutes)", readonly=True)
    used_minutes = fields.Integer(
        readonly=True, help="Time counted until the target was reached or the clock stood; empty while it runs."
    )
    limit = fields.Float(string="Limit (hours)", compute="_compute_hours")
    used = fields.Float(string="Used (hours)", compute="_compute_hours", help="Of the time that counts, until now.")
    progress = fields.Float(string="Used (%)", compute="_compute_hours")
    date_start = fields.Datetime(string="Started on", readonly=True)
    deadline = fields.Datetime(readonly=True, help="Empty while the clock stands.")
    warn_at = fields.Datetime(string="Warning", readonly=True)
    notify_at = fields.Datetime(readonly=True, help="When somebody is told next.")
    met_at = fields.Datetime(string="Reached on", readonly=True)
    is_overdue = fields.Boolean(compute="_compute_is_overdue", search="_search_is_overdue")
    user_id = fields.Many2one(related="complaint_id.user_id", string="Owner")
    team_id = fields.Many2one(related="complaint_id.team_id")
    partner_id = fields.Many2one(related="complaint_id.partner_id")

    _case_policy_uniq = models.UniqueIndex("(policy_id, complaint_id)", "A service level has one clock per complaint.")
    _notify_idx = models.Index("(notify_at) WHERE notify_at IS NOT NULL")
    _due_idx = models.Index("(deadline) WHERE state = 'running'")

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("policy_id", "complaint_id")
    def _compute_display_name(self):
        for clock in self:
            clock.display_name = f"{clock.complaint_id.name}: {clock.policy_id.name}"

    @api.depends("limit_minutes", "used_minutes", "state", "deadline")
    def _compute_hours(self):
        """What a running clock has used by now, counted like its deadline."""
        running = self.filtered(lambda clock: clock.is_open and clock.state != "paused")
        used = running._get_used_now() if running else {}
        for clock in self:
            minutes = used.get(clock.id, clock.used_minutes)
            clock.limit = clock.limit_minutes / 60
            clock.used = minutes / 60
            clock.progress = 100 * minutes / clock.limit_minutes if clock.limit_minutes else 100

    def _get_used_now(self):
        """:return: {id: minutes} by the ledger"""
        cases = self.env["compliance.sla.event"].sudo()._replay(self.complaint_id.ids)
        now = service_clock.to_epoch(fields.Datetime.now())
        used = {}
        for clock in self:
            case = cases.get(clock.complaint_id.id)
            promise = case and case.get_promise(clock.policy_id.id)[0]
            start = promise and case.get_start(promise)
            if start is not None and promise:
                line = self.env["resource.calendar"]._get_service_timeline(
                    promise["clock"], promise["calendar"], clock.company_id.id
                )
                pauses = case.get_pauses(promise["target"], promise["pause"])
                used[clock.id] = service_clock.elapsed(line, start, now, pauses) // 60
        return used

    @api.depends("is_open", "deadline")
    def _compute_is_overdue(self):
        now = fields.Datetime.now()
        for clock in self:
            clock.is_overdue = clock.is_open and bool(clock.deadline) and clock.deadline < now

    def _search_is_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        overdue = fields.Domain("is_open", "=", True) & fields.Domain("deadline", "<", "now")
        return overdue if True in value else ~overdue

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    def action_set_deadline(self):
        """Asks for another deadline."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Deadline"),
            "res_model": "compliance.sla.due",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_clock_id": self.id, "default_deadline": self.deadline},
        }

    def action_open_complaint(self):
        """Opens the complaint."""
        self.ensure_one()
        return open_form(self.complaint_id)

    def _set_deadline(self, deadline, reason):
        """Sets the deadline of open clocks by hand; the ledger keeps who and why.

        :param deadline: naive UTC datetime; False gives it back to the service level
        :raises AccessError: for others than the team's leader and compliance officers
        :raises UserError: if the target is reached or void already
        :raises ValidationError: without a reason, or if the deadline is before the clock's start
        """
        self.check_access("read")
        self.complaint_id.check_access("write")
        self._check_may_set_deadline()
        if not (reason or "").strip():
            raise ValidationError(self.env._("Please give the reason."))
        for clock in self:
            if not clock.is_open:
                raise UserError(self.env._("%s is reached or void: it has no deadline any more.", clock.policy_id.name))
            if deadline and deadline < clock.date_start:
                raise ValidationError(self.env._("The deadline cannot be before the complaint."))
        self.env["compliance.sla.event"]._append(
            [
                {
                    "complaint_id": clock.complaint_id.id,
                    "company_id": clock.company_id.id,
                    "kind": "due",
                    "date": service_clock.to_epoch(fields.Datetime.now()),
                    "target": clock.target,
                    "policy_id": clock.policy_id.id,
                    "details": {"deadline": service_clock.to_epoch(deadline) if deadline else None},
                    "reason": reason.strip(),
                }
                for clock in self
            ]
        )
        self.complaint_id._sync_clocks()

    def _check_may_set_deadline(self):
        """Whoever is measured by a deadline does not move it."""
        if self.env.su or self.env.user.has_group("crm_compliance.group_compliance_officer"):
            return
        if any(clock.complaint_id.team_id.user_id != self.env.user for clock in self):
            raise AccessError(self.env._("Deadlines are set by the team's leader and by compliance officers."))

    # -------------------------------------------------------------------------
    # PROJECTION
    # -------------------------------------------------------------------------

    @api.model
    def _project(self, rows, complaint_ids, replace=True):
        """Makes the clocks of complaints what rows say, touching only what differs, in two statements.

        :param rows: list of tuples as ``COLUMNS``, instants in seconds
        :param replace: whether there may be clocks already
        """
        # One text per column is several times as fast as a list of values.
        columns = zip(*rows, strict=True) if rows else [()] * len(COLUMNS)
        arrays = [
            SQL("%s::%s", self._to_array(values), SQL("int8[]" if kind == "timestamp" else f"{kind}[]"))
            for (_name, kind), values in zip(COLUMNS, columns, strict=True)
        ]
        fresh = SQL(
            "SELECT %s FROM UNNEST(%s) AS fresh (%s)",
            SQL(", ").join(self._get_column_sql("fresh", name, kind, convert=True) for name, kind in COLUMNS),
            SQL(", ").join(arrays),
            SQL(", ").join(SQL.identifier(name) for name, _kind in COLUMNS),
        )
        if replace:
            self.env.cr.execute(self._get_replace_sql(fresh, list(complaint_ids)))
        names = SQL(", ").join(SQL.identifier(name) for name, _kind in COLUMNS)
        known = SQL(
            " WHERE NOT EXISTS (SELECT FROM compliance_sla_clock old"
            " WHERE old.complaint_id = fresh.complaint_id AND old.policy_id = fresh.policy_id)"
        )
        if rows:
            self.env.cr.execute(
                SQL(
                    "INSERT INTO compliance_sla_clock (%s) SELECT * FROM (%s) fresh%s",
                    names,
                    fresh,
                    known if replace else SQL(),
                )
            )
        self.invalidate_model(flush=False)

    @api.model
    def _get_replace_sql(self, fresh, complaint_ids):
        """Statement that removes the clocks that are not there any more and updates those that differ."""
        values = [name for name, _kind in COLUMNS if name not in KEY]
        return SQL(
            """
            WITH fresh AS MATERIALIZED (%(fresh)s),
                 gone AS (
                DELETE FROM compliance_sla_clock clock
                 WHERE clock.complaint_id = ANY(%(ids)s)
                   AND NOT EXISTS (SELECT FROM fresh WHERE fresh.complaint_id = clock.complaint_id
                                                       AND fresh.policy_id = clock.policy_id))
            UPDATE compliance_sla_clock clock SET %(assignments)s
              FROM fresh
             WHERE clock.complaint_id = fresh.complaint_id AND clock.policy_id = fresh.policy_id
               AND (%(old)s) IS DISTINCT FROM (%(new)s)
            """,
            fresh=fresh,
            ids=complaint_ids,
            assignments=SQL(", ").join(
                SQL("%s = %s", SQL.identifier(name), SQL.identifier("fresh", name)) for name in values
            ),
            old=SQL(", ").join(SQL.identifier("clock", name) for name in values),
            new=SQL(", ").join(SQL.identifier("fresh", name) for name in values),
        )

    @api.model
    def _get_column_sql(self, alias, name, kind, convert):
        column = SQL.identifier(alias, name)
        if kind == "timestamp" and convert:
            return SQL("to_timestamp(%s) AT TIME ZONE 'UTC' AS %s", column, SQL.identifier(name))
        return column

    @api.model
    def _to_array(self, values):
        """Array literal of numbers, booleans and codes."""
        return "{" + ",".join("NULL" if value is None else str(value) for value in values) + "}"
