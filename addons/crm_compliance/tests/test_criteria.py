# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.fields import Command
from odoo.tests import tagged

from .common import CriteriaCommon


@tagged("post_install", "-at_install")
class TestZone(CriteriaCommon):
    """From the answers to the zone."""

    def test_without_criteria(self):
        self.assertEqual(self._refresh(), "standard")

    def test_branches(self):
        minor, knockout = self._criterion("MINOR"), self._criterion("KNOCK", knockout=True)
        self.assertEqual(self._refresh(), "unknown")
        for minor_result, knockout_result, zone in (
            ("met", "unknown", "unknown"),
            ("met", "met", "standard"),
            ("unmet", "met", "grey"),
            ("unmet", "unknown", "grey"),
            ("met", "unmet", "non_compliant"),
            ("unmet", "unmet", "non_compliant"),
            ("unknown", "unmet", "non_compliant"),
            ("unknown", "met", "unknown"),
        ):
            self._answer(minor, minor_result)
            self._answer(knockout, knockout_result)
            self.assertEqual(self.dossier.zone, zone, (minor_result, knockout_result))

    def test_waived(self):
        knockout = self._criterion("KNOCK", knockout=True)
        self._refresh()
        self._answer(knockout, "waived", "manager", evidence="Decided by the board.")
        self.assertEqual(self.dossier.zone, "standard")
        self.assertEqual(self._refresh(), "standard")

    def test_expired_answer_is_no_answer(self):
        criterion = self._criterion("YEARLY")
        self._refresh()
        check = self._answer(criterion, "met", valid_until=self.today)
        self.assertEqual(self.dossier.zone, "standard")
        self.assertFalse(check.is_expired)
        check.sudo().valid_until = self._days_ago(1)
        self.env["compliance.refresh.queue"]._enqueue(self.customer)
        self.assertEqual(self._refresh(), "unknown")
        self.assertTrue(check.is_expired)
        self.assertIn(check, check.search([("is_expired", "=", True)]))

    def test_only_what_speaks_for_the_customer_expires(self):
        criterion = self._criterion("KNOCK", knockout=True)
        self._refresh()
        self._answer(criterion, "unmet", valid_until=self._days_ago(1))
        self.assertEqual(self.dossier.zone, "non_compliant")
        self.assertFalse(self._check(criterion).is_expired)
        self._answer(criterion, "met", valid_until=self._days_ago(1))
        self.assertEqual(self.dossier.zone, "unknown")
        self.assertTrue(self._check(criterion).is_expired)

    def test_country(self):
        criterion = self._criterion("BE", country_ids=[Command.set(self.env.ref("base.be").ids)])
        elsewhere = self._dossier(self._customer("French", country_id=self.env.ref("base.fr").id))
        nowhere = self._dossier(self._customer("Nowhere"))
        self.assertEqual(self._refresh(), "unknown")
        self.assertEqual((elsewhere | nowhere).mapped("zone"), ["standard", "standard"])
        self.assertFalse(self._check(criterion, elsewhere))
        # Moving abroad: the answer is kept, but it no longer applies.
        self._answer(criterion, "unmet")
        self.customer.country_id = self.env.ref("base.fr")
        self.assertEqual(self._refresh(), "standard")
        self.assertRecordValues(self._check(criterion), [{"is_applicable": False, "result": "unmet"}])
        self.customer.country_id = self.env.ref("base.be")
        self.assertEqual(self._refresh(), "grey")

    def test_applicability_by_domain(self):
        criterion = self._criterion("CITY", domain="[('city', '=', 'Gent')]")
        self.assertEqual(self._refresh(), "standard")
        self.customer.city = "Gent"
        self.assertEqual(self._refresh(), "unknown")
        self.assertTrue(self._check(criterion).is_applicable)

    def test_inactive_criterion(self):
        criterion = self._criterion("KNOCK", knockout=True)
        self._refresh()
        self._answer(criterion, "unmet")
        self.assertEqual(self.dossier.zone, "non_compliant")
        criterion.active = False
        self.assertEqual(self._refresh(), "standard")

    def test_criterion_of_another_company(self):
        second = self.env["res.company"].create({"name": "Second Company"})
        dossier = self._open_dossier(self.customer, second)
        criterion = self._criterion("SECOND", company_id=second.id)
        self.assertEqual(self._refresh(), "standard")
        self.assertEqual(dossier.zone, "unknown")
        self.assertFalse(self._check(criterion))

    def test_criterion_given_to_another_company(self):
        criterion = self._criterion("SHARED")
        self.assertEqual(self._refresh(), "unknown")
        criterion.company_id = self.env["res.company"].create({"name": "Second Company"})
        self.assertEqual(self._refresh(), "standard")
        self.assertFalse(self._check(criterion).filtered("is_applicable"))

    def test_knockout_changed_later(self):
        criterion = self._criterion("MINOR")
        self._refresh()
        self._answer(criterion, "unmet")
        criterion.knockout = True
        self.assertEqual(self._refresh(), "non_compliant")

    def test_checks_are_laid_out_once(self):
        criteria = self._criterion("A") | self._criterion("B", sequence=1)
        self._refresh()
        checks = self.dossier.check_ids
        self.assertEqual(checks.criterion_id, criteria)
        self.assertRecordValues(
            checks.sorted("sequence"),
            [
                {
                    "criterion_id": criterion.id,
                    "result": "unknown",
                    "checked_by_id": False,
                    "checked_on": False,
                    "company_id": self.company.id,
                }
                for criterion in criteria.sorted("sequence")
            ],
        )
        self.profiles._refresh()
        self.env.invalidate_all()
        self.assertEqual(self.dossier.check_ids, checks)

    def test_automatic_criterion_follows_the_customer(self):
        criterion = self._criterion("PHONE", kind="domain", met_domain="[('phone', '!=', False)]")
        self.assertEqual(self._refresh(), "grey")
        self.customer.phone = "+32 9 000 00 00"
        self.assertEqual(self._refresh(), "standard")
        self.assertRecordValues(self._check(criterion), [{"result": "met", "checked_on": self.today}])
        self.customer.phone = False
        self.assertEqual(self._refresh(), "grey")

    def test_automatic_criterion_waived(self):
        criterion = self._criterion("PHONE", kind="domain", met_domain="[('phone', '!=', False)]")
        self._refresh()
        self._answer(criterion, "waived", "manager", evidence="Writes letters.")
        self.assertEqual(self._refresh(), "standard")
        self._answer(criterion, "unknown", "manager")
        self.assertEqual(self._refresh(), "grey")
