# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import base64
import hashlib
import json

from psycopg2.errors import CheckViolation

from odoo import SUPERUSER_ID
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import RpcCase
from .review_common import ReviewCommon


class FourEyesCommon(ReviewCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.criterion.flush_recordset()

    def _touch(self, name, review):
        """Ways in which somebody works on a review."""
        line = review.line_ids[0]
        routes = {
            "write": lambda: review.write({"conclusion": "Mine"}),
            "sudo": lambda: review.sudo().write({"conclusion": "Mine"}),
            "line": lambda: line.write({"evidence": "Mine"}),
            "line by the review": lambda: review.write({"line_ids": [Command.update(line.id, {"evidence": "Mine"})]}),
            "line created": lambda: line.create({"review_id": review.id, "name": "Mine"}),
            "opinion": lambda: review.opinion_ids.create(
                {"review_id": review.id, "counsel": "Me", "text": "Fine", "conclusion": "no_objection"}
            ),
            "condition": lambda: review.condition_ids.create({"review_id": review.id, **self._condition()}),
            "restriction": lambda: review.restriction_ids.create({"review_id": review.id, "reason": "Mine"}),
            "document": lambda: self._attach(review),
            "document of a line": lambda: line.write({"attachment_ids": [Command.create(self._file())]}),
            "by the dossier": lambda: review.profile_id.write(
                {"review_ids": [Command.update(review.id, {"conclusion": "Mine"})]}
            ),
            "import": lambda: review.load([".id", "conclusion"], [[str(review.id), "Mine"]]),
            "form": lambda: self._save_form(review),
        }
        return routes[name]() if name else list(routes)

    def _file(self, **vals):
        return {"name": "evidence.txt", "raw": b"evidence", **vals}

    def _attach(self, review):
        return review.env["ir.attachment"].create(self._file(res_model=review._name, res_id=review.id))

    def _save_form(self, review):
        with Form(review) as form:
            form.conclusion = "Mine"


@tagged("post_install", "-at_install")
class TestReviewFourEyes(FourEyesCommon):
    """Nobody approves what he or she worked on, whatever the route."""

    def _routes(self, review):
        return self._touch(None, review)

    def test_who_prepared(self):
        self._set_zone("standard")
        review = self._submitted(role="manager")
        self.assertEqual(review.prepared_by, self.user["manager"])
        with self.assertRaises(AccessError):
            self._as("manager", review).action_approve()
        with self.assertRaises(AccessError):
            self._as("manager", review).sudo().action_approve()
        self._as("manager_2", review).action_approve()

    def test_who_edited_by_any_route(self):
        self._set_zone("standard")
        routes = self._routes(self._open_review())
        self._as("officer", self.dossier.review_ids)._cancel("Only for the list of routes")
        for route in routes:
            review = self._open_review()
            self._fill(review)
            self.assertEqual(review.last_edited_by, self.user["officer"])
            self._touch(route, self._as("manager", review))
            self.assertEqual(review.last_edited_by, self.user["manager"], route)
            self._as("officer", review).action_submit()
            with self.assertRaises(AccessError, msg=route):
                self._as("manager", review).action_approve()
            self.assertEqual(review.state, "approval", route)
            self._as("manager_2", review)._send_back("Next")
            self._as("officer", review)._cancel("Next")

    def test_an_edit_is_not_covered_by_a_later_one(self):
        self._set_zone("standard")
        review = self._open_review()
        self._fill(review)
        self._as("manager", review).conclusion = "Mine"
        self._as("officer", review).conclusion = "Ours"
        self.assertEqual(review.last_edited_by, self.user["officer"])
        self._as("officer", review).action_submit()
        self.assertFalse(self._as("manager", review).can_approve)
        self.assertNotIn(review, self._as("manager", self.reviews).search([("can_approve", "=", True)]))
        self.assertIn(review, self._as("manager_2", self.reviews).search([("can_approve", "=", True)]))
        with self.assertRaises(AccessError):
            self._as("manager", review).action_approve()

    def test_who_submitted(self):
        self._set_zone("standard")
        review = self._open_review()
        self._fill(review)
        self._as("manager", review).action_submit()
        with self.assertRaises(AccessError):
            self._as("manager", review).action_approve()
        self._as("manager_2", review).action_approve()

    def test_giving_it_to_somebody_else_does_not_help(self):
        self._set_zone("standard")
        review = self._open_review(role="manager")
        self._fill(review, role="manager")
        self._as("manager", review).prepared_by = self.user["officer"]
        self._as("officer", review).action_submit()
        with self.assertRaises(AccessError):
            self._as("manager", review).action_approve()

    def test_scheduling_is_no_work(self):
        self._set_zone("standard")
        review = self._open_review(role="manager", prepared_by=self.user["officer"].id, due_date="2030-01-01")
        self._as("manager", review).due_date = "2030-02-01"
        self._fill(review)
        self._as("officer", review).action_submit()
        self._as("manager", review).action_approve()
        self.assertEqual(review.state, "done")

    def test_nothing_is_touched_while_it_waits(self):
        """What the approver has read is what is approved."""
        self._set_zone("standard")
        review = self._submitted()
        for role in ("officer", "manager"):
            for route in self._routes(review):
                if route == "form":  # read-only
                    continue
                if route == "import":
                    answer = self._touch(route, self._as(role, review))
                    self.assertFalse(answer["ids"])
                    self.assertIn("waits for its approval", answer["messages"][0]["message"])
                    continue
                with self.assertRaises(UserError, msg=f"{role} {route}"):
                    self._touch(route, self._as(role, review))
        self._as("manager", review).action_approve()

    def test_deciding_fields_are_refused(self):
        self._set_zone("standard")
        review = self._submitted()
        for vals in (
            {"state": "done"},
            {"state": "done", "approved_by": self.user["manager_2"].id},
            {"last_edited_by": False},
            {"editor_ids": [Command.clear()]},
            {"submitted_by": False},
            {"content_hash": "0"},
            {"name": "RR/1"},
        ):
            for records in (self._as("manager", review), self._as("manager", review).sudo()):
                with self.assertRaises(AccessError, msg=vals):
                    records.write(vals)
        for vals in ({"kind": "exit"}, {"profile_id": self._dossier(self._customer("Else")).id}):
            with self.assertRaises(UserError, msg=vals):
                self._as("manager", self._open_review("periodic")).write(vals)
            periodic = self.dossier.review_ids.filtered(lambda item: item.kind == "periodic" and item.state == "draft")
            self._as("officer", periodic)._cancel("Next")
        self.assertEqual(review.state, "approval")

    def test_creation_does_not_decide(self):
        values = {"profile_id": self.dossier.id, "kind": "onboarding"}
        reviews = self._as("manager", self.reviews)
        for decided in ({"state": "done"}, {"approved_by": self.user["manager_2"].id}, {"editor_ids": []}):
            with self.assertRaises(AccessError):
                reviews.create({**values, **decided})
            with self.assertRaises(AccessError):
                reviews.sudo().create({**values, **decided})
            with self.assertRaises(AccessError):
                reviews.with_context(**{f"default_{name}": value for name, value in decided.items()}).create(values)
        answer = reviews.load(["profile_id/.id", "kind", "state"], [[str(self.dossier.id), "onboarding", "done"]])
        self.assertFalse(answer["ids"])
        # What a mail alias of this model would do.
        with self.assertRaises(AccessError):
            reviews.message_new({"subject": "X", "from": "x@example.com"}, {**values, "state": "done"})
        self.assertFalse(self.dossier.review_ids)

    def test_content_given_at_creation_counts(self):
        self._set_zone("standard")
        review = self._open_review(role="manager", prepared_by=self.user["officer"].id, conclusion="Mine")
        self.assertEqual(review.editor_ids, self.user["manager"])
        other = (
            self._as("manager", self.reviews)
            .with_context(default_conclusion="Mine")
            .create({"profile_id": self.dossier.id, "kind": "exit", "prepared_by": self.user["officer"].id})
        )
        self.assertEqual(other.editor_ids, self.user["manager"])

    def test_a_copy_is_a_new_review_of_who_copies(self):
        self._set_zone("standard")
        review = self._approved(conclusion="Good")
        copy = self._as("manager_2", review).copy()
        self.assertEqual((copy.state, copy.conclusion), ("draft", "Good"))
        self.assertFalse(copy.approved_by or copy.content_hash or copy.submitted_by)
        self.assertEqual((copy.prepared_by, copy.editor_ids), (self.user["manager_2"], self.user["manager_2"]))
        self.assertNotEqual(copy.name, review.name)
        with self.assertRaises(AccessError):
            review.with_user(self.user["manager_2"]).copy({"state": "done"})

    def test_server_action(self):
        """Code of an administrator that runs as superuser on behalf of the user."""
        self._set_zone("standard")
        review = self._submitted(role="manager")
        code = "record.sudo().action_approve()"
        self._run_server_action(review, code, AccessError)
        self._run_server_action(review, "record.with_user(1).action_approve()", AccessError)
        self._run_server_action(review, "record.sudo().write({'state': 'done'})", AccessError)
        self._run_server_action(review, "record.sudo().write({'prepared_by': False})", UserError)
        self.assertEqual(review.state, "approval")

    def _run_server_action(self, review, code, refusal):
        action = self.env["ir.actions.server"].create(
            {"name": "X", "model_id": self.env["ir.model"]._get_id(review._name), "state": "code", "code": code}
        )
        with self.assertRaises(refusal, msg=code), mute_logger("odoo.addons.base.models.ir_actions"):
            action.with_user(self.user["manager"]).with_context(
                active_model=review._name, active_id=review.id, active_ids=review.ids
            ).sudo().run()

    def test_the_system_approves_nothing(self):
        self._set_zone("standard")
        review = self._submitted()
        with self.assertRaises(AccessError):
            review.with_user(SUPERUSER_ID).action_approve()

    def test_the_database_has_the_last_word(self):
        self._set_zone("standard")
        review = self._submitted()
        self.env.flush_all()
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.env.cr.execute(
                "UPDATE compliance_risk_review SET state = 'done', approved_by = prepared_by WHERE id = %s", [review.id]
            )

    def test_admission_is_not_written(self):
        self._set_zone("standard")
        for state in ("approved", "conditional", "rejected", "exited"):
            for role in ("officer", "manager"):
                for records in (self._as(role, self.dossier), self._as(role, self.dossier).sudo()):
                    with self.assertRaises(AccessError, msg=f"{role} {state}"):
                        records.write({"admission_state": state})
                customer = self.env["res.partner"].create({"name": "New"})
                with self.assertRaises(AccessError):
                    self._as(role, self.profiles).create({"partner_id": customer.id, "admission_state": state})
                with self.assertRaises(AccessError):
                    self._as(role, self.profiles).with_context(default_admission_state=state).create(
                        {"partner_id": customer.id}
                    )
        self._approved()
        for state in ("draft", "in_review", "rejected"):
            with self.assertRaises(AccessError, msg=state):
                self._as("manager", self.dossier).write({"admission_state": state})

    def test_dates_of_reviews(self):
        self._admit()
        with self.assertRaises(AccessError):
            self._as("manager", self.dossier).last_review_date = "2040-01-01"
        with self.assertRaises(AccessError):
            self._as("officer", self.dossier).next_review_date = "2040-01-01"
        with self.assertRaises(AccessError):
            self._as("officer", self.dossier).next_review_date = False
        self._as("officer", self.dossier).next_review_date = self.today
        self._as("manager", self.dossier).next_review_date = "2040-01-01"


@tagged("post_install", "-at_install")
class TestReviewFrozen(FourEyesCommon):
    """What was approved stays as it is, and it shows if it does not."""

    def setUp(self):
        super().setUp()
        self._set_zone("grey")
        self.review = self._open_review()
        self._fill(self.review, "conditional", conclusion="Good", set_credit_limit=True, credit_limit=5)
        self.document = self._attach(self._as("officer", self.review))
        line = self._as("officer", self.review).line_ids[0]
        line.write({"attachment_ids": [Command.create(self._file(name="line.txt"))]})
        self.line_document = line.attachment_ids
        self._touch("opinion", self._as("officer", self.review))
        self._touch("restriction", self._as("officer", self.review))
        self._as("officer", self.review).action_submit()
        self._as("manager", self.review).action_approve()

    def test_content(self):
        for role in ("officer", "manager_2"):
            review = self._as(role, self.review)
            for route in self._touch(None, review):
                if route == "form":  # read-only
                    continue
                if route == "import":
                    self.assertFalse(self._touch(route, review)["ids"])
                    continue
                with self.assertRaises(UserError, msg=f"{role} {route}"):
                    self._touch(route, review)
            for records in (review, review.line_ids, review.opinion_ids, review.condition_ids, review.restriction_ids):
                with self.assertRaises(UserError, msg=records._name):
                    records.unlink()
                with self.assertRaises(UserError, msg=records._name):
                    records.sudo().unlink()
            for vals in ({"due_date": "2030-01-01"}, {"prepared_by": self.user["officer_2"].id}):
                with self.assertRaises(UserError, msg=vals):
                    review.write(vals)
            with self.assertRaises(UserError):
                review.condition_ids.deadline = "2030-01-01"
        self.assertFalse(self._as("manager", self.review)._is_intact())

    def test_documents(self):
        for document in (self.document, self.line_document):
            for role in ("officer", "manager"):
                records = self._as(role, document)
                for vals in ({"name": "x"}, {"raw": b"x"}, {"datas": base64.b64encode(b"x")}, {"res_id": 0}):
                    with self.assertRaises(UserError, msg=vals):
                        records.write(vals)
                with self.assertRaises(UserError):
                    records.unlink()
                with self.assertRaises(UserError):
                    records.sudo().unlink()
        elsewhere = self._as("officer", self.env["ir.attachment"]).create(self._file())
        with self.assertRaises(UserError):
            elsewhere.write({"res_model": self.review._name, "res_id": self.review.id})
        with self.assertRaises(UserError):
            self._as("officer", self.review).message_post(body="See", attachments=[("late.txt", b"late")])
        self._as("officer", self.review).message_post(body="Only words")
        self.assertFalse(self._as("manager", self.review)._is_intact())

    def test_documents_of_other_records_that_a_line_shows(self):
        self._set_zone("grey")
        review = self._open_review("periodic")
        document = self.env["ir.attachment"].create(self._file(res_model="compliance.profile", res_id=self.dossier.id))
        self._as("officer", review).line_ids[0].attachment_ids = document
        self._fill(review, "conditional")
        self._as("officer", review).action_submit()
        with self.assertRaises(UserError):
            self._as("officer", document).raw = b"else"

    def test_hash(self):
        action = self._as("auditor", self.review).action_check()
        self.assertEqual(action["params"]["type"], "success")
        changes = {
            "UPDATE compliance_risk_review SET conclusion = 'Bad' WHERE id = %s": ["conclusion"],
            "UPDATE compliance_risk_review_line SET answer_yes_no = 'no' WHERE review_id = %s": ["line_ids"],
            "DELETE FROM compliance_legal_opinion WHERE review_id = %s": ["opinion_ids"],
            "UPDATE compliance_risk_review_condition SET name = 'Else' WHERE review_id = %s": ["condition_ids"],
            "UPDATE compliance_risk_review_restriction SET level = 'warn' WHERE review_id = %s": ["restriction_ids"],
            "UPDATE ir_attachment SET checksum = 'x' WHERE res_model = 'compliance.risk.review' AND res_id = %s": [
                "documents"
            ],
            "UPDATE compliance_risk_review SET credit_limit = 6 WHERE id = %s": ["credit_limit"],
            "UPDATE compliance_risk_review SET approved_by = NULL, state = 'cancelled' WHERE id = %s": ["approved_by"],
            "UPDATE compliance_risk_review SET snapshot = snapshot || ' ' WHERE id = %s": ["snapshot"],
        }
        for query, expected in changes.items():
            self.env.flush_all()
            self.env.cr.execute("SAVEPOINT tampered")
            self.env.cr.execute(query, [self.review.id])
            self.env.invalidate_all()
            self.assertEqual(self._as("manager", self.review)._is_intact(), expected, query)
            self.env.cr.execute("ROLLBACK TO SAVEPOINT tampered")
            self.env.invalidate_all()
        self.assertFalse(self._as("manager", self.review)._is_intact())

    def test_hash_does_not_depend_on_who_looks(self):
        self.customer.name = "Renamed"
        self.user["officer"].name = "Married"
        self.env["compliance.risk.question"].search([]).name = "Asked otherwise"
        self.user["manager"].tz = "Pacific/Auckland"
        self.env.flush_all()
        self.env.invalidate_all()
        for role in ("officer", "manager", "auditor"):
            self.assertFalse(self._as(role, self.review)._is_intact(), role)
        self.assertIn("Customer", self.review.display_name)

    def test_what_is_hashed(self):
        """Independently: SHA-256 of sorted JSON without spaces."""
        content = json.loads(self.review.snapshot)
        self.assertEqual(content["conclusion"], "Good")
        self.assertEqual(content["approved_by"], f"res.users,{self.user['manager'].id}")
        self.assertEqual(content["line_ids"][0]["documents"][0]["checksum"], self.line_document.checksum)
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        self.assertEqual(hashlib.sha256(text.encode()).hexdigest(), self.review.content_hash)


@tagged("post_install", "-at_install")
class TestReviewRpc(RpcCase, FourEyesCommon):
    """The same refusals over the route the web client uses."""

    def test_approval(self):
        self._set_zone("standard")
        review = self._submitted(role="manager")
        model, refused = review._name, "odoo.exceptions.AccessError"
        for role in ("sales", "officer", "manager", "auditor", "accountant", "employee", "portal"):
            self.assertEqual(self._call(role, model, "action_approve", review.ids), refused, role)
            self.assertEqual(self._call(role, model, "write", review.ids, {"state": "done"}), refused, role)
            self.assertEqual(self._call(role, model, "web_save", review.ids, {"state": "done"}, {}), refused, role)
            values = {"profile_id": self.dossier.id, "kind": "exit", "state": "done"}
            self.assertEqual(self._call(role, model, "create", [values]), refused, role)
        for method in ("_write_state", "_approve", "_sign", "_send_back", "_cancel", "_seal"):
            self.assertEqual(self._call("manager_2", model, method, review.ids), refused, method)
        self.assertEqual(
            self._call("manager_2", "compliance.profile", "_write_admission", self.dossier.ids, {}), refused
        )
        self.assertEqual(review.state, "approval")
        self.assertIsNone(self._call("manager_2", model, "action_approve", review.ids))
        self.assertEqual((review.state, review.approved_by), ("done", self.user["manager_2"]))

    def test_reading(self):
        self._set_zone("standard")
        review = self._approved(conclusion="Secret")
        fnames = ["state", "decision", "next_review_date"]
        domain = [("id", "=", review.id)]
        for role in ("sales", "officer", "auditor"):
            (found,) = self._call(role, review._name, "search_read", domain, fnames)
            self.assertEqual(found["decision"], "approve", role)
        for role in ("accountant", "employee", "portal"):
            answer = self._call(role, review._name, "search_read", domain, fnames)
            self.assertEqual(answer, "odoo.exceptions.AccessError", role)
        for fname in ("conclusion", "line_ids", "opinion_ids", "restriction_ids", "figures", "snapshot", "treatment"):
            answer = self._call("sales", review._name, "read", review.ids, [fname])
            self.assertEqual(answer, "odoo.exceptions.AccessError", fname)
        for model in (
            "compliance.risk.review.line",
            "compliance.legal.opinion",
            "compliance.risk.review.restriction",
            "compliance.risk.questionnaire",
        ):
            answer = self._call("sales", model, "search_read", [], ["display_name"])
            self.assertEqual(answer, "odoo.exceptions.AccessError", model)
