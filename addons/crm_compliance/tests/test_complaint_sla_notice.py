# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import tagged
from odoo.tools import mute_logger

from .sla_common import SlaCommon


@tagged("post_install", "-at_install")
class TestComplaintSlaNotice(SlaCommon):
    """Warnings before a deadline and escalations after it: once each, in working hours, to the right person."""

    def _run(self, day, hour, minute=0):
        with self._on(day, hour, minute):
            self.env["compliance.sla.clock"]._note_breaches()
            self.env["compliance.sla.clock"]._notify_batch(100)

    def _activities(self, case):
        return case.sudo().activity_ids.filtered(
            lambda activity: activity.activity_type_id == self.env.ref("crm_compliance.mail_activity_type_sla")
        )

    def _mails(self, case, policy):
        return (
            self.env["mail.mail"]
            .sudo()
            .search([("model", "=", "compliance.sla.clock"), ("res_id", "=", self._clock(case, policy).id)])
        )

    def test_once_each(self):
        policy = self._policy(limit=4)
        case = self._opened(2, 16)  # due Tuesday 12:00, warning at 11:00
        clock = self._clock(case, policy)
        self._run(3, 10, 59)
        self.assertFalse(self._activities(case))
        for minute in (0, 5, 59):
            self._run(3, 11, minute)
        warning = self._activities(case)
        self.assertEqual(warning.mapped("user_id"), self.agent)
        self.assertEqual(len(warning), 1)
        self.assertEqual(clock.state, "running")
        for minute in (1, 30):
            self._run(3, 12, minute)
        self.assertEqual((self._activities(case) - warning).mapped("user_id"), self.leader)
        self.assertEqual(clock.state, "missed")
        self.assertTrue(clock.is_open)
        self.assertEqual([kind for kind in self._kinds(case) if kind != "start"], ["warn", "breach", "escalate"])
        mails = self._mails(case, policy)
        self.assertEqual(mails.recipient_ids, (self.agent | self.leader).partner_id)

    def test_mail_that_cannot_be_written(self):
        """People are told by the activity, and all others as ever."""
        policy = self._policy(limit=2)
        policy.escalation_template_id = policy.escalation_template_id.copy(
            {"subject": "{{ 1 // (0 if object.complaint_id.subject == 'Poison' else 1) }}"}
        )
        poison, other = self._opened(2, 9, subject="Poison"), self._opened(2, 9)
        notify = self.env.ref("crm_compliance.ir_cron_sla_notify")
        for minute in (1, 6):
            with (
                self._on(2, 11, minute),
                mute_logger("odoo.addons.crm_compliance.tools.apart", "odoo.addons.mail.models.mail_render_mixin"),
                self.enter_registry_test_mode(),
            ):
                notify.method_direct_trigger()
            self.env.invalidate_all()
        for case, mails in ((poison, 0), (other, 1)):
            self.assertEqual(self._clock(case, policy).state, "missed")
            self.assertEqual([kind for kind in self._kinds(case) if kind != "start"], ["breach", "escalate"])
            self.assertEqual(self._activities(case).mapped("user_id"), self.leader)
            self.assertEqual(len(self._mails(case, policy)), mails)

    def test_not_at_night(self):
        """Calendar time runs out at night; people are told when they work."""
        policy = self._policy(limit=12, clock="calendar", warn_percent=50)
        case = self._opened(2, 16)  # due Tuesday 4:00, half used at 22:00: warned while they are still there
        self.assertEqual(self._clock(case, policy).warn_at, self._at(2, 16))
        self._run(2, 22)
        self.assertFalse(self._activities(case), "the job came late: nobody is there any more")
        self._run(3, 5)
        self.assertEqual(self._clock(case, policy).state, "missed")
        self.assertFalse(self._activities(case))
        self._run(3, 9)
        self.assertEqual(self._activities(case).mapped("user_id"), self.leader, "too late for a warning")
        self.assertNotIn("warn", self._kinds(case))

    def test_nobody_to_tell(self):
        """Without a leader the owner is told; who left is not."""
        policy = self._policy(limit=2)
        self.team.user_id = False
        case = self._opened(2, 9)
        self._run(2, 12)
        self.assertEqual(self._activities(case).mapped("user_id"), self.agent)
        policy.escalation_user_id = self.user["manager"]
        other = self._opened(2, 9)
        self._run(2, 12)
        self.assertEqual(self._activities(other).mapped("user_id"), self.user["manager"])
        policy.escalation_user_id.active = False
        self.agent.active = False
        third = self._opened(2, 9, user=self.colleague)
        self._run(2, 12)
        self.assertEqual(self._activities(third).mapped("user_id"), self.colleague)

    def test_no_warning_when_met_or_standing(self):
        self._policy(limit=2)
        met, standing = self._opened(2, 9), self._opened(2, 9)
        with self._on(2, 10):
            met.action_acknowledge()
            met.action_resolve()
            standing.action_wait_customer()
        self._run(2, 12)
        self.assertFalse(self._activities(met) | self._activities(standing))

    def test_new_deadline_is_warned_of_anew(self):
        policy = self._policy(limit=2)
        case = self._opened(2, 9)
        self._run(2, 12)
        with self._on(2, 12):
            self._clock(case, policy)._set_deadline(self._at(3, 12), "Agreed")
        self._run(3, 11, 45)
        self._run(3, 12, 15)
        self.assertEqual(
            [kind for kind in self._kinds(case) if kind in ("warn", "escalate")], ["escalate", "warn", "escalate"]
        )
