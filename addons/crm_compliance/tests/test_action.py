# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from functools import partial

from psycopg2.errors import CheckViolation

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .review_common import ReviewCommon


class ActionCommon(ReviewCommon):
    """Actions of a review: owned by an employee, asked for by the officer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.actions = cls.env["compliance.action"]
        cls.review = cls.reviews.browse(
            cls.reviews.with_user(cls.user["officer"]).create({"profile_id": cls.dossier.id, "kind": "onboarding"}).id
        )

    def _action(self, role="officer", owner="employee", **vals):
        """An action on the review, as superuser for what follows."""
        values = {
            "name": "New packaging",
            "user_id": self.user[owner].id,
            "due_date": self.today,
            "res_model": self.review._name,
            "res_id": self.review.id,
            **vals,
        }
        return self.actions.browse(self._as(role, self.actions).create(values).id)

    def _done(self, worker="employee", **vals):
        """An action its owner has done."""
        action = self._action(owner=worker, **vals)
        own = self._as(worker, action)
        own.action_start()
        own.write({"cause": "Thin cardboard", "result": "Thicker cardboard"})
        own.action_done()
        return action

    def _check(self, action, role, outcome="effective", note="No breakage in 30 days"):
        wizard = self.env["compliance.action.check"].browse(self._as(role, action).action_check()["res_id"])
        wizard.with_user(self.user[role]).write({"outcome": outcome, "note": note})
        return wizard.with_user(self.user[role]).action_confirm()


@tagged("post_install", "-at_install")
class TestAction(ActionCommon):
    """What becomes of actions."""

    def test_way_to_effective(self):
        action = self._action()
        self.assertTrue(action.number.startswith("CA/"))
        self.assertEqual(action.partner_id, self.customer)
        self.assertEqual(action.company_id, self.company)
        self.assertEqual(self._activities(action).mapped("user_id"), self.user["employee"])
        own = self._as("employee", action)
        own.action_start()
        self.assertEqual((action.state, action.date_started), ("in_progress", self.today))
        own.write({"cause": "Thin cardboard", "result": "Thicker cardboard"})
        own.action_done()
        self.assertEqual((action.state, action.done_by), ("done", self.user["employee"]))
        self.assertEqual(action.check_date, fields.Date.add(self.today, days=30))
        self.assertTrue(action.is_open)
        asked = self._activities(action).mapped("user_id")
        self.assertIn(self.user["manager"], asked)
        self.assertNotIn(self.user["employee"], asked)
        self._check(action, "officer")
        self.assertEqual((action.state, action.checked_by), ("verified", self.user["officer"]))
        self.assertEqual(action.check_note, "No breakage in 30 days")
        self.assertFalse(action.is_open)
        self.assertFalse(self._activities(action))

    def test_ineffective_is_followed_by_another(self):
        action = self._done()
        opened = self._check(action, "officer", "ineffective", "Still breaks")
        following = self.actions.browse(opened["res_id"])
        self.assertEqual(action.state, "ineffective")
        self.assertEqual(following.previous_id, action)
        self.assertEqual(following.state, "open")
        self.assertEqual(following.user_id, self.user["employee"])
        self.assertEqual(following.due_date, fields.Date.add(self.today, days=14))
        self.assertEqual((following.res_model, following.res_id), (self.review._name, self.review.id))
        self.assertIn("Thin cardboard", following.cause)
        self.assertFalse(following.result)
        self.assertEqual(following.action_view_chain()["domain"], [("id", "in", (action | following).ids)])

    def test_correction_needs_no_check(self):
        action = self._action(kind="correction")
        own = self._as("employee", action)
        own.result = "Replaced"
        own.action_done()
        self.assertEqual(action.state, "done")
        self.assertFalse(action.is_open)
        self.assertFalse(action.check_date)
        self.assertFalse(self._activities(action))
        with self.assertRaises(UserError):
            self._as("officer", action).action_check()

    def test_what_is_missing(self):
        action = self._action()
        own = self._as("employee", action)
        own.action_start()
        with self.assertRaisesRegex(UserError, "what was done"):
            own.action_done()
        own.result = "<p><br></p>"
        with self.assertRaisesRegex(UserError, "what was done"):
            own.action_done()
        own.result = "Something"
        with self.assertRaisesRegex(UserError, "root cause"):
            own.action_done()
        own.cause = "Because"
        own.action_done()
        for outcome, note in ((False, "Seen"), ("effective", " ")):
            with self.assertRaises(UserError):
                self._check(action, "officer", outcome, note)
        self.assertEqual(action.state, "done")

    def test_cancel_with_reason(self):
        action = self._action()
        opened = self._as("officer", action).action_cancel()
        reason = self.env["compliance.reason"].with_user(self.user["officer"]).browse(opened["res_id"])
        with self.assertRaises(UserError):
            reason.action_confirm()
        reason.reason = "Product discontinued"
        reason.action_confirm()
        self.assertEqual((action.state, action.cancel_reason), ("cancelled", "Product discontinued"))
        self.assertFalse(self._activities(action))
        with self.assertRaises(UserError):
            self._as("employee", action).action_start()

    def test_taken_up_again(self):
        action = self._done()
        self._as("employee", action).action_reopen()
        self.assertEqual((action.state, action.date_done), ("in_progress", False))
        self.assertEqual(self._activities(action).mapped("user_id"), self.user["employee"])

    def test_overdue_is_escalated_once(self):
        action = self._action(due_date=self._days_ago(4))
        fine = self._action(due_date=self._days_ago(2))
        self.assertTrue(action.is_overdue)
        self.assertIn(action, self.actions.search([("is_overdue", "=", True)]))
        for _run in range(2):
            self.actions._cron_escalate()
        told = self._activities(action) - self._activities(action, "employee")
        self.assertEqual(told.mapped("user_id"), self.user["officer"])
        self.assertEqual(len(told), 1)
        self.assertFalse(self._activities(fine, "officer"))

    def test_origin(self):
        action = self._action()
        self.assertEqual(action.origin_ref, self.review)
        self.assertEqual(self.review.action_ids, action)
        self._done()
        self.assertEqual((self.review.action_count, self.review.action_open_count), (2, 2))
        opened = self._as("officer", self.review).action_view_actions()
        form = Form(self._as("officer", self.actions).with_context(**opened["context"]))
        form.name = "Third"
        third = form.save()
        self.assertEqual(third.sudo().origin_ref, self.review)
        self.review.invalidate_recordset()
        self.assertEqual(self.review.action_count, 3)
        with self.assertRaises(UserError):
            self.review.unlink()
        # Who may not read the review sees the action and not what it comes from.
        self.assertFalse(self._as("employee", action).origin_ref)
        for model, res_id in (("res.partner", self.customer.id), (self.review._name, 10**8)):
            with self.assertRaises(UserError):
                self._action(res_model=model, res_id=res_id)
        with self.assertRaises(AccessError):
            self._action(role="sales", res_model=self.review._name, res_id=self._foreign_review())

    def _foreign_review(self):
        other = self._dossier(self._customer("Somebody else's"))
        return self._open_review("onboarding", dossier=other).id

    def test_query_count(self):
        actions = self._as("officer", self.actions.concat(*(self._action() for _index in range(22))))
        names = ["name", "origin_ref", "is_overdue", "can_check", "state"]
        few, many = (self._count(partial(some.read, names)) for some in (actions[:2], actions))
        self._assert_same_cost(few, many)


@tagged("post_install", "-at_install")
class TestActionFourEyes(ActionCommon):
    """Nobody judges the effect of what he or she did, whatever the route."""

    def test_owner(self):
        action = self._done(worker="manager")
        for records in (self._as("manager", action), self._as("manager", action).sudo()):
            self.assertFalse(records.can_check)
            with self.assertRaises(AccessError):
                records.action_check()
            with self.assertRaises(AccessError):
                records._check_effect(True, "Fine")
        wizards = self._as("manager", self.env["compliance.action.check"])
        with self.assertRaises(AccessError):
            wizards.create({"action_id": action.id, "outcome": "effective", "note": "Fine"}).action_confirm()
        self._check(action, "manager_2")

    def test_handing_it_on_does_not_help(self):
        action = self._action(owner="officer")
        self._as("manager", action).user_id = self.user["employee"]
        own = self._as("employee", action)
        own.write({"cause": "Why", "result": "Done"})
        own.action_done()
        with self.assertRaises(AccessError):
            self._check(action, "officer")
        self._check(action, "manager")

    def test_who_worked_by_any_route(self):
        files = {"name": "photo.txt", "raw": b"photo"}
        routes = {
            "result": lambda action: action.write({"result": "Mine"}),
            "cause": lambda action: action.write({"cause": "Mine"}),
            "import": lambda action: action.load([".id", "result"], [[str(action.id), "Mine"]]),
            "evidence": lambda action: action.write({"attachment_ids": [Command.create(files)]}),
            "replaced evidence": lambda action: action.attachment_ids.write({"raw": b"another"}),
            "removed evidence": lambda action: action.attachment_ids[0].unlink(),
            "by the review": lambda action: (
                self._as("manager_2", self.review)
                .sudo()
                .write({"action_ids": [Command.update(action.id, {"result": "Mine"})]})
            ),
            "sudo": lambda action: action.sudo().write({"result": "Mine"}),
            "start": lambda action: action.action_start(),
            "taken up again": lambda action: (
                action.sudo().with_user(self.user["employee"]).action_done(),
                action.action_reopen(),
                action.write({"result": "More"}),
            ),
        }
        for name, touch in routes.items():
            with self.subTest(route=name):
                action = self._action(cause="Why")
                self._as("employee", action).write({"result": "Done", "attachment_ids": [Command.create(files)]})
                touch(self._as("manager_2", action))
                self.env.flush_all()
                self._as("employee", action).action_done()
                with self.assertRaises(AccessError):
                    self._check(action, "manager_2")
                self._check(action, "manager")

    def test_decided_fields_are_refused(self):
        action = self._done()
        for fname, value in {
            "state": "verified",
            "checked_by": self.user["manager"].id,
            "worker_ids": [Command.clear()],
            "done_by": False,
            "check_note": "Fine",
            "number": "CA/1",
            "previous_id": action.id,
            "escalated_at": False,
        }.items():
            for records in (self._as("manager", action), self._as("manager", action).sudo()):
                with self.assertRaises(AccessError, msg=fname):
                    records.write({fname: value})
            with self.assertRaises(AccessError, msg=fname):
                self._action(role="manager", **{fname: value})
            with self.assertRaises(AccessError, msg=fname):
                self._as("manager", self.actions).with_context(**{f"default_{fname}": value}).create({"name": "New"})
        result = self._as("manager", self.actions).load([".id", "state"], [[str(action.id), "verified"]])
        self.assertFalse(result["ids"])
        self.assertEqual(action.state, "done")

    def test_done_stays_as_it_is(self):
        action = self._done(attachment_ids=[Command.create({"name": "photo.txt", "raw": b"photo"})])
        for vals in ({"result": "Other"}, {"user_id": self.user["officer"].id}, {"kind": "correction"}):
            with self.assertRaises(UserError):
                self._as("manager", action).write(vals)
        for touch in (
            lambda document: document.write({"raw": b"another"}),
            lambda document: document.unlink(),
        ):
            with self.assertRaises(UserError):
                touch(self._as("manager", action.attachment_ids))
        with self.assertRaises(UserError):
            self._as("manager", action).unlink()
        self._check(action, "manager_2")
        with self.assertRaises(UserError):
            self._as("manager", action).write({"check_date": self.today})

    @mute_logger("odoo.sql_db")
    def test_last_fence(self):
        action = self._done()
        with self.assertRaises(CheckViolation):
            self.env.cr.execute(
                "UPDATE compliance_action SET state = 'verified', checked_by = done_by WHERE id = %s", [action.id]
            )

    def test_not_by_the_system(self):
        action = self._done()
        with self.assertRaises(AccessError):
            action._check_effect(True, "Fine")

    def test_who_was_asked(self):
        """An employee without any role may judge what an officer asked for, and nobody chooses one's own."""
        action = self._action(owner="sales", role="sales")
        with self.assertRaises(AccessError):
            self._as("sales", action).verifier_id = self.user["employee"]
        with self.assertRaises(AccessError):
            self._action(role="sales", verifier_id=self.user["employee"].id)
        with self.assertRaises(ValidationError):
            self._as("officer", action).verifier_id = self.user["sales"]
        self._as("officer", action).verifier_id = self.user["employee"]
        own = self._as("sales", action)
        own.write({"cause": "Why", "result": "Done"})
        own.action_done()
        self.assertEqual(self._activities(action).mapped("user_id"), self.user["employee"])
        self._check(action, "employee")
        self.assertEqual(action.checked_by, self.user["employee"])


@tagged("post_install", "-at_install")
class TestActionAccess(ActionCommon):
    """Who sees and does what."""

    def test_own_actions(self):
        action, foreign = self._action(), self._action(owner="officer", res_model=False, res_id=False)
        for role, seen in {
            "employee": action,
            "sales": action,  # the customer's account manager
            "officer": action | foreign,
            "auditor": action | foreign,
            "accountant": self.actions,
        }.items():
            found = self._as(role, self.actions).search([("id", "in", (action | foreign).ids)])
            self.assertEqual(found.sudo(), seen, role)
        with self.assertRaises(AccessError):
            self._as("portal", self.actions).search([])
        for role in ("sales", "auditor", "accountant"):
            with self.assertRaises(AccessError, msg=role):
                self._as(role, action).write({"result": "X"})
            with self.assertRaises(AccessError, msg=role):
                self._as(role, action).action_start()
        with self.assertRaises(AccessError):
            self._as("employee", foreign).action_start()

    def test_plan_is_of_who_asked(self):
        action = self._action()
        for vals in (
            {"due_date": fields.Date.add(self.today, days=99)},
            {"user_id": self.user["accountant"].id},
            {"kind": "correction"},
            {"name": "Less work"},
        ):
            with self.assertRaises(AccessError):
                self._as("employee", action).write(vals)
        with self.assertRaises(AccessError):
            self._as("employee", action)._cancel("No time")
        self._as("officer", action).due_date = fields.Date.add(self.today, days=3)
        self.assertEqual(self._activities(action).date_deadline, fields.Date.add(self.today, days=3))
        for vals in ({"company_id": self.env.ref("base.main_company").id}, {"res_id": 1}, {"res_model": "res.partner"}):
            with self.assertRaises(UserError):
                self._as("manager", action).write(vals)

    def test_companies(self):
        other = self.env["res.company"].create({"name": "Other"})
        stranger = self._new_user("stranger", self.ROLES["manager"], other)
        action = self._action()
        self.assertFalse(self.actions.with_user(stranger).search([("id", "=", action.id)]))
        with self.assertRaises(AccessError):
            action.with_user(stranger).read(["name"])
        with self.assertRaises(ValidationError):
            self._as("officer", action).user_id = stranger
        with self.assertRaises(AccessError):
            self.actions.with_user(stranger).create(
                {"name": "Mine", "res_model": self.review._name, "res_id": self.review.id}
            )
        own = self.actions.with_user(stranger).create({"name": "Mine"})
        self.assertEqual(own.company_id, other)
