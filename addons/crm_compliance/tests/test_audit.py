# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import base64
import subprocess
import sys
import tempfile
from functools import partial
from importlib.resources import files
from pathlib import Path
from unittest.mock import patch

from psycopg2.errors import InsufficientPrivilege

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import AuditCommon


@tagged("post_install", "-at_install")
class TestAudit(AuditCommon):
    """What is recorded, that nobody can change it, and that a change by force is found."""

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

    def test_groups_of_models_are_readable(self):
        """Groups and names say what people call a model, and open what they count."""
        self.partner.phone = "7"
        self.env.flush_all()
        domain = [("model", "=", "res.partner"), ("res_id", "=", self.partner.id)]
        groups = self.log.formatted_read_group(domain, groupby=["model"], aggregates=["__count"])
        self.assertEqual([group["model"] for group in groups], ["Contact (res.partner)"])
        opened = self.log.search_count(domain + groups[0]["__extra_domain"])
        self.assertEqual(opened, groups[0]["__count"])
        entry = self._last(self.partner)
        self.assertIn(entry.name, entry.display_name)

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

    def test_relation_moved(self):
        """An UPDATE of links, as merging contacts does it, takes the old ones away and adds the new ones."""
        tag, other = self.env["res.partner.category"].create([{"name": "Tagged"}, {"name": "Other"}])
        self.partner.category_id = [Command.link(tag.id)]
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner_res_partner_category_rel SET category_id = %s WHERE partner_id = %s",
            (other.id, self.partner.id),
        )
        removed, added = self._entries(self.partner)[-2:]
        self.assertEqual(removed.changes, {"category_id": [str(tag.id), None]})
        self.assertEqual(added.changes, {"category_id": [None, str(other.id)]})

    def test_emptied_table(self):
        model = self.env["ir.model"]._get("compliance.refresh.queue")
        self.env["compliance.audit.policy"].create({"model_id": model.id})
        self.env.cr.execute("TRUNCATE compliance_refresh_queue")
        entry = self.log.search([("model", "=", "compliance.refresh.queue")], limit=1)
        self.assertEqual((entry.operation, entry.res_id), ("truncate", 0))

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

    def test_operators_of_odoo_queries_stay_unambiguous(self):
        """Odoo leaves it to PostgreSQL to find out that this is jsonb: hstore in sight would make that impossible."""
        self.env.cr.execute("""SELECT '{"1": 2}' ? company FROM (SELECT '1'::text AS company) companies""")
        self.assertEqual(self.env.cr.fetchall(), [(True,)])

    def test_many_rows_in_one_statement(self):
        """One statement changes some records, touches others and leaves the rest: one row for each that differs."""
        partners = self.env["res.partner"].create(
            [{"name": f"Row {number}", "ref": str(number)} for number in range(6)]
        )
        self.env.flush_all()
        known = self._entries(partners)
        self.env.cr.execute("UPDATE res_partner SET ref = '0' WHERE FALSE")
        self.env.cr.execute("UPDATE res_partner SET ref = '0' WHERE id = ANY(%s)", (partners[:2].ids,))
        # Planned for the one above, now for more: and with another user for each row.
        self.env.cr.execute("UPDATE res_partner SET ref = ref || '!' WHERE id = ANY(%s)", (partners[1:5].ids,))
        entries = self._entries(partners) - known
        self.assertEqual(
            [(entry.res_id, entry.changes["ref"]) for entry in entries.sorted(lambda entry: (entry.res_id, entry.id))],
            [
                (partners[1].id, ["1", "0"]),
                (partners[1].id, ["0", "0!"]),
                (partners[2].id, ["2", "2!"]),
                (partners[3].id, ["3", "3!"]),
                (partners[4].id, ["4", "4!"]),
            ],
        )

    def test_changed_ids(self):
        """Whoever gives records other ids hides nothing: it stands in the history of the old id and of the new one."""
        partners = self.env["res.partner"].create([{"name": "Hide"}, {"name": "Seek"}])
        self.env.flush_all()
        known = self.log.search([], limit=1, order="id desc").id
        self.env.cr.execute(
            "UPDATE res_partner SET id = -id, commercial_partner_id = -id, name = 'Gone' WHERE id = ANY(%s)",
            (partners.ids,),
        )
        entries = self.log.search([("id", ">", known), ("model", "=", "res.partner")])
        found = {entry.res_id: (entry.changes["id"], entry.changes["name"]) for entry in entries}
        hide, seek = partners.ids
        self.assertEqual(
            found,
            {
                record: ([str(old), str(-old)], [name, "Gone"])
                for old, name in ((hide, "Hide"), (seek, "Seek"))
                for record in (old, -old)
            },
        )
        # Nothing else changed.
        industry = self.env["res.partner.industry"].create({"name": "Hide"})
        model = self.env["ir.model"]._get_id("res.partner.industry")
        self.env["compliance.audit.policy"].create({"model_id": model})
        self.env.cr.execute("UPDATE res_partner_industry SET id = -id WHERE id = %s", (industry.id,))
        entry = self.log.search([("model", "=", "res.partner.industry"), ("res_id", "=", -industry.id)])
        self.assertEqual(entry.changes, {"id": [str(industry.id), str(-industry.id)]})

    def test_statements_do_not_grow(self):
        """Recording 22 changed records costs one statement of a transaction: to say who acts."""
        counts = {}
        partners = self.env["res.partner"].create([{"name": f"Batch {number}"} for number in range(22)])
        for recorded in (True, False, True):  # the first to warm up
            self._policy("res.partner").log_write = recorded
            # of a transaction nobody is known of
            counts[recorded] = self._count(
                partial(partners.write, {"function": f"Buyer {len(counts)} {recorded}"}),
                prepare=self.env.cr.precommit.clear,
                warm=False,
            )
        self._assert_no_dearer(counts[False], counts[True], spare=1)
        self.assertEqual(len(self._entries(partners, operation="write").filtered("changes").grouped("res_id")), 22)

    def test_export_and_opening(self):
        self.user["officer"].group_ids = [Command.link(self.env.ref("base.group_allow_export").id)]
        self.partner.with_user(self.user["officer"]).export_data(["name", "phone"])
        entry = self._last(self.partner)
        self.assertEqual((entry.operation, entry.changes), ("export", {"fields": [None, "name,phone"]}))
        dossier = self._dossier(self._customer())
        dossier.with_user(self.user["manager"]).web_read({"display_name": {}})
        dossier.with_user(self.user["auditor"]).web_read({"zone": {}})
        entry = self._last(dossier)
        self.assertEqual((entry.operation, entry.user_id), ("read", self.user["auditor"]))

    def test_a_list_of_one_is_not_a_form(self):
        dossier = self._dossier(self._customer()).with_user(self.user["auditor"])
        found = dossier.web_search_read([("id", "=", dossier.id)], {"zone": {}})
        self.assertEqual(found["length"], 1)
        self.assertNotEqual(self._last(dossier).operation, "read")
        dossier.web_read({"zone": {}})
        self.assertEqual(self._last(dossier).operation, "read")

    def test_opening_in_a_transaction_that_cannot_write(self):
        """Where a replica answers, the row is written when the reading transaction ends, before the answer leaves."""
        dossier = self._dossier(self._customer())
        before = self._entries(dossier)
        with patch.object(type(self.env.cr), "readonly", True):
            dossier.with_user(self.user["auditor"]).web_read({"zone": {}})
        self.assertEqual(self._entries(dossier), before)
        with self.enter_registry_test_mode():
            self.env.cr.postcommit.run()
        entry = self._entries(dossier) - before
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

    def test_full_blocks(self):
        """Rows of transactions in any order, more than blocks hold: each is sealed once, in the order of the ids."""
        self._seal()
        self.partner.phone = "10"
        self.env.flush_all()
        # Of transactions yet to come, so that none was finished when the last seal was made.
        ahead = "(pg_current_xact_id()::text::int8 + %s)::text::xid8"
        for later in (5, 1, 5, 3, 1, 5):
            self.env.cr.execute(
                "INSERT INTO compliance_audit_log (operation, model, origin, transaction)"
                f" VALUES ('write', 'res.partner', 'sql', {ahead})",
                (later,),
            )
        blocks = []
        with patch("odoo.addons.crm_compliance.models.audit.compliance_audit_seal.BLOCK", 2):
            while count := self.seals._seal_block():
                blocks.append(count)
                self.assertLessEqual(len(blocks), 5)
        self.env.cr.execute(
            "SELECT log.transaction::text::int8 - pg_current_xact_id()::text::int8, leaf.seal_number"
            " FROM compliance_audit_log log JOIN compliance_audit_leaf leaf ON leaf.log_id = log.id"
            " ORDER BY log.id DESC LIMIT 6"
        )
        numbers = {}
        for later, number in self.env.cr.fetchall():
            numbers.setdefault(later, set()).add(number)
        self.assertLess(max(numbers[1]), max(numbers[5]))
        self.assertLess(max(numbers[3]), max(numbers[5]))
        result = self.seals._verify()
        self.assertEqual((result["fault"], result["unsealed"], sum(blocks) - 6 > 0), (None, 0, True))

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
        self.user["auditor"].company_ids = self.env["res.company"].search([])
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
        self.user["auditor"].company_ids = self.env["res.company"].search([])
        run = self._verify_bundle()
        self.assertEqual(run.returncode, 1, run.stdout + run.stderr)
        self.assertIn(str(self._last(self.partner).id), run.stdout)
