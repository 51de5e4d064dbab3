# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from functools import partial
from unittest.mock import patch

from psycopg2.errors import UniqueViolation

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import SQL, mute_logger

from .common import ComplianceCommon


class AlertCommon(ComplianceCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["compliance.criterion"].search([]).active = False
        cls.alerts = cls.env["compliance.alert"]
        cls.customer = cls._customer()
        cls.dossier = cls._dossier(cls.customer)
        cls.dossier.write({"officer_id": cls.user["officer"].id, "user_id": cls.user["sales"].id})

    def _refresh(self, partners=None):
        self.env.flush_all()
        self.assertTrue(self.profiles._refresh(self.customer if partners is None else partners))
        self.env.invalidate_all()

    def _alerts(self, kind=None, customer=None):
        domain = [("partner_id", "=", (customer or self.customer).id)]
        return self.alerts.search(domain + ([("kind", "=", kind)] if kind else []), order="id")

    def _overdue(self, amount=100, days=40, customer=None):
        return self._invoice(customer or self.customer, amount, self._days_ago(days + 30), due=self._days_ago(days))

    def _set_figures(self, **figures):
        self.env.flush_all()
        for name, value in figures.items():
            self.env.cr.execute(
                f"UPDATE compliance_profile SET {name} = %s WHERE id = %s",
                [value, self.dossier.id],
            )
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestAlertCauses(AlertCommon):
    """What raises an alert, and just does not."""

    def _raised(self, kind):
        self._refresh()
        return len(self._alerts(kind).filtered(lambda alert: alert.state == "new"))

    def test_overdue(self):
        invoice = self._overdue(days=29)
        self.assertEqual(self._raised("overdue"), 0)
        self.company.compliance_alert_overdue_days = 29
        self.assertEqual(self._raised("overdue"), 1)
        alert = self._alerts("overdue")
        self.assertEqual((alert.value, alert.threshold, alert.invoice_ids), (29, 29, invoice))
        self.assertEqual(alert.evidence, {"amount": 100, "days": 29})
        self.assertIn("29 days", alert.summary)
        self.company.compliance_alert_overdue_days = 0
        self.assertEqual(self._raised("overdue"), 0)

    @freeze_time("2026-11-29 20:06:00")
    def test_overdue_whoever_refreshes(self):
        """The day is the company's: no alert comes and goes with the time zone of whoever refreshes."""
        self.company.resource_calendar_id.tz = "Asia/Shanghai"
        self._invoice(self.customer, 100, "2026-10-01", due="2026-10-31")
        for zone in (None, "Asia/Shanghai", None, "America/Los_Angeles"):
            self.profiles.with_context(tz=zone)._refresh(self.customer)
            self.env.invalidate_all()
            alert = self._alerts("overdue")
            self.assertRecordValues(alert, [{"state": "new", "value": 30}])
            self.assertEqual(str(alert.activity_ids.date_deadline), "2026-11-30")

    def test_responsible_left(self):
        """Alerts are the officer's, or the account manager's where there is no officer any more."""
        officer, manager = self.user["officer"], self.user["sales"]
        self._overdue()
        self._refresh()
        alert = self._alerts("overdue")
        self.assertEqual(alert.user_id, officer)
        officer.action_archive()
        self._refresh()
        self.assertEqual((alert.user_id, alert.activity_ids.user_id), (manager, manager))
        officer.active = True
        manager.action_archive()
        alert.with_user(officer).action_schedule_call()
        calls = alert.profile_id.activity_ids
        self.assertEqual(calls.user_id, officer)
        self._refresh()
        self.assertEqual(alert.user_id, officer)

    def test_limit(self):
        self.customer.with_company(self.company).write({"use_partner_credit_limit": True, "credit_limit": 1000})
        self.env.flush_all()
        self._invoice(self.customer, 899, self.today)
        self.assertEqual(self._raised("limit"), 0)
        self._invoice(self.customer, 1, self.today)
        self.assertEqual(self._raised("limit"), 1)
        self.assertEqual(round(self._alerts("limit").value), 90)

    def test_silence(self):
        for days in (300, 200, 100):
            self._paid_invoice(self.customer, 10, self._days_ago(days), self._days_ago(days), self._days_ago(days))
        self.company.compliance_alert_silence_factor = 1.01
        self.assertEqual(self._raised("silence"), 0)
        self.company.compliance_alert_silence_factor = 1
        self.assertEqual(self._raised("silence"), 1)
        self.assertEqual(self._alerts("silence").evidence["interval"], 100)

    def test_silence_needs_a_rhythm(self):
        for days in (300, 200):
            self._paid_invoice(self.customer, 10, self._days_ago(days), self._days_ago(days), self._days_ago(days))
        self.company.compliance_alert_silence_factor = 0.5
        self.assertEqual(self._raised("silence"), 0)

    def _pay_late(self, *days_late):
        """Invoices in the order of their payment, each paid so many days late."""
        moment = 20 * len(days_late)
        for late in days_late:
            self._paid_invoice(
                self.customer, 10, self._days_ago(moment + 100), self._days_ago(moment + late), self._days_ago(moment)
            )
            moment -= 20

    def test_habit(self):
        # 12 on time, then 10 days late on average: level and slope.
        self._pay_late(*[0] * 12, 9, 10, 11)
        self.assertEqual(self._raised("habit"), 1)
        alert = self._alerts("habit")
        self.assertEqual((alert.evidence["recent"], alert.evidence["before"]), (10, 0))
        self.assertEqual(len(alert.invoice_ids), 3)
        self.company.compliance_alert_habit_days = 11
        self.assertEqual(self._raised("habit"), 0)

    def test_habit_looks_at_12_before(self):
        # The 13th before would pull the average down.
        self._pay_late(-1000, *[5] * 12, 15, 15, 15)
        self.assertEqual(self._raised("habit"), 1)

    def test_habit_level_without_slope(self):
        # The last three are later than those before on average, but it is getting better.
        self._pay_late(60, 50, 40, -100, -100, -100, -100, 12, 6, 3)
        self.assertEqual(self._raised("habit"), 0)

    def test_habit_better(self):
        self._pay_late(*[20] * 12, 5, 5, 5)
        self.assertEqual(self._raised("habit"), 0)

    def test_habit_needs_something_to_compare(self):
        self._pay_late(0, 0, 30, 30, 30)
        self.assertEqual(self._raised("habit"), 0)
        self._pay_late()
        self._paid_invoice(self.customer, 10, self._days_ago(200), self._days_ago(150), self._days_ago(150))
        self.assertEqual(self._raised("habit"), 1)

    def test_disputed(self):
        invoice = self._invoice(self.customer, 70, self.today)
        self.assertEqual(self._raised("disputed"), 0)
        invoice.compliance_disputed = True
        self.assertEqual(self._raised("disputed"), 1)
        self.assertEqual((self._alerts("disputed").value, self._alerts("disputed").invoice_ids), (70, invoice))
        self.company.compliance_alert_disputed_amount = 70
        self.assertEqual(self._raised("disputed"), 0)

    def test_review(self):
        self.dossier.next_review_date = self.today
        self.assertEqual(self._raised("review_overdue"), 0)
        self.dossier.next_review_date = self._days_ago(1)
        self.assertEqual(self._raised("review_overdue"), 1)
        self.company.compliance_alert_review_days = 1
        self.assertEqual(self._raised("review_overdue"), 0)

    def test_criterion(self):
        criterion = self.env["compliance.criterion"].create({"code": "LIC", "name": "Licence"})
        self._work_off_queue()
        check = self.dossier.check_ids.filtered(lambda check: check.criterion_id == criterion)
        check.write({"result": "met", "valid_until": self.today, "evidence": "X"})
        self.assertEqual(self._raised("criterion_expired"), 0)
        check.valid_until = self._days_ago(1)
        self.assertEqual(self._raised("criterion_expired"), 1)
        self.assertIn("LIC", self._alerts("criterion_expired").summary)

    def test_level(self):
        for level, previous, expected in (
            ("high", "medium", 1),
            ("medium", "high", 0),
            ("high", False, 0),
            ("low", "low", 0),
        ):
            self._set_figures(risk_level=level, risk_level_previous=previous or None)
            self.alerts.sudo()._watch(self.customer)
            self.env.invalidate_all()
            found = self._alerts("level_rose").filtered(lambda alert: alert.state == "new")
            self.assertEqual(len(found), expected, (level, previous))

    def test_score(self):
        baseline = SQL("SELECT %s::int4 AS profile_id, 30 AS score", self.dossier.id)
        with patch.object(self.env.registry["compliance.alert"], "_get_score_baseline", lambda *args: baseline):
            for score, expected in ((49, 0), (50, 1)):
                self._set_figures(risk_score=score)
                self.alerts.sudo()._watch(self.customer)
                self.env.invalidate_all()
                self.assertEqual(len(self._alerts("score_rose")), expected, score)
        self.assertIn("20 points", self._alerts("score_rose").summary)

    def test_exited_customers_are_left_alone(self):
        self._overdue()
        self.dossier._write_admission({"admission_state": "exited"})
        self.assertEqual(self._raised("overdue"), 0)

    def test_settings(self):
        with self.assertRaises(ValidationError):
            self.company.compliance_alert_overdue_days = -1


@tagged("post_install", "-at_install")
class TestAlert(AlertCommon):
    """Raised once, kept up to date, closed by people or by itself."""

    def test_raised_once(self):
        self._overdue()
        for _run in range(3):
            self._refresh()
        alert = self._alerts("overdue")
        self.assertEqual(len(alert), 1)
        self.assertRecordValues(
            alert, [{"user_id": self.user["officer"].id, "state": "new", "company_id": self.company.id}]
        )
        activity = alert.activity_ids
        self.assertEqual(
            (activity.user_id, activity.res_name, activity.automated),
            (self.user["officer"], self.customer.complete_name, True),
        )

    def test_responsible(self):
        self._overdue()
        self.dossier.officer_id = False
        self._refresh()
        self.assertEqual(self._alerts("overdue").user_id, self.user["sales"])
        other = self._customer("Other")
        self._overdue(customer=other)
        self._refresh(other)
        alert = self._alerts("overdue", other)
        self.assertFalse(alert.user_id or alert.activity_ids)
        self._dossier(other).user_id = self.user["sales"]
        for _run in range(2):
            self._refresh(other)
        self.assertEqual((alert.user_id, alert.activity_ids.user_id), (self.user["sales"], self.user["sales"]))
        self.assertEqual(len(alert.activity_ids), 1)

    @mute_logger("odoo.sql_db")
    def test_database_lets_no_second_one_be_open(self):
        self._overdue()
        self._refresh()
        with self.assertRaises(UniqueViolation):
            self._alerts("overdue").copy()
            self.env.flush_all()

    def test_evidence_is_kept_up_to_date(self):
        invoice = self._overdue()
        self._refresh()
        more = self._overdue(50, days=60)
        self._refresh()
        alert = self._alerts("overdue")
        self.assertEqual((alert.evidence, alert.value), ({"amount": 150, "days": 60}, 60))
        self.assertEqual(alert.invoice_ids, invoice | more)
        self._pay(more, self.today)
        self._refresh()
        self.assertEqual((self._alerts("overdue").value, alert.invoice_ids), (40, invoice))

    def test_resolved_by_itself_and_raised_anew(self):
        invoice = self._overdue()
        self._refresh()
        self._pay(invoice, self.today)
        self._refresh()
        alert = self._alerts("overdue")
        self.assertRecordValues(alert, [{"state": "resolved", "is_automatic": True, "is_current": False}])
        self.assertTrue(alert.closed_at)
        self.assertFalse(alert.activity_ids)
        self.assertEqual(alert.evidence, {"amount": 100, "days": 40})
        self._overdue()
        self._refresh()
        self.assertEqual(self._alerts("overdue").mapped("state"), ["resolved", "new"])

    def test_dismissed_is_not_raised_again(self):
        invoice = self._overdue()
        self._refresh()
        alert = self._alerts("overdue")
        alert.with_user(self.user["sales"])._dismiss("Agreed with them")
        self.assertRecordValues(
            alert, [{"state": "dismissed", "closed_by": self.user["sales"].id, "dismiss_reason": "Agreed with them"}]
        )
        self.assertFalse(alert.activity_ids)
        self._overdue(days=79)
        self._refresh()
        self.assertEqual(len(self._alerts("overdue")), 1)
        # Twice as long as when it was dismissed.
        self._overdue(days=80)
        self._refresh()
        self.assertEqual(self._alerts("overdue").mapped("state"), ["dismissed", "new"])
        self._refresh()
        self.assertEqual(len(self._alerts("overdue")), 2)
        self.assertTrue(invoice)

    def test_dismissed_ends_with_its_cause(self):
        invoice = self._overdue()
        self._refresh()
        self._alerts("overdue")._dismiss("Fine")
        self._pay(invoice, self.today)
        self._refresh()
        self.assertEqual(self._alerts("overdue").mapped("state"), ["dismissed"])
        self._overdue()
        self._refresh()
        self.assertEqual(self._alerts("overdue").mapped("state"), ["dismissed", "new"])

    def test_all_at_once(self):
        other = self._customer("Other")
        self._overdue()
        self._overdue(customer=other)
        self._refresh(self.customer)
        self.assertFalse(self._alerts("overdue", other))
        self.assertTrue(self.profiles._refresh())
        self.env.invalidate_all()
        self.assertEqual(len(self._alerts("overdue")), 1)
        self.assertEqual(len(self._alerts("overdue", other)), 1)
        # Looking at others resolves nothing here.
        self._refresh(other)
        self.assertEqual(self._alerts("overdue").state, "new")

    def test_companies(self):
        second = self._create_company(name="Second")
        self._open_dossier(self.customer, second)
        self._invoice(self.customer, 10, self._days_ago(80), due=self._days_ago(50), company=second)
        self._overdue()
        second.compliance_alert_overdue_days = 60
        self._refresh()
        self.assertEqual(self._alerts("overdue").company_id, self.company)
        second.compliance_alert_overdue_days = 50
        self._refresh()
        self.assertEqual(self._alerts("overdue").company_id, self.company | second)
        officer = self.user["officer"]
        self.assertEqual(self.alerts.with_user(officer).search([]).company_id.ids, self.company.ids)

    # -------------------------------------------------------------------------
    # PEOPLE
    # -------------------------------------------------------------------------

    def _raise(self):
        self._overdue()
        self._refresh()
        return self._alerts("overdue")

    def test_states(self):
        alert = self._raise().with_user(self.user["sales"])
        alert.action_acknowledge()
        self.assertEqual(alert.state, "acknowledged")
        alert.action_start()
        self.assertEqual(alert.state, "in_progress")
        with self.assertRaises(ValidationError):
            alert._dismiss("")
        alert.action_resolve()
        self.assertEqual((alert.state, alert.is_automatic), ("resolved", False))
        for method in ("action_acknowledge", "action_resolve", "action_dismiss", "action_schedule_call"):
            with self.assertRaises(UserError):
                getattr(alert, method)()

    def test_dismissing_asks_for_the_reason(self):
        alert = self._raise().with_user(self.user["sales"])
        action = alert.action_dismiss()
        wizard = self.env["compliance.reason"].with_user(self.user["sales"]).browse(action["res_id"])
        with self.assertRaises(UserError):
            wizard.action_confirm()
        wizard.reason = "Paid yesterday"
        wizard.action_confirm()
        self.assertEqual((alert.state, alert.dismiss_reason), ("dismissed", "Paid yesterday"))

    def test_nothing_is_written_directly(self):
        alert = self._raise()
        for user in (self.user["sales"], self.user["officer"], self.user["manager"], self.env.user):
            for vals in ({"state": "resolved"}, {"evidence": {}}, {"value": 0}, {"action_taken": "call"}):
                with self.assertRaises(AccessError):
                    alert.with_user(user).write(vals)
        with self.assertRaises(AccessError):
            alert.with_user(self.user["sales"]).user_id = self.user["sales"]
        alert.with_user(self.user["officer"]).user_id = self.user["manager"]
        self.assertEqual(alert.user_id, self.user["manager"])

    def test_roles(self):
        alert = self._raise()
        for role in ("sales", "officer", "manager", "auditor", "accountant"):
            self.assertIn(alert, self.alerts.with_user(self.user[role]).search([]), role)
        for role in ("auditor", "accountant", "employee", "portal"):
            with self.assertRaises(AccessError):
                alert.with_user(self.user[role]).action_acknowledge()
        self.dossier.user_id = False
        self.assertNotIn(alert, self.alerts.with_user(self.user["sales"]).search([]))
        for role in ("sales", "officer", "manager"):
            with self.assertRaises(AccessError):
                self.alerts.with_user(self.user[role]).create({"profile_id": self.dossier.id, "kind": "overdue"})
            with self.assertRaises(AccessError):
                alert.with_user(self.user[role]).unlink()

    def test_conversation(self):
        """Whoever works with customers adds what they know, auditors read it."""
        alert = self._raise()
        for role in ("sales", "officer", "manager", "accountant"):
            self.assertTrue(alert.with_user(self.user[role]).message_post(body=role))
        auditor = alert.with_user(self.user["auditor"])
        self.assertTrue(auditor.message_ids.mapped("body"))
        with self.assertRaises(AccessError):
            auditor.message_post(body="I was here.")
        with self.assertRaises(AccessError):
            auditor.activity_schedule("mail.mail_activity_data_todo")

    def test_form_without_the_right_to_invoices(self):
        alert = self._raise()
        for role in ("sales", "officer", "manager"):
            self.assertTrue(Form(alert.with_user(self.user[role])).has_invoices, role)
        # With Sales, salespeople read invoices.
        self.assertFalse(self.env["account.move"].with_user(self.user["officer"]).has_access("read"))

    def test_snoozing(self):
        alert = self._raise().with_user(self.user["sales"])
        with self.assertRaises(ValidationError):
            alert.snoozed_until = self.today
        alert.action_snooze_week()
        later = fields.Date.add(self.today, days=7)
        self.assertTrue(alert.is_snoozed)
        self.assertEqual(alert.sudo().activity_ids.date_deadline, later)
        self.assertNotIn(alert, self.alerts.search([("is_snoozed", "=", False)]))
        self._refresh()
        self.assertEqual(len(self._alerts("overdue")), 1)
        alert.sudo()._write_state({"snoozed_until": self.today})
        self.assertIn(alert.sudo(), self.alerts.search([("is_snoozed", "=", False)]))

    def test_next_steps(self):
        alert = self._raise()
        as_sales, as_officer = (alert.with_user(self.user[role]) for role in ("sales", "officer"))
        self.assertEqual(alert.led_to_action, 0)
        as_sales.action_schedule_call()
        self.assertEqual((alert.state, alert.action_taken, alert.led_to_action), ("in_progress", "call", 100))
        self.assertIn(self.user["sales"], self.dossier.activity_ids.user_id)
        as_sales.action_collect()
        self.assertTrue(alert.invoice_ids.compliance_collection)
        self.assertEqual(as_officer.action_lower_limit()["res_id"], self.customer.id)
        with self.assertRaises(AccessError):
            as_sales.action_restrict()
        action = as_officer.action_restrict()
        restriction = (
            self.env["compliance.restriction"]
            .with_user(self.user["officer"])
            .with_context(**action["context"])
            .create({})
        )
        self.assertEqual((restriction.partner_id, restriction.state), (self.customer, "proposed"))
        self.assertIn("40 days", restriction.reason)
        as_sales.action_request_review()
        self.assertEqual(alert.action_taken, "review")
        # The review opened because the risk rose is the one that is asked for.
        reviews = {as_officer.action_request_review()["res_id"] for _time in range(2)}
        review = self.env["compliance.risk.review"].browse(reviews)
        self.assertEqual((review.kind, review.profile_id), ("onboarding", self.dossier))

    def test_collecting_needs_invoices(self):
        self.dossier.next_review_date = self._days_ago(5)
        self._refresh()
        with self.assertRaises(UserError):
            self._alerts("review_overdue").action_collect()

    # -------------------------------------------------------------------------
    # MERGES
    # -------------------------------------------------------------------------

    def test_merge(self):
        duplicate = self._customer("Duplicate")
        self._overdue(customer=duplicate)
        self._dossier(duplicate).next_review_date = self._days_ago(3)
        self._refresh(self.customer | duplicate)
        self._raise()
        self.assertEqual(self._alerts(customer=duplicate).mapped("kind"), ["overdue", "review_overdue"])
        kept = self._alerts() | self._alerts(customer=duplicate)
        self.env["base.partner.merge.automatic.wizard"]._merge((duplicate | self.customer).ids, self.customer)
        self.env.invalidate_all()
        self.assertEqual(kept.exists(), kept)
        self.assertEqual(kept.partner_id, self.customer)
        opened = self._alerts().filtered(lambda alert: alert.state == "new")
        self.assertEqual(sorted(opened.mapped("kind")), ["overdue", "review_overdue"])

    # -------------------------------------------------------------------------
    # COST
    # -------------------------------------------------------------------------

    def test_cost(self):
        customers = self.env["res.partner"].create([{"name": f"Customer {number}"} for number in range(48)])
        dossiers = self.profiles.create([{"partner_id": customer.id} for customer in customers])
        dossiers.write({"officer_id": self.user["officer"].id, "next_review_date": self._days_ago(3)})
        self.env.flush_all()

        def count(*batches):
            return [self._count(partial(self.alerts._watch, some), warm=False) for some in batches]

        _cold, few, many = count(customers[:2], customers[2:4], customers[4:26])
        self._assert_same_cost(few, many)
        self.assertEqual(len(self.alerts.search([("partner_id", "in", customers[4:26].ids)])), 22)
        dossiers.next_review_date = False
        self._assert_same_cost(*count(customers[2:4], customers[4:26]))
        found = self.alerts.search([("partner_id", "in", customers[4:26].ids)])
        self.assertEqual(set(found.mapped("state")), {"resolved"})
