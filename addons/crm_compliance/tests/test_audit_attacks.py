# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import base64
import io
import json
import zipfile
from datetime import timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError
from psycopg2.errors import InsufficientPrivilege

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL, mute_logger

from .common import AuditCommon

EMPTY = "UPDATE compliance_audit_log SET changes = NULL, name = NULL, salt = NULL, redaction_id = %s WHERE id = %s"


@tagged("post_install", "-at_install")
class TestAuditAttacks(AuditCommon):
    """Ways around the trail that a review found."""

    def _request(self, role="officer", **values):
        values = {"name": "x", "model_id": self.env["ir.model"]._get_id("res.partner"), **values}
        return self.env["compliance.audit.redaction"].with_user(self.user[role]).create(values)

    def _insert(self, **values):
        """What the application's role may do: add a row."""
        values = {"operation": "write", "model": "res.partner", "res_id": self.partner.id, "origin": "web", **values}
        self.env.cr.execute(
            SQL(
                "INSERT INTO compliance_audit_log (%s) VALUES %s RETURNING id",
                SQL(", ").join(map(SQL.identifier, values)),
                tuple(values.values()),
            )
        )
        return self.env.cr.fetchone()[0]

    # -------------------------------------------------------------------------
    # REDACTION
    # -------------------------------------------------------------------------

    @mute_logger("odoo.sql_db")
    def test_an_approval_is_for_its_rows_only(self):
        """Else one approved erasure would empty the whole trail, and everything would verify."""
        other = self.env["res.partner"].create({"name": "Other"})
        self._seal()
        redaction = self._request(res_id=self.partner.id)
        redaction.with_user(self.user["manager"]).action_approve()
        self.partner.phone = "later"
        unsealed, foreign = self._last(self.partner).id, self._last(other).id
        for row in (unsealed, foreign):
            with self.assertRaises(InsufficientPrivilege), self.env.cr.savepoint():
                self.env.cr.execute(EMPTY, (redaction.id, row))
        self._force(self.env.cr.mogrify(EMPTY, (redaction.id, foreign)).decode())
        self.assertIn(f"Row {foreign} ", self._fault())

    def test_an_approval_is_not_for_the_future(self):
        redaction = self._request(res_id=self.partner.id)
        self._seal()
        redaction.with_user(self.user["manager"]).action_approve()
        later = self._insert(recorded_at="2100-01-01")
        self._seal()
        with mute_logger("odoo.sql_db"), self.assertRaises(InsufficientPrivilege), self.env.cr.savepoint():
            self.env.cr.execute(
                EMPTY,
                (redaction.id, later),
            )

    def test_redaction_outlives_the_model(self):
        """An add-on that is uninstalled takes its models along; what was erased by then still verifies."""
        model = self.env["ir.model"].create({"name": "Passing", "model": "x_passing"})
        row = self._insert(model="x_passing", res_id=1, changes=json.dumps({"x_name": [None, "a"]}))
        self._seal()
        redaction = self._request(model_id=model.id, res_id=1)
        redaction.with_user(self.user["manager"]).action_approve()
        self.assertEqual(redaction.row_count, 1)
        model.with_context(force_delete=True).unlink()
        self.env.flush_all()
        redaction.invalidate_recordset()
        self.assertEqual((redaction.exists(), redaction.model), (redaction, "x_passing"))
        self.assertIsNone(self._fault(), row)

    def test_retention_needs_two(self):
        """Who says how long contents are kept does not approve that they go."""
        self._insert(recorded_at="2020-01-01", company_id=self.company.id)
        self._seal()
        policy = self._policy("res.partner")
        policy.with_user(self.user["manager"]).write({"retention_months": 12, "retention_user_id": 1})
        self.assertEqual(policy.retention_user_id, self.user["manager"])
        proposed = self.env["compliance.audit.redaction"]._propose_retention()
        self.assertEqual(proposed.requested_by, self.user["manager"])
        with self.assertRaises(AccessError):
            proposed.with_user(self.user["manager"]).action_approve()

    def test_an_exchanged_function_is_found(self):
        self.assertIsNone(self._fault())
        self.env.cr.execute(
            "CREATE OR REPLACE FUNCTION compliance_audit_record_update() RETURNS trigger LANGUAGE plpgsql"
            " AS $$ BEGIN RETURN NULL; END $$"
        )
        self.assertIn("compliance_audit_record_update", self._fault())

    def test_exports_are_recorded(self):
        wizard = self.env["compliance.audit.export"].with_user(self.user["auditor"])
        export = wizard.create(
            {"scope": "record", "model_id": self.env["ir.model"]._get_id("res.partner"), "res_id": 1}
        )
        export.action_export()
        entry = self._last(export)
        self.assertEqual((entry.operation, entry.user_id), ("export", self.user["auditor"]))
        self.assertEqual(entry.changes["fields"], [None, "record,res.partner,1"])

    # -------------------------------------------------------------------------
    # ROWS AND LEAVES THAT NO TRIGGER WROTE
    # -------------------------------------------------------------------------

    def test_a_bad_row_does_not_stop_sealing(self):
        for values in ({"salt": None}, {"changes": '{"a": [1, 2]}'}, {"changes": "[true]"}):
            with self.subTest(values=values):
                savepoint = self.env.cr.savepoint(flush=False)
                row = self._insert(**values)
                self.partner.phone = "9"
                self._seal()
                self.assertFalse(self.seals._count_unsealed())
                self.assertIn(f"Row {row} ", self._fault())
                savepoint.rollback()
                self.env.invalidate_all(flush=False)
                savepoint.close(rollback=False)

    def test_a_row_made_unreadable_is_named(self):
        self._seal()
        row = self._last(self.partner).id
        for change in (
            "changes = '{\"a\": 1}'",
            "salt = NULL",
            "recorded_at = (recorded_at::text || ' BC')::timestamp",
        ):
            with self.subTest(change=change):
                savepoint = self.env.cr.savepoint(flush=False)
                self._force(f"UPDATE compliance_audit_log SET {change} WHERE id = {row}")
                self.assertIn(f"Row {row} ", self._fault() or "nothing found")
                savepoint.rollback()
                savepoint.close(rollback=False)

    def test_a_leaf_of_no_seal(self):
        """It would keep its row from being sealed and verified, for ever."""
        row = self._insert()
        self.env.cr.execute("INSERT INTO compliance_audit_leaf VALUES (%s, 999999, 'x')", (row,))
        self._seal()
        self.assertIn(f"Row {row} ", self._fault() or "nothing found")

    def test_rows_that_wait_for_days(self):
        """A job that does not run leaves everything open to change: that is told, not only counted."""
        self._seal()
        now = fields.Datetime.now()
        self._insert(recorded_at=now - timedelta(hours=23))
        self.assertIsNone(self._fault())
        row = self._insert(recorded_at=now - timedelta(hours=25))
        self.assertIn(f"Row {row} has waited", self._fault() or "nothing found")
        self._seal()
        self.assertIsNone(self._fault())

    def test_guards_are_those_of_the_trail(self):
        self._seal()
        self.assertIsNone(self._fault())
        self.env.cr.execute(
            "CREATE TABLE decoy (id int4); CREATE TRIGGER compliance_audit_guard BEFORE DELETE ON decoy"
            " FOR EACH STATEMENT EXECUTE FUNCTION compliance_audit_refuse();"
            "ALTER TABLE decoy ENABLE ALWAYS TRIGGER compliance_audit_guard;"
            "DROP TRIGGER compliance_audit_guard ON compliance_audit_log"
        )
        self.assertIn("not protected", self._fault() or "nothing found")

    def test_a_temporary_table_takes_no_rows(self):
        """PostgreSQL looks for tables among temporary ones first, and where the session says."""
        self.env.cr.execute("CREATE TEMP TABLE compliance_audit_log (LIKE compliance_audit_log INCLUDING ALL)")
        self.env.cr.execute("UPDATE res_partner SET ref = 'hidden' WHERE id = %s", (self.partner.id,))
        self.env.cr.execute("SET LOCAL search_path = pg_catalog")
        self.env.cr.execute("UPDATE public.res_partner SET ref = 'hidden too' WHERE id = %s", (self.partner.id,))
        self.env.cr.execute("SET LOCAL search_path = public; DROP TABLE pg_temp.compliance_audit_log")
        refs = [entry.changes["ref"][1] for entry in self._entries(self.partner)[-2:]]
        self.assertEqual(refs, ["hidden", "hidden too"])

    # -------------------------------------------------------------------------
    # POLICIES, ORIGINS
    # -------------------------------------------------------------------------

    def test_what_is_recorded_of_the_audit_stays_so(self):
        manager = self.user["manager"]
        masked = self.env["ir.model.fields"]._get("compliance.audit.policy", "active")
        for model in ("compliance.audit.policy", "compliance.audit.redaction"):
            policy = self._policy(model).with_user(manager)
            for values in (
                {"active": False},
                {"log_write": False},
                {"domain": "[('id', '<', 0)]"},
                {"model_id": self.env["ir.model"]._get_id("res.partner.industry")},
                {"masked_field_ids": [Command.set(masked.ids)]},
                {"field_mode": "only", "field_ids": [Command.set(masked.ids)]},
            ):
                with self.subTest(model=model, values=values), self.assertRaises(UserError), self.env.cr.savepoint():
                    policy.write(values)
            with self.assertRaises(UserError):
                policy.unlink()
            policy.log_export = False

    def test_own_settings(self):
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("crm_compliance.complaint_max_file_mb", "11")
        parameters.set_param("some.secret", "hidden")
        self.env.flush_all()
        entries = self.log.search([("model", "=", "ir.config_parameter")])
        self.assertIn("crm_compliance.complaint_max_file_mb", entries.mapped("name"))
        self.assertNotIn("some.secret", entries.mapped("name"))

    def test_an_import_is_one(self):
        """A caller who says so in the context is not."""
        partners = self.env["res.partner"]
        self.assertEqual(self._last(partners.with_context(import_file=True).create({"name": "Said"})).origin, "system")
        loaded = partners.load(["name"], [["Loaded"]])["ids"]
        self.assertEqual(self._last(partners.browse(loaded)).origin, "import")
        self.assertEqual(self._last(partners.create({"name": "After"})).origin, "system")

    # -------------------------------------------------------------------------
    # COMPANIES
    # -------------------------------------------------------------------------

    def test_export_of_one_company(self):
        """An auditor of one company takes no other's rows out, and his export of everything is an excerpt."""
        other = self.env["res.company"].create({"name": "Other Company"})
        auditor = new_test_user(
            self.env,
            login="compliance_export_auditor",
            groups="crm_compliance.group_compliance_auditor",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        dossier = self._dossier(self._customer())
        self.env.flush_all()
        export = self.env["compliance.audit.export"].with_user(auditor).create({"scope": "all"})
        export.action_export()
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(export.file))) as bundle:
            lines = [json.loads(line) for line in bundle.open("rows.jsonl")]
        self.assertTrue(lines)
        self.assertLessEqual({line["row"]["company_id"] for line in lines}, {None, str(other.id)})
        self.assertTrue(any("proof" in line for line in lines))
        self.assertTrue(self._entries(dossier))
        self.assertFalse(self.env.ref("base.module_crm_compliance")._is_audit_exported())

    def test_export_while_another_seals(self):
        self._seal()
        export = self.env["compliance.audit.export"].with_user(self.user["auditor"]).create({"scope": "all"})
        with patch.object(type(self.seals), "_seal_block", side_effect=IntegrityError):
            export.action_export()
        self.assertTrue(export.file)

    def test_links_have_the_company_of_the_record(self):
        complaint = self.env["compliance.complaint"].create({"subject": "Late", "partner_id": self._customer().id})
        tag = self.env["crm.tag"].create({"name": "Audited tag"})
        complaint.tag_ids = [Command.link(tag.id)]
        entry = self._entries(complaint).filtered(lambda entry: "tag_ids" in entry.changes)
        self.assertEqual(entry.changes, {"tag_ids": [None, str(tag.id)]})
        self.assertEqual(entry.company_id, complaint.company_id)

    def test_values_of_other_companies(self):
        """A shared contact's values are shown for the reader's companies only, readably."""
        other = self.env["res.company"].create({"name": "Other Company"})
        term = self.env["account.payment.term"].create({"name": "In a fortnight", "company_id": False})
        self.partner.with_company(self.company).property_payment_term_id = term
        self.partner.with_company(other).credit_limit = 987
        self.env.flush_all()
        story = self.log.with_user(self.user["officer"]).get_history("res.partner", self.partner.id)
        changes = [change for event in story for change in event["changes"]]
        self.assertIn(f"In a fortnight (#{term.id})", [change["after"] for change in changes])
        self.assertNotIn("987", json.dumps(changes))
        both = self.log.with_context(allowed_company_ids=(self.company | other).ids)
        self.assertIn("987", json.dumps(both.get_history("res.partner", self.partner.id)))

    # -------------------------------------------------------------------------
    # READERS
    # -------------------------------------------------------------------------

    def test_superuser_mode_does_not_open_fields(self):
        """What a field is to a user in superuser mode is not kept for him without."""
        self.partner.signup_type = "signup"
        self.env.flush_all()
        log = self.log.with_user(self.user["officer"])
        label = self.env["res.partner"]._fields["signup_type"].string
        self.env.registry.clear_cache()
        for reader, is_shown in ((log.sudo(), True), (log, False)):
            story = reader.get_history("res.partner", self.partner.id)
            labels = [change["label"] for event in story for change in event["changes"]]
            self.assertEqual(label in labels, is_shown)

    def test_search_by_what_people_say(self):
        self.partner.phone = "77"
        self.env.flush_all()
        auditor = self.log.with_user(self.user["auditor"])
        for domain in ([("changes_text", "ilike", "Phone")], [("changes_text", "ilike", "phone")]):
            self.assertIn(self._last(self.partner), auditor.search([*domain, ("res_id", "=", self.partner.id)]))
        self.assertIn("res.partner", auditor.search([("model_name", "ilike", "contact")]).mapped("model"))

    def test_history_is_opened_by_who_only_reads(self):
        """From the gear menu: Odoo asks for the right to write where an action has no groups."""
        action = self._policy("res.partner").action_id.with_user(self.user["auditor"])
        context = {"active_model": "res.partner", "active_id": self.partner.id, "active_ids": self.partner.ids}
        self.assertEqual(action.with_context(**context).run()["res_model"], "compliance.audit.history")

    def test_long_history(self):
        """What is not shown is said; the CSV has it, and nothing in it that a spreadsheet would compute."""
        history = self.env["compliance.audit.history"].with_user(self.user["officer"])
        values = {"model": "res.partner", "res_id": self.partner.id}
        self.assertNotIn("The latest", history.create(values).story)
        with patch("odoo.addons.crm_compliance.wizard.compliance_audit_history.SHOWN", 1):
            self.partner.phone = "=1+1"
            self.env.flush_all()
            record = history.create(values)
            self.assertIn("The latest", record.story)
            self.assertIn("Audited", record.title)
            self.assertIn(",'=1+1", base64.b64decode(record.file).decode("utf-8-sig"))
            html, _kind = self.env["ir.actions.report"]._render_qweb_html(
                "crm_compliance.report_audit_history_document", record.ids
            )
            self.assertIn(b"Printed on", html)

    @mute_logger("odoo.addons.crm_compliance.models.audit.compliance_audit_seal")
    def test_alarm_stands(self):
        """What fails afterwards takes no alarm back, and what was found by day is told at night."""
        verification = self.env["compliance.audit.verification"].create({"fault": "Triggers were off."})
        with patch.object(type(self.seals), "_mail_checkpoints", side_effect=ValueError):
            self.seals._cron_verify()
        message = self.env["mail.message"].search(
            [("model", "=", verification._name), ("res_id", "=", verification.id)]
        )
        self.assertIn(self.user["auditor"].partner_id, message.notified_partner_ids)
        self.assertTrue(verification.is_told)
