# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import re
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .complaint_portal_common import PNG, SECRET, ComplaintPortalCommon

FORM = {"name": "Ada", "email": "ada@stranger.example.com", "subject": "Broken", "description": "It broke."}


@tagged("post_install", "-at_install")
class TestComplaintPublic(ComplaintPortalCommon):
    """The form and the tracking links, without an account."""

    def setUp(self):
        super().setUp()
        self._login(None)

    def _filed(self, files=None, **changes):
        before = self.env["compliance.complaint"].search([])
        response = self._post("/complaint", files=files, **{**FORM, **changes})
        return self.env["compliance.complaint"].search([]) - before, response

    # -------------------------------------------------------------------------
    # FORM
    # -------------------------------------------------------------------------

    def test_file(self):
        case, response = self._filed(files={"files": ("box.png", PNG)})
        self.assertEqual((response.status_code, response.headers["Location"][-17:]), (303, "/complaint/thanks"))
        self.assertIn(case.name, self._page("/complaint/thanks")[1])
        self.assertNotIn(case.name, self._page("/complaint/thanks")[1], "once")
        self.assertEqual((case.channel, case.company_id, case.partner_id.id), ("web", self.company, False))
        self.assertEqual((case.partner_name, case.email_from), ("Ada", '"Ada" <ada@stranger.example.com>'))
        mail = self._mails(case)
        self.assertIn("ada@stranger.example.com", mail.email_to)
        token = re.search(r"/complaint/track/([0-9a-f]{64})", mail.body_html)[1]
        status, page = self._page(f"/complaint/track/{token}")
        self.assertEqual(status, 200)
        self.assertIn("It broke.", page)
        self.assertIn("box.png", page)

    def test_confirmed_once(self):
        case, _response = self._filed()
        self.assertTrue(case.receipt_due)
        self.assertFalse(self.env["mail.mail"].search([("model", "=", case._name), ("res_id", "=", case.id)]))
        for _run in range(2):
            self.env.ref("crm_compliance.ir_cron_complaint_receipts").method_direct_trigger()
        self.assertEqual(len(self.env["mail.mail"].search([("model", "=", case._name), ("res_id", "=", case.id)])), 1)

    def test_same_answer(self):
        """Nobody learns whether an address is known; the mail goes where the form says."""
        answers = []
        for email in ("nobody@stranger.example.com", self.portal.email, "office@customer.example.com"):
            case, response = self._filed(email=email)
            page = self._page("/complaint/thanks")[1].replace(case.name, "NUMBER")
            page = re.sub(r"csrf_token: \"[^\"]*\"|\"[0-9a-f]{40,}o?[0-9]*\"", "", page)
            answers.append((response.status_code, response.headers["Location"], page))
            self.assertIn(email, self._mails(case).email_to)
        self.assertEqual(answers[0], answers[1])
        self.assertEqual(answers[0], answers[2])

    def test_known_customer(self):
        self.assertEqual(self._filed(email=self.portal.email.upper())[0].partner_id, self.portal.partner_id)
        # A colleague's address, or one of two customers, makes nobody the customer.
        self.assertFalse(self._filed(email=self.agent.email)[0].partner_id)
        self.env["res.partner"].create({"name": "Twice", "email": "office@rival.example.com"})
        self.assertFalse(self._filed(email="office@rival.example.com")[0].partner_id)

    def test_mass_assignment(self):
        case, _response = self._filed(
            state="closed",
            user_id=self.agent.id,
            priority="3",
            partner_id=self.rival.id,
            company_id="1",
            channel="phone",
            category_id="1",
            invoice_ids="1",
            solution="mine",
            customer_decision="confirmed",
        )
        self.assertEqual(
            (case.state, case.user_id.id, case.partner_id.id, case.company_id, case.channel, case.solution),
            ("new", False, False, self.company, "web", False),
        )
        self.assertFalse(case.category_id or case.invoice_ids or case.customer_decision)

    def test_injection(self):
        case, _response = self._filed(
            name="Eve\r\nBcc: all@example.com",
            subject="<script>alert(1)</script>\r\nBcc: all@example.com",
            description="<img src=x onerror=alert(1)> {{ 7*7 }} <t t-out='object.cause_note'/>",
        )
        self.assertNotIn("\n", case.subject + case.partner_name + case.email_from)
        self.assertNotIn("<img", case.description)
        mail = self._mails(case)
        self.assertNotIn("<script", mail.body_html)
        self.assertNotIn("\n", mail.subject + mail.email_to)
        for url in (f"/complaint/track/{self._token(case)}", "/complaint/thanks"):
            page = self._page(url)[1]
            self.assertNotIn("<script>alert", page)
            self.assertNotIn("<img src=x", page)

    def test_bad_forms(self):
        for changes in (
            {"email": "no address"},
            {"email": "a@b.example.com, c@d.example.com"},
            {"email": ""},
            {"name": " "},
            {"subject": ""},
            {"description": "\n"},
        ):
            case, response = self._filed(**changes)
            self.assertFalse(case, changes)
            self.assertIn("alert-danger", response.text)
        case, response = self._filed(files={"files": ("x.html", b"<html></html>")})
        self.assertFalse(case)
        self.assertIn("It broke.", response.text, "what was written is not lost")

    def test_odd_forms(self):
        """Files where text belongs, and characters that are none: refused in words, or left out."""
        for name in ("name", "subject", "description", "email"):
            text = {field: value for field, value in FORM.items() if field != name}
            response = self._post("/complaint", files={name: ("x.txt", b"hello")}, **text)
            self.assertEqual(response.status_code, 200, name)
            self.assertIn("alert-danger", response.text, name)
        for email in ("a\x00b@example.com", "a@exa\x7fmple.com", "a\x85@example.com"):
            case, response = self._filed(email=email)
            self.assertFalse(case)
            self.assertIn("an e-mail address we can answer to", response.text)
        case, _response = self._filed(**{name: f"a\x00{name}" for name in ("name", "subject", "description")})
        self.assertEqual((case.partner_name, case.subject), ("a name", "a subject"))
        self.assertIn("description", case.description)
        url = f"/complaint/track/{self._token(case)}"
        for name, action in (("message", "reply"), ("reason", "reopen"), ("comment", "rate"), ("rating", "rate")):
            with self.subTest(field=name):
                self.assertEqual(self._post(f"{url}/{action}", files={name: ("x.txt", b"hello")}).status_code, 303)
                self.assertEqual(self._post(f"{url}/{action}", **{"rating": "5", name: "a\x00b"}).status_code, 303)
        self.assertRegex(case._get_customer_messages()[-1].body, "a.?b")

    def test_honeypot(self):
        case, response = self._filed(homepage="https://spam.example.com")
        self.assertFalse(case)
        self.assertEqual((response.status_code, response.headers["Location"][-17:]), (303, "/complaint/thanks"))

    @mute_logger("odoo.http")
    def test_csrf(self):
        before = self.env["compliance.complaint"].search_count([])
        self.assertEqual(self._post("/complaint", csrf=False, **FORM).status_code, 400)
        self.assertEqual(self.env["compliance.complaint"].search_count([]), before)

    def test_switched_off(self):
        self.company.complaint_public_form = False
        self.assertEqual(self._page("/complaint")[0], 404)
        case, response = self._filed()
        self.assertEqual(response.status_code, 404)
        self.assertFalse(case)

    def test_captcha(self):
        """Odoo's own hook is asked with our action before anything happens, for the form and nothing else."""
        asked = []

        def refuse(_self, action):
            asked.append(action)
            raise UserError("robot")  # pylint: disable=translation-required

        with (
            patch.object(self.registry["ir.http"], "_verify_request_recaptcha_token", refuse),
            mute_logger("odoo.http"),
        ):
            self._page("/complaint")
            self.assertEqual(asked, [])
            case, _response = self._filed()
        self.assertEqual(asked, ["complaint"])
        self.assertFalse(case)
        self.assertIn('data-captcha="complaint"', self._page("/complaint")[1])

    # -------------------------------------------------------------------------
    # LIMITS
    # -------------------------------------------------------------------------

    def _limit(self, **limits):
        for name, value in limits.items():
            self.env["ir.config_parameter"].set_param(f"crm_compliance.complaint_limit_{name}", str(value))

    def test_limit_address(self):
        self._limit(address=2, total=100)
        codes = [self._filed(email=f"{number}@stranger.example.com")[1].status_code for number in range(4)]
        self.assertEqual(codes, [303, 303, 429, 429])
        # Refused attempts leave no rows.
        self.assertEqual(self.env["compliance.intake.attempt"].search_count([("key", "=", "total")]), 2)

    def test_limit_email(self):
        """Nobody is flooded with confirmations from many network addresses."""
        self._limit(address=2, total=100)
        attempts = self.env["compliance.intake.attempt"]
        found = [attempts._admit([f"192.0.2.{number}", "victim@example.com"]) for number in range(3)]
        self.assertEqual(found, [True, True, False])
        self.assertTrue(attempts._admit(["192.0.2.9", "other@example.com"]))

    def test_limit_total(self):
        self._limit(address=100, total=3)
        attempts = self.env["compliance.intake.attempt"]
        self.assertEqual([attempts._admit([f"192.0.2.{n}"]) for n in range(5)], [True, True, True, False, False])

    def test_limit_hour(self):
        self._limit(address=1, total=100)
        attempts = self.env["compliance.intake.attempt"]
        self.assertTrue(attempts._admit(["192.0.2.1"]))
        self.assertFalse(attempts._admit(["192.0.2.1"]))
        self.env.cr.execute("UPDATE compliance_intake_attempt SET at = at - INTERVAL '61 minutes'")
        self.assertTrue(attempts._admit(["192.0.2.1"]))

    def test_limit_replies(self):
        """A link that got into wrong hands does not fill the case; other cases and the form stay open."""
        self._limit(address=3, total=3)
        case, _response = self._filed()
        url = f"/complaint/track/{self._token(case)}"
        for number in range(5):
            self._post(f"{url}/reply", message=f"Reply {number}")
        self.assertIn("too many messages", self._page(url)[1])
        self.assertEqual(len(case._get_customer_messages()), 3)
        other = f"/complaint/track/{self._token(self.case)}"
        self._post(f"{other}/reply", message="Hello")
        self.assertEqual(len(self.case._get_customer_messages()), 1)
        self.assertTrue(self._filed()[0])
        # Nor does it help to have an account.
        self._login(self.portal)
        for number in range(3):
            self._post(f"/my/complaints/{self.case.id}/reply", message=f"Reply {number}")
        self.assertEqual(len(self.case._get_customer_messages()), 3)

    def test_limit_keys(self):
        attempts = self.env["compliance.intake.attempt"]
        self.assertEqual(attempts._get_key("2001:db8::1"), attempts._get_key("2001:db8::ffff"))
        self.assertNotEqual(attempts._get_key("2001:db8::1"), attempts._get_key("2001:db8:0:1::1"))
        self.assertNotEqual(attempts._get_key("192.0.2.1"), attempts._get_key("192.0.2.2"))
        attempts._admit(["192.0.2.1", "ada@example.com"])
        self.env.cr.execute("SELECT string_agg(key, ' ') FROM compliance_intake_attempt")
        self.assertNotRegex(self.env.cr.fetchone()[0], r"192\.|ada@")

    def test_limit_forgotten(self):
        attempts = self.env["compliance.intake.attempt"]
        attempts._admit(["192.0.2.1"])
        attempts._gc_attempts()
        self.assertTrue(attempts.search_count([]))
        self.env.cr.execute("UPDATE compliance_intake_attempt SET at = at - INTERVAL '2 days'")
        attempts._gc_attempts()
        self.assertFalse(attempts.search_count([]))

    # -------------------------------------------------------------------------
    # TRACKING LINKS
    # -------------------------------------------------------------------------

    def test_prefetch_changes_nothing(self):
        """Mail clients look every link up, some with HEAD, and follow what they find."""
        self._propose(self.case)
        url = f"/complaint/track/{self._token(self.case)}"
        before = self._snapshot(self.case)
        for path in ("", "/confirm", "/reject", "/rate", "/reopen", "/reply"):
            for method in ("GET", "HEAD"):
                with mute_logger("odoo.http"):
                    self.opener.request(method, f"{self.base_url()}{url}{path}?reason=x&rating=1&message=x")
        self.env.invalidate_all()
        self.assertEqual(self._snapshot(self.case), before)
        self.assertEqual(self.case.state, "solution_proposed")

    def test_answer(self):
        self._propose(self.case)
        url = f"/complaint/track/{self._token(self.case)}"
        with mute_logger("odoo.http"):
            self.assertEqual(self._post(f"{url}/confirm", csrf=False).status_code, 400)
        self.assertEqual(self.case.state, "solution_proposed")
        self.assertIn("Yes, this solves it", self._page(f"{url}/confirm")[1])
        self._post(f"{url}/confirm")
        self.assertEqual((self.case.state, self.case.customer_decision), ("resolved", "confirmed"))
        self.assertIn("Tracking link", self.case.customer_decision_by)
        for action in ("confirm", "reject"):
            self._post(f"{url}/{action}", reason="x")
            self.assertIn("You confirmed the solution on", self._page(url)[1])
        self.assertIn("You confirmed the solution on", self._page(f"{url}/confirm")[1])
        self._post(f"{url}/rate", rating="5", comment="Thanks")
        self.assertEqual((self.case.satisfaction, self.case.satisfaction_comment), (5, "Thanks"))
        with mute_logger("odoo.http"):
            self.assertEqual(self._post(f"{url}/write", state="new").status_code, 404)

    def test_reply(self):
        case, _response = self._filed()
        url = f"/complaint/track/{self._token(case)}"
        self._post(f"{url}/reply", message="One <u>more</u> thing", files={"files": ("note.txt", b"hello")})
        message = case._get_customer_messages()[-1]
        self.assertIn("&lt;u&gt;", message.body)
        self.assertFalse(message.author_id.user_ids, "not in the name of the public user")
        self.assertIn("ada@stranger.example.com", message.email_from)
        page = self._page(url)[1]
        self.assertIn("more", page)
        file = message.attachment_ids
        self.assertEqual((file.name, file.res_id), ("note.txt", case.id))
        response = self.url_open(f"{url}/file/{file.id}")
        self.assertEqual((response.status_code, response.content), (200, b"hello"))
        self.assertIn("attachment", response.headers["Content-Disposition"])
        self.assertEqual(response.headers["X-Content-Type-Options"], "nosniff")

    def test_headers(self):
        response = self.url_open(f"/complaint/track/{self._token(self.case)}")
        self.assertEqual(response.headers["Referrer-Policy"], "no-referrer")
        self.assertIn("no-store", response.headers["Cache-Control"])
        self.assertIn("noindex", response.headers["X-Robots-Tag"])

    def test_expiry(self):
        url = f"/complaint/track/{self._token(self.case)}"
        self._propose(self.case)
        self.case.action_confirm_solution()
        self.case.action_close()
        self.assertEqual(self._page(url)[0], 200)
        past = fields.Datetime.subtract(fields.Datetime.now(), days=91)
        self.case._transition({"date_resolved": past, "date_closed": past})
        self.assertEqual(self._page(url)[0], 404)
        self._post(f"{url}/rate", rating="1")
        self.assertEqual(self.case.satisfaction, 0)
        self.company.complaint_link_days = 120
        self.assertEqual(self._page(url)[0], 200)

    def test_revoked(self):
        self._propose(self.case)
        old = f"/complaint/track/{self._token(self.case)}"
        self.case.with_user(self.agent).action_revoke_link()
        self.assertEqual(self._page(old)[0], 404)
        self._post(f"{old}/confirm")
        self.assertEqual(self.case.state, "solution_proposed")
        self.assertEqual(self.case.access_ids.revoked_by_id, self.agent)
        self.case.with_user(self.agent).action_reissue_link()
        new = f"/complaint/track/{self._token(self.case)}"
        self.assertNotEqual(old, new)
        self.assertIn(new, self._mails(self.case)[:1].body_html)
        self.assertEqual((self._page(old)[0], self._page(new)[0]), (404, 200))
        with self.assertRaises(AccessError):
            self.case.with_user(self.user["auditor"]).action_revoke_link()
        with self.assertRaises(AccessError):
            self.case.with_user(self.portal).action_reissue_link()

    def test_reissue_valid(self):
        """A link that still works is ended and replaced in one go."""
        old = self._token(self.case)
        self.case.with_user(self.agent).action_reissue_link()
        new = self._token(self.case)
        self.assertNotEqual(old, new)
        self.assertIn(new, self._mails(self.case)[:1].body_html)
        self.assertEqual(sorted(self.case.access_ids.mapped("state")), ["revoked", "valid"])

    def test_other_customer(self):
        """A case taken in for the wrong customer: they are out, and the right one gets a link of their own."""
        wrong = self.portal.partner_id
        self.case.message_subscribe((wrong | self.customer | self.agent.partner_id).ids)
        old = self._token(self.case)
        self.case.with_user(self.agent).partner_id = self.rival
        self.assertEqual(self.case.access_ids.state, "revoked")
        self.assertEqual(self.case.message_partner_ids, self.agent.partner_id)
        self.assertEqual(self._page(f"/complaint/track/{old}")[0], 404)
        message = self.case.with_user(self.agent).message_post(
            body="Dear rival",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=self.rival.ids,
        )
        self.assertEqual(message.notified_partner_ids, self.rival)
        new = self._token(self.case)
        self.assertNotEqual(new, old)
        self.assertEqual(self._page(f"/complaint/track/{new}")[0], 200)

    def test_customer_removed(self):
        self.case.message_subscribe(self.customer.ids)
        self._token(self.case)
        self.case.with_user(self.agent).partner_id = False
        self.assertEqual(self.case.access_ids.state, "revoked")
        self.assertNotIn(self.customer, self.case.message_partner_ids)

    def test_other_address(self):
        """Whoever has the mailbox of a mistyped address does not go on reading."""
        case, _response = self._filed()
        old = self._token(case)
        case.with_user(self.agent).email_from = "Ada <ADA@stranger.example.com>"
        self.assertEqual(self._token(case), old, "the same address, written otherwise")
        case.with_user(self.agent).email_from = "ada.l@stranger.example.com"
        self.assertEqual(case.access_ids.state, "revoked")
        self.assertNotEqual(self._token(case), old)
        case.with_user(self.agent).action_revoke_link()
        case.with_user(self.agent).email_from = "ada@stranger.example.com"
        self.assertEqual(len(case.access_ids), 2, "nothing to end")

    def test_same_customer(self):
        """A stranger who turns out to be a contact keeps the link; so do contacts who stand in for each other."""
        case, _response = self._filed()
        old = self._token(case)
        known = self._customer("Ada", email="ada@stranger.example.com")
        case.with_user(self.agent).partner_id = known
        self.assertEqual(self._token(case), old)
        self.case.message_subscribe(self.portal.partner_id.ids)
        old = self._token(self.case)
        # as the form sends it
        self.case.with_user(self.agent).write(
            {"partner_id": self.colleague.partner_id.id, "email_from": self.colleague.email}
        )
        self.assertEqual(self._token(self.case), old)
        self.assertIn(self.portal.partner_id, self.case.message_partner_ids)
        # An address that is nobody's of the customer may be anybody's.
        self.case.with_user(self.agent).email_from = "typo@example.com"
        self.assertNotEqual(self._token(self.case), old)

    def test_gone_is_gone(self):
        """Links that never were, expired or were revoked look the same."""
        token = self._token(self.case)
        self.case.access_ids._revoke()
        pages = set()
        for guess in (token, "0" * 64, token[:-1], token + "0", token.upper(), "%00", "x" * 5000):
            status, page = self._page(f"/complaint/track/{guess}")
            self.assertEqual(status, 404)
            pages.add("This link is not valid" in page)
        self.assertEqual(pages, {True})

    def test_tokens_are_secret(self):
        """Neither the table nor anybody's rights give a link away."""
        token = self._token(self.case)
        self.env.cr.execute(
            "SELECT row_to_json(a)::text FROM compliance_complaint_access a WHERE complaint_id = %s", [self.case.id]
        )
        self.assertNotIn(token, self.env.cr.fetchone()[0])
        self.env.cr.execute("SELECT access_token FROM compliance_complaint WHERE id = %s", [self.case.id])
        self.assertEqual(self.env.cr.fetchone(), (None,), "Odoo's token, which never expires, is not used")
        for user in (self.agent, self.user["officer"], self.user["manager"], self.user["auditor"]):
            access = self.case.with_user(user).access_ids
            self.assertEqual(access.state, "valid")
            for name in ("token_seed", "token_hash"):
                with self.assertRaises(AccessError):
                    access.read([name])
                with self.assertRaises(AccessError):
                    access.search([(name, "=like", "a%")])
            for vals in ({"revoked_at": False}, {"token_hash": "x"}, {"complaint_id": self.other_case.id}):
                with self.assertRaises(AccessError):
                    access.write(vals)
            self.assertNotIn("token", self.case.with_user(user).get_portal_url())
        self.assertNotEqual(token, self._token(self.other_case))

    def test_mail_button(self):
        """Notifications of the customer lead to the tracking link, those of colleagues do not."""
        self.case.message_subscribe((self.portal.partner_id | self.user["officer"].partner_id).ids)
        token = self._token(self.case)
        message = (
            self.case.with_user(self.agent)
            .with_context(mail_notify_force_send=False)
            .message_post(
                body=f"Hello, see {self.case._get_customer_url()} or {self.case._get_tracking_url()}",
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
            )
        )
        self.assertNotIn(token, message.body, "colleagues read messages")
        mails = self._mails(self.case)
        self.assertTrue(mails)
        for mail in mails:
            has_link = token in mail.body_html
            self.assertEqual(has_link, self.portal.partner_id in mail.recipient_ids)
            self.assertNotIn("access_token=", mail.body_html.replace("access_token=False", ""))

    def test_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        case, _response = self._filed()
        self.assertEqual(case.customer_lang, "en_US")
        self._page("/fr/complaint")
        case, _response = self._filed()
        self.assertEqual(case.customer_lang, "fr_FR")
        self.assertEqual(case._get_customer_lang(), "fr_FR")

    def test_language_switched_off(self):
        """Who complained in a language we do not speak any more is written to in another one."""
        french = self.env["res.lang"]._activate_lang("fr_FR")
        self._page("/fr/complaint")
        gone, _response = self._filed()
        self._page("/en/complaint")
        other, _response = self._filed()
        french.active = False
        self.env.ref("crm_compliance.ir_cron_complaint_receipts").method_direct_trigger()
        self.assertEqual(gone._get_customer_lang(), "en_US")
        for case in (gone, other):
            self.assertEqual(len(self._mails(case)), 1)
        gone = gone.with_user(self.agent)
        gone.action_acknowledge()
        gone.action_ask_customer("Which one?")
        gone.action_reissue_link()
        self.assertEqual(len(self._mails(gone)), 3)

    def test_receipts_go_on_without_one(self):
        template = self.env.ref("crm_compliance.mail_template_complaint_received")
        subject = template.subject
        template.subject = "{{ 1 // (0 if object.subject == 'Poison' else 1) }}"
        cases = [self._filed(subject=subject)[0] for subject in ("Poison", "Broken")]
        job = self.env.ref("crm_compliance.ir_cron_complaint_receipts")
        with mute_logger("odoo.addons.crm_compliance.tools.apart", "odoo.addons.mail.models.mail_render_mixin"):
            job.method_direct_trigger()
        self.assertEqual([case.receipt_due for case in cases], [True, False])
        template.subject = subject
        job.method_direct_trigger()
        for case in cases:
            mails = self.env["mail.mail"].search([("model", "=", case._name), ("res_id", "=", case.id)])
            self.assertEqual(len(mails), 1)

    def test_receipt_without_template(self):
        case, _response = self._filed()
        self.env.ref("crm_compliance.mail_template_complaint_received").unlink()
        self.env.ref("crm_compliance.ir_cron_complaint_receipts").method_direct_trigger()
        self.assertFalse(case.receipt_due)
        self.env.ref("crm_compliance.mail_template_complaint_link").unlink()
        self._token(case)
        case.with_user(self.agent).action_reissue_link()
        self.assertFalse(self._mails(case))
        self.assertIn("revoked", case.message_ids[0].body, "no new link was sent, and the case does not say so")

    def test_internal_note_stays(self):
        self.case.with_user(self.agent).message_post(body=SECRET, subtype_xmlid="mail.mt_note", message_type="comment")
        self.case.with_user(self.agent).message_post(
            body="Open", subtype_xmlid="mail.mt_comment", message_type="comment"
        )
        page = self._page(f"/complaint/track/{self._token(self.case)}")[1]
        self.assertIn("Open", page)
        self.assertNotIn(SECRET, page)
