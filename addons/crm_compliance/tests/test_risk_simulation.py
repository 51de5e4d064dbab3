# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta
from functools import partial

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .risk_common import RiskCommon

OVERDUE = {"signal": "max_days_overdue", "comparison": ">", "value": 30, "points": 30}


@tagged("post_install", "-at_install")
class TestRiskDryRun(RiskCommon):
    """What a draft would change."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dossiers = cls.dossier
        for number in range(3):
            cls.dossiers |= cls._dossier(cls._customer(f"Customer {number}"))
        for dossier, days in zip(cls.dossiers, (0, 31, 61, 91), strict=True):
            cls._set_figures(dossier, max_days_overdue=days)

    def _run(self, model, role="officer"):
        action = model.with_user(self.user[role]).action_dry_run()
        return self.env["compliance.risk.dry.run"].with_user(self.user[role]).browse(action["res_id"])

    def _levels(self, run):
        return [
            (line.level_before or None, line.level_after, line.change)
            for line in run.line_ids.sorted(lambda line: line.profile_id.id)
        ]

    def test_dry_run(self):
        # Before: 0, 30, 30, 30. After: 0, 0, 30, 60.
        self._model(OVERDUE)
        draft = self._model({**OVERDUE, "value": 60}, {**OVERDUE, "value": 90}, activate=False)
        names = ["risk_score", "risk_level", "risk_reasons", "risk_held_level", "figures_changed_at"]
        before = self.dossiers.read(names), self.env["compliance.risk.snapshot"].search_count([])
        run = self._run(draft)
        self.assertEqual(
            self._levels(run),
            [
                ("low", "low", "same"),
                ("medium", "low", "lowered"),
                ("medium", "medium", "same"),
                ("medium", "high", "raised"),
            ],
        )
        self.assertEqual((run.customer_count, run.raised_count, run.lowered_count, run.first_count), (4, 1, 1, 0))
        raised = run.line_ids.filtered(lambda line: line.change == "raised")
        self.assertEqual((raised.score_before, raised.score_after), (30, 60))
        # Both steps are one line.
        self.assertIn("91 days (over 90): +60", raised.reasons_text)
        lowered = run.line_ids.filtered(lambda line: line.change == "lowered")
        self.assertEqual(lowered.held_until, self.today + timedelta(days=30))
        self.assertFalse(run.line_ids.filtered(lambda line: line.change == "same").filtered("reasons"))
        self.assertIn("<td", run.matrix)
        self.assertEqual((self.dossiers.read(names), self.env["compliance.risk.snapshot"].search_count([])), before)
        self.assertEqual((draft.state, draft.factor_ids.mapped("value")), ("draft", [60, 90]))
        self.assertIn("1 raised, 1 lowered", draft.message_ids[0].body)

    def test_first_model(self):
        run = self._run(self._model(OVERDUE, activate=False))
        self.assertEqual(run.first_count, 4)
        self.assertIn("No level", run.matrix)

    def test_says_what_activating_does(self):
        self._model(OVERDUE)
        draft = self._model({**OVERDUE, "points": 80}, activate=False)
        run = self._run(draft)
        draft.action_activate()
        for line in run.line_ids:
            self.assertEqual(
                (line.profile_id.risk_level, line.profile_id.risk_score), (line.level_after, line.score_after)
            )

    def test_overrides_count(self):
        model = self._model(OVERDUE)
        override = (
            self.env["compliance.risk.override"]
            .with_user(self.user["officer"])
            .create({"profile_id": self.dossiers[1].id, "level": "low", "reason": "X", "date_to": self.today})
        )
        override.with_user(self.user["manager"]).action_approve()
        self.assertEqual(set(self._run(model.copy()).line_ids.mapped("change")), {"same"})

    def test_who_may(self):
        draft = self._model(OVERDUE, activate=False)
        for role in ("sales", "accountant", "auditor", "employee", "portal"):
            with self.assertRaises(AccessError, msg=role):
                draft.with_user(self.user[role]).action_dry_run()
        run = self._run(draft)
        with self.assertRaises(AccessError):
            run.with_user(self.user["manager"]).read(["matrix"])
        with self.assertRaises(AccessError):
            run.line_ids.with_user(self.user["manager"]).read(["reasons"])

    def test_other_companies(self):
        other = self.env["res.company"].create({"name": "Other"})
        self._open_dossier(self.customer, other)
        draft = self._model(OVERDUE, activate=False, company=other)
        with self.assertRaises(AccessError):
            self._run(draft, "manager")
        run = self._run(self._model(OVERDUE, activate=False))
        self.assertEqual(run.line_ids.profile_id.company_id, self.company)

    def test_cost(self):
        draft = self._model(OVERDUE, activate=False)
        few = self._count(partial(self._run, draft))
        for number in range(20):
            self._customer(f"More {number}")
        self._assert_same_cost(few, self._count(partial(self._run, draft)))


@tagged("post_install", "-at_install")
class TestRiskBacktest(RiskCommon):
    """A model as of a past day against what happened since, by hand."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.as_of = cls._days_ago(100)
        cls.draft = cls._model(
            {"signal": "late_ratio", "comparison": ">=", "value": 50, "points": 40},
            {"signal": "avg_days_to_pay", "comparison": ">", "value": 20, "points": 20},
            {"signal": "zone", "comparison": "set", "points": 100},
            activate=False,
        )

    def _story(self, name, late_before, late_after=None, **after):
        """A customer who paid an invoice before the day, and one after it, so many days late; None: none."""
        customer = self._customer(name)
        due = self.as_of - timedelta(days=50)
        self._paid_invoice(customer, 100, due - timedelta(days=10), due, due + timedelta(days=late_before))
        if late_after is not None:
            due = self.as_of + timedelta(days=20)
            self._paid_invoice(customer, 100, self.as_of - timedelta(days=5), due, due + timedelta(days=late_after))
        return customer

    def _test(self, role="officer", **vals):
        tests = self.env["compliance.risk.backtest"].with_user(self.user[role])
        test = tests.create({"model_id": self.draft.id, "as_of": self.as_of, "date_to": self.today, **vals})
        test.action_run()
        return test

    def _outcomes(self, test):
        return {line.profile_id.partner_id.name: (line.score, line.outcome) for line in test.line_ids}

    def test_backtest(self):
        self._story("Late, Late", 15, 10)
        self._story("Late, Good", 5, 0)
        self._story("Good, Late", 0, 10)
        self._story("Good, Good", 0, -5)
        self._story("Gone", 30)
        self.draft.write({"threshold_high": 60})
        test = self._test()
        self.assertEqual(
            self._outcomes(test),
            {
                "Late, Late": (60, "hit"),
                "Late, Good": (40, "false_alarm"),
                "Good, Late": (0, "missed"),
                "Good, Good": (0, "passed"),
            },
        )
        self.assertEqual((test.customer_count, test.bad_count), (4, 2))
        self.assertEqual((test.hit_rate, test.false_alarm_rate, test.precision), (0.5, 0.5, 0.5))
        # Pairs of bad and good: 60 > 40, 60 > 0, 0 < 40, 0 = 0.
        self.assertAlmostEqual(test.auc, (1 + 1 + 0 + 0.5) / 4)
        self.assertEqual(test.left_out, "Factor 2")
        self.assertIn("0.625", self.draft.message_ids[0].body)
        strict = self._test(flag_level="high")
        self.assertEqual((strict.hit_rate, strict.false_alarm_rate, strict.precision), (0.5, 0, 1))
        self.assertFalse(self.dossier.risk_level)

    def test_nothing_later_is_known(self):
        """The same, whatever happened after the day."""
        customer = self._story("Late, Late", 15, 10)
        before = self._test().line_ids.score
        self._invoice(customer, 5000, self._days_ago(60))
        after = self._test().line_ids.filtered(lambda line: line.profile_id.partner_id == customer)
        self.assertEqual(after.score, before)

    def test_grace_and_still_open(self):
        self._story("Late", 0, 3)
        opened = self._story("Open", 0)
        self._invoice(opened, 100, self.as_of - timedelta(days=5), self.as_of + timedelta(days=20))
        partly = self._story("Partly", 0)
        due = self.as_of + timedelta(days=20)
        self._pay(self._invoice(partly, 100, self.as_of - timedelta(days=5), due), due, amount=60)
        found = {line.profile_id.partner_id.name: line.is_bad for line in self._test(grace_days=5).line_ids}
        self.assertEqual(found, {"Late": False, "Open": True, "Partly": True})
        # What was due before the day says nothing new; what is due today is not late yet.
        self._invoice(self._story("Not Yet", 0), 100, self.as_of, self.today)
        self.assertNotIn("Not Yet", self._outcomes(self._test()))

    def test_disputed(self):
        customer = self._story("Disputing", 0, 0)
        self.env["account.move"].search([("partner_id", "=", customer.id)]).compliance_disputed = True
        self.assertEqual(self._test().bad_count, 1)
        self.assertEqual(self._test(count_disputed=False).bad_count, 0)

    def test_written_off(self):
        customer = self._story("Written Off", 0)
        invoice = self._invoice(customer, 100, self.as_of - timedelta(days=20), self.as_of - timedelta(days=10))
        receivable = invoice.line_ids.filtered(lambda line: line.display_type == "payment_term")
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "journal_id": self.company_data["default_journal_misc"].id,
                "date": self._days_ago(10),
                "line_ids": [
                    Command.create(
                        {
                            "account_id": receivable.account_id.id,
                            "partner_id": customer.id,
                            "debit": debit,
                            "credit": credit,
                        }
                        if credit
                        else {"account_id": self.company_data["default_account_expense"].id, "debit": debit}
                    )
                    for debit, credit in ((0, 100), (100, 0))
                ],
            }
        )
        entry.action_post()
        (receivable | entry.line_ids.filtered("credit")).reconcile()
        test = self._test()
        self.assertEqual(test.line_ids.mapped("written_off_count"), [1])
        self.assertEqual((test.bad_count, test.customer_count), (1, 1))
        self.assertFalse(self._test(count_written_off=False).bad_count)

    def _written_off_with_payment(self, name, paid, **vals):
        """A customer who paid less than the invoice of 100, the rest booked off together with the payment."""
        customer = self._story(name, 0)
        invoice = self._invoice(customer, 100, self.as_of - timedelta(days=20), self.as_of - timedelta(days=10))
        handling = {"payment_difference_handling": "reconcile", "writeoff_label": "Written off", **vals}
        self._pay(invoice, self._days_ago(10), amount=paid, **handling)
        self.assertEqual(invoice.payment_state, "paid" if invoice.payment_state == "paid" else "in_payment")
        return customer

    def test_written_off_with_a_payment(self):
        loss = {"writeoff_account_id": self.company_data["default_account_expense"].id}
        discount = self.company_data["default_account_expense"].copy({"name": "Discounts"})
        self.company.account_journal_early_pay_discount_loss_account_id = discount
        self._written_off_with_payment("Half", 50, **loss)
        self._written_off_with_payment("Charges", 98, **loss)
        self._written_off_with_payment("Discount", 90, writeoff_account_id=discount.id)
        self.assertEqual(self._outcomes(self._test()), {"Half": (0, "missed")})
        found = self._outcomes(self._test(write_off_percent=1))
        self.assertEqual(set(found), {"Half", "Charges"})

    def test_nobody_to_judge(self):
        test = self._test()
        self.assertEqual((test.customer_count, test.has_auc, test.auc), (0, False, 0))
        self._story("Good, Good", 0, 0)
        test = self._test()
        self.assertEqual((test.customer_count, test.has_auc), (1, False))

    def test_run_again(self):
        self._story("Good, Good", 0, 0)
        test = self._test()
        test.action_edit()
        self.assertEqual(test.state, "draft")
        test.action_run()
        self.assertEqual((test.state, len(test.line_ids)), ("done", 1))

    def test_input(self):
        for vals in (
            {"as_of": self.today},
            {"date_to": self.today + timedelta(days=1)},
            {"count_late": False, "count_written_off": False, "count_disputed": False},
        ):
            with self.assertRaises(ValidationError):
                self._test(**vals)

    def test_who_may(self):
        for role in ("sales", "accountant", "auditor", "employee", "portal"):
            with self.assertRaises(AccessError, msg=role):
                self._test(role)
        test = self._test()
        with self.assertRaises(AccessError):
            test.with_user(self.user["manager"]).read(["auc"])
        other = self.env["res.company"].create({"name": "Other"})
        foreign = self._model(OVERDUE, activate=False, company=other)
        with self.assertRaises(AccessError):
            self._test(model_id=foreign.id)
