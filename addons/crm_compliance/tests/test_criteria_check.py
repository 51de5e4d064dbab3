# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import CriteriaCommon


@tagged("post_install", "-at_install")
class TestChecks(CriteriaCommon):
    """Answers: with evidence, signed, dated, logged and kept."""

    def test_evidence(self):
        criterion = self._criterion("EVIDENCE", evidence_required=True)
        self._refresh()
        for result in ("met", "unmet"):
            with self.assertRaises(ValidationError):
                self._answer(criterion, result)
        self.assertEqual(self._check(criterion).result, "unknown")
        self._answer(criterion, "met", evidence="Register extract of today")
        with self.assertRaises(ValidationError):
            self._check(criterion).with_user(self.user["officer"]).evidence = False
        attachment = self.env["ir.attachment"].create({"name": "extract.pdf", "raw": b"%PDF"})
        self._check(criterion).write({"attachment_ids": [Command.link(attachment.id)], "evidence": False})
        self.assertEqual(self._check(criterion).result, "met")

    def test_waiver_needs_evidence_and_a_manager(self):
        criterion = self._criterion("WAIVED")
        self._refresh()
        with self.assertRaises(ValidationError):
            self._answer(criterion, "waived", "manager")
        with self.assertRaises(AccessError):
            self._answer(criterion, "waived", evidence="Please")
        self._answer(criterion, "waived", "manager", evidence="Decided")
        with self.assertRaises(AccessError):
            self._answer(criterion, "met")
        self.assertEqual(self._check(criterion).result, "waived")

    def test_signature(self):
        criterion = self._criterion("SIGNED")
        self._refresh()
        check = self._answer(criterion, "met")
        self.assertRecordValues(check, [{"checked_by_id": self.user["officer"].id, "checked_on": self.today}])
        self._answer(criterion, "unmet", "manager")
        self.assertEqual(check.checked_by_id, self.user["manager"])

    def test_signature_cannot_be_forged(self):
        criterion, another = self._criterion("SIGNED"), self._criterion("ANOTHER")
        other = self._dossier(self._customer("Other"))
        self._refresh()
        check = self._answer(criterion, "met")
        for vals in (
            {"checked_by_id": self.user["manager"].id},
            {"checked_on": "2020-01-01"},
            {"result": "met", "checked_by_id": self.user["manager"].id},
            {"profile_id": other.id},
            {"criterion_id": another.id},
            {"active": False},
            {"is_applicable": False},
            {"result": "unknown", "is_applicable": False},
            {"company_id": self.env.ref("base.main_company").id},
        ):
            with self.assertRaises(AccessError, msg=vals):
                check.write(vals)
        self.assertRecordValues(check, [{"checked_by_id": self.user["officer"].id, "is_applicable": True}])

    def test_signature_cannot_be_forged_on_creation(self):
        criterion = self._criterion("NEW", domain="[('city', '=', 'Nowhere')]")
        self._refresh()
        checks = self.env["compliance.criterion.check"].with_user(self.user["officer"])
        manager = self.user["manager"].id
        for result in ("met", "unknown"):
            check = checks.create(
                {
                    "profile_id": self.dossier.id,
                    "criterion_id": criterion.id,
                    "result": result,
                    "checked_by_id": manager,
                    "checked_on": "2020-01-01",
                }
            )
            self.assertNotEqual(check.checked_by_id.id, manager, result)
            self.assertNotEqual(check.checked_on, fields.Date.to_date("2020-01-01"), result)
            check.sudo().unlink()

    def test_whoever_changes_an_answer_signs_it(self):
        criterion = self._criterion("SIGNED", validity_months=1, evidence_required=True)
        self._refresh()
        for vals in ({"evidence": "Rewritten"}, {"valid_until": "2099-12-31"}):
            check = self._answer(criterion, "met", evidence="Original")
            check.with_user(self.user["manager"]).write(vals)
            self.assertEqual(check.checked_by_id, self.user["manager"], vals)

    def test_validity(self):
        yearly, forever = self._criterion("YEARLY", validity_months=12), self._criterion("FOREVER")
        self._refresh()
        self.assertEqual(self._answer(yearly, "met").valid_until, fields.Date.add(self.today, months=12))
        self.assertFalse(self._answer(forever, "met").valid_until)
        own = self._days_ago(-3)
        self.assertEqual(self._answer(yearly, "met", valid_until=own).valid_until, own)

    def test_automatic_criterion_is_not_answered_by_hand(self):
        criterion = self._criterion("PHONE", kind="domain", met_domain="[('phone', '!=', False)]")
        self._refresh()
        for role in ("officer", "manager"):
            with self.assertRaises(UserError):
                self._answer(criterion, "met", role)
        self.assertEqual(self._check(criterion).result, "unmet")

    def test_answered_check_cannot_be_deleted(self):
        criterion = self._criterion("KEPT")
        self._refresh()
        self.env["ir.model.access"].search([("model_id.model", "=", "compliance.criterion.check")]).perm_unlink = True
        check = self._answer(criterion, "met", "manager")
        with self.assertRaises(UserError):
            check.unlink()
        with self.assertRaises(ValidationError):
            criterion.with_user(self.user["manager"]).unlink()
        self.assertTrue(check.exists())

    def test_answers_are_logged(self):
        first, second, third = (self._criterion(code) for code in "ABC")
        self._refresh()
        before = self.dossier.message_ids
        checks = (self._check(first) | self._check(second)).with_user(self.user["officer"])
        checks.write({"result": "unmet", "evidence": "<b>See</b> mail"})
        message = self.dossier.message_ids - before
        self.assertEqual(len(message), 1)
        self.assertEqual(message.author_id, self.user["officer"].partner_id)
        for text in (first.name, second.name, "Unknown → Unmet", "&lt;b&gt;See"):
            self.assertIn(text, str(message.body))
        self.assertNotIn(third.name, str(message.body))

    def test_one_check_per_dossier_and_criterion(self):
        criterion = self._criterion("ONCE")
        self._refresh()
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.env["compliance.criterion.check"].create({"profile_id": self.dossier.id, "criterion_id": criterion.id})

    def test_blocking_criteria_are_named(self):
        met, unmet, unknown = (self._criterion(code, knockout=True) for code in ("MET", "UNMET", "UNKNOWN"))
        self._refresh()
        self._answer(met, "met")
        self._answer(unmet, "unmet")
        with self.assertRaises(UserError) as refusal:
            self.dossier.with_user(self.user["manager"])._check_zone_allows("approved")
        message = str(refusal.exception)
        self.assertIn(unmet.display_name, message)
        self.assertIn(unknown.display_name, message)
        self.assertNotIn(f"{met.display_name}", message.replace(unmet.display_name, ""))
