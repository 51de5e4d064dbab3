# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from psycopg2.errors import CheckViolation, UniqueViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .risk_common import RiskCommon

OVERDUE = {"signal": "max_days_overdue", "comparison": ">", "value": 30, "points": 30}


@tagged("post_install", "-at_install")
class TestRiskModel(RiskCommon):
    """Versions of the rules: what may be entered, who puts them into force, and that they stay as they were."""

    # -------------------------------------------------------------------------
    # VERSIONS
    # -------------------------------------------------------------------------

    def test_versions(self):
        first = self._model(OVERDUE)
        self.assertEqual((first.version, first.state, first.activated_by), (1, "active", self.env.user))
        action = first.with_user(self.user["manager"]).action_new_version()
        second = self.models.browse(action["res_id"])
        self.assertEqual((second.version, second.state, second.previous_id), (2, "draft", first))
        self.assertFalse(second.activated_by)
        self.assertEqual(second.name, "Test")
        self.assertEqual(second.factor_ids.mapped("points"), [30])
        second.with_user(self.user["manager"]).action_activate()
        self.assertEqual((first.state, second.state), ("archived", "active"))
        self.assertTrue(first.archived_at)
        self.assertEqual(second.activated_by, self.user["manager"])
        self.assertEqual(self.models._get_active(self.company), second)

    def test_versions_count_per_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        models = self._model(activate=False) | self._model(activate=False) | self._model(activate=False, company=other)
        self.assertEqual(models.mapped("version"), [1, 2, 1])
        batch = self.models.create([{"name": "A"}, {"name": "B"}])
        self.assertEqual(batch.mapped("version"), [3, 4])

    def test_activating_scores_the_customers(self):
        self._set_figures(max_days_overdue=31)
        model = self._model(OVERDUE)
        self.assertEqual((self.dossier.risk_score, self.dossier.risk_level), (30, "medium"))
        model.with_user(self.user["manager"]).action_archive_version()
        self.assertEqual((self.dossier.risk_score, self.dossier.risk_level), (0, False))
        self.assertFalse(self.dossier.risk_reasons)
        self.assertFalse(self.models._get_active(self.company))

    def test_get_active_of_a_company_without(self):
        self.assertFalse(self.models._get_active(self.company))
        self._model(OVERDUE, activate=False)
        self.assertFalse(self.models._get_active(self.company))

    def test_only_managers_activate(self):
        model = self._model(OVERDUE, activate=False)
        for role in ("officer", "auditor", "sales", "accountant", "employee", "portal"):
            with self.assertRaises(AccessError, msg=role):
                model.with_user(self.user[role]).action_activate()
        self.assertEqual(model.state, "draft")

    def test_what_cannot_be_activated(self):
        with self.assertRaisesRegex(UserError, "without factors"):
            self._model()
        model = self._model(OVERDUE)
        with self.assertRaises(UserError):
            model.action_activate()
        self._model(OVERDUE)
        with self.assertRaises(UserError):
            model.action_activate()
        with self.assertRaises(UserError):
            model.action_archive_version()

    def test_one_active_per_company(self):
        self._model(OVERDUE)
        draft = self._model(OVERDUE, activate=False)
        self.env.flush_all()
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"), self.cr.savepoint():
            self.env.cr.execute("UPDATE compliance_risk_model SET state = 'active' WHERE id = %s", [draft.id])

    # -------------------------------------------------------------------------
    # IMMUTABILITY
    # -------------------------------------------------------------------------

    def _assert_refused(self, function, error=UserError):
        with self.assertRaises(error), self.cr.savepoint():
            function()
            self.env.flush_all()

    def test_versions_in_use_stay(self):
        """No route changes a version that is or was in force, not even the superuser's."""
        active = self._model(OVERDUE)
        draft = self._model(OVERDUE, activate=False)
        archived = self._model(OVERDUE, activate=False)
        archived._set_decided({"state": "archived"})
        for model in (active, archived):
            for own in (model.sudo(), model.with_user(self.user["manager"])):
                factor = own.factor_ids
                for function in (
                    lambda: own.write({"threshold_high": 60}),  # noqa: B023
                    lambda: own.write({"name": "Other"}),  # noqa: B023
                    lambda: own.write({"factor_ids": [Command.clear()]}),  # noqa: B023
                    lambda: own.write({"factor_ids": [Command.update(factor.id, {"points": 1})]}),  # noqa: B023
                    lambda: own.update_field_translations("name", {"en_US": "Other"}),  # noqa: B023
                    lambda: own.unlink(),  # noqa: B023
                    lambda: factor.write({"points": 1}),  # noqa: B023
                    lambda: factor.write({"model_id": draft.id}),  # noqa: B023
                    lambda: factor.write({"country_ids": [Command.link(1)]}),  # noqa: B023
                    lambda: factor.update_field_translations("name", {"en_US": "Other"}),  # noqa: B023
                    lambda: factor.unlink(),  # noqa: B023
                    lambda: draft.factor_ids.write({"model_id": own.id}),  # noqa: B023
                    lambda: factor.copy({"code": "COPY"}),  # noqa: B023
                    lambda: factor.create({"model_id": own.id, "code": "X", "name": "X", "signal": "dso"}),  # noqa: B023
                    lambda: factor.with_context(default_model_id=own.id).create(  # noqa: B023
                        {"code": "X", "name": "X", "signal": "dso"}
                    ),
                ):
                    self._assert_refused(function)
        for model in (active, archived):
            self.assertEqual(model.factor_ids.mapped("points"), [30])
            self.assertEqual((model.name, model.threshold_high), ("Test", 50))

    def test_imports_are_refused(self):
        factor = self._model(OVERDUE).factor_ids
        manager = self.user["manager"]
        for records, header, row in (
            (factor, [".id", "points"], [str(factor.id), "1"]),
            (factor.model_id, [".id", "threshold_high"], [str(factor.model_id.id), "60"]),
            (factor.model_id, ["name", "state"], ["X", "active"]),
        ):
            result = records.with_user(manager).load(header, [row])
            self.assertFalse(result["ids"], header)
        self.assertEqual((factor.points, factor.model_id.threshold_high), (30, 50))

    def test_states_are_not_entered(self):
        draft = self._model(OVERDUE, activate=False)
        for models in (self.models.with_user(self.user["manager"]), self.models):
            for vals in (
                {"state": "active"},
                {"version": 7},
                {"activated_by": self.env.uid},
                {"activated_at": "2020-01-01"},
            ):
                self._assert_refused(lambda: models.create({"name": "X", **vals}), AccessError)  # noqa: B023
                self._assert_refused(lambda: draft.with_env(models.env).write(vals), AccessError)  # noqa: B023
                defaults = {f"default_{name}": value for name, value in vals.items()}
                self._assert_refused(
                    lambda: models.with_context(**defaults).create({"name": "X"}),  # noqa: B023
                    AccessError,
                )

    def test_chatter_of_versions_in_use(self):
        model = self._model(OVERDUE).with_user(self.user["manager"])
        self.assertTrue(model.message_post(body="Looks right."))
        self.assertTrue(model.activity_schedule("mail.mail_activity_data_todo"))

    def test_drafts_are_edited_and_deleted(self):
        draft = self._model(OVERDUE, activate=False).with_user(self.user["manager"])
        draft.write({"threshold_high": 60, "factor_ids": [Command.update(draft.factor_ids.id, {"points": 1})]})
        draft.factor_ids.unlink()
        draft.unlink()
        self.assertFalse(draft.exists())

    def test_drafts_stay_with_their_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        self._assert_refused(lambda: self._model(activate=False).write({"company_id": other.id}))

    # -------------------------------------------------------------------------
    # INPUT
    # -------------------------------------------------------------------------

    @mute_logger("odoo.sql_db")
    def test_thresholds_and_periods(self):
        for vals in (
            {"threshold_medium": 0},
            {"threshold_medium": 50},
            {"threshold_high": 75},
            {"threshold_critical": 101},
            {"review_months_critical": 0},
            {"cooldown_days": -1},
        ):
            self._assert_refused(lambda: self._model(activate=False, **vals), CheckViolation)  # noqa: B023
        self._model(OVERDUE, threshold_critical=100, cooldown_days=0)

    @mute_logger("odoo.sql_db")
    def test_points(self):
        for points in (-1, 101):
            self._assert_refused(lambda: self._model({**OVERDUE, "points": points}), CheckViolation)  # noqa: B023

    def test_comparisons(self):
        belgium = Command.set(self.env.ref("base.be").ids)
        for factor in (
            {"signal": "zone", "comparison": ">", "value": 1},
            {"signal": "dso", "comparison": "in", "choices": "1"},
            {"signal": "zone", "comparison": "in"},
            {"signal": "zone", "comparison": "in", "choices": "grey, green"},
            {"signal": "country", "comparison": "in"},
            {"signal": "country", "comparison": ">=", "country_ids": [belgium]},
            {"signal": "dso", "comparison": "between", "value": 2, "value_to": 1},
            {"signal": "dso", "comparison": ">", "code": " "},
        ):
            self._assert_refused(lambda: self._model(factor, activate=False), ValidationError)  # noqa: B023

    def test_country_alone_never_decides(self):
        country = {
            "signal": "country",
            "comparison": "in",
            "country_ids": [Command.set(self.env.ref("base.be").ids)],
            "points": 20,
        }
        for floor in ("high", "critical"):
            self._assert_refused(lambda: self._model({**country, "floor": floor}), ValidationError)  # noqa: B023
        self._assert_refused(lambda: self._model({**country, "points": 50}), ValidationError)
        self._assert_refused(lambda: self._model({**country, "points": 25}, {**country, "points": 25}), ValidationError)
        self._assert_refused(
            lambda: self._model(country, activate=False).write({"threshold_high": 20}), ValidationError
        )
        model = self._model({**country, "points": 49, "floor": "medium"}, OVERDUE)
        self._score(max_days_overdue=0)
        self.assertEqual((self.dossier.risk_level, self.dossier.risk_score), ("medium", 49))
        self.assertEqual(model.state, "active")

    def test_codes_are_unique(self):
        self._assert_refused(
            mute_logger("odoo.sql_db")(lambda: self._model({**OVERDUE, "code": "A"}, {**OVERDUE, "code": "A"})),
            UniqueViolation,
        )

    # -------------------------------------------------------------------------
    # DEFAULT
    # -------------------------------------------------------------------------

    def test_default_model(self):
        default = self.env.ref("crm_compliance.compliance_risk_model_default")
        self.assertEqual(default.company_id, self.env.ref("base.main_company"))
        self.assertTrue(default.factor_ids)
        self.assertTrue(all(default.factor_ids.mapped("source")))
        action = self.models.with_user(self.user["manager"]).action_use_default()
        copied = self.models.browse(action["res_id"])
        self.assertEqual((copied.company_id, copied.state, copied.version), (self.company, "draft", 1))
        self.assertEqual(copied.factor_ids.mapped("condition_text"), default.factor_ids.mapped("condition_text"))
        copied.with_user(self.user["manager"]).action_activate()
        self.assertTrue(self.dossier.risk_level)
        for role in ("officer", "sales", "auditor"):
            with self.assertRaises(AccessError, msg=role):
                self.models.with_user(self.user[role]).action_use_default()

    def test_default_is_not_activated_twice(self):
        default = self.env.ref("crm_compliance.compliance_risk_model_default")
        self.assertNotEqual(default.state, "draft")
        if default.state == "active":
            default.action_archive_version()
        self.models._activate_default()
        self.assertEqual(default.state, "archived")

    def test_audited(self):
        policies = self.env["compliance.audit.policy"].search([]).mapped("model")
        for model in ("compliance.risk.model", "compliance.risk.factor", "compliance.risk.override"):
            self.assertIn(model, policies)

    # -------------------------------------------------------------------------
    # ACCESS
    # -------------------------------------------------------------------------

    def test_other_companies(self):
        other = self.env["res.company"].create({"name": "Other"})
        model = self._model(OVERDUE, company=other)
        for records in (model, model.factor_ids):
            with self.assertRaises(AccessError):
                records.with_user(self.user["manager"]).read(["name"])
        self.assertFalse(self.models.with_user(self.user["manager"]).search([("id", "=", model.id)]))
