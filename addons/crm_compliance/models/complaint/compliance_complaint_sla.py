# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from typing import NamedTuple

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools import service_clock, service_ledger
from .compliance_complaint import INTERNAL

DONE = ("resolved", "closed")
READERS = "crm_compliance.group_compliance_user,crm_compliance.group_compliance_auditor"
# Fields of the complaint that the ledger follows, and what a date among them meets.
MEETS = (("acknowledge", "acknowledged"), ("first_response", "first_response"), ("answer", "proposed"))
PROJECTED = ("sla_deadline", "sla_warn_at", "sla_result", "response_minutes", "resolution_minutes")


class Facts(NamedTuple):
    """What a complaint says of itself; instants in seconds."""

    id: int
    company: int
    team: int
    state: str
    waiting: str
    received: int
    acknowledged: int
    first_response: int
    proposed: int
    resolved: int
    follow_up: int
    merged: int


class ComplianceComplaint(models.Model):
    """Service levels of a complaint: what happens is told to the ledger, and the clocks follow from the ledger."""

    _inherit = "compliance.complaint"

    sla_clock_ids = fields.One2many(
        "compliance.sla.clock", "complaint_id", string="Service Levels", readonly=True, groups=READERS
    )
    sla_event_ids = fields.One2many(
        "compliance.sla.event", "complaint_id", string="Service Level Events", readonly=True, groups=READERS
    )
    # Written by _project_clocks alone, in one statement for all complaints. No index on them: with one, every update
    # of a deadline would touch all indexes of the table.
    sla_deadline = fields.Datetime(
        string="Deadline",
        readonly=True,
        copy=False,
        groups=INTERNAL,
        help="The next one of its service levels.",
    )
    sla_warn_at = fields.Datetime(string="At Risk from", readonly=True, copy=False, groups=INTERNAL)
    sla_result = fields.Selection(
        [("none", "None"), ("open", "Open"), ("met", "Kept"), ("missed", "Not Kept")],
        string="Service Levels Were",
        readonly=True,
        copy=False,
        groups=INTERNAL,
    )
    response_minutes = fields.Integer(
        string="Time to First Response (minutes)", readonly=True, copy=False, groups=INTERNAL, help="Working time."
    )
    resolution_minutes = fields.Integer(
        string="Time to Resolution (minutes)",
        readonly=True,
        copy=False,
        groups=INTERNAL,
        help="Working time, without waiting for others and without the time the complaint was considered resolved.",
    )
    sla_state = fields.Selection(
        [
            ("on_time", "On Time"),
            ("at_risk", "Due Soon"),
            ("overdue", "Overdue"),
            ("met", "Kept"),
            ("missed", "Not Kept"),
            ("none", "None"),
        ],
        string="Service Level",
        compute="_compute_sla_state",
        search="_search_sla_state",
        groups=INTERNAL,
    )

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("sla_deadline", "sla_warn_at", "sla_result")
    def _compute_sla_state(self):
        now = fields.Datetime.now()
        for complaint in self:
            if complaint.sla_result != "open":
                complaint.sla_state = complaint.sla_result or "none"
            elif complaint.sla_deadline and complaint.sla_deadline < now:
                complaint.sla_state = "overdue"
            elif complaint.sla_warn_at and complaint.sla_warn_at <= now:
                complaint.sla_state = "at_risk"
            else:
                complaint.sla_state = "on_time"

    def _search_sla_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        is_open = Domain("sla_result", "=", "open")
        overdue = is_open & Domain("sla_deadline", "<", "now")
        at_risk = is_open & ~overdue & Domain("sla_warn_at", "<=", "now")
        domains = {
            "overdue": overdue,
            "at_risk": at_risk,
            "on_time": is_open & ~overdue & ~at_risk,
            "met": Domain("sla_result", "=", "met"),
            "missed": Domain("sla_result", "=", "missed"),
            "none": Domain("sla_result", "in", ("none", False)),
        }
        return Domain.OR(domains[state] for state in value if state in domains)

    @api.model
    def _get_decided_fields(self):
        """What follows from the ledger is not entered."""
        return {*super()._get_decided_fields(), *PROJECTED, "sla_clock_ids", "sla_event_ids"}

    # -------------------------------------------------------------------------
    # LEDGER
    # -------------------------------------------------------------------------

    def _after_clock_facts(self, before):  # pylint: disable=missing-return
        super()._after_clock_facts(before)
        self._sync_clocks()

    def _sync_clocks(self, reason=None, terms=True):
        """Tells the ledger what it does not know yet and computes the clocks from it, in a constant number of queries.

        :param str reason: why other terms may hold by now
        :param terms: whether other policies may apply than before
        """
        # sudo: service levels are measured whoever works on the case, the customer in the portal included.
        self = self.sudo()
        facts = self._get_facts()
        if not facts:
            return
        events = self.env["compliance.sla.event"]
        cases = events._replay(self.ids)
        is_new = not cases
        promises = self._get_promises(facts, cases, terms)
        now = service_clock.to_epoch(fields.Datetime.now())
        missing = []
        for fact in facts:
            case = cases.setdefault(fact.id, service_ledger.Case())
            for kind, date, target, details in self._get_missing_events(fact, case, promises, now):
                case.apply(kind, date, target, None, details)
                missing.append(
                    {
                        "complaint_id": fact.id,
                        "company_id": fact.company,
                        "kind": kind,
                        "date": date,
                        "target": target,
                        "details": details,
                        "reason": reason if kind == "change" else None,
                    }
                )
        events._append(missing)
        self._project_clocks(facts, cases, now, replace=not is_new)

    def _get_facts(self):
        """:return: list of Facts"""
        self.flush_recordset(
            [
                "company_id",
                "team_id",
                "state",
                "waiting",
                "date_received",
                "date_acknowledged",
                "date_first_response",
                "date_proposed",
                "date_resolved",
                "date_closed",
                "follow_up_done_at",
                "merged_into_id",
            ]
        )
        dates = SQL(", ").join(
            SQL("FLOOR(EXTRACT(EPOCH FROM %s))::int8", expression)
            for expression in (
                SQL("date_received"),
                SQL("date_acknowledged"),
                SQL("date_first_response"),
                SQL("date_proposed"),
                SQL("COALESCE(date_resolved, date_closed)"),
                SQL("follow_up_done_at"),
            )
        )
        rows = self.env.execute_query(
            SQL(
                "SELECT id, company_id, team_id, state, waiting, %s, merged_into_id FROM compliance_complaint"
                " WHERE id = ANY(%s)",
                dates,
                self.ids,
            )
        )
        return [Facts(*row) for row in rows]

    def _get_promises(self, facts, cases, terms):
        """What is promised to each complaint now.

        :param terms: whether the policies that apply are to be looked up, or those of the ledger still hold
        :return: {complaint id: terms as the ledger keeps them}; complaints whose terms stay as they are are left out
        """
        if not terms:
            return {}
        open_cases = [fact for fact in facts if self._is_measured(fact, cases.get(fact.id))]
        policies = self.env["compliance.sla.policy"]
        matches = policies._get_matches(self.browse([fact.id for fact in open_cases])) if open_cases else {}
        promises, built = {}, {}
        for fact in open_cases:
            ids = tuple(matches.get(fact.id, ()))
            key = ids, fact.team, fact.company
            if key not in built:
                calendar = self._get_case_calendar(fact.team, fact.company)
                built[key] = {policy.id: policy._get_promise(calendar) for policy in policies.browse(ids)}
            promises[fact.id] = built[key]
        return promises

    @api.model
    def _is_measured(self, fact, case):
        """Whether anything can still change: not for what is over."""
        if case is None or fact.state not in (*DONE, "cancelled"):
            return True
        return case.cancelled is None and not (case.resolved is not None and "follow_up" in case.met)

    @api.model
    def _get_case_calendar(self, team_id, company_id):
        team = self.env["compliance.complaint.team"].browse(team_id)
        return team.resource_calendar_id or self.env["res.company"].browse(company_id).resource_calendar_id

    @api.model
    def _get_missing_events(self, fact, case, promises, now):
        """What happened to a complaint and is not in the ledger yet, in the order of a case's life. The caller applies
        each event before the next one is asked for.

        :return: generator of (kind, instant, target, details)
        """
        terms = promises.get(fact.id)
        if case.start is None:
            yield "start", fact.received, None, {"terms": terms or {}}
        else:
            if case.start != fact.received:
                yield "start", fact.received, None, None
            if terms is not None and terms != case.terms:
                yield "change", now, None, {"terms": terms}
        is_done = fact.state in DONE
        if (case.cancelled is not None and fact.state != "cancelled") or (
            case.resolved is not None and fact.state not in (*DONE, "cancelled")
        ):
            yield "reopen", now, None, None
        for target, name in MEETS:
            date = getattr(fact, name)
            if date is not None and target not in case.met:
                yield "meet", date, target, None
        if is_done and case.resolved is None:
            yield "meet", fact.resolved if fact.resolved is not None else now, "resolution", None
        if is_done and fact.follow_up is not None and "follow_up" not in case.met:
            yield "meet", fact.follow_up, "follow_up", None
        if fact.state == "cancelled" and case.cancelled is None:
            yield "cancel", now, None, {"merged_into": fact.merged} if fact.merged else None
        if not is_done and fact.state != "cancelled":
            waiting = fact.waiting if fact.waiting != "none" else None
            if waiting != case.waiting:
                yield ("pause" if waiting else "resume"), now, waiting, None

    # -------------------------------------------------------------------------
    # PROJECTION
    # -------------------------------------------------------------------------

    def _project_clocks(self, facts, cases, now, replace=True):
        """Computes clocks and what the complaints show of them.

        :param cases: {complaint id: service_ledger.Case}
        """
        rows, heads, judged = [], [], {}
        for fact in facts:
            # Cases that came in and moved together are alike.
            key = fact.company, fact.team, cases[fact.id].get_key()
            if key not in judged:
                own = self._judge_case(fact, cases[fact.id], now)
                judged[key] = own, self._get_head(fact, cases[fact.id], own)
            own, head = judged[key]
            rows += [(fact.id, *row[1:]) for row in own]
            heads.append((fact.id, *head[1:]))
        self.env["compliance.sla.clock"]._project(rows, self.ids, replace=replace)
        to_array = self.env["compliance.sla.clock"]._to_array
        self.env.cr.execute(
            SQL(
                """
                UPDATE compliance_complaint complaint
                   SET sla_deadline = fresh.deadline, sla_warn_at = fresh.warn_at, sla_result = fresh.result,
                       response_minutes = fresh.response, resolution_minutes = fresh.resolution
                  FROM (SELECT id, to_timestamp(deadline) AT TIME ZONE 'UTC' AS deadline,
                               to_timestamp(warn_at) AT TIME ZONE 'UTC' AS warn_at, result, response, resolution
                          FROM UNNEST(%s::int4[], %s::int8[], %s::int8[], %s::varchar[], %s::int4[], %s::int4[])
                               AS head (id, deadline, warn_at, result, response, resolution)) fresh
                 WHERE complaint.id = fresh.id
                   AND (complaint.sla_deadline, complaint.sla_warn_at, complaint.sla_result,
                        complaint.response_minutes, complaint.resolution_minutes)
                       IS DISTINCT FROM (fresh.deadline, fresh.warn_at, fresh.result, fresh.response, fresh.resolution)
                """,
                *[to_array(values) for values in zip(*heads, strict=True)],
            )
        )
        self.invalidate_recordset([*PROJECTED, "sla_state", "sla_clock_ids", "sla_event_ids"], flush=False)

    @api.model
    def _judge_case(self, fact, case, now):
        """:return: list of rows as ``compliance.sla.clock`` keeps them"""
        get_timeline = self.env["resource.calendar"]._get_service_timeline
        rows = []
        for policy in case.get_policies():
            promise, holds = case.get_promise(policy)
            if promise is None:
                continue
            calendar = promise["calendar"]
            working = get_timeline("working_hours", calendar, fact.company)
            timeline = get_timeline(promise["clock"], calendar, fact.company)
            verdict = service_ledger.judge(case, policy, promise, holds, timeline, working, now)
            if verdict is None:
                continue
            rows.append(
                (
                    fact.id,
                    policy,
                    fact.company,
                    calendar or None,
                    promise["target"],
                    verdict["state"],
                    verdict["is_open"],
                    verdict["is_manual"],
                    promise["limit"] // 60,
                    None if verdict["used"] is None else verdict["used"] // 60,
                    verdict["start"],
                    verdict["deadline"],
                    verdict["warn"],
                    verdict["notify"],
                    verdict["met"],
                )
            )
        return rows

    @api.model
    def _get_head(self, fact, case, rows):
        """What a complaint shows of its clocks: id, deadline, at risk from, result, and its working time in minutes."""
        state, is_open, deadline, warn = 5, 6, 11, 12
        running = [row for row in rows if row[is_open]]
        states = {row[state] for row in rows}
        deadlines = [row[deadline] for row in running if row[deadline] is not None]
        warnings = [row[warn] for row in running if row[warn] is not None]
        result = "open" if running else next((name for name in ("missed", "met") if name in states), "none")
        response, resolution = case.met.get("first_response"), case.resolved
        if response is not None or resolution is not None:
            calendar = self._get_case_calendar(fact.team, fact.company)
            line = self.env["resource.calendar"]._get_service_timeline("working_hours", calendar.id, fact.company)
            everybody = ("customer", "third_party")
            response = response and service_clock.elapsed(line, case.start, response) // 60
            if resolution is not None:
                pauses = case.get_pauses("resolution", everybody, resolution)
                resolution = service_clock.elapsed(line, case.start, resolution, pauses) // 60
        return fact.id, min(deadlines, default=None), min(warnings, default=None), result, response, resolution
