# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import datetime, timedelta

from psycopg2.errors import CheckViolation, ForeignKeyViolation

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import mute_logger

from .complaint_common import ComplaintCommon

STATES = ("new", "acknowledged", "investigating", "solution_proposed", "resolved", "closed", "cancelled")
# Step -> (arguments, states it begins from). Whatever is not listed is refused.
STEPS = {
    "action_acknowledge": ((), {"new"}),
    "action_investigate": ((), {"new", "acknowledged"}),
    "action_wait_customer": ((), {"new", "acknowledged", "investigating", "solution_proposed"}),
    "action_wait_third_party": ((), {"new", "acknowledged", "investigating"}),
    "action_propose_solution": ((), {"new", "acknowledged", "investigating"}),
    "action_confirm_solution": ((), {"solution_proposed"}),
    "action_reject_solution": (("No",), {"solution_proposed"}),
    "action_resolve": ((), {"acknowledged", "investigating", "solution_proposed"}),
    "action_close": ((), {"resolved"}),
    "action_cancel": (("Spam",), {"new", "acknowledged", "investigating", "solution_proposed"}),
    "action_reopen": (("Again",), {"resolved", "closed", "cancelled"}),
    "action_follow_up_done": (("Fine",), {"resolved", "closed"}),
    "action_ask_customer": (("Which?",), {"new", "acknowledged", "investigating"}),
}


@tagged("post_install", "-at_install")
class TestComplaintFlow(ComplaintCommon):
    """A case from the first contact to the call afterwards."""

    def _at(self, state):
        """A case that got to a state by the steps."""
        case = self._complaint(solution="<p>New bottles</p>")
        path = {
            "new": [],
            "acknowledged": ["action_acknowledge"],
            "investigating": ["action_investigate"],
            "solution_proposed": ["action_propose_solution"],
            "resolved": ["action_acknowledge", "action_resolve"],
            "closed": ["action_acknowledge", "action_resolve", "action_close"],
        }
        if state == "cancelled":
            case.action_cancel("Spam")
        for step in path.get(state, ()):
            getattr(case, step)()
        self.assertEqual(case.state, state)
        if state == "solution_proposed":
            case.action_resume()
        return case

    # -------------------------------------------------------------------------
    # STEPS
    # -------------------------------------------------------------------------

    def test_from_states(self):
        """Every step against every state."""
        for step, (args, begins) in STEPS.items():
            for state in STATES:
                case = self._at(state)
                with self.subTest(step=step, state=state):
                    if state in begins:
                        getattr(case, step)(*args)
                    else:
                        with self.assertRaisesRegex(UserError, "is in the status"):
                            getattr(case, step)(*args)

    def test_whole_way(self):
        with freeze_time("2026-11-02 08:00:00"):
            case = self._complaint(date_received="2026-11-02 07:30:00")
            case.action_acknowledge()
        with freeze_time("2026-11-02 09:00:00"):
            case.action_investigate()
            case.write({"solution": "<p>New bottles</p>"})
        with freeze_time("2026-11-02 10:00:00"):
            case.action_propose_solution()
            self.assertEqual((case.waiting, case.waiting_since), ("customer", datetime(2026, 11, 2, 10)))
        with freeze_time("2026-11-02 11:00:00"):
            case.action_reject_solution("They are empty")
            self.assertEqual((case.state, case.waiting, case.date_proposed), ("investigating", "none", False))
        with freeze_time("2026-11-02 12:00:00"):
            case.action_propose_solution()
        with freeze_time("2026-11-02 13:00:00"):
            case.action_confirm_solution()
        with freeze_time("2026-11-03 13:00:00"):
            case.action_close()
        self.assertEqual(case.date_acknowledged, datetime(2026, 11, 2, 8))
        self.assertEqual(case.date_proposed, datetime(2026, 11, 2, 12))
        self.assertEqual(case.date_resolved, datetime(2026, 11, 2, 13))
        self.assertEqual(case.date_closed, datetime(2026, 11, 3, 13))
        self.assertIn("They are empty", " ".join(case.message_ids.mapped("body")))

    def test_number(self):
        first, second = self._complaint(), self._complaint()
        self.assertRegex(first.name, r"^CP/\d{4}/\d{5}$")
        self.assertEqual(int(second.name[-5:]), int(first.name[-5:]) + 1)
        self.assertEqual(len(set((self._complaint() | first | second | self._complaint()).mapped("name"))), 4)

    def test_dossier_is_opened(self):
        partner = self.env["res.partner"].create({"name": "Not yet a customer"})
        self.assertFalse(self._dossier(partner))
        case = self._complaint(partner_id=partner.id)
        self.assertTrue(case.sudo().profile_id)
        self.assertEqual(case.sudo().profile_id, self._dossier(partner))

    def test_solution_needed(self):
        case = self._complaint()
        with self.assertRaisesRegex(UserError, "solution"):
            case.action_propose_solution()
        case.solution = "<p><br></p>"
        with self.assertRaisesRegex(UserError, "solution"):
            case.action_propose_solution()

    def test_cause_needed_where_the_team_says_so(self):
        self.team.require_cause = True
        case = self._complaint(solution="<p>New bottles</p>")
        with self.assertRaisesRegex(UserError, "caused"):
            case.action_propose_solution()
        case.action_acknowledge()
        with self.assertRaisesRegex(UserError, "caused"):
            case.action_resolve()
        case.cause_id = self.env.ref("crm_compliance.complaint_cause_supplier")
        case.action_resolve()
        self.assertEqual(case.state, "resolved")

    def test_reasons_needed(self):
        for state, step in (
            ("new", "action_cancel"),
            ("resolved", "action_reopen"),
            ("solution_proposed", "action_reject_solution"),
        ):
            case = self._at(state)
            with self.assertRaises(ValidationError):
                getattr(case, step)("  ")
            self.assertEqual(getattr(case, step)()["res_model"], "compliance.complaint.step", "asked for")
            self.assertEqual(case.state, state)

    def test_wizard(self):
        case = self._at("resolved")
        action = case.action_reopen()
        wizard = self.env[action["res_model"]].with_user(self.agent).browse(action["res_id"])
        with self.assertRaises(UserError):
            wizard.action_confirm()
        wizard.reason = "It leaks"
        wizard.action_confirm()
        self.assertEqual((case.state, case.reopen_count), ("investigating", 1))
        rogue = wizard.create({"step": "unlink", "complaint_ids": case.ids, "reason": "X"})
        with self.assertRaises(UserError):
            rogue.action_confirm()

    def test_reopening(self):
        case = self._at("closed")
        case.action_follow_up_done("Not happy")
        case.action_reopen("It leaks")
        self.assertEqual((case.state, case.reopen_count), ("investigating", 1))
        for name in ("date_resolved", "date_closed", "follow_up_date", "follow_up_done_at", "follow_up_note"):
            self.assertFalse(case[name], name)
        self.assertFalse(case.activity_ids)
        case.action_resolve()
        case.action_reopen("Still")
        self.assertEqual(case.reopen_count, 2)

    def test_reopened_before_it_was_acknowledged(self):
        """It goes on from where it is; the customer is told that it is open again, but not that it came in."""
        case = self._at("new").with_context(**self._tracking())
        self._flush_tracking()
        case.action_cancel("By mistake")
        self._flush_tracking()
        case.action_reopen("Not a mistake")
        self._flush_tracking()
        self.assertEqual(self._public(case).mapped("subject"), [f"{case.name}: reopened"])
        before = self.env["mail.message"].search([])
        case.action_wait_customer()
        self._flush_tracking()
        self.assertEqual((case.state, case.waiting), ("investigating", "customer"))
        self.assertTrue(case.date_acknowledged)
        new = self.env["mail.message"].search([]) - before
        self.assertFalse(new.filtered(lambda message: message.message_type == "auto_comment"))
        self.assertFalse(new.notified_partner_ids, "no mail leaves")

    def test_batch(self):
        """Cases of different pasts go on together; one that cannot stops all."""
        cases = self._at("new") | self._at("acknowledged")
        cases.action_investigate()
        self.assertEqual(cases.mapped("state"), ["investigating"] * 2)
        self.assertTrue(all(cases.mapped("date_acknowledged")))
        with self.assertRaises(UserError):
            (cases | self._at("closed")).action_resolve()
        self.assertEqual(cases.mapped("state"), ["investigating"] * 2)

    def test_decided_fields_are_refused(self):
        """By write, create and defaults, for everybody, the superuser included."""
        case = self._complaint()
        values = {
            "name": "X",
            "state": "closed",
            "waiting": "customer",
            "user_id": self.colleague.id,
            "date_resolved": "2020-01-01 00:00:00",
            "date_first_response": "2020-01-01 00:00:00",
            "follow_up_done_at": "2020-01-01 00:00:00",
            "reopen_count": 0,
            "priority": "3",
            "satisfaction": 5,
            "merged_into_id": False,
        }
        for user in (self.agent, self.user["officer"], self.user["manager"], self.env.user):
            for name, value in values.items():
                with self.assertRaises(AccessError, msg=name):
                    case.with_user(user).write({name: value})
                with self.assertRaises(AccessError, msg=name):
                    self._complaint(user, **{name: value})
                with self.assertRaises(AccessError, msg=name):
                    self.complaints.with_user(user).with_context(**{f"default_{name}": value}).create({"subject": "X"})

    def test_received(self):
        case = self._complaint(date_received="2026-01-05 08:00:00")
        with self.assertRaises(AccessError):
            case.date_received = "2026-01-06 08:00:00"
        case.with_user(self.user["officer"]).date_received = "2026-01-06 08:00:00"
        with self.assertRaises(ValidationError):
            self._complaint(date_received=fields.Datetime.now() + timedelta(days=1))

    def test_hook_of_the_clocks(self):
        calls = []
        self.patch(type(self.complaints), "_after_clock_facts", lambda cases, before: calls.append((cases.ids, before)))
        case = self._complaint()
        self.assertEqual(calls.pop(), (case.ids, {}))
        case.action_acknowledge()
        self.assertEqual(calls.pop()[1][case.id]["state"], "new")
        case.write({"partner_phone": "2"})
        self.assertFalse(calls)
        case.write({"severity": "3"})
        self.assertEqual(calls.pop(), (case.ids, {}))
        case.write({"is_complex": True})
        self.assertEqual(calls.pop(), (case.ids, {}))

    # -------------------------------------------------------------------------
    # PRIORITY, TEAM
    # -------------------------------------------------------------------------

    def test_priority(self):
        """The matrix shipped, by hand: 3-4 points low, 5-6 normal, 7 high, 8-9 urgent; most severe at least high."""
        for case, priority in (("111", "0"), ("121", "0"), ("221", "1"), ("222", "1"), ("223", "2"), ("233", "3")):
            severity, scope, emotion = case
            found = self._complaint(severity=severity, scope=scope, emotion=emotion)
            self.assertEqual(found.priority, priority, case)
        self.assertEqual(self._complaint(severity="3", scope="1", emotion="1").priority, "2")

    def test_priority_of_the_company(self):
        self.env["compliance.complaint.priority"].create(
            {"company_id": self.company.id, "severity": "1", "scope": "1", "emotion": "1", "priority": "3"}
        )
        self.assertEqual(self._complaint(severity="1", scope="1", emotion="1").priority, "3")

    def test_priority_set_by_hand(self):
        case = self._complaint()
        with self.assertRaises(ValidationError):
            case.priority_override = "3"
        case.write({"priority_override": "3", "priority_reason": "The press calls"})
        self.assertEqual(case.priority, "3")
        case.severity = "1"
        self.assertEqual(case.priority, "3")
        case.priority_override = False
        self.assertEqual(case.priority, "0")

    def test_team_of_the_category(self):
        accounts = self.team.copy({"name": "Accounts", "alias_name": "accounts", "sequence": 5})
        category = self.env["compliance.complaint.category"].create(
            {"name": "Bills", "kind": "billing", "team_id": accounts.id}
        )
        self.assertEqual(self._complaint().team_id, self.team)
        case = self._complaint(category_id=category.id)
        self.assertEqual((case.team_id, case.kind), (accounts, "billing"))

    def test_kind_of_subcategories(self):
        parent = self.env["compliance.complaint.category"].create({"name": "Bills", "kind": "billing"})
        child = parent.create({"name": "Twice", "parent_id": parent.id})
        self.assertEqual((child.kind, child.complete_name), ("billing", "Bills / Twice"))
        with self.assertRaises(UserError):
            parent.parent_id = child

    def test_form(self):
        """What an agent fills in on the phone."""
        form = Form(self.complaints.with_user(self.agent))
        form.partner_id = self.contact
        form.subject = "Two bottles missing"
        case = form.save()
        self.assertEqual((case.user_id, case.team_id, case.channel), (self.agent, self.team, "phone"))
        self.assertEqual((case.partner_name, case.email_from), ("Ann Vintner", "ann@wine.example.com"))

    # -------------------------------------------------------------------------
    # FOLLOW-UP
    # -------------------------------------------------------------------------

    def _calendar(self, **vals):
        return self.env["resource.calendar"].create(
            {"name": "Mon-Fri", "tz": "Europe/Brussels", "company_id": self.company.id, **vals}
        )

    def test_follow_up_days(self):
        """Resolved on Tue 3 Nov 2026: from Fri 6 until Thu 12; a holiday on the 5th moves both."""
        self.team.resource_calendar_id = self._calendar()
        with freeze_time("2026-11-03 10:00:00"):
            case = self._resolved()
        self.assertEqual([str(case.follow_up_date), str(case.follow_up_latest)], ["2026-11-06", "2026-11-12"])
        activity = case.activity_ids
        self.assertEqual((activity.user_id, str(activity.date_deadline)), (self.agent, "2026-11-06"))
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "calendar_id": self.team.resource_calendar_id.id,
                "company_id": self.company.id,
                "date_from": "2026-11-04 23:00:00",
                "date_to": "2026-11-05 22:59:59",
            }
        )
        with freeze_time("2026-11-03 10:00:00"):
            case = self._resolved()
        self.assertEqual([str(case.follow_up_date), str(case.follow_up_latest)], ["2026-11-09", "2026-11-13"])

    def test_follow_up_days_where_the_team_is(self):
        """23:30 on Monday in New York is Tuesday in UTC: the days count from Monday."""
        self.team.resource_calendar_id = self._calendar(tz="America/New_York")
        with freeze_time("2026-11-03 04:30:00"):
            case = self._resolved()
        self.assertEqual(str(case.follow_up_date), "2026-11-05")

    def test_follow_up_done(self):
        case = self._resolved()
        with self.assertRaises(ValidationError):
            case.action_follow_up_done(" ")
        case.action_follow_up_done("Everything fine")
        self.assertTrue(case.follow_up_done_at)
        self.assertFalse(case.activity_ids)
        with self.assertRaisesRegex(UserError, "already"):
            case.action_follow_up_done("Once more")

    def test_settings(self):
        for values in (
            {"complaint_close_days": -1},
            {"complaint_close_days": 3, "complaint_close_notice_days": 3},
            {"complaint_follow_up_from": 0},
            {"complaint_follow_up_from": 5, "complaint_follow_up_to": 4},
        ):
            with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                self.company.write(values)
                self.company.flush_recordset()

    # -------------------------------------------------------------------------
    # SILENCE
    # -------------------------------------------------------------------------

    def _run_cron(self, day):
        with freeze_time(day), self.enter_registry_test_mode():
            self.env.ref("crm_compliance.ir_cron_close_complaints").method_direct_trigger()
        self.env.invalidate_all()

    def test_closing_after_silence(self):
        """10 days, told 3 days before: proposed on the 1st, told on the 8th, closed on the 11th."""
        self.company.write({"complaint_close_days": 10, "complaint_close_notice_days": 3})
        with freeze_time("2026-06-01 10:00:00"):
            case = self._complaint(solution="<p>New bottles</p>", date_received="2026-06-01 09:00:00")
            case.action_propose_solution()
        self._run_cron("2026-06-08 09:00:00")
        self.assertFalse(case.date_close_notice)
        self._run_cron("2026-06-08 11:00:00")
        self.assertTrue(case.date_close_notice)
        notices = self._public(case).filtered(lambda message: "will be closed" in (message.subject or ""))
        self.assertEqual(len(notices), 1)
        self.assertIn("06/11/2026", notices.body)
        self._run_cron("2026-06-10 11:00:00")
        self.assertEqual(case.state, "solution_proposed")
        self._run_cron("2026-06-11 11:30:00")
        self.assertEqual(case.state, "closed")
        self.assertEqual(str(case.date_resolved), "2026-06-11 11:30:00")
        self.assertTrue(case.follow_up_date)

    def test_closing_goes_on_without_one(self):
        """A case whose mail cannot be written is in nobody's way, and is looked at again."""
        self.company.write({"complaint_close_days": 10, "complaint_close_notice_days": 3})
        template = self.env.ref("crm_compliance.mail_template_complaint_notice")
        subject = template.subject
        template.subject = "{{ 1 // (0 if object.subject == 'Poison' else 1) }} will be closed"
        with freeze_time("2026-06-01 10:00:00"):
            cases = [
                self._complaint(solution="<p>New</p>", date_received="2026-06-01 09:00:00", subject=subject)
                for subject in ("Glass", "Poison", "Cork")
            ]
            for case in cases:
                case.action_propose_solution()
        with mute_logger("odoo.addons.crm_compliance.tools.apart", "odoo.addons.mail.models.mail_render_mixin"):
            self._run_cron("2026-06-08 11:00:00")
        self.assertEqual([bool(case.date_close_notice) for case in cases], [True, False, True])
        template.subject = subject
        self._run_cron("2026-06-08 12:00:00")
        for case in cases:
            self.assertTrue(case.date_close_notice)
            notices = self._public(case).filtered(lambda message: "will be closed" in (message.subject or ""))
            self.assertEqual(len(notices), 1, case.subject)

    def test_late_cron_gives_the_notice_its_time(self):
        self.company.write({"complaint_close_days": 10, "complaint_close_notice_days": 3})
        with freeze_time("2026-06-01 10:00:00"):
            case = self._resolved(date_received="2026-06-01 09:00:00")
        self._run_cron("2026-07-01 10:00:00")
        self.assertEqual(case.state, "resolved", "told today, closed in three days")
        self._run_cron("2026-07-04 10:00:01")
        self.assertEqual(case.state, "closed")

    def test_whoever_writes_is_not_silent(self):
        self.company.write({"complaint_close_days": 10, "complaint_close_notice_days": 3})
        with freeze_time("2026-06-01 10:00:00"):
            case = self._complaint(
                solution="<p>New</p>", date_received="2026-06-01 09:00:00", partner_id=self.contact.id
            )
            case.action_propose_solution()
        self._run_cron("2026-06-09 10:00:00")
        self.assertTrue(case.date_close_notice)
        with freeze_time("2026-06-10 10:00:00"):
            case.sudo().message_post(
                body="One moment",
                author_id=self.contact.id,
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
            )
        self.assertEqual((case.waiting, case.date_close_notice), ("none", False))
        self._run_cron("2026-08-01 10:00:00")
        self.assertEqual(case.state, "solution_proposed", "it is our turn")

    def test_never_closed_by_itself(self):
        self.company.complaint_close_days = 0
        with freeze_time("2026-06-01 10:00:00"):
            case = self._resolved(date_received="2026-06-01 09:00:00")
        self._run_cron("2026-09-01 10:00:00")
        self.assertEqual(case.state, "resolved")

    # -------------------------------------------------------------------------
    # SATISFACTION, DELETION, COST
    # -------------------------------------------------------------------------

    def test_satisfaction(self):
        case = self._resolved()
        token = case.sudo()._rating_get_access_token()
        case.sudo().rating_apply(4, token=token, feedback="Quick")
        self.assertEqual((case.satisfaction, case.satisfaction_comment), (4, "Quick"))
        rating = case.sudo().rating_ids
        with self.assertRaises(AccessError):
            rating.with_user(self.agent).write({"rating": 5})
        with self.assertRaises(AccessError):
            self.env["rating.rating"].with_user(self.agent).create(
                {
                    "res_model_id": self.env["ir.model"]._get_id("compliance.complaint"),
                    "res_id": case.id,
                    "rating": 5,
                    "consumed": True,
                }
            )

    def test_deletion(self):
        manager = self.user["manager"]
        with self.assertRaises(AccessError):
            self._complaint().unlink()
        with self.assertRaises(UserError):
            self._at("acknowledged").with_user(manager).unlink()
        self._complaint().with_user(manager).unlink()

    def test_customers_are_kept(self):
        case = self._complaint()
        with self.assertRaises(ForeignKeyViolation), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.customer.unlink()
        self.assertTrue(case.exists())

    def test_merged_partners(self):
        """The case and its dossier go with the customer."""
        other = self._customer("Wine Trade twice")
        case = self._complaint(partner_id=other.id)
        self.assertEqual(case.sudo().profile_id, self._dossier(other))
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((other | self.customer).ids, self.customer)
        self.env.invalidate_all()
        self.assertEqual(case.partner_id, self.customer)
        self.assertEqual(case.sudo().profile_id, self._dossier(self.customer))

    def test_cost_of_creating(self):
        """The same for few and many; messages about it are what Odoo does per record, and left out here."""
        partners = self.env["res.partner"].create([{"name": f"Customer {number}"} for number in range(48)])
        self.profiles.create([{"partner_id": partner.id} for partner in partners])
        cases = self.complaints.with_user(self.agent).with_context(tracking_disable=True)

        def create(some):
            return lambda: cases.create([{"subject": "X", "partner_id": partner.id} for partner in some])

        batches = (partners[:2], partners[2:4], partners[4:26])
        _cold, few, many = (self._count(create(some), warm=False) for some in batches)
        self._assert_same_cost(few, many)

    def test_cost_of_steps(self):
        cases = self.complaints.with_user(self.agent).with_context(tracking_disable=True)
        cases = cases.create([{"subject": f"X{number}", "partner_id": self.customer.id} for number in range(99)])
        cases.sudo().write({"solution": "<p>X</p>"})
        for step in (
            "action_acknowledge",
            "action_investigate",
            "action_wait_customer",
            "action_resume",
            "action_propose_solution",
        ):
            batches = (cases[:2], cases[2:4], cases[4:24])
            _cold, few, many = (self._count(getattr(some, step), warm=False) for some in batches)
            self._assert_same_cost(few, many)
        # Beyond that waking the job that tells the customers is added, once.
        batches = (cases[24:45], cases[45:66], cases[66:99])
        _cold, few, many = (self._count(some.action_acknowledge, warm=False) for some in batches)
        self._assert_same_cost(few, many)

    # -------------------------------------------------------------------------
    # TERMS
    # -------------------------------------------------------------------------

    def test_paths_follow_renames(self):
        """Of whatever is above, in the language of who looks; and nothing is below itself."""
        self.env["res.lang"]._activate_lang("fr_FR")
        for model in ("compliance.complaint.category", "compliance.complaint.cause"):
            terms = self.env[model]
            top = terms.create({"name": "Top"})
            middle = terms.create({"name": "Middle", "parent_id": top.id})
            leaf = terms.create({"name": "Leaf", "parent_id": middle.id})
            self.assertEqual(leaf.display_name, "Top / Middle / Leaf")
            top.name = "Head"
            self.assertEqual((leaf.display_name, leaf.complete_name), ("Head / Middle / Leaf",) * 2)
            top.with_context(lang="fr_FR").name = "Sommet"
            self.assertEqual(leaf.with_context(lang="fr_FR").display_name, "Sommet / Middle / Leaf")
            self.assertEqual(leaf.display_name, "Head / Middle / Leaf")
            self.assertEqual(terms.with_context(lang="fr_FR").name_search("Sommet")[0][0], top.id)
            with self.assertRaises(UserError):
                top.parent_id = leaf
