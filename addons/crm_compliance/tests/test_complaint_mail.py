# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..models.complaint.compliance_complaint_mail import AT_ONCE
from .complaint_common import ComplaintCommon


@tagged("post_install", "-at_install")
class TestComplaintMail(ComplaintCommon):
    """What messages open and change, with message files as they arrive."""

    def _incoming(self, case, name="reply", number=2, text="Here it is.", parent=None):
        parent = parent or self._public(case)[-1:].message_id
        return self._mail(name, id=f"{name}-{number}", parent=parent, text=text, reference=f"In-Reply-To: {parent}")

    def test_known_customer(self):
        case = self._mail("new")
        self.assertEqual(len(case), 1)
        self.assertEqual(case.partner_id, self.contact)
        self.assertEqual(case.commercial_partner_id, self.customer)
        self.assertEqual(case.profile_id, self._dossier(self.customer))
        self.assertEqual((case.subject, case.channel, case.state), ("Twelve bottles broken", "email", "new"))
        self.assertEqual((case.team_id, case.company_id), (self.team, self.company))
        self.assertFalse(case.user_id, "nobody has taken it yet")
        self.assertFalse(case.date_first_response)

    def test_signature_and_attachments(self):
        case = self._mail("new")
        first = case.message_ids.filtered(lambda message: message.message_type == "email")
        self.assertIn("Wine Trade, Brügge", first.body)
        self.assertIn("Wine Trade, Brügge", case.description)
        self.assertEqual(sorted(first.attachment_ids.mapped("name")), ["broken.png", "delivery note.pdf"])
        self.assertEqual(set(first.attachment_ids.mapped("res_id")), {case.id})
        self.assertNotIn("cid:", case.description, "pictures are shown where the text is")

    def test_copies_go_on(self):
        self.assertIn(self.customer, self._mail("new").message_partner_ids)

    def test_receipt(self):
        case = self._mail("new")
        receipt = self._public(case).filtered(lambda message: message.message_type == "auto_comment")
        self.assertEqual(len(receipt), 1)
        self.assertEqual(receipt.notified_partner_ids, self.contact)
        self.assertIn(case.name, receipt.subject)
        mail = self.env["mail.mail"].sudo().search([("mail_message_id", "=", receipt.id)])
        self.assertIn("auto-generated", mail.headers, "machines do not answer to it")
        self.assertIn("service@complaints.example.com", receipt.reply_to)
        self.assertFalse(case.date_first_response, "a receipt is no answer")

    def test_team_that_does_not_inform(self):
        self.team.notify_customer = False
        case = self._mail("new")
        self.assertFalse(case.message_ids.filtered(lambda message: message.message_type == "auto_comment"))

    def test_unknown_sender(self):
        case = self._mail("unknown")
        self.assertFalse(case.partner_id)
        self.assertEqual(case.partner_name, "Passer By")
        self.assertIn("passer.by@elsewhere.example.com", case.email_from)
        self.assertTrue(case.subject, "a case without a subject has one nevertheless")

    def test_other_charsets(self):
        case = self._mail("chinese")
        self.assertEqual((case.subject, case.partner_name), ("瓶子破了", "王小明"))
        self.assertIn("瓶子破了。", case.description)

    def test_colleague_who_forwards(self):
        self.agent.email = "passer.by@elsewhere.example.com"
        case = self._mail("unknown")
        self.assertFalse(case.partner_id)
        self.assertFalse(case.user_id)

    def test_customer_of_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.env["res.partner"].create(
            {"name": "Theirs", "email": "passer.by@elsewhere.example.com", "company_id": other.id}
        )
        self.assertFalse(self._mail("unknown").partner_id)

    def test_alias_decides_nothing(self):
        self.team.alias_id.alias_defaults = str(
            {"team_id": self.team.id, "company_id": self.company.id, "state": "closed", "user_id": self.agent.id}
        )
        case = self._mail("new")
        self.assertEqual((case.state, case.user_id.id), ("new", False))

    def test_nothing_from_machines(self):
        self.assertFalse(self._mail("out_of_office", id="auto-1", reference="X-Test: 1"))
        self.assertFalse(self._mail("bounce"))

    def test_once(self):
        self.assertTrue(self._mail("new"))
        self.assertFalse(self._mail("new"), "a message that arrives twice opens one case")

    def test_answers_thread(self):
        case = self._mail("new")
        count = len(case.message_ids)
        self.assertFalse(self._incoming(case))
        self.assertEqual(len(case.message_ids), count + 1)
        self.assertEqual(case.message_ids[0].author_id, self.contact)

    def test_answer_ends_waiting(self):
        case = self._mail("new")
        case.with_user(self.agent).action_ask_customer("Which wine\nand which year?")
        self.assertEqual((case.state, case.waiting, case.user_id), ("acknowledged", "customer", self.agent))
        question = self._public(case)[0]
        self.assertIn("which year?", question.body)
        self.assertEqual(question.notified_partner_ids, self.contact)
        self.assertTrue(case.date_first_response, "a question is an answer by one of us")
        self._incoming(case)
        self.assertEqual((case.state, case.waiting), ("acknowledged", "none"))

    def test_out_of_office_is_no_answer(self):
        case = self._mail("new")
        case.with_user(self.agent).action_ask_customer("Which wine?")
        count = len(case.message_ids)
        self._incoming(case, "out_of_office")
        self.assertEqual(len(case.message_ids), count + 1, "kept in the case")
        self.assertEqual(case.waiting, "customer")

    def test_thanks_do_not_reopen(self):
        case = self._mail("new").with_user(self.agent)
        case.action_acknowledge()
        case.action_resolve()
        resolved = case.date_resolved
        self.assertFalse(self._incoming(case, text="Thanks!"))
        self.assertEqual((case.state, case.date_resolved, case.reopen_count), ("resolved", resolved, 0))
        self.assertIn(self.agent, case.activity_ids.user_id, "but its owner is asked to look")

    def test_first_response(self):
        case = self._mail("new").with_user(self.agent).with_context(**self._tracking())
        case.message_post(body="Among us")
        case.message_post(body="Among us", subtype_xmlid="mail.mt_note")
        self.assertFalse(case.date_first_response, "notes are no answers")
        case.action_acknowledge()
        self._flush_tracking()
        self.assertFalse(case.date_first_response, "nor is the acknowledgement")
        self._incoming(case, text="Anybody there?")
        self.assertFalse(case.date_first_response, "nor is what the customer writes")
        case.message_post(body="We are sorry", message_type="comment", subtype_xmlid="mail.mt_comment")
        first = case.date_first_response
        self.assertTrue(first)
        case.message_post(body="Very sorry", message_type="comment", subtype_xmlid="mail.mt_comment")
        self.assertEqual(case.date_first_response, first)

    def test_steps_are_told(self):
        """In the customer's language, once each, to the customer alone."""
        self.env["res.lang"]._activate_lang("fr_FR")
        template = self.env.ref("crm_compliance.mail_template_complaint_proposed")
        template.with_context(lang="fr_FR").subject = "{{ object.name }} : notre solution"
        self.contact.lang = "fr_FR"
        case = self._complaint(partner_id=self.contact.id).with_context(**self._tracking())
        # Odoo tells of no changes in the transaction that creates a record.
        self._flush_tracking()
        case.action_acknowledge()
        self._flush_tracking()
        case.solution = "<p>Twelve new bottles</p>"
        case.action_propose_solution()
        self._flush_tracking()
        told = self._public(case).filtered(lambda message: message.message_type == "auto_comment").sorted("id")
        self.assertEqual(len(told), 2, told.mapped("subject"))
        self.assertEqual(told.notified_partner_ids, self.contact)
        self.assertEqual(told[1].subject, f"{case.name} : notre solution")
        self.assertIn("Twelve new bottles", told[1].body)

    def test_many_steps_are_told_by_the_job(self):
        """Whoever moves many cases does not wait for their mails; the notes of changes are there at once."""
        cases = self.complaints.with_user(self.agent).create(
            [{"subject": f"Case {number}", "partner_id": self.contact.id} for number in range(AT_ONCE + 2)]
        )
        self._flush_tracking()
        cases = cases.with_context(**self._tracking())
        cases.action_acknowledge()
        self._flush_tracking()
        self.assertFalse(self._public(cases))
        notes = cases.sudo().message_ids.filtered("tracking_value_ids")
        self.assertEqual(sorted(notes.mapped("res_id")), cases.ids)
        self.assertEqual(notes.author_id, self.agent.partner_id)
        # Of the last one the next step is told at once, and that before not any more.
        last = cases[-1]
        last.solution = "<p>Twelve new bottles</p>"
        last.action_propose_solution()
        self._flush_tracking()
        self.assertEqual(len(self._public(last)), 1)
        due = self.complaints.search([("step_due", "!=", False)])
        self.assertEqual(set(due.ids), set(cases[:-1].ids))
        due._send_receipts()
        self.assertEqual([len(self._public(case)) for case in cases], [1] * len(cases))
        self.assertFalse(self.complaints.search([("step_due", "!=", False)]))
        with self.assertRaises(AccessError):
            last.step_due = "crm_compliance.mail_template_complaint_closed"

    def test_canned_answer(self):
        answer = self.env["compliance.complaint.answer"].create(
            {"name": "A", "body": "<p>Dear {customer}, {number} {object.cause_note}</p>"}
        )
        self.customer.name = "<b>Wine</b>"
        case = self._complaint()
        self.assertEqual(
            answer.with_user(self.agent)._fill_in(case),
            f"<p>Dear &lt;b&gt;Wine&lt;/b&gt;, {case.name} {{object.cause_note}}</p>",
        )
