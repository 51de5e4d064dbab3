# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .common import ComplianceCommon

PERIODS = (
    "compliance_frequent_purchases",
    "compliance_new_days",
    "compliance_default_interval_days",
    "compliance_recent_days",
    "compliance_dso_days",
)


@tagged("post_install", "-at_install")
class TestSettings(ComplianceCommon):
    """Thresholds: bad ones get one clear sentence, and nothing is half saved."""

    def _values(self):
        self.env.invalidate_all()
        return {name: self.company[name] for name in self.company._fields if name.startswith("compliance_")}

    def _assert_refused(self, function, *words):
        before = self._values()
        with self.assertRaises(ValidationError) as refusal:
            function()
        message = str(refusal.exception)
        self.assertEqual(message.count("\n"), 0)
        self.assertTrue(message.endswith("."), message)
        for word in words:
            self.assertIn(word, message)
        self.assertEqual(self._values(), before)

    def _assert_company_refuses(self, vals, *words):
        self._assert_refused(lambda: self.company.write(vals), *words)

    def test_defaults(self):
        self.assertRecordValues(
            self.company,
            [
                {
                    "compliance_tier_high": 80,
                    "compliance_tier_medium": 95,
                    "compliance_frequent_purchases": 4,
                    "compliance_new_days": 90,
                    "compliance_default_interval_days": 180,
                    "compliance_at_risk_factor": 2,
                    "compliance_lost_factor": 4,
                    "compliance_recent_days": 180,
                    "compliance_dso_days": 365,
                }
            ],
        )

    def test_periods_are_positive(self):
        for name in PERIODS:
            label = self.company._fields[name].string
            for value in (0, -1):
                with self.subTest(name, value=value):
                    self._assert_company_refuses({name: value}, label)

    def test_tiers_add_up(self):
        for high, medium in ((80, 80), (95, 80), (0, 80), (-5, 80), (80, 101), (80, 0)):
            with self.subTest(high=high, medium=medium):
                self._assert_company_refuses(
                    {"compliance_tier_high": high, "compliance_tier_medium": medium}, str(high), str(medium)
                )
        self._assert_company_refuses({"compliance_tier_high": 96}, "96", "95")
        self.company.write({"compliance_tier_high": 99, "compliance_tier_medium": 100})

    def test_at_risk_comes_before_lost(self):
        for at_risk, lost in ((4, 4), (5, 4), (0, 4), (-1, 4), (1, -1)):
            with self.subTest(at_risk=at_risk, lost=lost):
                self._assert_company_refuses(
                    {"compliance_at_risk_factor": at_risk, "compliance_lost_factor": lost}, str(at_risk), str(lost)
                )

    def test_good_values_go_down_with_bad_ones(self):
        self._assert_company_refuses({"compliance_new_days": 30, "compliance_dso_days": 0})
        self._assert_company_refuses({"compliance_lost_factor": 9, "compliance_tier_high": 0})

    def test_settings_page(self):
        settings = self.env["res.config.settings"]
        settings.create({"compliance_tier_high": 70, "compliance_dso_days": 90}).execute()
        self.assertRecordValues(self.company, [{"compliance_tier_high": 70, "compliance_dso_days": 90}])
        self._assert_refused(
            lambda: settings.create({"compliance_tier_high": 60, "compliance_tier_medium": 50}).execute(), "60", "50"
        )

    def test_thresholds_belong_to_the_company(self):
        second = self.env["res.company"].create({"name": "Second Company"})
        self.company.compliance_new_days = 30
        self.assertEqual(second.compliance_new_days, 90)

    def test_only_administrators_change_them(self):
        for role in ("sales", "officer", "manager", "auditor", "accountant"):
            with self.assertRaises(AccessError, msg=role):
                self.company.with_user(self.user[role]).compliance_new_days = 30
