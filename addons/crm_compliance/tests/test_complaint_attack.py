# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta
from xmlrpc.client import Fault

from odoo import fields
from odoo.tests import get_db_name, tagged
from odoo.tools import mute_logger

from .complaint_portal_common import SECRET, ComplaintPortalCommon

CASE = "compliance.complaint"


@tagged("post_install", "-at_install")
class TestComplaintAttack(ComplaintPortalCommon):
    """People outside over every route: web client, XML-RPC, JSON-2, pages, files, chatter, ratings."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cause = cls.env["compliance.complaint.cause"].create({"name": f"{SECRET} cause"})
        cls.case.write({"cause_id": cause.id, "cause_note": f"<p>{SECRET}</p>", "solution": f"<p>{SECRET}</p>"})
        agent_case = cls.case.with_user(cls.agent)
        cls.note_file = cls._file("note.txt")
        cls.note = agent_case.message_post(
            body=SECRET,
            message_type="comment",
            subtype_xmlid="mail.mt_note",
            attachment_ids=cls.note_file.with_user(cls.agent).ids,
        )
        cls.loose_file = cls._file("evidence.txt")
        cls.open_file = cls._file("letter.txt")
        cls.message = agent_case.message_post(
            body="Hello",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            attachment_ids=cls.open_file.with_user(cls.agent).ids,
        )
        cls.url = f"/my/complaints/{cls.case.id}"

    @classmethod
    def _file(cls, name):
        return (
            cls.env["ir.attachment"]
            .with_user(cls.agent)
            .create({"name": name, "raw": f"{SECRET} {name}".encode(), "res_model": CASE, "res_id": cls.case.id})
            .sudo()
        )

    # -------------------------------------------------------------------------
    # ROUTES
    # -------------------------------------------------------------------------

    def _call(self, user, model, method, *args, **kwargs):
        """Over the route of the web client: the result, or the name of the exception it was refused with."""
        self._login(user)
        with mute_logger("odoo.http"):
            answer = self.url_open(
                f"/web/dataset/call_kw/{model}/{method}",
                json={"params": {"model": model, "method": method, "args": args, "kwargs": kwargs}},
            ).json()
        return answer["error"]["data"]["name"] if "error" in answer else answer.get("result")

    def _refused(self, user, model, method, *args, **kwargs):
        answer = self._call(user, model, method, *args, **kwargs)
        self.assertIn("AccessError", str(answer), (user.login, model, method, args))

    def _key(self, user):
        key = self.env(user=user)["res.users.apikeys"].sudo()
        return key._generate("rpc", "test", fields.Datetime.now() + timedelta(hours=1))

    # -------------------------------------------------------------------------
    # READING
    # -------------------------------------------------------------------------

    def test_read_cases(self):
        self.assertEqual(
            self._call(self.portal, CASE, "search_read", [], ["subject", "state"]),
            [{"id": self.case.id, "subject": "Late delivery", "state": "new"}],
        )
        self.assertEqual(
            self._call(self.attacker, CASE, "search_read", [("id", "in", (self.case | self.other_case).ids)], ["id"]),
            [{"id": self.other_case.id}],
        )
        self._refused(self.attacker, CASE, "read", self.case.ids, ["subject"])
        self._refused(self.user["portal"], CASE, "read", self.case.ids, ["subject"])
        self._refused(self.user["employee"], CASE, "read", self.case.ids, ["subject"])

    def test_other_company(self):
        """A case of the customer at another company of ours is not shown at this one."""
        other = self.env["res.company"].create({"name": "Other"})
        case = self.env[CASE].create({"subject": "X", "partner_id": self.portal.partner_id.id, "company_id": other.id})
        self.assertEqual(self._call(self.portal, CASE, "search_count", [("id", "=", case.id)]), 0)

    def test_read_fields(self):
        """Only what is named: neither read, nor searched, grouped, sorted by, exported."""
        allowed = self.env[CASE].with_user(self.portal).fields_get()
        for name in self.env[CASE]._fields:
            if name in allowed:
                continue
            self._refused(self.portal, CASE, "read", self.case.ids, [name])
        for name in ("cause_id", "cause_note", "solution", "user_id", "severity", "priority", "access_token"):
            self.assertNotIn(name, allowed)
        for name in set(allowed) & {"sla_deadline", "dispute_stage", "amount_claimed", "liability_company"}:
            self.fail(name)
        for name in ("cause_note", "solution", "message_ids.body", "website_message_ids.body", "cause_id.name"):
            self._refused(self.portal, CASE, "search_count", [(name, "ilike", SECRET)])
            self._refused(self.portal, CASE, "search_count", ["!", (name, "ilike", SECRET)])
        self._refused(self.portal, CASE, "search_count", [("user_id", "=", self.agent.id)])
        self._refused(self.portal, CASE, "search_count", [("access_ids.state", "=", "valid")])
        self._refused(self.portal, CASE, "search", [], order="priority")
        self._refused(self.portal, CASE, "formatted_read_group", [], ["user_id"], ["__count"])
        self._refused(self.portal, CASE, "formatted_read_group", [], [], ["reopen_count:sum"])
        answer = self._call(self.portal, CASE, "export_data", self.case.ids, ["cause_note"])
        self.assertRegex(str(answer), "AccessError|UserError")

    def test_read_related_models(self):
        for model in (
            "compliance.complaint.access",
            "compliance.complaint.team",
            "compliance.complaint.cause",
            "compliance.intake.attempt",
            "compliance.audit.log",
            "rating.rating",
        ):
            self._refused(self.portal, model, "search_read", [], ["id"])

    def test_read_messages(self):
        domain = [("model", "=", CASE), ("res_id", "=", self.case.id)]
        found = self._call(self.portal, "mail.message", "search_read", domain, ["body"])
        self.assertIn("Hello", str(found))
        self.assertNotIn(SECRET, str(found))
        self._refused(self.portal, "mail.message", "read", self.note.ids, ["body"])
        self.assertEqual(self._call(self.attacker, "mail.message", "search_read", domain, ["body"]), [])
        self._refused(self.attacker, "mail.message", "read", self.message.ids, ["body"])
        found = self._call(self.portal, "mail.message", "search_count", [*domain, ("body", "ilike", SECRET)])
        self.assertEqual(found, 0)

    def test_xmlrpc(self):
        def call(user, *args):
            return self.xmlrpc_object.execute_kw(get_db_name(), user.id, user.login, CASE, *args)

        with mute_logger("odoo.http", "odoo.addons.rpc.controllers.xmlrpc"):
            self.assertEqual(call(self.portal, "search", [[]]), self.case.ids)
            for method, args in (
                ("read", [self.case.ids, ["subject"]]),
                ("write", [self.other_case.ids, {"subject": "X"}]),
                ("create", [{"subject": "X"}]),
                ("unlink", [self.other_case.ids]),
                ("action_confirm_solution", [self.other_case.ids]),
                ("message_post", [self.other_case.ids]),
            ):
                with self.assertRaises(Fault, msg=method):
                    call(self.attacker, method, args)

    def test_json2(self):
        self.env["ir.config_parameter"].set_param("portal.allow_api_keys", "True")
        headers = {"Authorization": f"Bearer {self._key(self.attacker)}"}
        self._login(None)

        def call(method, **body):
            with mute_logger("odoo.http"):
                return self.url_open(f"/json/2/{CASE}/{method}", json=body, headers=headers)

        found = call("search_read", domain=[], fields=["subject"])
        self.assertEqual(found.json(), [{"id": self.other_case.id, "subject": "Of the rival"}])
        for method, body in (
            ("read", {"ids": self.case.ids, "fields": ["subject"]}),
            ("read", {"ids": self.other_case.ids, "fields": ["cause_note"]}),
            ("write", {"ids": self.other_case.ids, "vals": {"state": "closed"}}),
            ("create", {"vals_list": [{"subject": "X"}]}),
            ("action_reissue_link", {"ids": self.other_case.ids}),
            ("_get_tracking_url", {"ids": self.other_case.ids}),
            ("_file", {}),
        ):
            self.assertIn(call(method, **body).status_code, (403, 404, 422), method)

    # -------------------------------------------------------------------------
    # CHANGING
    # -------------------------------------------------------------------------

    def test_write(self):
        before = self._snapshot(self.case)
        for user in (self.portal, self.attacker):
            for vals in ({"subject": "X"}, {"state": "closed"}, {"satisfaction": 5}, {"partner_id": self.rival.id}):
                self._refused(user, CASE, "write", self.case.ids, vals)
                self._refused(user, CASE, "web_save", self.case.ids, vals, {})
            self._refused(user, CASE, "create", [{"subject": "X", "partner_id": user.partner_id.id}])
            self._refused(user, CASE, "unlink", self.case.ids)
            self._refused(user, CASE, "copy", self.case.ids)
            for method, args in (
                ("action_acknowledge", []),
                ("action_confirm_solution", []),
                ("action_reject_solution", ["No"]),
                ("action_resolve", []),
                ("action_close", []),
                ("action_reopen", ["Again"]),
                ("action_cancel", ["Spite"]),
                ("action_take", []),
                ("action_revoke_link", []),
                ("action_reissue_link", []),
                ("message_post", []),
                ("message_notify", []),
            ):
                self._refused(user, CASE, method, self.case.ids, *args)
            for method in ("_customer_confirm", "_customer_rate", "_transition", "_get_tracking_url", "_file"):
                self._refused(user, CASE, method, self.case.ids)
        self.env.invalidate_all()
        self.assertEqual(self._snapshot(self.case), before)

    def test_rating(self):
        model = self.env["ir.model"]._get_id(CASE)
        vals = {"res_model_id": model, "res_id": self.case.id, "rating": 1, "consumed": True}
        for user in (self.portal, self.attacker):
            self._refused(user, "rating.rating", "create", [vals])
            answer = self._call(user, CASE, "rating_apply", self.case.ids, 1)
            self.assertRegex(str(answer), "AccessError|ValueError")
        self.assertEqual(self.case.satisfaction, 0)

    def test_pages_of_others(self):
        self._propose(self.case)
        before = self._snapshot(self.case)
        self._login(self.attacker)
        response = self.url_open(self.url, allow_redirects=False)
        self.assertEqual((response.status_code, response.headers["Location"][-14:]), (303, "/my/complaints"))
        token = self._token(self.other_case)
        for query in (f"?access_token={token}", "?access_token=False", "?access_token="):
            self.assertNotIn("Late delivery", self._page(self.url + query)[1])
        for action in ("confirm", "reject", "rate", "reopen", "reply"):
            self._post(f"{self.url}/{action}", reason="x", rating="1", message="x")
        # The tracking link of one case is none of another, and opens no file of another.
        response = self.url_open(f"/complaint/track/{token}/file/{self.open_file.id}")
        self.assertEqual(response.status_code, 404)
        self.env.invalidate_all()
        self.assertEqual(self._snapshot(self.case), before)
        self.assertEqual(self.url_open("/my/complaints/999999999", allow_redirects=False).status_code, 303)

    def test_pages_without_account(self):
        self._login(None)
        response = self.url_open(self.url, allow_redirects=False)
        self.assertEqual(response.status_code, 303)
        self.assertIn("/web/login", response.headers["Location"])
        page = self.url_open(f"{self.url}?access_token={self._token(self.case)}").text
        self.assertNotIn("Late delivery", page)

    # -------------------------------------------------------------------------
    # FILES
    # -------------------------------------------------------------------------

    def _content(self, path):
        with mute_logger("odoo.http"):
            return self.url_open(path).text

    def test_files_of_notes(self):
        """Own customers: files of public messages only, though they may read the case."""
        self._login(self.portal)
        for route in ("/web/content/{}", "/web/content/{}?download=1", "/web/image/{}"):
            for file in (self.note_file, self.loose_file):
                self.assertNotIn(SECRET, self._content(route.format(file.id)))
        self.assertIn(f"{SECRET} letter", self._content(f"{self.url}/file/{self.open_file.id}"))
        for file in (self.note_file, self.loose_file):
            self.assertNotIn(SECRET, self._content(f"{self.url}/file/{file.id}"))
            self._refused(self.portal, "ir.attachment", "read", file.ids, ["raw"])
        domain = [("res_model", "=", CASE), ("res_id", "=", self.case.id)]
        found = self._call(self.portal, "ir.attachment", "search_read", domain, ["name"])
        self.assertLessEqual({file["id"] for file in found or [] if isinstance(file, dict)}, set(self.open_file.ids))
        # Some add-ons let portal users read attachments; those of cases stay as closed as they are.
        self.env["ir.model.access"].create(
            {
                "name": "portal",
                "model_id": self.env["ir.model"]._get_id("ir.attachment"),
                "group_id": self.env.ref("base.group_portal").id,
                "perm_read": True,
            }
        )
        self.assertTrue(self.open_file.with_user(self.portal).has_access("read"))
        self.assertIn(f"{SECRET} letter", self._content(f"/web/content/{self.open_file.id}"))
        for file in (self.note_file, self.loose_file):
            self.assertFalse(file.with_user(self.portal).has_access("read"))
            self.assertNotIn(SECRET, self._content(f"/web/content/{file.id}"))
        found = self._call(self.portal, "ir.attachment", "search_read", domain, ["name"])
        self.assertEqual(found, [])
        with mute_logger("odoo.http"):
            ids = ",".join(map(str, (self.note_file | self.loose_file).ids))
            answer = self._post("/mail/attachment/zip", file_ids=ids, zip_name="x.zip")
        self.assertNotIn(SECRET.encode(), answer.content)
        self.assertNotEqual(answer.headers.get("Content-Type"), "zip")

    def test_files_of_others(self):
        for user in (self.attacker, None):
            self._login(user)
            for file in (self.note_file, self.loose_file, self.open_file):
                token = "0" * 32
                for query in ("", f"?access_token={token}", "?access_token="):
                    self.assertNotIn(SECRET, self._content(f"/web/content/{file.id}{query}"))
                self.assertNotIn(SECRET, self._content(f"{self.url}/file/{file.id}"))
            self.assertNotIn(SECRET, self._content(f"/web/content/{CASE}/{self.case.id}/cause_note"))

    def test_files_by_token(self):
        self._login(None)
        url = f"/complaint/track/{self._token(self.case)}"
        self.assertIn(f"{SECRET} letter", self._content(f"{url}/file/{self.open_file.id}"))
        for file in (self.note_file, self.loose_file):
            self.assertEqual(self.url_open(f"{url}/file/{file.id}").status_code, 404)
        foreign = self.env["ir.attachment"].create({"name": "x", "raw": SECRET.encode()})
        self.assertEqual(self.url_open(f"{url}/file/{foreign.id}").status_code, 404)

    # -------------------------------------------------------------------------
    # CHATTER
    # -------------------------------------------------------------------------

    def test_chatter_of_others(self):
        """Odoo's chatter takes tokens of documents, signed hashes and partner ids: none of them opens a case."""
        pid = self.portal.partner_id.id
        token = self._token(self.case)
        tries = [{}, {"token": token}, {"token": False}, {"hash": self.case._sign_token(pid), "pid": pid}]
        messages = len(self.case.message_ids)
        for user in (self.attacker, None):
            self._login(user)
            for access in tries:
                thread = {"thread_model": CASE, "thread_id": self.case.id, **access}
                post = {"post_data": {"body": "Spam", "message_type": "comment", "subtype_xmlid": "mail.mt_comment"}}
                for route, body in (
                    ("/mail/message/post", {**thread, **post}),
                    ("/mail/chatter_fetch", thread),
                    ("/portal/chatter_init", thread),
                ):
                    with mute_logger("odoo.http"):
                        answer = self.url_open(route, json={"params": body})
                    self.assertNotIn("Hello", answer.text, (route, access))
                    self.assertNotIn(SECRET, answer.text)
                with mute_logger("odoo.http"):
                    self.url_open(
                        "/mail/message/update_content",
                        json={"params": {"message_id": self.message.id, "update_data": {"body": "X"}, **access}},
                    )
        self.env.invalidate_all()
        self.assertEqual(len(self.case.message_ids), messages)
        self.assertIn("Hello", self.message.body)

    def test_portal_share_link(self):
        """Odoo's ways to share a document give no secret."""
        for user in (self.agent, self.portal):
            answer = self._call(user, CASE, "get_portal_url", self.case.ids)
            self.assertEqual(answer, self.url)
        self._refused(self.attacker, CASE, "get_portal_url", self.case.ids)
        self._login(self.attacker)
        response = self.url_open(f"/mail/view?model={CASE}&res_id={self.case.id}&access_token=False")
        self.assertNotIn("Late delivery", response.text)
