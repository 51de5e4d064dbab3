# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import datetime, time, timedelta

import pytz

from odoo import fields, models
from odoo.exceptions import LockError, UserError, ValidationError
from odoo.tools import format_date, is_html_empty

from .compliance_complaint import OPEN

DONE = ("resolved", "closed")


class ComplianceComplaint(models.Model):
    """The steps of a case. Each checks the right to write and where the case stands, and ends in ``_transition``."""

    _inherit = "compliance.complaint"

    # -------------------------------------------------------------------------
    # STEPS
    # -------------------------------------------------------------------------

    def action_acknowledge(self):
        """The customer is told that the complaint has arrived and whose it is."""
        self._check_step(("new",))
        self._take_first_contact()
        return self._transition({"state": "acknowledged", "date_acknowledged": fields.Datetime.now()})

    def action_investigate(self):
        """Somebody looks into it; whoever skips the acknowledgement has given it."""
        self._check_step(("new", "acknowledged"))
        self._take_first_contact()
        return self._transition_acknowledged({"state": "investigating"})

    def action_wait_customer(self):
        """The customer is asked for something."""
        self._check_step(OPEN)
        self._take_first_contact()
        return self._wait("customer")

    def action_wait_third_party(self):
        """Somebody else is asked for something."""
        self._check_step(("new", "acknowledged", "investigating"))
        self._take_first_contact()
        return self._wait("third_party")

    def action_resume(self):
        """What was waited for is there.

        :raises UserError: if nothing was waited for
        """
        self._check_step(OPEN)
        self._check_all(lambda case: case.waiting != "none", self.env._("%s waits for nobody."))
        return self._transition({"waiting": "none", "waiting_since": False})

    def action_propose_solution(self):
        """The customer is shown the solution and asked whether it helps.

        :raises UserError: without a solution, or without a root cause where the team requires one
        """
        self._check_step(("new", "acknowledged", "investigating"))
        self._check_all(
            lambda case: not is_html_empty(case.solution), self.env._("Write the solution of %s down first.")
        )
        self._check_cause()
        self._take_first_contact()
        now = fields.Datetime.now()
        return self._transition_acknowledged(
            {
                "state": "solution_proposed",
                "date_proposed": now,
                "date_close_notice": False,
                "waiting": "customer",
                "waiting_since": now,
            }
        )

    def action_confirm_solution(self):
        """The customer says that the solution helps."""
        self._check_step(("solution_proposed",))
        return self._resolve()

    def action_reject_solution(self, reason=None):
        """The customer says that it does not help; without a reason given asks for it.

        :param str reason: what the customer says
        """
        self._check_step(("solution_proposed",))
        if reason is None:
            return self._ask("reject")
        reason = self._check_reason(reason)
        self._transition({"state": "investigating", **self._not_waiting(), "date_proposed": False})
        return self._note(self.env._("The customer rejects the solution: %s", reason))

    def action_resolve(self):
        """The case is solved.

        :raises UserError: without a root cause where the team requires one
        """
        self._check_step(("acknowledged", "investigating", "solution_proposed"))
        self._check_cause()
        return self._resolve()

    def action_close(self):
        """Nothing more is to be done."""
        self._check_step(("resolved",))
        return self._transition({"state": "closed", "date_closed": fields.Datetime.now()})

    def action_cancel(self, reason=None):
        """The case was none; without a reason given asks for it.

        :param str reason: why
        """
        self._check_step(OPEN)
        if reason is None:
            return self._ask("cancel")
        reason = self._check_reason(reason)
        self._unlink_step_activities()
        return self._transition({"state": "cancelled", "cancel_reason": reason, **self._not_waiting()})

    def action_reopen(self, reason=None):
        """It was not solved after all; without a reason given asks for it.

        :param str reason: why
        :raises UserError: if the case was merged into another one
        """
        self._check_step((*DONE, "cancelled"))
        self._check_all(
            lambda case: not case.sudo().merged_into_id, self.env._("%s was merged into another case; go on there.")
        )
        if reason is None:
            return self._ask("reopen")
        reason = self._check_reason(reason)
        self._unlink_step_activities()
        # The deadlines start from what is known now; how often it happened is kept per case.
        for count, cases in self.grouped("reopen_count").items():
            cases._transition(
                {
                    "state": "investigating",
                    "reopen_count": count + 1,
                    **self._not_waiting(),
                    **dict.fromkeys(self._get_outcome_fields(), False),
                }
            )
        return self._note(self.env._("Reopened: %s", reason))

    # -------------------------------------------------------------------------
    # FOLLOW-UP
    # -------------------------------------------------------------------------

    def action_follow_up_done(self, note=None):
        """The customer was called again; without a note asks for it.

        :param str note: what the customer said
        """
        self._check_step(DONE)
        self._check_all(lambda case: not case.follow_up_done_at, self.env._("%s was followed up already."))
        if note is None:
            return self._ask("follow_up")
        note = self._check_reason(note)
        self._unlink_step_activities()
        return self._transition({"follow_up_done_at": fields.Datetime.now(), "follow_up_note": note})

    def _plan_follow_up(self):
        """Sets the days of the call, and an activity for the owner."""
        today = fields.Datetime.now()
        for (team, company), cases in self.grouped(lambda case: (case.team_id, case.company_id)).items():
            first, latest = (
                cases._add_working_days(team._get_calendar() if team else company.resource_calendar_id, today, days)
                for days in (company.complaint_follow_up_from, company.complaint_follow_up_to)
            )
            cases._transition({"follow_up_date": first, "follow_up_latest": latest})
            cases._schedule_follow_up(first, latest)

    def _schedule_follow_up(self, first, latest):
        for owner, cases in self.grouped("user_id").items():
            if owner.active:
                env = self.with_context(lang=owner.lang).env
                cases.activity_schedule(
                    "crm_compliance.mail_activity_type_follow_up",
                    first,
                    summary=env._("Ask whether the solution holds, until %s", format_date(env, latest)),
                    user_id=owner.id,
                )

    def _add_working_days(self, calendar, moment, days):
        """:param calendar: working hours, may be empty: then every day counts
        :param datetime moment: naive UTC
        :return: the date that many working days after the moment's day
        """
        if not calendar:
            return (moment + timedelta(days=days)).date()
        tz = pytz.timezone(calendar.tz or "UTC")
        local = pytz.utc.localize(moment).astimezone(tz)
        tomorrow = tz.localize(datetime.combine(local.date() + timedelta(days=1), time.min))
        end = calendar.plan_days(days, tomorrow, compute_leaves=True)
        return end.astimezone(tz).date() if end else (local + timedelta(days=days)).date()

    def _unlink_step_activities(self):
        """Calls that need not be made any more."""
        self.sudo().activity_unlink(["crm_compliance.mail_activity_type_follow_up"])

    # -------------------------------------------------------------------------
    # HELPERS
    # -------------------------------------------------------------------------

    def _check_step(self, states):
        """Locks the cases for the rest of the transaction: of two people who decide at once, one is refused.

        :raises AccessError: without the right to write
        :raises UserError: if somebody else is at it, or has been and the case stands elsewhere by now
        """
        self.check_access("write")
        self._lock()
        labels = dict(self._fields["state"]._description_selection(self.env))
        for complaint in self:
            if complaint.state not in states:
                raise UserError(
                    self.env._(
                        "%(case)s is in the status %(status)s by now; this step begins from: %(states)s.",
                        case=complaint.name,
                        status=labels[complaint.state],
                        states=", ".join(labels[state] for state in states),
                    )
                )

    def _lock(self):
        try:
            self.lock_for_update(allow_referencing=True)
        except LockError as error:
            raise UserError(
                self.env._("Somebody else is changing this case at the moment; look at it again.")
            ) from error

    def _check_all(self, condition, message):
        """:raises UserError: the message with the number of the first case that does not meet the condition"""
        for complaint in self:
            if not condition(complaint):
                raise UserError(message % complaint.name)

    def _check_cause(self):
        self._check_all(
            lambda case: case.sudo().cause_id or not case.team_id.require_cause,
            self.env._("Say what caused %s first."),
        )

    def _check_reason(self, reason):
        """:return: the reason, trimmed
        :raises ValidationError: without one
        """
        if not (reason or "").strip():
            raise ValidationError(self.env._("Please give the reason."))
        return reason.strip()

    def _ask(self, step):
        return self.env["compliance.complaint.step"]._open(self, step)

    def _note(self, text):
        """Logs an internal note on every case."""
        self._message_log_batch(bodies={complaint.id: text for complaint in self})
        return True

    def _not_waiting(self):
        return {"waiting": "none", "waiting_since": False}

    def _wait(self, whom):
        self._check_all(lambda case: case.waiting != whom, self.env._("%s waits already."))
        return self._transition_acknowledged({"waiting": whom, "waiting_since": fields.Datetime.now()})

    def _transition_acknowledged(self, vals):
        """Goes on with cases; those that were not acknowledged yet are by that."""
        fresh = self.filtered(lambda case: not case.date_acknowledged)
        # A reopened case goes on from where it is, and needs no acknowledgement any more.
        new, now = fresh.filtered(lambda case: case.state == "new"), fields.Datetime.now()
        new._transition({"state": "acknowledged", **vals, "date_acknowledged": now})
        (fresh - new)._transition({**vals, "date_acknowledged": now})
        (self - fresh)._transition(vals)
        return True

    def _resolve(self):
        self._transition({"state": "resolved", "date_resolved": fields.Datetime.now(), **self._not_waiting()})
        self._plan_follow_up()
        return True

    def _get_outcome_fields(self):
        """What a reopened case has not any more."""
        return (
            "date_proposed",
            "date_resolved",
            "date_closed",
            "date_close_notice",
            "follow_up_date",
            "follow_up_latest",
            "follow_up_done_at",
            "follow_up_note",
            "cancel_reason",
        )
