# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from psycopg2.errors import SerializationFailure

from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import SQL

from ...tools import service_clock
from ...tools.apart import do_apart

ACTIVITY = "crm_compliance.mail_activity_type_sla"
# Collisions with people working on cases after which a run gives up and comes back later.
MAX_FAILURES = 5


class ComplianceSlaClock(models.Model):
    """Who is told what, and when: the owner before a deadline, the leader after it, once each, within working hours."""

    _inherit = "compliance.sla.clock"

    @api.model
    def _cron_notify(self, batch_size=200):
        """Notes deadlines that passed, and tells people. Several workers may run: each takes rows nobody else holds."""
        cron = self.env["ir.cron"]
        failures = 0
        while True:
            try:
                self._note_breaches()
                # Late is late, whatever becomes of telling people.
                cron._commit_progress()
                done, told = self._notify_batch(batch_size)
            except SerializationFailure:
                # Somebody worked on a case meanwhile; nothing was sent.
                self.env.cr.rollback()
                failures += 1
                if failures < MAX_FAILURES:
                    continue
                return
            if not cron._commit_progress(told, remaining=batch_size if done == batch_size else 0) or done < batch_size:
                return

    @api.model
    def _note_breaches(self):
        """Clocks whose deadline passed are missed from then on, at whatever hour."""
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                WITH late AS (
                    UPDATE compliance_sla_clock SET state = 'missed'
                     WHERE id IN (SELECT id FROM compliance_sla_clock
                                   WHERE state = 'running' AND deadline < %(now)s FOR UPDATE SKIP LOCKED)
                 RETURNING complaint_id, company_id, policy_id, target, deadline)
                INSERT INTO compliance_sla_event
                       (create_uid, complaint_id, company_id, kind, date, target, policy_id)
                SELECT %(user)s, complaint_id, company_id, 'breach', deadline, target, policy_id FROM late
                """,
                now=fields.Datetime.now(),
                user=self.env.uid,
            )
        )
        self.invalidate_model(["state"], flush=False)

    @api.model
    def _notify_batch(self, batch_size):
        """Tells people of the clocks it is time for.

        :return: (number of clocks looked at, number of notices given)
        """
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM compliance_sla_clock WHERE notify_at <= %s ORDER BY notify_at, id LIMIT %s"
                " FOR UPDATE SKIP LOCKED",
                fields.Datetime.now(),
                batch_size,
            )
        )
        clocks = self.sudo().browse([row[0] for row in rows])
        clocks.invalidate_recordset(flush=False)
        due, late = clocks._split_notices()
        for kind, told in (("warn", due), ("escalate", late)):
            told._append_notices(kind)
        # What comes next follows from the ledger.
        (due | late).complaint_id._sync_clocks(terms=False)
        due._send_notices("warn")
        late._send_notices("escalate")
        return len(clocks), len(due | late)

    def _split_notices(self):
        """:return: (clocks to warn of, clocks to escalate); those whose people are at home wait until they come"""
        now = service_clock.to_epoch(fields.Datetime.now())
        due, late = self.browse(), self.browse()
        waiting = []
        for clock in self:
            working = self.env["resource.calendar"]._get_service_timeline(
                "working_hours", clock.calendar_id.id, clock.company_id.id
            )
            if not working.is_open(now):
                waiting.append((clock.id, self._get_next_opening(working, now)))
            elif clock.deadline and clock.deadline <= fields.Datetime.now():
                late |= clock
            else:
                due |= clock
        if waiting:
            ids, instants = zip(*waiting, strict=True)
            self.env.cr.execute(
                SQL(
                    "UPDATE compliance_sla_clock clock SET notify_at = to_timestamp(later.instant) AT TIME ZONE 'UTC'"
                    " FROM UNNEST(%s::int4[], %s::int8[]) AS later (id, instant) WHERE clock.id = later.id",
                    list(ids),
                    list(instants),
                )
            )
        return due, late

    @api.model
    def _get_next_opening(self, working, now):
        try:
            return working.next_open(now)
        except service_clock.NoWorkingTimeError:
            return None

    def _append_notices(self, kind):
        now = service_clock.to_epoch(fields.Datetime.now())
        self.env["compliance.sla.event"]._append(
            [
                {
                    "complaint_id": clock.complaint_id.id,
                    "company_id": clock.company_id.id,
                    "kind": kind,
                    "date": now,
                    "target": clock.target,
                    "policy_id": clock.policy_id.id,
                    "reason": clock._get_recipient(kind).name or None,
                }
                for clock in self
            ]
        )

    def _get_recipient(self, kind):
        """Who is told: of a warning whoever has the case, of an escalation whoever leads the team; never somebody who
        left or may not see the case.

        :param str kind: ``warn`` or ``escalate``
        :return: res.users, may be empty
        """
        self.ensure_one()
        case = self.complaint_id
        people = [case.user_id, case.team_id.user_id]
        if kind == "escalate":
            people = [self.policy_id.escalation_user_id, case.team_id.user_id, case.user_id]
        for user in people:
            if user and user.active and not user.share and case.with_user(user).has_access("read"):
                return user
        return self.env["res.users"]

    def _send_notices(self, kind):
        """An activity for whoever is told, and a mail if the service level has a template.

        A mail that cannot be written is logged, and left at that: the activity has told them.
        """
        activities = []
        for clock in self:
            recipient = clock._get_recipient(kind)
            if not recipient:
                continue
            activities.append(clock._prepare_activity(kind, recipient))
            do_apart(clock, lambda clock: clock._mail_notice(kind, recipient))  # noqa: B023
        self.env["mail.activity"].with_context(mail_activity_quick_update=True).create(activities)

    def _mail_notice(self, kind, recipient):
        template = self.policy_id["warn_template_id" if kind == "warn" else "escalation_template_id"]
        if template and recipient.partner_id.email:
            template.with_context(lang=recipient.lang).send_mail(
                self.id,
                email_values={"recipient_ids": [Command.link(recipient.partner_id.id)], "email_to": False},
                email_layout_xmlid="mail.mail_notification_light",
            )

    def _prepare_activity(self, kind, recipient):
        self = self.with_context(lang=recipient.lang, tz=recipient.tz)
        policy = self.policy_id.name
        return {
            "res_model_id": self.env["ir.model"]._get_id("compliance.complaint"),
            "res_id": self.complaint_id.id,
            "activity_type_id": self.env["ir.model.data"]._xmlid_to_res_id(ACTIVITY),
            "user_id": recipient.id,
            "date_deadline": fields.Datetime.context_timestamp(self, self.deadline).date(),
            "summary": self.env._("Due soon: %s", policy) if kind == "warn" else self.env._("Overdue: %s", policy),
        }
