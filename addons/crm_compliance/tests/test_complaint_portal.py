# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import html
from functools import partial

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..tools.upload import clean_name
from .complaint_portal_common import PNG, SECRET, ComplaintPortalCommon


@tagged("post_install", "-at_install")
class TestComplaintPortal(ComplaintPortalCommon):
    """What a customer does in the portal."""

    def setUp(self):
        super().setUp()
        self._login(self.portal)

    def _filed(self, **data):
        before = self.env["compliance.complaint"].search([])
        response = self._post("/my/complaints/new", **data)
        return self.env["compliance.complaint"].search([]) - before, response

    def test_file(self):
        invoice = self._invoice(self.customer, 100, self.today)
        category = self.env["compliance.complaint.category"].search([("is_public", "=", True)], limit=1)
        case, response = self._filed(
            subject="Box  was\nbroken",
            description="Look <b>here</b>\nplease",
            category_id=category.id,
            invoice_id=invoice.id,
            files={"files": ("box.png", PNG, "image/png")},
        )
        self.assertEqual(response.status_code, 303)
        self.assertTrue(response.headers["Location"].endswith(f"/my/complaints/{case.id}"))
        self.assertEqual(case.subject, "Box was broken")
        self.assertIn("&lt;b&gt;here&lt;/b&gt;", case.description)
        self.assertEqual((case.channel, case.state, case.partner_id), ("portal", "new", self.portal.partner_id))
        self.assertEqual((case.category_id, case.invoice_ids), (category, invoice))
        self.assertEqual(case.customer_file_ids.mapped("name"), ["box.png"])
        mail = self._mails(case)
        self.assertIn(self.portal.email, mail.email_to)
        self.assertIn("/complaint/track/", mail.body_html)
        status, page = self._page(f"/my/complaints/{case.id}")
        self.assertEqual(status, 200)
        self.assertIn("Box was broken", page)
        self.assertIn("box.png", page)
        self.assertIn("We have received your complaint", page)

    def test_mass_assignment(self):
        case, _response = self._filed(
            subject="S",
            description="D",
            state="closed",
            user_id=self.portal.id,
            priority="3",
            severity="3",
            company_id="1",
            partner_id=self.rival.id,
            name="X",
            solution="mine",
            satisfaction="5",
            channel="phone",
            commercial_partner_id=self.rival.id,
        )
        self.assertEqual(
            (case.state, case.user_id.id, case.severity, case.company_id, case.partner_id, case.solution),
            ("new", False, "2", self.company, self.portal.partner_id, False),
        )
        self.assertEqual((case.channel, case.satisfaction), ("portal", 0))

    def test_choices_are_own(self):
        """Invoices of others, hidden categories and products never bought are no choice."""
        foreign = self._invoice(self.rival, 100, self.today)
        draft = self._invoice(self.customer, 100, self.today, post=False)
        hidden = self.env["compliance.complaint.category"].create({"name": "Hidden", "is_public": False})
        product = self.env["product.product"].create({"name": SECRET})
        status, page = self._page("/my/complaints/new")
        self.assertEqual(status, 200)
        for text in (foreign.name, SECRET, "Hidden"):
            self.assertNotIn(text, page)
        for field, record in (
            ("invoice_id", foreign),
            ("invoice_id", draft),
            ("category_id", hidden),
            ("product_id", product),
        ):
            case, response = self._filed(subject="S", description="D", **{field: record.id})
            self.assertFalse(case, field)
            self.assertIn("not available", response.text)
        case, response = self._filed(subject="S", description="D", invoice_id="1 OR 1=1")
        self.assertFalse(case)

    def test_files_refused(self):
        """By content and by ending, and nothing is half saved."""
        self.env["ir.config_parameter"].set_param("crm_compliance.complaint_max_file_mb", "1")
        for name, content in (
            ("page.html", b"<html><script>alert(1)</script></html>"),
            ("page.png", b"<html><script>alert(1)</script></html>"),
            ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
            ("drawing.png", b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'></svg>"),
            ("run.exe", b"MZ\x90\x00" + b"\x00" * 200),
            ("run.pdf", b"MZ\x90\x00" + b"\x00" * 200),
            ("none", b"text"),
            ("empty.pdf", b""),
            ("large.png", PNG + b"\x00" * 1024 * 1024),
        ):
            case, response = self._filed(subject="S", description="Kept", files={"files": (name, content)})
            self.assertFalse(case, name)
            self.assertEqual(response.status_code, 200, name)
            self.assertIn("Kept", response.text)
        many = [("files", (f"{number}.png", PNG)) for number in range(6)]
        case, response = self._filed(subject="S", description="D", files=many)
        self.assertIn("no more than 5", response.text)
        self.assertFalse(case)
        self.assertFalse(self.env["ir.attachment"].search([("name", "in", ["large.png", "page.png", "0.png"])]))

    def test_file_name(self):
        case, _response = self._filed(
            subject="S", description="D", files={"files": ("..\\../etc/passwd.txt", b"hello")}
        )
        self.assertEqual(case.customer_file_ids.name, "passwd.txt")
        self.assertEqual(clean_name("C:\\x\\pass\x07w\u202ed.txt"), "passwd.txt")
        self.assertEqual(len(clean_name("x" * 300 + ".pdf")), 100)
        self.assertEqual(clean_name(""), "file")

    def test_list(self):
        old = self._case(self.colleague.partner_id, subject="Ancient pump")
        old.date_received = fields.Datetime.subtract(fields.Datetime.now(), days=30)
        self._propose(old)
        _status, page = self._page("/my/complaints")
        self.assertIn("Late delivery", page)
        self.assertIn("Ancient pump", page)
        self.assertNotIn("Of the rival", page)
        self.assertLess(page.index("Late delivery"), page.index("Ancient pump"))
        _status, page = self._page("/my/complaints?sortby=oldest")
        self.assertGreater(page.index("Late delivery"), page.index("Ancient pump"))
        for query, found in (
            ("filterby=proposed", ["Ancient pump"]),
            ("filterby=solved", []),
            ("search=pump", ["Ancient pump"]),
            ("search=late&search_in=subject", ["Late delivery"]),
            ("search=late&search_in=name", []),
            ("search=came+late&search_in=content", ["Late delivery", "Ancient pump"]),
            ("search=%25%27%3B&sortby=user_id&filterby=x&search_in=cause_note", []),
        ):
            status, page = self._page(f"/my/complaints?{query}")
            self.assertEqual(status, 200)
            self.assertEqual([text for text in ("Late delivery", "Ancient pump") if text in page], found, query)

    def test_odd_input(self):
        self._login(self.portal)
        for name in ("all", "name", "subject", "content"):
            status, page = self._page(f"/my/complaints?search=%00Late&search_in={name}")
            self.assertEqual(status, 200)
            self.assertEqual(self.case.name in page, name != "name")
        form = {"subject": "S", "description": "D"}
        for name in form:
            text = {field: value for field, value in form.items() if field != name}
            response = self._post("/my/complaints/new", files={name: ("x.txt", b"hello")}, **text)
            self.assertIn("Please fill in", response.text)
        response = self._post("/my/complaints/new", files={"category_id": ("x.txt", b"hello")}, **form)
        self.assertEqual(response.status_code, 303)
        url = f"/my/complaints/{self.case.id}"
        self.assertEqual(self._post(f"{url}/reply", files={"message": ("x.txt", b"hello")}).status_code, 303)
        self.assertIn("Please write a message", self._page(url)[1])

    def test_paging(self):
        for number in range(21):
            self._case(self.portal.partner_id, subject=f"Case no {number}.")
        self.assertEqual(self._page("/my/complaints")[1].count("Case no "), 20)
        self.assertIn("Late delivery", self._page("/my/complaints/page/2")[1])
        self.assertEqual(self._page("/my/complaints/page/99")[0], 200)

    def test_home_counter(self):
        answer = self.make_jsonrpc_request("/my/counters", {"counters": ["complaint_count"]})
        self.assertEqual(answer["complaint_count"], 1)

    def test_confirm(self):
        self._propose(self.case)
        url = f"/my/complaints/{self.case.id}"
        self.assertIn("We send another one.", self._page(url)[1])
        self._post(f"{url}/confirm")
        self.assertEqual(self.case.state, "resolved")
        self.assertEqual(self.case.customer_decision, "confirmed")
        self.assertEqual(self.case.customer_decision_by, self.portal.partner_id.name)
        self.assertIn("Thank you", self._page(url)[1])
        messages = len(self.case.message_ids)
        for action in ("confirm", "reject"):
            self._post(f"{url}/{action}", reason="No")
            self.assertIn("You confirmed the solution on", self._page(url)[1])
        self.assertEqual((self.case.state, len(self.case.message_ids)), ("resolved", messages))

    def test_reject(self):
        self._propose(self.case)
        url = f"/my/complaints/{self.case.id}"
        self._post(f"{url}/reject", reason="  ")
        self.assertEqual(self.case.state, "solution_proposed")
        self.assertIn("tell us why", self._page(url)[1])
        self._post(f"{url}/reject", reason="Still <i>broken</i>")
        self.assertEqual((self.case.state, self.case.customer_decision), ("investigating", "rejected"))
        (message,) = self.case._get_customer_messages()
        self.assertIn("Still &lt;i&gt;broken&lt;/i&gt;", message.body)
        self.assertEqual(message.author_id, self.portal.partner_id)
        page = self._page(url)[1]
        self.assertIn("You rejected the solution on", page)
        self.assertNotIn("We send another one.", page)
        # The next proposal waits for an answer of its own.
        self._propose(self.case, "<p>Money back.</p>")
        self.assertFalse(self.case.customer_decision)
        self._post(f"{url}/confirm")
        self.assertEqual((self.case.state, self.case.customer_decision), ("resolved", "confirmed"))

    def test_rate(self):
        url = f"/my/complaints/{self.case.id}"
        self._post(f"{url}/rate", rating="5")
        self.assertIn("nothing to rate", self._page(url)[1])
        self._propose(self.case)
        self._post(f"{url}/confirm")
        for value in ("0", "6", "-1", "4.5", "", "five"):
            self._post(f"{url}/rate", rating=value)
            self.assertIn("one to five stars", self._page(url)[1], value)
        self._post(f"{url}/rate", rating="4", comment="Quick <b>enough</b>")
        self.assertEqual(self.case.satisfaction, 4)
        self.assertEqual(self.case.satisfaction_comment, "Quick <b>enough</b>")
        self._post(f"{url}/rate", rating="1")
        self.assertIn("You rated this case 4 of 5", self._page(url)[1])
        self.assertEqual(self.case.satisfaction, 4)

    def test_reopen(self):
        url = f"/my/complaints/{self.case.id}"
        self._post(f"{url}/reopen", reason="Again")
        self.assertEqual(self.case.reopen_count, 0)
        self._propose(self.case)
        self._post(f"{url}/confirm")
        self._post(f"{url}/reopen", reason="Again broken")
        self.assertEqual((self.case.state, self.case.reopen_count), ("investigating", 1))
        self.assertIn("Again broken", " ".join(self.case._get_customer_messages().mapped("body")))

    def test_reopen_too_late(self):
        self._propose(self.case)
        self.case.action_confirm_solution()
        self.case._transition({"date_resolved": fields.Datetime.subtract(fields.Datetime.now(), days=31)})
        url = f"/my/complaints/{self.case.id}"
        self.assertNotIn("/reopen", self._page(url)[1])
        self._post(f"{url}/reopen", reason="Again")
        self.assertEqual(self.case.state, "resolved")
        self.company.complaint_reopen_days = 60
        self._post(f"{url}/reopen", reason="Again")
        self.assertEqual(self.case.state, "investigating")

    def test_chatter(self):
        """Odoo's chatter of the portal: public messages are read and written, internal notes are not."""
        self.case.with_user(self.agent).message_post(
            body="How many?", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        self.case.with_user(self.agent).message_post(body=SECRET, message_type="comment", subtype_xmlid="mail.mt_note")
        thread = {"thread_model": self.case._name, "thread_id": self.case.id}
        answer = self.make_jsonrpc_request("/mail/chatter_fetch", thread)
        bodies = html.unescape(str(answer))
        self.assertIn("How many?", bodies)
        self.assertNotIn(SECRET, bodies)
        post = {"body": "Three", "message_type": "comment", "subtype_xmlid": "mail.mt_comment", "rating_value": 1}
        self.make_jsonrpc_request("/mail/message/post", {**thread, "post_data": post})
        self.assertIn("Three", self.case._get_customer_messages()[-1].body)
        self.assertEqual(self.case.satisfaction, 0)

    def test_chatter_files(self):
        """What is sent through Odoo's own conversation meets the rules of our forms, however it is attached."""
        thread = {"thread_model": self.case._name, "thread_id": self.case.id}
        good, bad = ("photo.png", PNG), ("photo.exe", b"MZ\x90\x00" + b"\x00" * 200)
        for name, content, taken in ((*good, True), (*bad, False), ("page.png", b"<html></html>", False)):
            answer = self._post(
                "/mail/attachment/upload", files={"ufile": (name, content)}, is_pending="true", **thread
            )
            file = answer.json()["data"]
            token = file["store_data"]["ir.attachment"][0]["ownership_token"]
            post = {"body": name, "message_type": "comment"}
            post |= {"attachment_ids": [file["attachment_id"]], "attachment_tokens": [token]}
            body = {"params": {**thread, "post_data": {**post, "subtype_xmlid": "mail.mt_comment"}}}
            with mute_logger("odoo.http"):
                answer = self.url_open("/mail/message/post", json=body).json()
            self.assertEqual("error" not in answer, taken, name)
            self.assertEqual(name in self.case._get_customer_files().mapped("name"), taken)
            with mute_logger("odoo.http"):
                self._post("/mail/attachment/upload", files={"ufile": (f"direct-{name}", content)}, **thread)
            self.assertEqual(bool(self.env["ir.attachment"].search([("name", "=", f"direct-{name}")])), taken)

    def test_invoice_page(self):
        """The customer complains from the page of an own invoice; others have no such button."""
        invoice = self._invoice(self.customer, 100, self.today)
        page = self._page(f"/my/invoices/{invoice.id}")[1]
        self.assertIn(f"/my/complaints/new?invoice_id={invoice.id}", page)
        form = self._page(f"/my/complaints/new?invoice_id={invoice.id}")[1]
        self.assertRegex(form, rf'<option value="{invoice.id}" selected')
        invoice._portal_ensure_token()
        for user in (self.attacker, None):
            self._login(user)
            page = self._page(f"/my/invoices/{invoice.id}?access_token={invoice.access_token}")[1]
            self.assertIn(invoice.name, page)
            self.assertNotIn("/my/complaints/new", page)
        self._login(self.attacker)
        self.assertNotIn(invoice.name, self._page(f"/my/complaints/new?invoice_id={invoice.id}")[1])

    def test_draft_solution_and_outlook(self):
        url = f"/my/complaints/{self.case.id}"
        self.case.solution = f"<p>{SECRET}</p>"
        self.assertNotIn(SECRET, self._page(url)[1])
        self.case.with_user(self.agent).action_wait_customer()
        self.assertIn("We need something from you", self._page(url)[1])
        self.case.with_user(self.agent).action_cancel(SECRET)
        page = self._page(url)[1]
        self.assertIn("withdrawn", page)
        self.assertNotIn(SECRET, page)

    def test_page_shows_nothing_internal(self):
        cause = self.env["compliance.complaint.cause"].create({"name": f"{SECRET} cause"})
        self.case.write({"cause_id": cause.id, "cause_note": f"<p>{SECRET}</p>"})
        for url in (f"/my/complaints/{self.case.id}", f"/complaint/track/{self._token(self.case)}"):
            status, page = self._page(url)
            self.assertEqual(status, 200)
            self.assertNotIn(SECRET, page)
            self.assertNotIn("sla", page.lower().replace("translat", ""))

    def test_decided_fields(self):
        for vals in ({"customer_decision": "confirmed"}, {"customer_decision_at": fields.Datetime.now()}):
            for user in (self.agent, self.user["officer"], self.user["manager"]):
                with self.assertRaises(AccessError):
                    self.case.with_user(user).write(vals)

    def test_query_count(self):
        """The list costs the same for 2 and for 22 cases."""
        self._case(self.portal.partner_id)

        few = self._count(partial(self._page, "/my/complaints"))
        for number in range(17):
            self._case(self.portal.partner_id, subject=f"Case no {number}.")
        self._assert_no_dearer(few, self._count(partial(self._page, "/my/complaints")), spare=1)
