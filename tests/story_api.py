# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The story over Odoo's external API: what programs of the company do on behalf of its people.

The customer's own steps are the forms of the portal: what a customer decides has no other way in, on purpose.
"""

import base64
import re
from datetime import date, timedelta

import pytest
import requests

from story import (
    ADDRESS,
    ANSWER,
    ANSWERS,
    CHECKS,
    COMPLAINT,
    CONDITION,
    COUNTRY,
    EXCEPTION,
    PRAISE,
    REASON,
    SOLUTION,
    STARS,
    Refusal,
)

CSRF = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class ApiTeller:
    """Every step as calls of methods, each with the key of the person whose step it is."""

    def __init__(self, story, folder):
        self.story, self.place, self.folder = story, story.place, folder
        self.sales, self.officer, self.manager, self.auditor = map(
            self.place.api, ("sales", "officer", "manager", "auditor")
        )
        self.order_id = None

    # === Admission === #

    def create_customer(self):
        country = self.sales.find_one("res.country", [("name", "=", COUNTRY)])
        self.sales.create("res.partner", name=self.story.name, is_company=True, country_id=country["id"], **ADDRESS)

    def prepare_admission(self):
        sales = self.officer.find_one("res.users", [("login", "=", "sales")])
        profile_id = self.officer.create("compliance.profile", partner_id=self.story.partner_id, user_id=sales["id"])
        self.place.run_jobs("ir_cron_process_refresh_queue")
        for name, (result, evidence) in CHECKS.items():
            check = self.officer.find_one(
                "compliance.criterion.check", [("profile_id", "=", profile_id), ("criterion_id.name", "=", name)]
            )
            self.officer.write("compliance.criterion.check", check["id"], result=result.lower(), evidence=evidence)
        review = self.officer.call("compliance.profile", "action_submit", [profile_id])["res_id"]
        self.officer.call("compliance.risk.review", "action_start", [review])
        self._answer_questions(review)
        self.officer.write("compliance.risk.review", review, decision="conditional")
        self.officer.create(
            "compliance.risk.review.condition",
            review_id=review,
            name=CONDITION,
            deadline=str(date.today() + timedelta(days=30)),
        )
        self.officer.call("compliance.risk.review", "action_submit", [review])

    def _answer_questions(self, review):
        for kind, (field, answer) in ANSWERS.items():
            domain = [("review_id", "=", review), ("answer_type", "=", kind)]
            lines = [line["id"] for line in self.officer.find("compliance.risk.review.line", domain)]
            value = answer if kind == "text" else answer.lower()
            if lines:
                self.officer.call("compliance.risk.review.line", "write", lines, vals={field: value})

    def fail_to_approve_own(self, kind):
        review = self.story.get_review(kind)["id"]
        with pytest.raises(Refusal, match="Only compliance managers approve reviews") as refusal:
            self.officer.call("compliance.risk.review", "action_approve", [review])
        assert refusal.value.status == 403

    def approve_review(self, kind):
        self.manager.call("compliance.risk.review", "action_approve", [self.story.get_review(kind)["id"]])

    # === Business === #

    def _create_order(self):
        line = {"product_id": self.place.product_id, "product_uom_qty": 1}
        self.order_id = self.sales.create("sale.order", partner_id=self.story.partner_id, order_line=[[0, 0, line]])

    def order_and_invoice(self):
        self._create_order()
        self.confirm_order()
        wizard = self.sales.create(
            "sale.advance.payment.inv", {"active_ids": [self.order_id]}, advance_payment_method="delivered"
        )
        self.sales.call("sale.advance.payment.inv", "create_invoices", [wizard])

    def confirm_order(self):
        self.sales.call("sale.order", "action_confirm", [self.order_id])

    def answer_alert(self):
        alert = self.officer.find_one("compliance.alert", [*self.story.mine(), ("kind", "=", "habit")])
        review = self.officer.call("compliance.alert", "action_request_review", [alert["id"]])["res_id"]
        self.officer.call("compliance.risk.review", "action_start", [review])
        self._answer_questions(review)
        self.officer.write("compliance.risk.review", review, decision="conditional", conclusion=REASON)
        for model, vals in (
            ("condition", {"name": CONDITION, "deadline": str(date.today() + timedelta(days=30))}),
            ("restriction", {"reason": REASON}),
        ):
            self.officer.create(f"compliance.risk.review.{model}", review_id=review, **vals)
        self.officer.call("compliance.risk.review", "action_submit", [review])

    def order_and_be_stopped(self):
        self._create_order()
        return self.fail_to_confirm()

    def fail_to_confirm(self):
        with pytest.raises(Refusal) as refusal:
            self.confirm_order()
        assert refusal.value.status == 422
        return refusal.value.message

    def request_exception(self):
        exception = self.sales.create(
            "compliance.restriction.exception", document_ref=f"sale.order,{self.order_id}", reason=EXCEPTION
        )
        self.sales.call("compliance.restriction.exception", "action_request", [exception])

    def approve_exception(self):
        exception = self.manager.find_one(
            "compliance.restriction.exception", [("document_ref", "=", f"sale.order,{self.order_id}")]
        )
        self.manager.call("compliance.restriction.exception", "action_approve", [exception["id"]])

    # === Complaint === #

    def file_complaint(self):
        self.visitor = Visitor(self.place.url, self.story.login)
        subject, description = COMPLAINT
        self.visitor.submit("/my/complaints/new", "/my/complaints/new", subject=subject, description=description)

    def answer_complaint(self):
        case = self.sales.find_one("compliance.complaint", [("subject", "=", COMPLAINT[0]), self._of_customer()])["id"]
        self.sales.call("compliance.complaint", "action_take", [case])
        self.sales.call(
            "compliance.complaint",
            "message_post",
            [case],
            body=ANSWER,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )

    def _of_customer(self):
        return ("commercial_partner_id", "=", self.story.partner_id)

    def propose_solution(self):
        case = self.story.get_case()["id"]
        self.sales.write("compliance.complaint", case, solution=f"<p>{SOLUTION}</p>")
        self.sales.call("compliance.complaint", "action_propose_solution", [case])

    def confirm_and_rate(self):
        customer = self.place.api(self.story.login)
        page = f"/my/complaints/{customer.find_one('compliance.complaint', [])['id']}"
        self.visitor.submit(page, f"{page}/confirm")
        self.visitor.submit(page, f"{page}/rate", rating=STARS, comment=PRAISE)

    # === Audit === #

    def read_trail(self):
        rows = self.auditor.find(
            "compliance.audit.log", [("customer_id", "=", self.story.partner_id)], "user_id", "operation", "model"
        )
        return [(row["user_id"] and row["user_id"][1], row["operation"], row["model"]) for row in rows]

    def export_bundle(self):
        export = self.auditor.create("compliance.audit.export", scope="customer", partner_id=self.story.partner_id)
        self.auditor.call("compliance.audit.export", "action_export", [export])
        ((bundle),) = self.auditor.call("compliance.audit.export", "read", [export], fields=["file", "filename"])
        path = self.folder / bundle["filename"]
        path.write_bytes(base64.b64decode(bundle["file"]))
        return path


class Visitor:
    """A customer with a browser that knows nothing but links and forms."""

    def __init__(self, url, login):
        self.url = url
        self.session = requests.Session()
        self.submit("/web/login", "/web/login", login=login, password=login)

    def submit(self, page, action, **form):
        """Sends a form that a page holds."""
        token = CSRF.search(self.session.get(self.url + page, timeout=60).text)[1]
        answer = self.session.post(self.url + action, data={**form, "csrf_token": token}, timeout=60)
        assert answer.ok, answer.text
        return answer.text
