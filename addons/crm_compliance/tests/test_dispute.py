# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from psycopg2.errors import CheckViolation

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .dispute_common import DisputeCommon


@tagged("post_install", "-at_install")
class TestDispute(DisputeCommon):
    """What becomes of disputes."""

    def test_way_to_settlement(self):
        complaint = self._dispute()
        invoice = complaint.invoice_ids
        self.assertEqual(complaint.dispute_stage, "negotiation")
        self.assertEqual(complaint.disputed_invoice_ids, invoice)
        self.assertTrue(invoice.compliance_disputed)
        officer = self._as("officer", complaint)
        officer.action_mediate()
        officer.action_litigate()
        complaint.invalidate_recordset()
        self.assertEqual(complaint.dispute_stage_ids.mapped("stage"), ["litigation", "mediation", "negotiation"])
        self.assertEqual(complaint.dispute_stage_ids.mapped("date_to"), [False, self.today, self.today])
        with self.assertRaisesRegex(UserError, "settled"):
            officer.action_settle_dispute()
        officer.settlement = "Half each"
        with self.assertRaisesRegex(UserError, "liable"):
            officer.action_settle_dispute()
        self._settle(complaint)
        self.assertEqual((complaint.dispute_stage, complaint.dispute_settled_by), ("settled", self.user["officer"]))
        self.assertFalse(invoice.compliance_disputed)
        self.assertTrue(all(complaint.dispute_stage_ids.mapped("date_to")))

    def test_nothing_leads_back(self):
        complaint = self._dispute()
        officer = self._as("officer", complaint)
        officer.action_arbitrate()
        for step in ("action_mediate", "action_arbitrate", "action_open_dispute"):
            with self.assertRaises(UserError):
                getattr(officer, step)()
        fresh = self._as("officer", self._complaint())
        for step in ("action_mediate", "action_litigate", "action_settle_dispute"):
            with self.assertRaises(UserError):
                getattr(fresh, step)()

    def test_opened_again_without_what_was_cancelled(self):
        complaint = self._dispute()
        invoice = complaint.invoice_ids
        self._settle(complaint)
        invoice.button_draft()
        invoice.button_cancel()
        self._as("officer", complaint).action_open_dispute()
        self.assertEqual(complaint.dispute_stage, "negotiation")
        self.assertFalse(complaint.disputed_invoice_ids)

    def test_settled_terms_stay(self):
        complaint = self._dispute()
        self._settle(complaint)
        for vals in (
            {"amount_agreed": 1},
            {"liability_company": 100, "liability_customer": 0},
            {"settlement": "Other"},
            {"disputed_invoice_ids": [Command.clear()]},
        ):
            with self.assertRaises(UserError):
                self._as("manager", complaint).write(vals)
        with self.assertRaises(UserError):
            self._as("officer", complaint.dispute_stage_ids).write({"note": "Late"})
        with self.assertRaises(AccessError):
            self._as("sales", complaint).action_open_dispute()
        self._as("officer", complaint).action_open_dispute()
        self.assertTrue(complaint.invoice_ids.compliance_disputed)
        self.assertEqual(len(complaint.dispute_stage_ids), 2)

    def test_liability_adds_up(self):
        complaint = self._dispute()
        own = self._as("sales", complaint)
        for shares in ((50, 40, 0), (60, 60, 0), (-10, 110, 0), (100, 0.5, 0)):
            with self.assertRaises(ValidationError, msg=shares):
                own.write(
                    dict(zip(("liability_company", "liability_customer", "liability_third"), shares, strict=True))
                )
        own.write({"liability_company": 33.33, "liability_customer": 33.33, "liability_third": 33.34})
        with mute_logger("odoo.sql_db"), self.assertRaises(CheckViolation):
            own.amount_claimed = -1
            own.flush_recordset()

    def test_currency(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        day = self._days_ago(30)
        self.env["res.currency.rate"].create(
            {"currency_id": euro.id, "company_id": self.company.id, "name": day, "rate": 0.5}
        )
        complaint = self._dispute(currency_id=euro.id, amount_claimed=1000)
        self.assertEqual(complaint.amount_claimed_company, 2000)
        self.assertEqual(self._complaint().currency_id, self.company.currency_id)

    def test_deadline_is_an_activity(self):
        complaint = self._dispute()
        stage = self._as("sales", complaint.dispute_stage_ids)
        later = fields.Date.add(self.today, days=9)
        stage.write({"deadline": later, "deadline_note": "Answer", "user_id": self.user["officer"].id})
        activity = complaint.activity_ids.filtered(
            lambda activity: activity.activity_type_id == self.env.ref("crm_compliance.mail_activity_type_dispute")
        )
        self.assertEqual((activity.user_id, activity.date_deadline), (self.user["officer"], later))
        self.assertEqual(complaint.dispute_deadline, later)
        self._as("officer", complaint).action_mediate()
        self.assertFalse(activity.exists())
        self.assertFalse(complaint.dispute_deadline)

    def test_open_dispute_keeps_the_case_open(self):
        complaint = self._dispute()
        own = self._as("sales", complaint)
        with self.assertRaisesRegex(UserError, "not settled"):
            own.action_cancel("No")
        own.action_acknowledge()
        own.action_resolve()
        with self.assertRaisesRegex(UserError, "not settled"):
            own.action_close()
        self._settle(complaint)
        own.action_close()
        self.assertEqual(complaint.state, "closed")

    def test_merged_case_hands_its_dispute_on(self):
        complaint = self._dispute(amount_claimed=700)
        target = self._complaint()
        action = self.env["compliance.action"].create(
            {"name": "New crates", "res_model": complaint._name, "res_id": complaint.id}
        )
        self._as("sales", target)._merge(self._as("sales", complaint))
        self.assertEqual(complaint.dispute_stage, "none")
        self.assertEqual((target.dispute_stage, target.amount_claimed), ("negotiation", 700))
        self.assertEqual(target.dispute_flagged_ids, complaint.invoice_ids)
        self.assertTrue(target.disputed_invoice_ids.compliance_disputed)
        self.assertEqual(action.complaint_id, target)
        self._settle(target)
        self.assertFalse(target.disputed_invoice_ids.compliance_disputed)


@tagged("post_install", "-at_install")
class TestDisputeInvoices(DisputeCommon):
    """Which invoices are flagged, and what accountants do."""

    def test_flag_of_two_disputes(self):
        first = self._dispute()
        second = self._complaint()
        second.invoice_ids = first.invoice_ids
        self._as("sales", second).action_open_dispute()
        self._settle(first)
        self.assertTrue(first.invoice_ids.compliance_disputed, "the other dispute goes on")
        self._settle(second)
        self.assertFalse(first.invoice_ids.compliance_disputed)

    def test_flag_of_disputes_settled_together(self):
        """Settled in one go: nobody of them keeps the flag, a third one does."""
        first = self._dispute()
        second, third = self._complaint(), self._complaint()
        for other in (second, third):
            other.invoice_ids = first.invoice_ids
            self._as("sales", other).action_open_dispute()
        terms = {"settlement": "Half each", "liability_company": 50, "liability_customer": 50, "amount_agreed": 500}
        both = self._as("officer", first | second)
        both.write(terms)
        both.action_settle_dispute()
        self.assertTrue(first.invoice_ids.compliance_disputed)
        self.assertEqual(third.dispute_flagged_ids, first.invoice_ids)
        self.assertFalse(first.dispute_flagged_ids | second.dispute_flagged_ids)
        self._settle(third)
        self.assertFalse(first.invoice_ids.compliance_disputed)

    def test_flag_of_before_stays(self):
        invoice = self._invoice(self.customer, 100, self._days_ago(20))
        invoice.compliance_disputed = True
        complaint = self._complaint()
        complaint.invoice_ids = invoice
        self._as("sales", complaint).action_open_dispute()
        self._settle(complaint)
        self.assertTrue(invoice.compliance_disputed)

    def test_flag_follows_the_invoices(self):
        complaint = self._dispute()
        other = self._invoice(self.customer, 50, self._days_ago(10))
        with self.assertRaises(AccessError):
            self._as("officer", complaint).disputed_invoice_ids = [Command.set(other.ids)]
        self.user["officer"].group_ids = [Command.link(self.env.ref("account.group_account_readonly").id)]
        self._as("officer", complaint).disputed_invoice_ids = [Command.set(other.ids)]
        self.assertFalse(complaint.invoice_ids.compliance_disputed)
        self.assertTrue(other.compliance_disputed)

    def test_invoices_of_others(self):
        complaint = self._dispute()
        strange = self._invoice(self._customer("Other"), 50, self._days_ago(10))
        draft = self._invoice(self.customer, 50, self._days_ago(10), post=False)
        for invoice in (strange, draft):
            with self.assertRaises(ValidationError):
                complaint.disputed_invoice_ids = [Command.link(invoice.id)]
            self.assertFalse(invoice.compliance_disputed)

    def test_alert_and_signal(self):
        """A dispute raises the alert of disputed amounts, and a factor of the risk model applies."""
        self.company.compliance_alert_disputed_amount = 100
        complaint = self._dispute()
        self._work_off_queue()
        alert = self.dossier.alert_ids.filtered(lambda alert: alert.kind == "disputed")
        self.assertEqual((alert.state, alert.value), ("new", 1000))
        self._settle(complaint)
        self._work_off_queue()
        self.env.invalidate_all()
        self.assertEqual(alert.state, "resolved")

    def test_credit_note(self):
        complaint = self._dispute()
        own = self._as("sales", complaint)
        with self.assertRaises(UserError):
            own.action_request_credit_note()
        own.write({"compensation": "credit_note", "amount_agreed": 400})
        head = self._new_head()
        own.action_request_credit_note()
        asked = complaint.invoice_ids.activity_ids
        self.assertIn(head, asked.user_id)
        for role in ("sales", "officer", "auditor"):
            with self.assertRaises(AccessError, msg=role):
                self._as(role, complaint).action_credit_note()
        opened = self._as("accountant", complaint).action_credit_note()
        self.assertEqual(opened["res_model"], "account.move.reversal")
        wizards = self.env["account.move.reversal"].with_user(self.user["accountant"])
        form = Form(wizards.with_context(**opened["context"]))
        self.assertIn(complaint.name, form.reason)
        created = form.save().refund_moves()
        credit = self.env["account.move"].browse(created["res_id"])
        self.assertEqual((credit.move_type, credit.state), ("out_refund", "draft"))
        complaint.invalidate_recordset()
        self.assertEqual(complaint.credit_note_count, 1)
        self.assertEqual(
            self.env["account.move"].search(self._as("accountant", complaint).action_view_credit_notes()["domain"]),
            credit,
        )

    def _new_head(self):
        """Somebody who is in charge of the books."""
        user = self.user["accountant"].copy({"login": "compliance_head"})
        user.group_ids = [Command.link(self.env.ref("account.group_account_manager").id)]
        return user


@tagged("post_install", "-at_install")
class TestDisputeAccess(DisputeCommon):
    """Who sees and decides what."""

    def test_decided_fields(self):
        complaint = self._dispute()
        for fname, value in {
            "dispute_stage": "settled",
            "dispute_since": self.today,
            "dispute_settled_by": self.user["officer"].id,
            "dispute_settled_on": self.today,
            "dispute_flagged_ids": [Command.clear()],
        }.items():
            for records in (self._as("manager", complaint), self._as("manager", complaint).sudo()):
                with self.assertRaises(AccessError, msg=fname):
                    records.write({fname: value})
            with self.assertRaises(AccessError, msg=fname):
                self._complaint(**{fname: value})
        for vals in ({"stage": "litigation"}, {"date_to": self.today}, {"complaint_id": self._complaint().id}):
            with self.assertRaises(AccessError):
                self._as("manager", complaint.dispute_stage_ids).write(vals)
        with self.assertRaises(AccessError):
            self._as("manager", complaint.dispute_stage_ids).create(
                {"complaint_id": complaint.id, "stage": "litigation", "date_from": self.today}
            )

    def test_who_decides(self):
        complaint = self._dispute()
        for role in ("sales", "auditor", "accountant", "employee", "agent", "portal"):
            for step in ("action_mediate", "action_litigate", "action_settle_dispute"):
                with self.assertRaises(AccessError, msg=(role, step)):
                    getattr(self._as(role, complaint), step)()
        for role in ("auditor", "accountant", "employee", "agent", "portal"):
            with self.assertRaises(AccessError, msg=role):
                self._as(role, self._complaint()).action_open_dispute()
        self.assertEqual(complaint.dispute_stage, "negotiation")

    def test_who_reads(self):
        complaint = self._dispute()
        stage = complaint.dispute_stage_ids
        for role in ("sales", "officer", "manager", "auditor", "accountant"):
            self.assertEqual(self._as(role, complaint).read(["dispute_stage"])[0]["dispute_stage"], "negotiation")
            self.assertEqual(self._as(role, stage).read(["stage"])[0]["stage"], "negotiation", role)
        for role in ("employee", "agent", "portal"):
            with self.assertRaises(AccessError, msg=role):
                self._as(role, stage).read(["stage"])

    def test_customers_see_nothing_of_it(self):
        """Neither liability nor anything else of the dispute is a field a portal user can read, search or group by."""
        self.user["portal"].partner_id.parent_id = self.customer
        complaint = self._dispute()
        own = self._as("portal", complaint)
        names = [
            name
            for name, field in self.complaints._fields.items()
            if name.startswith(("dispute", "liability", "amount_", "compensation", "settlement", "action_", "credit_"))
            or name in ("currency_id", "company_currency_id")
        ]
        self.assertGreater(len(names), 15)
        visible = own.fields_get()
        for name in names:
            field = self.complaints._fields[name]
            self.assertNotIn(name, visible)
            with self.assertRaises(AccessError, msg=name):
                own.read([name])
            if name == "company_currency_id":
                continue  # looked up by way of the company, which a customer may read
            with self.assertRaises(AccessError, msg=name):
                # What is always set is never False: nothing would be looked up.
                known = complaint.read([name], load=None)[0][name] if field.required else False
                own.search([(name, "!=", known)])

    def test_documents_are_no_documents_of_the_case(self):
        complaint = self._dispute()
        stage = self._as("sales", complaint.dispute_stage_ids)
        stage.attachment_ids = [Command.create({"name": "claim.txt", "raw": b"claim"})]
        document = stage.sudo().attachment_ids
        self.assertEqual((document.res_model, document.res_id), ("compliance.dispute.stage", stage.id))
        self.user["portal"].partner_id.parent_id = self.customer
        for role in ("portal", "employee", "agent"):
            with self.assertRaises(AccessError, msg=role):
                self._as(role, document).read(["raw"])
        self.assertTrue(self._as("auditor", document).read(["raw"]))

    def test_actions_of_the_team(self):
        complaint = self._complaint()
        action = self.env["compliance.action"].create(
            {
                "name": "New crates",
                "user_id": self.user["officer"].id,
                "res_model": complaint._name,
                "res_id": complaint.id,
            }
        )
        self.assertEqual(action.complaint_id, complaint)
        self.assertEqual(self._as("sales", action).read(["name"])[0]["name"], "New crates")
        with self.assertRaises(AccessError):
            self._as("sales", action).write({"result": "X"})
        with self.assertRaises(AccessError):
            self._as("agent", action).read(["name"])
        self.assertEqual(self._as("sales", complaint).action_count, 1)
