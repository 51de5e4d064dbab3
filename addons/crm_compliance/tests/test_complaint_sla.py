# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from functools import partial

from psycopg2.errors import CheckViolation, InsufficientPrivilege

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .sla_common import OFFICE, SlaCommon


@tagged("post_install", "-at_install")
class TestComplaintSla(SlaCommon):
    # -------------------------------------------------------------------------
    # DEADLINES
    # -------------------------------------------------------------------------

    def test_weekend(self):
        policy = self._policy(limit=1)
        case = self._opened(6, 16, 30)  # Friday
        clock = self._clock(case, policy)
        self.assertEqual((clock.state, clock.deadline), ("running", self._at(9, 9, 30)))
        self.assertEqual(case.sudo().sla_deadline, self._at(9, 9, 30))

    def test_overnight_and_warning(self):
        policy = self._policy(limit=4, calendar_id=self._calendar(((8, 18),)).id)
        clock = self._clock(self._opened(2, 17), policy)
        self.assertEqual((clock.deadline, clock.warn_at), (self._at(3, 11), self._at(3, 10)), "warned at 75 %")

    def test_clocks(self):
        """Friday 16:30 plus 24 hours, by each clock."""
        expected = {"working_hours": (11, 16, 30), "working_days_24h": (9, 16, 30), "calendar": (7, 16, 30)}
        for clock, moment in expected.items():
            policy = self._policy(limit=24, clock=clock)
            self.assertEqual(self._clock(self._opened(6, 16, 30), policy).deadline, self._at(*moment), clock)

    def test_break_holiday_zone(self):
        """Lunch, a public holiday and another company's do and do not count; hours are those of the zone."""
        other = self.env["res.company"].create({"name": "Other"})
        leaves = self.env["resource.calendar.leaves"]
        calendar = self._calendar(OFFICE, tz="Europe/Brussels")  # UTC+1 until 29 March
        for company, calendar_id, day in ((self.company, calendar.id, 3), (other, False, 4)):
            leave = leaves.with_company(company).create(
                {
                    "name": "Holiday",
                    "calendar_id": calendar_id,
                    "date_from": self._at(day, 0),
                    "date_to": self._at(day, 22, 59),
                }
            )
            # whose it is, is computed by whoever writes it
            self.assertEqual(leave.company_id, company)
            leave.flush_recordset()
        policy = self._policy(limit=8, calendar_id=calendar.id)
        # Monday 10:30 there: 1.5 + 4 hours; nothing on Tuesday; 2.5 on Wednesday from 9:00
        self.assertEqual(self._clock(self._opened(2, 9, 30), policy).deadline, self._at(4, 10, 30))

    def test_summer_time(self):
        calendar = self._calendar(((0, 24),), days=range(7), tz="Europe/Brussels")
        policy = self._policy(limit=24, calendar_id=calendar.id)
        # The day has 23 hours: from Saturday 12:00 to Sunday 13:00 there, which is 11:00 UTC
        self.assertEqual(self._clock(self._opened(28, 11), policy).deadline, self._at(29, 11))

    def test_no_working_time(self):
        empty = self._calendar(())
        with self.assertRaisesRegex(ValidationError, "no working time"):
            self._policy(calendar_id=empty.id)
        policy = self._policy()
        self.team.resource_calendar_id = empty
        clock = self._clock(self._opened(2, 10), policy)
        self.assertEqual((clock.state, clock.deadline), ("running", self._at(2, 18)), "every hour counts")
        self.assertIn("every hour of every day", self.team.hours_note)
        self.team.resource_calendar_id = self.calendar
        self.assertFalse(self.team.hours_note)

    def test_flexible_hours(self):
        """So many hours a day and a week, not which: Monday comes first, noon is in the middle."""
        policy = self._policy(limit=8)
        days = self._policy("answer", 24, clock="working_days_24h")
        flexible = self._calendar((), schedule_type="flexible", hours_per_day=8, hours_per_week=36)
        self.team.resource_calendar_id = flexible
        self.assertIn("8 hours around noon", self.team.hours_note)
        case = self._opened(6, 12)  # Friday, when the last 4 hours of the week are worked from 10 to 14
        self.assertEqual(self._clock(case, policy).deadline, self._at(9, 14))
        self.assertEqual(self._clock(case, days).deadline, self._at(9, 12))
        self.assertEqual(self._clock(self._opened(7, 12), policy).deadline, self._at(9, 16))
        # Open complaints follow.
        flexible.hours_per_week = 40
        self._settle()
        self.assertEqual(self._clock(case, policy).deadline, self._at(9, 12))
        flexible.write({"hours_per_week": 0, "full_time_required_hours": 0})
        self._settle()
        self.assertEqual(self._clock(case, policy).deadline, self._at(7, 12), "worked every day")
        flexible.hours_per_day = 0
        self._settle()
        self.assertEqual(self._clock(case, policy).deadline, self._at(6, 20))
        self.assertIn("every hour of every day", self.team.hours_note)
        flexible.schedule_type = "fully_fixed"
        self.assertFalse(self._policy(limit=1, clock="calendar", calendar_id=self.calendar.id).hours_note)

    def test_domain_and_company(self):
        complex_ones = self._policy(domain="[('is_complex', '=', True)]")
        other = self._policy(company_id=self.env["res.company"].create({"name": "Other"}).id)
        everything = self._policy("first_response", 2)
        plain, knotty = self._opened(2, 10), self._opened(2, 10, is_complex=True)
        self.assertEqual(plain.sudo().sla_clock_ids.policy_id, everything)
        self.assertEqual(knotty.sudo().sla_clock_ids.policy_id, everything | complex_ones)
        self.assertFalse(self._clock(knotty, other))
        for domain in ("[('nonsense', '=', 1)]", "[(", "5", "[('state', 'in', __import__('os'))]"):
            with self.assertRaises(ValidationError):
                self._policy(domain=domain)

    def test_limits_refused(self):
        for vals in ({"limit": -1}, {"limit": 10_001}, {"warn_percent": 100}):
            with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                self._policy(**vals)
                self.env.flush_all()

    # -------------------------------------------------------------------------
    # THE LIFE OF A CASE
    # -------------------------------------------------------------------------

    def test_met_and_missed(self):
        policy = self._policy(limit=8)
        soon, late = self._opened(2, 10), self._opened(2, 10)
        with self._on(2, 16):
            soon.action_acknowledge()
            soon.action_resolve()
        with self._on(3, 11):
            late.action_acknowledge()
            late.action_resolve()
        self.assertEqual((self._clock(soon, policy).state, self._clock(soon, policy).used_minutes), ("met", 360))
        self.assertEqual((self._clock(late, policy).state, self._clock(late, policy).used_minutes), ("missed", 540))
        self.assertEqual((soon.sla_state, late.sla_state), ("met", "missed"))
        self.assertEqual((soon.resolution_minutes, late.resolution_minutes), (360, 540))
        self.assertFalse(soon.sla_deadline)

    def test_thanks_changes_nothing(self):
        """A case resolved stays resolved for the clock, whatever the customer writes."""
        policy = self._policy(limit=8)
        case = self._opened(2, 10)
        with self._on(2, 12):
            case.action_acknowledge()
            case.action_resolve()
        with self._on(20, 12):
            case.sudo().message_post(
                body="Thanks", author_id=self.contact.id, message_type="email", subtype_xmlid="mail.mt_comment"
            )
            self._flush_tracking()
            case.sudo()._sync_clocks()
        self.assertEqual((self._clock(case, policy).state, self._clock(case, policy).used_minutes), ("met", 120))
        self.assertNotIn("reopen", self._kinds(case))

    def test_pause(self):
        policy = self._policy(limit=8, pause_third_party=False)
        case = self._opened(2, 10)
        with self._on(2, 12):
            case.action_wait_customer()
        clock = self._clock(case, policy)
        self.assertEqual((clock.state, clock.deadline, clock.used_minutes), ("paused", False, 120))
        with self._on(4, 9):
            case.action_resume()
        self.assertEqual((clock.state, clock.deadline), ("running", self._at(4, 15)))
        with self._on(4, 10):
            case.action_wait_third_party()
        self.assertEqual((clock.state, clock.deadline), ("running", self._at(4, 15)), "that is our concern here")

    def test_no_pause_of_first_response(self):
        """Asking the customer to wait is no first response."""
        policy = self._policy("first_response", 2)
        case = self._opened(2, 10)
        with self._on(2, 10, 30):
            case.action_wait_customer()
        self.assertEqual(self._clock(case, policy).deadline, self._at(2, 12))

    def test_pause_survives_policy_change(self):
        """Paused time stays when the policy changes, when another takes its place, and when hours change."""
        policy = self._policy(limit=8, domain="[('is_complex', '=', False)]")
        other = self._policy(limit=16, domain="[('is_complex', '=', True)]")
        case = self._opened(2, 10)
        with self._on(2, 12):
            case.action_wait_customer()
        with self._on(4, 9):
            case.action_resume()
        with self._on(4, 10):
            policy.limit = 4
            self._settle()
            self.assertEqual(self._clock(case, policy).deadline, self._at(4, 11))
            case.is_complex = True
        self.assertEqual(self._clock(case, policy).state, "cancelled")
        self.assertEqual(self._clock(case, other).deadline, self._at(5, 15))
        self.assertEqual(self._kinds(case).count("change"), 2)

    def test_met_keeps_its_terms(self):
        """What was kept is not missed afterwards because more is promised now."""
        policy = self._policy("first_response", 2)
        case = self._opened(2, 10)
        with self._on(2, 11, 30):
            case.message_post(body="We look into it", message_type="comment", subtype_xmlid="mail.mt_comment")
            self._flush_tracking()
        self.assertEqual(self._clock(case, policy).state, "met")
        with self._on(2, 12):
            policy.limit = 1
            self._settle()
        self.assertEqual((self._clock(case, policy).state, self._clock(case, policy).limit), ("met", 2))

    def test_reopen(self):
        """What was left is left, and the time in between does not count."""
        going_on, anew = self._policy(limit=8), self._policy(limit=8, restart_on_reopen=True)
        case = self._opened(2, 10)
        with self._on(2, 16):
            case.action_acknowledge()
            case.action_resolve()
        with self._on(4, 9):
            case.action_reopen("Not at all")
        self.assertEqual(self._clock(case, going_on).deadline, self._at(4, 11))
        self.assertEqual(self._clock(case, anew).deadline, self._at(4, 17))
        with self._on(4, 12):
            case.action_resolve()
        self.assertEqual((self._clock(case, going_on).state, self._clock(case, anew).state), ("missed", "met"))
        self.assertEqual(case.resolution_minutes, 9 * 60)
        self.assertEqual(self._kinds(case), ["start", "meet", "meet", "reopen", "meet"])

    def test_cancel_and_revive(self):
        policy = self._policy(limit=8)
        case = self._opened(2, 10)
        with self._on(2, 12):
            case.action_cancel("Wrong number")
        self.assertEqual((self._clock(case, policy).state, case.sla_state), ("cancelled", "none"))
        with self._on(3, 9):
            case.action_reopen("It was none")
        self.assertEqual(self._clock(case, policy).deadline, self._at(3, 15))

    def test_follow_up(self):
        """The call is due from the resolution on, and again after a reopening."""
        policy = self._policy("follow_up", 168, clock="working_days_24h")
        case = self._opened(2, 10)
        self.assertFalse(self._clock(case, policy))
        with self._on(3, 12):
            case.action_acknowledge()
            case.action_resolve()
        self.assertEqual(self._clock(case, policy).deadline, self._at(12, 12), "seven working days later")
        with self._on(4, 12):
            case.action_reopen("Not at all")
        self.assertFalse(self._clock(case, policy))
        with self._on(5, 12):
            case.action_resolve()
        with self._on(10, 12):
            case.action_follow_up_done("Content")
        self.assertEqual(self._clock(case, policy).state, "met")

    def test_rejected_solution_was_an_answer(self):
        policy = self._policy("answer", 8)
        case = self._opened(2, 10, solution="<p>New bottles</p>")
        case.sudo().solution = "<p>New bottles</p>"
        with self._on(2, 12):
            case.action_propose_solution()
        with self._on(2, 13):
            case.action_reject_solution("Broken as well")
        self.assertEqual(self._clock(case, policy).state, "met")

    def test_earlier_reception(self):
        """A letter that lay about: the clock starts when it came."""
        policy = self._policy(limit=8)
        case = self._opened(4, 10)
        with self._on(4, 10):
            case.sudo().date_received = self._at(3, 9)
        self.assertEqual(self._clock(case, policy).deadline, self._at(3, 17))

    def test_merge(self):
        policy = self._policy(limit=8)
        first, second = self._opened(2, 10), self._opened(2, 12)
        with self._on(2, 13):
            second._merge(first)
        self.assertEqual(self._clock(first, policy).state, "cancelled")
        self.assertEqual(self._clock(second, policy).deadline, self._at(3, 10), "since the customer complained first")

    def test_condition_on_a_field_that_went(self):
        """Complaints are taken in all the same."""
        gone, policy = self._policy(limit=4), self._policy(limit=8)
        domain = "[('x_gone', '=', True)]"
        self.env.cr.execute("UPDATE compliance_sla_policy SET domain = %s WHERE id = %s", (domain, gone.id))
        self.env.invalidate_all()
        with self.assertLogs("odoo.addons.crm_compliance.models.complaint.compliance_sla_policy", "WARNING"):
            case = self._opened(2, 10)
        self.assertTrue(self._clock(case, policy))
        self.assertFalse(self._clock(case, gone))
        self.assertIn("x_gone", gone.with_user(self.user["manager"]).condition_fault)
        self.assertFalse(policy.condition_fault)

    # -------------------------------------------------------------------------
    # DEADLINES BY HAND
    # -------------------------------------------------------------------------

    def test_manual_deadline(self):
        policy = self._policy(limit=8)
        case = self._opened(2, 10)
        clock = self._clock(case, policy)
        with self._on(2, 11):
            with self.assertRaisesRegex(AccessError, "leader"):
                clock.with_user(self.agent)._set_deadline(self._at(10, 12), "Later")
            with self.assertRaisesRegex(ValidationError, "reason"):
                clock.with_user(self.leader)._set_deadline(self._at(10, 12), " ")
            with self.assertRaisesRegex(ValidationError, "before"):
                clock.with_user(self.leader)._set_deadline(self._at(1, 12), "Agreed")
            clock.with_user(self.leader)._set_deadline(self._at(10, 12), "Agreed with the customer")
        self.assertEqual((clock.deadline, clock.is_manual), (self._at(10, 12), True))
        event = self.env["compliance.sla.event"].search([("complaint_id", "=", case.id)], limit=1)
        self.assertEqual((event.kind, event.reason, event.create_uid), ("due", "Agreed with the customer", self.leader))
        with self._on(2, 12):
            policy.limit = 4
            self._settle()
            self.assertEqual(clock.deadline, self._at(10, 12), "what was agreed stays")
            clock.with_user(self.user["officer"])._set_deadline(False, "Not any more")
            self.assertEqual(clock.deadline, self._at(2, 14))
            case.action_acknowledge()
            case.action_resolve()
            with self.assertRaisesRegex(UserError, "no deadline"):
                clock._set_deadline(self._at(10, 12), "Too late")

    # -------------------------------------------------------------------------
    # RECOMPUTATION
    # -------------------------------------------------------------------------

    def test_hours_change(self):
        policy = self._policy(limit=8)
        case = self._opened(2, 10)
        clock = self._clock(case, policy)
        self.assertEqual(clock.deadline, self._at(3, 10))
        with self._on(2, 11):
            leave = self.env["resource.calendar.leaves"].create(
                {
                    "name": "Holiday",
                    "calendar_id": self.calendar.id,
                    "date_from": self._at(3, 0),
                    "date_to": self._at(3, 23, 59),
                }
            )
            self._settle()
            self.assertEqual(clock.deadline, self._at(4, 10))
            leave.unlink()
            self._settle()
            self.assertEqual(clock.deadline, self._at(3, 10))
            self.calendar.tz = "Asia/Shanghai"
            self._settle()
            self.assertEqual(clock.deadline, self._at(3, 9), "9-17 there is 1-9 here: closed by 10")
            self.team.resource_calendar_id = self._calendar(((10, 14),))
            self._settle()
            self.assertEqual(clock.deadline, self._at(3, 14))

    def test_queue(self):
        """Many cases are worked off in batches that go on where they were."""
        policy = self._policy(limit=8)
        cases = self.complaints.browse([self._opened(2, 10).id for _number in range(5)])
        replay = self.env["compliance.sla.replay"].create({"terms": True, "total": 5, "reason": "Test"})
        others = self.complaints.search_count([("state", "not in", ("resolved", "closed", "cancelled"))]) - 5
        self.env.cr.execute('UPDATE compliance_sla_policy SET "limit" = 4 WHERE id = %s', [policy.id])
        policy.invalidate_recordset()
        with self._on(2, 11):
            replay._process(others + 2)
            self.assertEqual(replay.state, "waiting")
            deadlines = cases.sla_clock_ids.sorted("complaint_id").mapped("deadline")
            self.assertEqual(deadlines, [self._at(2, 14)] * 2 + [self._at(3, 10)] * 3)
            replay._process(others + 4)
        self.assertEqual((replay.state, replay.done, replay.progress), ("done", others + 5, 100))
        self.assertEqual(set(cases.sla_clock_ids.mapped("deadline")), {self._at(2, 14)})

    def test_replay_is_idempotent(self):
        self._policy(limit=8)
        case = self._opened(2, 10)
        with self._on(2, 12):
            case.action_wait_customer()
            before = (self._kinds(case), case.sudo().sla_clock_ids.read())
            case.sudo()._sync_clocks()
            case.sudo()._sync_clocks()
            self.assertEqual((self._kinds(case), case.sudo().sla_clock_ids.read()), before)

    # -------------------------------------------------------------------------
    # LEDGER
    # -------------------------------------------------------------------------

    def test_append_only(self):
        self._policy()
        case = self._opened(2, 10)
        event = self.env["compliance.sla.event"].search([("complaint_id", "=", case.id)])
        for refused in (
            "UPDATE compliance_sla_event SET date = now()",
            "DELETE FROM compliance_sla_event",
            "TRUNCATE compliance_sla_event",
        ):
            with self.assertRaises(InsufficientPrivilege), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                self.env.cr.execute(refused)
        for method, args in (("write", [{"reason": "x"}]), ("unlink", [])):
            with self.assertRaises(AccessError):
                getattr(event, method)(*args)
        with self.assertRaises(AccessError):
            event.create({"kind": "meet", "complaint_id": case.id})

    def test_not_entered(self):
        """Projected fields are refused on every route."""
        case = self._opened(2, 10)
        for name in ("sla_deadline", "sla_result", "resolution_minutes"):
            with self.assertRaises(AccessError):
                case.write({name: False})
        with self.assertRaises(AccessError):
            self._complaint(sla_result="met")
        for role in ("sales", "officer", "manager", "auditor"):
            for model in ("compliance.sla.clock", "compliance.sla.event"):
                for operation in ("create", "write", "unlink"):
                    self.assertFalse(self.env[model].with_user(self.user[role]).has_access(operation), (role, model))

    def test_deleted_complaint(self):
        """The ledger of a complaint deleted before it was begun stays, out of people's sight."""
        self._policy()
        case = self._opened(2, 10)
        case_id = case.id
        case.sudo().unlink()
        events = self.env["compliance.sla.event"]
        self.assertEqual(events.search([("complaint_id", "=", case_id)]).kind, "start")
        found = events.with_user(self.user["manager"]).search([("complaint_id", "=", case_id)])
        self.assertFalse(found, "nothing to open any more")

    # -------------------------------------------------------------------------
    # ACCESS
    # -------------------------------------------------------------------------

    def test_access(self):
        policy = self._policy()
        case = self._opened(2, 10)
        for role, seen in {"sales": 1, "officer": 1, "manager": 1, "auditor": 1}.items():
            for model in ("compliance.sla.clock", "compliance.sla.event", "compliance.complaint.report"):
                records = self.env[model].with_user(self.user[role])
                self.assertEqual(records.search_count([("complaint_id", "=", case.id)]), seen, (role, model))
        for model in ("compliance.sla.clock", "compliance.sla.event", "compliance.complaint.report"):
            records = self.env[model].with_user(self.stranger)
            self.assertFalse(records.search_count([("complaint_id", "=", case.id)]), model)
            with self.assertRaises(AccessError):
                self.env[model].with_user(self.user["employee"]).search([])
        for role in ("sales", "officer", "auditor"):
            with self.assertRaises(AccessError):
                policy.with_user(self.user[role]).limit = 3
        policy.with_user(self.user["manager"]).limit = 3

    def test_other_company(self):
        self._policy()
        case = self._opened(2, 10)
        other = self.env["res.company"].create({"name": "Other"})
        officer = self.user["officer"]
        officer.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        for model in ("compliance.sla.clock", "compliance.sla.event", "compliance.complaint.report"):
            self.assertFalse(self.env[model].with_user(officer).search([("complaint_id", "=", case.id)]), model)

    # -------------------------------------------------------------------------
    # COST
    # -------------------------------------------------------------------------

    def test_constant_queries(self):
        """As many queries for 22 complaints as for 2, and for five policies as for one."""
        self._policy(limit=8)

        def count(number):
            cases = self.complaints.browse([self._opened(2, 10).id for _number in range(number)]).sudo()
            with self._on(2, 12):
                return self._count(cases._sync_clocks, prepare=partial(cases.read, ["state"]), warm=False)

        _cold, few, many = map(count, (2, 2, 22))
        self._assert_same_cost(few, many)
        for target in ("answer", "acknowledge", "first_response", "follow_up"):
            self._policy(target)
        _cold, many = map(count, (2, 22))
        self._assert_same_cost(few, many)

    def test_alike_and_not(self):
        """Cases of one batch are judged once where they are alike, and by themselves where they are not."""
        self._policy(limit=2)
        vals = [{"date_received": self._at(2, hour)} for hour in (9, 9, 11)]
        vals = [{"subject": "Alike", "partner_id": self.customer.id, "team_id": self.team.id, **own} for own in vals]
        with self._on(2, 12):
            cases = self.complaints.with_user(self.agent).create(vals)
        deadlines = [case.sudo().sla_deadline for case in cases]
        self.assertEqual(deadlines, [self._at(2, 11), self._at(2, 11), self._at(2, 13)])
        with self._on(2, 12, 30):
            cases[1:].action_wait_customer()
        states = [case.sudo().sla_clock_ids.state for case in cases]
        self.assertEqual(states, ["missed", "missed", "paused"])
