# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from psycopg2 import IntegrityError

from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged
from odoo.tools import SQL, mute_logger

from .common import ComplianceCommon

LOGGER = "odoo.addons.crm_compliance.models.dossier.compliance_{}"
BROKEN = (
    "[('phone', '=', ",  # syntax
    "[('no_such_field', '=', 1)]",
    "[('phone', 'no such operator', 1)]",
    "phone",
    "[1, 2]",
    "[('create_date', '>', time.time())]",  # code is no condition
    "{'phone': 1}",
    "[('id', 'in', 'x')]",  # a condition to Odoo, none to PostgreSQL
)


@tagged("post_install", "-at_install")
class TestCriteriaSetup(ComplianceCommon):
    """Configuration of criteria and dossier items, and the completeness that follows from it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.criteria = cls.env["compliance.criterion"]
        cls.items = cls.env["compliance.dossier.item"]
        cls.items.search([]).active = False
        cls.customer = cls._customer()
        cls.dossier = cls._dossier(cls.customer)

    def _assert_one_sentence(self, function):
        with self.assertRaises(ValidationError) as refusal:
            function()
        message = str(refusal.exception)
        self.assertNotIn("\n", message)
        self.assertNotIn("Traceback", message)

    def test_broken_conditions_of_criteria(self):
        for text in BROKEN:
            for vals in ({"domain": text}, {"kind": "domain", "met_domain": text}):
                with self.subTest(vals):
                    self._assert_one_sentence(
                        lambda vals=vals: self.criteria.create({"code": "X", "name": "X", **vals})
                    )
        self.assertFalse(self.criteria.search([("code", "=", "X")]))

    def test_broken_conditions_are_refused_when_edited(self):
        criterion = self.criteria.create({"code": "X", "name": "X"})
        for text in BROKEN:
            with self.subTest(text):
                self._assert_one_sentence(lambda text=text: criterion.write({"domain": text}))
        self.assertEqual(criterion.domain, "[]")

    def test_broken_conditions_of_items(self):
        for text in BROKEN:
            with self.subTest(text):
                self._assert_one_sentence(lambda text=text: self.items.create({"name": "X", "present_domain": text}))
        self.assertFalse(self.items.search([("name", "=", "X")]))

    def test_automatic_criterion_needs_a_condition(self):
        for vals in ({}, {"met_domain": "[]"}, {"met_domain": False}):
            self._assert_one_sentence(
                lambda vals=vals: self.criteria.create({"code": "X", "name": "X", "kind": "domain", **vals})
            )

    def _break(self, record, fname):
        """A field that went with its add-on."""
        record.flush_recordset()
        table, column = SQL.identifier(record._table), SQL.identifier(fname)
        self.env.cr.execute(
            SQL("UPDATE %s SET %s = %s WHERE id = %s", table, column, "[('x_gone', '=', 1)]", record.id)
        )
        self.env["compliance.criterion"]._after_change()
        self.env.invalidate_all()

    def test_criterion_on_a_field_that_went(self):
        """It is unknown, and the others are evaluated all the same."""
        vals = {"kind": "domain", "met_domain": "[('phone', '=', False)]", "domain": "[('city', '=', 'Nowhere')]"}
        self.criteria.search([]).active = False
        gone, other = self.criteria.create(
            [{"code": code, "name": code, **vals, "company_id": self.company.id} for code in ("GONE", "OTHER")]
        )
        person = self.criteria.create({"code": "PERSON", "name": "Person"})
        other.domain = "[]"
        self._work_off_queue()
        self.assertFalse(gone.check_ids.filtered("is_applicable"))
        for fname in ("domain", "met_domain"):
            with self.subTest(fname):
                self._break(gone, fname)
                self.assertIn("x_gone", gone.with_user(self.user["manager"]).condition_fault)
                self.assertFalse((other | person).filtered("condition_fault"))
                with self.assertLogs(LOGGER.format("criterion"), "WARNING"):
                    self._work_off_queue()
                self.env.invalidate_all()
                check = self.dossier.check_ids.filtered(lambda check: check.criterion_id == gone)
                self.assertEqual((check.is_applicable, check.result), (True, "unknown"))
                check = self.dossier.check_ids.filtered(lambda check: check.criterion_id == other)
                self.assertEqual(check.result, "met")
                self.assertEqual(self.dossier.zone, "unknown")
        with Form(gone) as form:
            form.domain = "[]"
            form.met_domain = "[('phone', '=', False)]"
            self.assertFalse(form.condition_fault)
        self._break(person, "domain")
        with self.assertLogs(LOGGER.format("criterion"), "WARNING"):
            self._work_off_queue()
        self.assertEqual(self.dossier.check_ids.filtered(lambda check: check.criterion_id == person).result, "unknown")

    def test_item_on_a_field_that_went(self):
        """It counts as missing, and the others are looked for all the same."""
        gone = self._item(1, "[('name', '!=', False)]")
        self._item(3, "[('active', '=', True)]")
        self.assertEqual(self._completeness(), 100)
        self._break(gone, "present_domain")
        self.assertIn("x_gone", gone.with_user(self.user["manager"]).condition_fault)
        with self.assertLogs(LOGGER.format("dossier_item"), "WARNING"):
            self.assertEqual(self._completeness(), 75)

    def test_constraints(self):
        self.criteria.create({"code": "ONCE", "name": "Once"})
        for model, vals in (
            (self.criteria, {"code": "ONCE", "name": "Twice"}),
            (self.criteria, {"code": "NEG", "name": "Negative", "validity_months": -1}),
            (self.items, {"name": "Weightless", "weight": 0}),
        ):
            with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
                model.create(vals)

    def test_same_code_in_another_company(self):
        self.criteria.create({"code": "ONCE", "name": "Once"})
        own = self.criteria.create({"code": "ONCE", "name": "Own", "company_id": self.company.id})
        self.assertTrue(own)

    def test_unmet_count(self):
        criterion = self.criteria.create(
            {"code": "X", "name": "X", "kind": "domain", "met_domain": "[('phone', '=', 'X')]", "sequence": 1}
        )
        criterion.domain = f"[('id', 'in', {(self.customer | self._customer('Other')).ids})]"
        self._work_off_queue()
        self.assertEqual(criterion.unmet_count, 2)
        self.customer.phone = "X"
        self._work_off_queue()
        criterion.invalidate_recordset()
        self.assertEqual(criterion.unmet_count, 1)
        checks = self.env["compliance.criterion.check"].search(criterion.action_view_checks()["domain"])
        self.assertEqual(sorted(checks.mapped("result")), ["met", "unmet"])

    # -------------------------------------------------------------------------
    # COMPLETENESS
    # -------------------------------------------------------------------------

    def _item(self, weight, condition, **vals):
        return self.items.create({"name": condition, "weight": weight, "present_domain": condition, **vals})

    def _completeness(self, dossier=None):
        self._work_off_queue()
        self.env.invalidate_all()
        return (dossier or self.dossier).completeness

    def test_completeness_without_items(self):
        self.assertEqual(self._completeness(), 100)

    def test_completeness_by_weight(self):
        self._item(3, "[('phone', '!=', False)]")
        self._item(1, "[('email', '!=', False)]")
        self._item(2, "[('ref', '!=', False)]")
        self.assertEqual(self._completeness(), 0)
        self.customer.phone = "1"
        # 3 / 6
        self.assertEqual(self._completeness(), 50)
        self.customer.email = "a@example.com"
        # 4 / 6
        self.assertEqual(self._completeness(), 66.7)
        self.customer.ref = "R"
        self.assertEqual(self._completeness(), 100)

    def test_completeness_by_kind_of_customer(self):
        person = self._customer("Person", is_company=False)
        self._item(1, "[('phone', '!=', False)]")
        self._item(3, "[('vat', '!=', False)]", partner_type="company")
        self._item(1, "[('email', '!=', False)]", partner_type="person")
        (self.customer | person).phone = "1"
        # The company: 1 of 1 + 3; the individual: 1 of 1 + 1.
        self.assertEqual(self._completeness(), 25)
        self.assertEqual(self._completeness(self._dossier(person)), 50)

    def test_completeness_by_company(self):
        second = self.env["res.company"].create({"name": "Second Company"})
        dossier = self._open_dossier(self.customer, second)
        self._item(1, "[('name', '!=', False)]")
        self._item(1, "[('phone', '!=', False)]", company_id=second.id)
        self.assertEqual(self._completeness(), 100)
        self.assertEqual(self._completeness(dossier), 50)

    def test_completeness_of_contacts(self):
        self._item(1, "[('child_ids', 'any', [('type', '=', 'contact')])]")
        self.assertEqual(self._completeness(), 0)
        self.env["res.partner"].create({"name": "Contact", "parent_id": self.customer.id})
        self.assertEqual(self._completeness(), 100)

    def test_archived_and_deleted_items(self):
        phone, email = self._item(1, "[('phone', '!=', False)]"), self._item(1, "[('email', '!=', False)]")
        self.customer.phone = "1"
        self.assertEqual(self._completeness(), 50)
        email.active = False
        self.assertEqual(self._completeness(), 100)
        email.active = True
        phone.unlink()
        self.assertEqual(self._completeness(), 0)
