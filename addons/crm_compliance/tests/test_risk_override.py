# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from freezegun import freeze_time
from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .risk_common import RiskCommon


@tagged("post_install", "-at_install")
class TestRiskOverride(RiskCommon):
    """Levels set by people: two of them, for a reason, until a day, and never below a floor."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = cls._model(
            {"signal": "max_days_overdue", "comparison": ">", "value": 30, "points": 30},
            {"signal": "max_days_overdue", "comparison": ">", "value": 90, "points": 50, "floor": "high"},
        )
        cls.user["second"] = new_test_user(
            cls.env,
            login="compliance_second",
            groups=cls.ROLES["manager"],
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )
        cls.until = cls.today + timedelta(days=10)

    def _request(self, level="low", role="officer", **vals):
        return (
            self.env["compliance.risk.override"]
            .with_user(self.user[role])
            .create(
                {
                    "profile_id": self.dossier.id,
                    "level": level,
                    "reason": "Paid in cash, not booked yet.",
                    "date_to": self.until,
                    **vals,
                }
            )
        )

    def _approve(self, override, role="manager"):
        override.with_user(self.user[role]).action_approve()
        return self.dossier.risk_level

    # -------------------------------------------------------------------------
    # EFFECT
    # -------------------------------------------------------------------------

    def test_lowers_and_raises_at_once(self):
        self._score(max_days_overdue=31)
        self.assertEqual(self.dossier.risk_level, "medium")
        override = self._request("low")
        self.assertEqual(self.dossier.risk_level, "medium")
        self.assertEqual(self._approve(override), "low")
        self.assertEqual((override.state, override.approved_by), ("approved", self.user["manager"]))
        self.assertEqual(self.dossier.risk_score, 30)
        self.assertIn("Set to low by", self.dossier.risk_override_text)
        self.assertEqual(self._approve(self._request("critical")), "critical")
        self.assertEqual(override.state, "expired")  # replaced
        self.assertEqual(self._snapshots().mapped("risk_level"), ["low", "medium", "low", "critical"])

    def test_ends_after_its_day(self):
        self._score(max_days_overdue=31)
        override = self._request("low")
        self._approve(override)
        for days, level, state in ((0, "low", "approved"), (10, "low", "approved"), (11, "medium", "expired")):
            with freeze_time(self.today + timedelta(days=days)):
                self.assertEqual((self._score(), override.state), (level, state), days)
        self.assertFalse(self.dossier.risk_override_text)

    def test_end_of_a_raise_waits_for_the_cooldown(self):
        self._score(max_days_overdue=0)
        self._approve(self._request("high"))
        with freeze_time(self.until + timedelta(days=1)):
            self.assertEqual((self._score(), self.dossier.risk_held_level), ("high", "low"))
        with freeze_time(self.today + timedelta(days=30)):
            self.assertEqual((self._score(), self.dossier.risk_held_level), ("low", False))

    def test_ended_by_hand(self):
        self._score(max_days_overdue=31)
        override = self._request("low")
        self._approve(override)
        with self.assertRaises(AccessError):
            override.with_user(self.user["officer"]).action_end()
        override.with_user(self.user["manager"]).action_end()
        self.assertEqual((override.state, self.dossier.risk_level), ("expired", "medium"))
        with self.assertRaises(UserError):
            override.with_user(self.user["manager"]).action_end()

    def test_never_below_a_floor(self):
        self._score(max_days_overdue=31)
        override = self._request("low")
        self._approve(override)
        # A floor that comes later holds as well.
        self.assertEqual(self._score(max_days_overdue=91), "high")
        with self.assertRaisesRegex(ValidationError, "at least high"):
            self._request("medium")
        self.assertEqual(self._approve(self._request("high")), "high")
        # And one that came between the request and the decision.
        self._score(max_days_overdue=0)
        late = self._request("medium")
        self._score(max_days_overdue=91)
        with self.assertRaisesRegex(ValidationError, "at least high"):
            late.with_user(self.user["manager"]).action_approve()
        self.assertEqual(late.state, "draft")

    def test_without_a_model_there_is_nothing_to_set(self):
        self._approve(self._request("high"))
        self.model.action_archive_version()
        self.assertFalse(self.dossier.risk_level)

    # -------------------------------------------------------------------------
    # FOUR EYES
    # -------------------------------------------------------------------------

    def test_roles(self):
        override = self._request()
        for role in ("officer", "auditor", "sales", "accountant", "employee", "portal"):
            for function in ("action_approve", "action_refuse"):
                with self.assertRaises(AccessError, msg=(role, function)):
                    getattr(override.with_user(self.user[role]), function)()
        for role in ("auditor", "sales", "accountant", "employee", "portal"):
            with self.assertRaises(AccessError, msg=role):
                self._request(role=role)
        self.assertEqual(override.with_user(self.user["auditor"]).level, "low")
        self.assertEqual(override.state, "draft")

    def test_nobody_approves_the_own_request(self):
        override = self._request(role="manager")
        self.assertFalse(override.with_user(self.user["manager"]).can_approve)
        for function in ("action_approve", "action_refuse"):
            with self.assertRaises(AccessError):
                getattr(override.with_user(self.user["manager"]), function)()
        self.assertTrue(override.with_user(self.user["second"]).can_approve)
        self._approve(override, "second")

    def test_who_changes_a_request_asks_for_it(self):
        override = self._request()
        override.with_user(self.user["manager"]).level = "critical"
        self.assertEqual(override.requested_by, self.user["manager"])
        with self.assertRaises(AccessError):
            override.with_user(self.user["manager"]).action_approve()
        # Through the dossier as well.
        other = self._request()
        self.dossier.with_user(self.user["manager"]).write({"risk_override_ids": [(1, other.id, {"level": "high"})]})
        self.assertEqual(other.requested_by, self.user["manager"])

    def test_decisions_are_not_entered(self):
        override = self._request()
        manager = override.with_user(self.user["manager"])
        for vals in (
            {"state": "approved"},
            {"requested_by": self.user["officer"].id},
            {"approved_by": self.user["manager"].id},
            {"approved_at": "2020-01-01"},
        ):
            with self.assertRaises(AccessError):
                manager.write(vals)
            with self.assertRaises(AccessError):
                manager.sudo().write(vals)
            with self.assertRaises(AccessError):
                self._request("low", "manager", **vals)
            with self.assertRaises(AccessError):
                self.dossier.with_user(self.user["manager"]).write({"risk_override_ids": [(1, override.id, vals)]})
            defaults = {f"default_{name}": value for name, value in vals.items()}
            with self.assertRaises(AccessError):
                manager.with_context(**defaults).create(
                    {"profile_id": self.dossier.id, "level": "low", "reason": "X", "date_to": self.until}
                )
        result = manager.load([".id", "state"], [[str(override.id), "approved"]])
        self.assertFalse(result["ids"])
        self.assertEqual(override.state, "draft")

    def test_what_was_decided_stays(self):
        approved, refused = self._request(), self._request("high")
        self._approve(approved)
        refused.with_user(self.user["manager"]).action_refuse()
        for override in (approved, refused):
            manager = override.with_user(self.user["manager"])
            for function in (
                lambda: manager.write({"level": "critical"}),  # noqa: B023
                lambda: manager.write({"date_to": self.until + timedelta(days=99)}),  # noqa: B023
                lambda: manager.unlink(),  # noqa: B023
                lambda: manager.action_approve(),  # noqa: B023
            ):
                with self.assertRaises(UserError):
                    function()
            self.assertTrue(manager.message_post(body="Noted."))
        draft = self._request()
        draft.unlink()
        self.assertFalse(draft.exists())

    # -------------------------------------------------------------------------
    # INPUT AND COMPANIES
    # -------------------------------------------------------------------------

    def test_days(self):
        with self.assertRaises(ValidationError):
            self._request(date_to=self._days_ago(1))
        override = self._request(date_to=self.today)
        with freeze_time(self.today + timedelta(days=1)), self.assertRaises(ValidationError):
            override.with_user(self.user["manager"]).action_approve()

    def test_one_at_a_time(self):
        self._approve(self._request())
        other = self._request()
        self.env.flush_all()
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"), self.cr.savepoint():
            self.env.cr.execute("UPDATE compliance_risk_override SET state = 'approved' WHERE id = %s", [other.id])

    def test_other_companies(self):
        other = self.env["res.company"].create({"name": "Other"})
        dossier = self._open_dossier(self.customer, other)
        with self.assertRaises(AccessError):
            self._request(profile_id=dossier.id)
        override = self.env["compliance.risk.override"].create(
            {"profile_id": dossier.id, "level": "low", "reason": "X", "date_to": self.until}
        )
        with self.assertRaises(AccessError):
            override.with_user(self.user["manager"]).action_approve()
        self.assertEqual(override.company_id, other)

    def test_merged_customers(self):
        source = self._customer("Merged", is_company=False)
        override = self._request("high", profile_id=self._dossier(source).id)
        self._approve(override)
        source.parent_id = self.customer
        self.assertEqual((override.exists().profile_id, override.state), (self.dossier, "expired"))

    def test_button(self):
        action = self.dossier.with_user(self.user["officer"]).action_override_risk()
        self.assertEqual(action["context"], {"default_profile_id": self.dossier.id})
        history = self.dossier.with_user(self.user["officer"]).action_view_risk_history()
        self.assertEqual(history["domain"], [("profile_id", "=", self.dossier.id)])
