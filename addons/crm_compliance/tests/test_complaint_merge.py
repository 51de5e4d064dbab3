# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from functools import partial

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .complaint_common import ComplaintCommon


@tagged("post_install", "-at_install")
class TestComplaintMerge(ComplaintCommon):
    """Duplicates are found and become one case; nothing is lost."""

    # -------------------------------------------------------------------------
    # FOUND
    # -------------------------------------------------------------------------

    def test_found(self):
        case = self._complaint(subject="Twelve bottles broken")
        alike = self._complaint(subject="Re: bottles broken, twelve", partner_id=self.contact.id)
        self._complaint(subject="Invoice sent twice")
        self.assertEqual(case.duplicate_ids, alike)
        self.assertEqual(alike.duplicate_ids, case)
        self.assertEqual(case.duplicate_count, 1)

    def test_not_found(self):
        case = self._complaint(subject="Twelve bottles broken", date_received="2026-03-15 10:00:00")
        self._complaint(subject="Twelve bottles broken", date_received="2026-03-01 09:59:00")
        self._complaint(subject="Twelve bottles broken", partner_id=self._customer("Other").id)
        cancelled = self._complaint(subject="Twelve bottles broken", date_received="2026-03-15 10:00:00")
        cancelled.action_cancel("Spam")
        self.assertFalse(case.duplicate_ids)
        within = self._complaint(subject="Twelve bottles broken", date_received="2026-03-01 10:00:00")
        case.invalidate_recordset()
        self.assertEqual(case.duplicate_ids, within, "fourteen days to the minute")

    def test_found_by_address(self):
        case = self._complaint(subject="瓶子破了", partner_id=False, email_from="Wang <wang@elsewhere.example.com>")
        alike = self._complaint(subject="回复：瓶子破了", partner_id=False, email_from="wang@elsewhere.example.com")
        self.assertEqual(case.duplicate_ids, alike)

    def test_found_while_it_is_taken(self):
        known = self._complaint(subject="Twelve bottles broken")
        form = Form(self.complaints.with_user(self.agent))
        form.partner_id = self.contact
        form.subject = "twelve broken bottles"
        self.assertEqual(form.duplicate_ids.ids, known.ids)

    def test_cost(self):
        cases = self._complaint() | self._complaint()
        for _number in range(20):
            cases |= self._complaint()

        few, many = (
            self._count(partial(some.mapped, "duplicate_count"), prepare=partial(some.mapped, "subject"))
            for some in (cases[:2], cases)
        )
        self._assert_no_dearer(few, many)

    # -------------------------------------------------------------------------
    # MERGED
    # -------------------------------------------------------------------------

    def test_nothing_is_lost(self):
        invoice, other_invoice = (self._invoice(self.customer, 10, self.today) for _number in range(2))
        target = self._complaint(date_received="2026-03-02 10:00:00")
        source = self._complaint(date_received="2026-03-01 10:00:00", description="<p>They leak</p>", is_complex=True)
        target.sudo().invoice_ids = [Command.set(invoice.ids)]
        source.sudo().invoice_ids = [Command.set(other_invoice.ids)]
        note = source.message_post(body="A note", subtype_xmlid="mail.mt_note")
        answer = source.message_post(body="Sorry", message_type="comment", subtype_xmlid="mail.mt_comment")
        file = self.env["ir.attachment"].create(
            {"name": "X", "raw": b"X", "res_model": source._name, "res_id": source.id}
        )
        source.message_subscribe(self.contact.ids)
        activity = source.activity_schedule("mail.mail_activity_data_todo", user_id=self.colleague.id)
        first_response = source.date_first_response
        target._merge(source)
        self.assertEqual((note.res_id, answer.res_id, file.res_id, activity.res_id), (target.id,) * 4)
        self.assertTrue(note.is_internal or note.subtype_id.internal, "what was internal stays so")
        self.assertIn(self.contact, target.message_partner_ids)
        self.assertEqual(target.sudo().invoice_ids, invoice | other_invoice)
        self.assertEqual(target.date_received, fields.Datetime.to_datetime("2026-03-01 10:00:00"))
        self.assertEqual(target.date_first_response, first_response)
        self.assertTrue(target.is_complex)
        self.assertIn("They leak", target.description)
        self.assertEqual((source.state, source.merged_into_id), ("cancelled", target))
        self.assertIn(target.name, source.message_ids[0].body)

    def test_answers_reach_the_case_that_stays(self):
        source = self._mail("new").with_user(self.agent)
        target = self._complaint(partner_id=self.contact.id)
        message_id = source.message_ids.filtered(lambda message: message.message_type == "email").message_id
        target._merge(source)
        self.assertFalse(self._mail("reply", id="r", parent=message_id, text="And the cork"))
        self.assertIn("And the cork", target.message_ids[0].body)

    def test_records_of_other_parts(self):
        """Whatever a part names goes along, and parts are told."""
        calls = []
        self.patch(
            type(self.complaints), "_get_merge_models", lambda cases: {"compliance.complaint.merge": "target_id"}
        )
        self.patch(type(self.complaints), "_after_merge", lambda target, sources: calls.append((target, sources)))
        target, source = self._complaint(), self._complaint()
        part = self.env["compliance.complaint.merge"].create({"target_id": source.id})
        target._merge(source)
        self.assertEqual(part.target_id, target)
        self.assertEqual(calls, [(target, source)])

    def test_chain(self):
        first, second, third = self._complaint(), self._complaint(), self._complaint()
        second._merge(first)
        third._merge(second)
        self.assertEqual(first.merged_into_id, third)
        with self.assertRaisesRegex(UserError, "merged into another"):
            first.action_reopen("Again")

    def test_refusals(self):
        case = self._complaint()
        with self.assertRaisesRegex(UserError, "at least two"):
            case._merge(case)
        with self.assertRaisesRegex(UserError, "another customer"):
            case._merge(self._complaint(partner_id=self._customer("Other").id))
        with self.assertRaisesRegex(UserError, "another customer"):
            case._merge(self._complaint(partner_id=False, email_from="x@elsewhere.example.com"))
        cancelled = self._complaint()
        cancelled.action_cancel("Spam")
        with self.assertRaisesRegex(UserError, "cancelled"):
            case._merge(cancelled)
        with self.assertRaisesRegex(UserError, "open case"):
            self._resolved()._merge(case)

    def test_unknown_sender_of_the_customers_address(self):
        case = self._complaint()
        unknown = self._complaint(partner_id=False, email_from="Office <OFFICE@wine.example.com>")
        case._merge(unknown)
        self.assertEqual(unknown.merged_into_id, case)

    def test_rights(self):
        case, other = self._complaint(), self._complaint()
        with self.assertRaises(AccessError):
            case.with_user(self.stranger)._merge(other)
        with self.assertRaises(AccessError):
            case.with_user(self.user["auditor"])._merge(other)

    def test_wizard(self):
        case, other = self._complaint(), self._complaint(date_received="2026-03-01 10:00:00")
        wizard = (
            self.env["compliance.complaint.merge"]
            .with_user(self.agent)
            .with_context(active_model=case._name, active_ids=(case | other).ids)
            .create({})
        )
        self.assertEqual(wizard.target_id, other, "the oldest")
        self.assertEqual(wizard.action_merge()["res_id"], other.id)
        self.assertEqual(case.merged_into_id, other)
