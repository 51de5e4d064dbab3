# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import base64
import subprocess
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from psycopg2.errors import InsufficientPrivilege

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ComplianceCommon


@tagged("post_install", "-at_install")
class TestAudit(ComplianceCommon):
    """What is recorded, that nobody can change it, and that a change by force is found."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.log = cls.env["compliance.audit.log"]
        cls.seals = cls.env["compliance.audit.seal"]
        cls.partner = cls.env["res.partner"].create({"name": "Audited", "phone": "1"})
        cls.env.flush_all()

    def _entries(self, record, **conditions):
        self.env.flush_all()
        self.log.invalidate_model()
        domain = [("model", "=", record._name), ("res_id", "in", record.ids)]
        return self.log.search(domain + [(name, "=", value) for name, value in conditions.items()], order="id")

    def _last(self, record):
        return self._entries(record)[-1]

    def _seal(self):
        self.env.flush_all()
        while self.seals._seal_block():
            pass

    def _force(self, query):
        """What the owner of the database can do."""
        tables = ("compliance_audit_log", "compliance_audit_seal", "compliance_audit_leaf")
        for table in tables:
            self.env.cr.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        self.env.cr.execute(query)
        for table in tables:
            self.env.cr.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")

    def _fault(self, checkpoint=None):
        return self.seals._verify(checkpoint)["fault"]

    # -------------------------------------------------------------------------
    # RECORDING
    # -------------------------------------------------------------------------

    def test_create_write_unlink(self):
        partner = self.env["res.partner"].create({"name": "Short-lived"})
        partner.write({"phone": "22", "city": "Ghent"})
        self.env.flush_all()
        partner.city = False
        self.env.flush_all()
        identifier = partner.id
        partner.unlink()
        entries = self.log.search([("model", "=", "res.partner"), ("res_id", "=", identifier)], order="id")
        created, *changed, deleted = entries
        self.assertEqual(created.operation, "create")
        self.assertEqual(created.changes["name"], [None, "Short-lived"])
        values = {}
        for entry in changed:
            self.assertEqual(entry.operation, "write")
            values.update(entry.changes)
        self.assertEqual(changed[-1].changes, {"city": ["Ghent", None]})
        self.assertEqual(values["phone"], [None, "22"])
        self.assertEqual((deleted.operation, deleted.changes["phone"]), ("unlink", ["22", None]))
        self.assertEqual(len(set(entries.mapped("transaction"))), 1)
        self.assertEqual(entries.user_id, self.env.user)

    def test_who(self):
        """Odoo writes late: each row has its own writer, whoever flushes."""
        other = self.env["res.partner"].create({"name": "Other"})
        self.env.flush_all()
        contacts = Command.link(self.env.ref("base.group_partner_manager").id)
        (self.user["officer"] | self.user["manager"]).group_ids = [contacts]
        self.partner.with_user(self.user["officer"]).phone = "3"
        other.with_user(self.user["manager"]).phone = "4"
        self.assertEqual(self._last(self.partner).user_id, self.user["officer"])
        self.assertEqual(self._last(other).user_id, self.user["manager"])

    def test_readable(self):
        self.partner.write({"country_id": self.env.ref("base.be").id, "type": "invoice", "comment": "<p>Hello</p>"})
        text = self._last(self.partner).changes_text
        self.assertIn("Belgium", text)
        self.assertIn("Invoice", text)
        self.assertIn("Hello", text)
        self.assertNotIn("&lt;p&gt;", text)

    def test_relation(self):
        tag = self.env["res.partner.category"].create({"name": "Tagged"})
        self.partner.category_id = [Command.link(tag.id)]
        self.assertEqual(self._last(self.partner).changes, {"category_id": [None, str(tag.id)]})
        self.assertIn("Tagged", self._last(self.partner).changes_text)
        self.partner.category_id = [Command.unlink(tag.id)]
        self.assertEqual(self._last(self.partner).changes, {"category_id": [str(tag.id), None]})

    def test_stored_computed_and_company_dependent(self):
        self.partner.name = "Renamed"
        changes = {name: value for entry in self._entries(self.partner) for name, value in entry.changes.items()}
        self.assertEqual(changes["complete_name"][1], "Renamed")
        self.partner.credit_limit = 500
        self.assertIn("500", self._last(self.partner).changes["credit_limit"][1])

    def test_nothing_changed(self):
        before = self._entries(self.partner)
        self.partner.write({"phone": "1"})
        self.assertEqual(self._entries(self.partner), before)

    def test_rolled_back(self):
        before = self._entries(self.partner)
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self.partner.phone = "9"
            self.env.flush_all()
            raise ZeroDivisionError
        self.assertEqual(self._entries(self.partner), before)

    def test_password_is_masked(self):
        self.user["officer"].password = "correct horse battery"
        self.env.flush_all()
        self.assertEqual(self._last(self.user["officer"]).changes["password"][1], "***")
        self.env.cr.execute("SELECT COUNT(*) FROM compliance_audit_log WHERE changes::text LIKE '%pbkdf2%'")
        self.assertEqual(self.env.cr.fetchone(), (0,))

    def test_plain_sql(self):
        self.env.cr.execute("SELECT set_config('crm_compliance.audit', '', true)")
        self.env.cr.execute("UPDATE res_partner SET ref = 'raw' WHERE id = %s", (self.partner.id,))
        entry = self._last(self.partner)
        self.assertEqual((entry.origin, entry.changes, entry.user_id.id), ("sql", {"ref": [None, "raw"]}, False))
        self.env.cr.execute("SET LOCAL application_name = 'psql'")
        self.env.cr.execute("UPDATE res_partner SET ref = 'psql' WHERE id = %s", (self.partner.id,))
        self.assertEqual(self._last(self.partner).origin, "outside")

    def test_statements_do_not_grow(self):
        """Recording 22 changed records costs one statement of a transaction: to say who acts."""
        counts = {}
        partners = self.env["res.partner"].create([{"name": f"Batch {number}"} for number in range(22)])
        for recorded in (True, False, True):  # the first to warm up
            self._policy("res.partner").log_write = recorded
            self.env.cr.precommit.clear()  # a transaction nobody is known of
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            partners.write({"function": f"Buyer {len(counts)} {recorded}"})
            self.env.flush_all()
            counts[recorded] = self.env.cr.sql_log_count - before
        self.assertLessEqual(counts[True] - counts[False], 1)
        self.assertEqual(len(self._entries(partners, operation="write").filtered("changes").grouped("res_id")), 22)

    def test_export_and_opening(self):
        self.user["officer"].group_ids = [Command.link(self.env.ref("base.group_allow_export").id)]
        self.partner.with_user(self.user["officer"]).export_data(["name", "phone"])
        entry = self._last(self.partner)
        self.assertEqual((entry.operation, entry.changes), ("export", {"fields": [None, "name,phone"]}))
        dossier = self._dossier(self._customer())
        dossier.with_user(self.user["auditor"]).web_read({"zone": {}})
        entry = self._last(dossier)
        self.assertEqual((entry.operation, entry.user_id), ("read", self.user["auditor"]))

    def test_derived_figures_are_not_recorded(self):
        customer = self._customer()
        self._paid_invoice(customer, 100, self._days_ago(60), self._days_ago(30), self._days_ago(10))
        dossier = self._dossier(customer)
        before = self._entries(dossier)
        self.profiles._refresh(customer)
        self.assertEqual(dossier.invoice_count, 1)
        self.assertEqual(self._entries(dossier), before)
        dossier.officer_id = self.user["officer"]
        self.assertEqual(self._last(dossier).changes, {"officer_id": [None, str(self.user["officer"].id)]})

    # -------------------------------------------------------------------------
    # POLICIES
    # -------------------------------------------------------------------------

    def _policy(self, model):
        return self.env["compliance.audit.policy"].search([("model", "=", model)])

    def test_policy_holds_at_once(self):
        policy = self._policy("res.partner")
        policy.with_user(self.user["manager"]).log_write = False
        before = self._entries(self.partner)
        self.partner.phone = "5"
        self.assertEqual(self._entries(self.partner), before)
        self.assertEqual(self._last(policy).changes, {"log_write": ["t", "f"]})
        policy.log_write = True
        self.partner.phone = "6"
        self.assertEqual(self._last(self.partner).changes["phone"], ["5", "6"])

    def test_policy_fields(self):
        field = self.env["ir.model.fields"]._get("res.partner", "phone")
        policy = self._policy("res.partner")
        policy.write({"field_mode": "only", "field_ids": [Command.set(field.ids)]})
        before = self._entries(self.partner)
        self.partner.city = "Bruges"
        self.assertEqual(self._entries(self.partner), before)
        self.partner.phone = "7"
        self.assertEqual(self._last(self.partner).changes, {"phone": ["1", "7"]})
        policy.write({"field_mode": "all", "masked_field_ids": [Command.set(field.ids)]})
        self.partner.phone = "8"
        self.assertEqual(self._last(self.partner).changes["phone"], ["***", "***"])
        with self.assertRaises(ValidationError):
            policy.write({"field_mode": "only", "field_ids": [Command.clear()]})

    def test_new_policy(self):
        model = self.env["ir.model"]._get("res.partner.industry")
        industry = self.env["res.partner.industry"].create({"name": "Before"})
        self.assertFalse(self._entries(industry))
        policy = self.env["compliance.audit.policy"].create({"model_id": model.id})
        industry.active = False
        self.assertEqual(self._last(industry).changes, {"active": ["t", "f"]})
        before = self._entries(industry)
        policy.unlink()
        industry.active = True
        self.assertEqual(self._entries(industry), before)

    # -------------------------------------------------------------------------
    # APPEND ONLY
    # -------------------------------------------------------------------------

    @mute_logger("odoo.sql_db")
    def test_refused_in_postgresql(self):
        self._seal()
        for query in (
            "UPDATE compliance_audit_log SET name = 'x'",
            "UPDATE compliance_audit_log SET changes = NULL, name = NULL, salt = NULL, redaction_id = 1",
            "DELETE FROM compliance_audit_log",
            "DELETE FROM compliance_audit_log WHERE FALSE",
            "TRUNCATE compliance_audit_log",
            "UPDATE compliance_audit_seal SET root = 'x'",
            "DELETE FROM compliance_audit_seal",
            "TRUNCATE compliance_audit_seal",
            "UPDATE compliance_audit_leaf SET seal_number = 2",
            "DELETE FROM compliance_audit_leaf",
            "TRUNCATE compliance_audit_leaf",
        ):
            with self.subTest(query=query), self.assertRaises(InsufficientPrivilege), self.env.cr.savepoint():
                self.env.cr.execute(query)

    def test_refused_in_odoo(self):
        self._seal()
        for records in (self._entries(self.partner), self.seals.search([])):
            with self.assertRaises(UserError):
                records.write({"name": "x"})
            with self.assertRaises(UserError):
                records.unlink()
            with self.assertRaises(UserError):
                records.create({})

    # -------------------------------------------------------------------------
    # VERIFICATION
    # -------------------------------------------------------------------------

    def test_intact(self):
        self._seal()
        result = self.seals._verify()
        self.env.cr.execute("SELECT COUNT(*) FROM compliance_audit_log")
        self.assertEqual((result["fault"], result["rows"], result["unsealed"]), (None, self.env.cr.fetchone()[0], 0))

    def test_tampering_is_found(self):
        self.partner.phone = "10"
        self._seal()
        self.partner.phone = "11"
        first, last = self._entries(self.partner)[0].id, self._last(self.partner).id
        self._seal()
        number = self.seals.search([], limit=1).number
        checkpoint = self.seals._prepare_checkpoint()
        for query, fault in (
            (f"UPDATE compliance_audit_log SET user_id = 1000 WHERE id = {first}", f"Row {first} "),
            (f"UPDATE compliance_audit_log SET recorded_at = '2020-01-01' WHERE id = {last}", f"Row {last} "),
            (f"DELETE FROM compliance_audit_log WHERE id = {last}", f"Row {last} "),
            (
                f"UPDATE compliance_audit_log SET changes = NULL, name = NULL, salt = NULL WHERE id = {last}",
                f"Row {last} ",
            ),
            (
                "UPDATE compliance_audit_log log SET changes = other.changes, salt = other.salt"
                f" FROM compliance_audit_log other WHERE log.id = {last} AND other.id = {first}",
                f"Row {last} ",
            ),
            (f"UPDATE compliance_audit_seal SET root = repeat('0', 64) WHERE number = {number}", f"Seal {number} "),
            (f"DELETE FROM compliance_audit_seal WHERE number = {number - 1}", f"Seal {number - 1} "),
            (
                f"DELETE FROM compliance_audit_leaf WHERE log_id = {last};"
                f" DELETE FROM compliance_audit_log WHERE id = {last}",
                f"seal {number} ",
            ),
            (
                "INSERT INTO compliance_audit_log (transaction, operation, model, origin)"
                " VALUES ('3'::xid8, 'write', 'res.partner', 'web')",
                "inserted",
            ),
            (
                f"DELETE FROM compliance_audit_log WHERE id IN"
                f" (SELECT log_id FROM compliance_audit_leaf WHERE seal_number = {number});"
                f" DELETE FROM compliance_audit_leaf WHERE seal_number = {number};"
                f" DELETE FROM compliance_audit_seal WHERE number = {number}",
                f"Seal {number} of the checkpoint",
            ),
        ):
            with self.subTest(query=query):
                savepoint = self.env.cr.savepoint(flush=False)
                self._force(query)
                self.assertIn(fault, self._fault(checkpoint) or "nothing found")
                savepoint.rollback()
                savepoint.close(rollback=False)
        self.assertIsNone(self._fault(checkpoint))

    # -------------------------------------------------------------------------
    # BUNDLES
    # -------------------------------------------------------------------------

    def _verify_bundle(self, role="auditor", **values):
        export = self.env["compliance.audit.export"].with_user(self.user[role]).create(values)
        export.action_export()
        verifier = files("odoo.addons.crm_compliance.tools").joinpath("verify_audit_bundle.py")
        with tempfile.TemporaryDirectory() as folder:
            bundle = Path(folder) / export.filename
            bundle.write_bytes(base64.b64decode(export.file))
            # -I: nothing of Odoo or of the environment
            return subprocess.run([sys.executable, "-I", str(verifier), str(bundle)], capture_output=True, text=True)

    def test_bundle(self):
        self.env.flush_all()
        run = self._verify_bundle()
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertIn("Complete bundle", run.stdout)

    def test_excerpt(self):
        self.env.flush_all()
        run = self._verify_bundle(
            scope="record", model_id=self.env["ir.model"]._get_id("res.partner"), res_id=self.partner.id
        )
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertIn("Excerpt", run.stdout)

    def test_tampered_bundle(self):
        self._seal()
        self._force(f"UPDATE compliance_audit_log SET user_id = 1000 WHERE id = {self._last(self.partner).id}")
        run = self._verify_bundle()
        self.assertEqual(run.returncode, 1, run.stdout + run.stderr)
        self.assertIn(str(self._last(self.partner).id), run.stdout)

    # -------------------------------------------------------------------------
    # REDACTION
    # -------------------------------------------------------------------------

    def _request(self, role="officer", **values):
        values = {
            "name": "Erasure asked for by the person",
            "model_id": self.env["ir.model"]._get_id("res.partner"),
            "res_id": self.partner.id,
            **values,
        }
        return self.env["compliance.audit.redaction"].with_user(self.user[role]).create(values)

    def test_redaction(self):
        self._seal()
        redaction = self._request()
        redaction.with_user(self.user["manager"]).action_approve()
        entries = self._entries(self.partner)
        self.assertEqual(redaction.row_count, len(entries))
        self.assertEqual(set(entries.mapped("changes")), {False})
        self.assertEqual(set(entries.mapped("name")), {False})
        self._seal()
        result = self.seals._verify()
        self.assertEqual((result["fault"], result["redacted"]), (None, len(entries)))
        self.assertEqual(self._verify_bundle().returncode, 0)
        with self.assertRaises(UserError):
            redaction.name = "Another reason"
        with self.assertRaises(UserError):
            redaction.with_user(self.user["manager"]).unlink()

    def test_redaction_needs_two(self):
        self._seal()
        own = self._request("manager")
        with self.assertRaises(AccessError):
            own.action_approve()
        other = self._request()
        with self.assertRaises(AccessError):
            other.action_approve()
        for values in ({"state": "approved"}, {"approved_by": self.user["manager"].id}, {"requested_by": 1}):
            with self.assertRaises(AccessError):
                other.with_user(self.user["manager"]).write(values)
            with self.assertRaises(AccessError):
                self._request("manager", **values)
        with self.assertRaises(AccessError):
            self.env["compliance.audit.redaction"].with_user(self.user["manager"]).with_context(
                default_state="approved"
            ).create({"name": "x", "model_id": 1, "res_id": 1})
        self.assertTrue(all(self._entries(self.partner).mapped("changes")))

    # -------------------------------------------------------------------------
    # PEOPLE
    # -------------------------------------------------------------------------

    def test_history(self):
        self.partner.phone = "12"
        self.env.flush_all()
        history = self.env["compliance.audit.history"]
        action = history.with_user(self.user["officer"])._open(self.partner.with_user(self.user["officer"]))
        story = history.with_user(self.user["officer"]).browse(action["res_id"]).story
        self.assertIn("12", story)
        dossier = self._dossier(self._customer())
        with self.assertRaises(AccessError):
            history.with_user(self.user["employee"])._open(dossier.with_user(self.user["employee"]))
        hidden = history.with_user(self.user["employee"]).create({"model": dossier._name, "res_id": dossier.id})
        with self.assertRaises(AccessError):
            hidden.story  # noqa: B018

    def test_history_hides_fields(self):
        """Fields kept from a user by their groups are kept in the history too."""
        self.partner.write({"signup_type": "signup", "phone": "13"})
        self.env.flush_all()

        def labels(user):
            story = self.log.with_user(user).get_history("res.partner", self.partner.id)
            return [change["label"] for event in story for change in event["changes"]]

        label = self.env["res.partner"]._fields["signup_type"].string
        self.assertNotIn(label, labels(self.user["officer"]))
        self.assertIn("Phone", labels(self.user["officer"]))
        self.assertIn(label, labels(self.user["auditor"]))

    def test_export_is_for_those_who_read_everything(self):
        for role in ("sales", "officer", "accountant", "employee"):
            with self.assertRaises(AccessError):
                self.env["compliance.audit.export"].with_user(self.user[role]).create({}).action_export()

    def test_uninstalling_asks_for_an_export(self):
        module = self.env.ref("base.module_crm_compliance")
        with self.assertRaises(UserError):
            module.button_uninstall()
        self.env["compliance.audit.export"].with_user(self.user["manager"]).create({"scope": "all"}).action_export()
        self.assertTrue(module._is_audit_exported())

    def test_alarm(self):
        self._seal()
        self._force(f"UPDATE compliance_audit_log SET user_id = 1000 WHERE id = {self._last(self.partner).id}")
        with mute_logger("odoo.addons.crm_compliance.models.audit.compliance_audit_seal"):
            self.seals._cron_verify()
        verification = self.env["compliance.audit.verification"].search([], limit=1)
        self.assertIn(str(self._last(self.partner).id), verification.fault)
        message = self.env["mail.message"].search(
            [("model", "=", verification._name), ("res_id", "=", verification.id)]
        )
        self.assertIn(self.user["auditor"].partner_id, message.notified_partner_ids)
