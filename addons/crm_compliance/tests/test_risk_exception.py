# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import RestrictionCommon


@tagged("post_install", "-at_install")
class TestException(RestrictionCommon):
    """One document, one customer, one amount, two people, once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._draft(cls.contact, 100)

    def _assert_blocked(self, document=None):
        with self.assertRaises(UserError):
            (document or self.invoice).action_post()

    def test_used_once(self):
        exception = self._except(self.invoice)
        self.assertRecordValues(
            exception,
            [
                {
                    "state": "approved",
                    "partner_id": self.blocked.id,
                    "amount": 100,
                    "requested_by": self.second_manager.id,
                    "approved_by": self.manager.id,
                }
            ],
        )
        self.invoice.with_user(self.user["accountant"]).action_post()
        self.assertEqual((self.invoice.state, exception.state), ("posted", "used"))
        self.assertEqual(exception.used_by, self.user["accountant"])
        self.assertTrue(exception.used_at)
        self.assertIn(f"exception {exception.id}", self._notes(self.invoice))
        self.invoice.button_draft()
        self._assert_blocked()

    def test_by_the_form(self):
        action = self.invoice.with_user(self.user["accountant"]).action_request_exception()
        exception = (
            self.env["compliance.restriction.exception"]
            .with_user(self.user["accountant"])
            .with_context(**action["context"])
            .create({"reason": "Prepaid"})
        )
        self.assertEqual((exception.state, exception.document_ref), ("draft", self.invoice))
        exception.action_request()
        self._assert_blocked()
        exception.with_user(self.manager).action_approve()
        self.invoice.action_post()

    def test_for_leads(self):
        lead = self._lead(self.contact)
        exception = self._except(lead, user=self.user["sales"])
        lead.with_user(self.user["sales"]).action_set_won()
        self.assertEqual((lead.won_status, exception.state), ("won", "used"))

    def test_not_needed(self):
        free = self._draft(self.free)
        with self.assertRaises(UserError):
            free.action_request_exception()
        with self.assertRaises(UserError):
            self._except(free)

    def test_other_document(self):
        self._except(self.invoice)
        other = self._draft(self.contact, 50)
        self._assert_blocked(other)
        self.invoice.action_post()
        self._assert_blocked(other)

    def test_amount(self):
        exception = self._except(self.invoice)
        self.invoice.invoice_line_ids.price_unit = 100.01
        self._assert_blocked()
        self.assertEqual(exception.state, "approved")
        self.invoice.invoice_line_ids.price_unit = 99
        self.invoice.action_post()

    def test_currency(self):
        self._except(self.invoice)
        self.invoice.currency_id = self.setup_other_currency("EUR")
        self._assert_blocked()

    def test_customer(self):
        other = self._customer("Other")
        self._restrict(other)
        self._except(self.invoice)
        self.invoice.partner_id = other
        self._assert_blocked()

    def test_later_restriction(self):
        self._except(self.invoice)
        self._restrict(self.blocked, reason="Something new")
        self._assert_blocked()

    def test_expiry(self):
        exception = self._except(self.invoice, valid_until=self.today)
        self.env["compliance.restriction.exception"]._expire()
        self.assertEqual(exception.state, "approved")
        exception._write_decision({"valid_until": self._days_ago(1)})
        self._assert_blocked()
        self.env["compliance.restriction.exception"]._expire()
        self.assertEqual(exception.state, "expired")

    def test_four_eyes(self):
        exception = self._except(self.invoice, user=self.manager, approver=False)
        with self.assertRaises(AccessError):
            exception.with_user(self.manager).action_approve()
        with self.assertRaises(AccessError):
            exception.with_user(self.manager)._refuse("No")
        for user in (self.officer, self.user["sales"], self.user["accountant"], self.user["auditor"]):
            with self.assertRaises(AccessError):
                exception.with_user(user).action_approve()
        self._assert_blocked()
        exception.with_user(self.second_manager).action_approve()
        self.invoice.action_post()

    def test_decisions_cannot_be_given(self):
        exceptions = self.env["compliance.restriction.exception"]
        vals = {"document_ref": f"account.move,{self.invoice.id}", "reason": "X"}
        requested = self._except(self.invoice, approver=False)
        for given in (
            {"state": "approved"},
            {"approved_by": self.second_manager.id},
            {"requested_by": self.officer.id},
            {"amount": 1000000},
            {"restriction_ids": [Command.set(self.block.ids)]},
        ):
            for user in (self.manager, self.env.user):
                with self.assertRaises(AccessError):
                    exceptions.with_user(user).create({**vals, **given})
                with self.assertRaises(AccessError):
                    exceptions.with_user(user).with_context(
                        **{f"default_{name}": value for name, value in given.items()}
                    ).create(vals)
                with self.assertRaises(AccessError):
                    requested.with_user(user).write(given)
        for vals in ({"reason": "Y"}, {"valid_until": "2099-01-01"}, {"document_ref": False}):
            with self.assertRaises(UserError):
                requested.with_user(self.second_manager).write(vals)
        with self.assertRaises(UserError):
            requested.with_user(self.second_manager).unlink()

    def test_whoever_changes_a_draft_asks(self):
        exception = (
            self.env["compliance.restriction.exception"]
            .with_user(self.second_manager)
            .create({"document_ref": f"account.move,{self.invoice.id}", "reason": "X"})
        )
        exception.with_user(self.manager).reason = "Better"
        self.assertEqual(exception.requested_by, self.manager)

    def test_only_for_own_documents(self):
        exceptions = self.env["compliance.restriction.exception"]
        for role in ("sales", "employee", "portal"):
            with self.assertRaises(AccessError):
                exceptions.with_user(self.user[role]).create(
                    {"document_ref": f"account.move,{self.invoice.id}", "reason": "X"}
                )

    def test_reading(self):
        exception = self._except(self.invoice, approver=False)
        exceptions = self.env["compliance.restriction.exception"]
        for role, expected in (("officer", True), ("auditor", True), ("sales", False), ("accountant", False)):
            found = exceptions.with_user(self.user[role]).search([("id", "=", exception.id)])
            self.assertEqual(bool(found), expected, role)

    def test_refusal(self):
        exception = self._except(self.invoice, approver=False)
        action = exception.with_user(self.manager).action_refuse()
        wizard = self.env["compliance.reason"].with_user(self.manager).browse(action["res_id"])
        with self.assertRaises(UserError):
            wizard.action_confirm()
        wizard.reason = "Too risky"
        wizard.action_confirm()
        self.assertEqual((exception.state, exception.refuse_reason), ("refused", "Too risky"))
        self.assertIn("Too risky", self._notes(self.invoice))
        self._assert_blocked()

    def test_batch_with_an_exception(self):
        self._except(self.invoice)
        other, free = self._draft(self.contact), self._draft(self.free)
        (self.invoice | other | free).action_post()
        self.assertEqual([self.invoice.state, other.state, free.state], ["posted", "draft", "posted"])

    def test_lifted_meanwhile(self):
        """Where nothing blocks any more, nothing is used up."""
        exception = self._except(self.invoice)
        self.block.with_user(self.manager)._lift("Paid")
        self.invoice.action_post()
        self.assertEqual(exception.state, "approved")

    def test_valid_for_a_month_by_default(self):
        exception = self._except(self.invoice, approver=False)
        self.assertEqual(exception.valid_until, fields.Date.add(fields.Date.context_today(exception), days=30))
