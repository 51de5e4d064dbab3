# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import base64
import json

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import AuditCommon


@tagged("post_install", "-at_install")
class TestAuditPeople(AuditCommon):
    """Where people meet the trail: histories, exports, verification, checkpoints."""

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
        self.user["manager"].company_ids = self.env["res.company"].search([])
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

    def test_history_is_for_employees(self):
        """Portal users read themselves as partners, but not who worked on them."""
        portal = self.user["portal"]
        for record in (portal.partner_id, self.partner):
            with self.assertRaises(AccessError):
                self.log.with_user(portal).get_history(record._name, record.id)

    def test_history_of_another_company(self):
        """Auditors read what was recorded in their companies."""
        other = self.env["res.company"].create({"name": "Other Company"})
        auditor = new_test_user(
            self.env,
            login="compliance_other_auditor",
            groups="crm_compliance.group_compliance_auditor",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        dossier = self._dossier(self._customer())
        self.env.flush_all()
        self.assertTrue(self.log.with_user(self.user["auditor"]).get_history(dossier._name, dossier.id))
        self.assertFalse(self.log.with_user(auditor).get_history(dossier._name, dossier.id))
        self.assertFalse(
            self.log.with_user(auditor).search([("model", "=", dossier._name), ("res_id", "=", dossier.id)])
        )

    def test_raw_values_are_for_auditors(self):
        entry = self._last(self.partner)
        self.assertTrue(entry.with_user(self.user["auditor"]).read(["changes"]))
        with self.assertRaises(AccessError):
            entry.with_user(self.user["manager"]).read(["changes"])
        self.assertIn("Audited", entry.with_user(self.user["manager"]).changes_text)

    def test_history_as_csv(self):
        self.partner.phone = 'a "quoted", thing'
        self.env.flush_all()
        history = self.env["compliance.audit.history"].with_user(self.user["officer"])
        content = base64.b64decode(history.create({"model": "res.partner", "res_id": self.partner.id}).file).decode(
            "utf-8-sig"
        )
        self.assertEqual(content.splitlines()[0].split(",")[-3:], ["Field", "Before", "After"])
        self.assertIn('Phone,1,"a ""quoted"", thing"', content)

    def test_fields_that_are_gone(self):
        """From whom they were kept cannot be known any more: who reads the whole trail reads them, nobody else."""
        self.env.cr.execute(
            "INSERT INTO compliance_audit_log (operation, model, res_id, origin, changes)"
            " VALUES ('write', 'res.partner', %s, 'web', '{\"x_secret\": [null, \"7\"], \"phone\": [null, \"8\"]}')",
            [self.partner.id],
        )
        for role, is_told in (("auditor", True), ("manager", True), ("officer", False), ("employee", False)):
            story = self.log.with_user(self.user[role]).get_history("res.partner", self.partner.id)
            labels = [change["label"] for change in story[0]["changes"]]
            self.assertIn("Phone", labels)
            self.assertEqual("x_secret" in labels, is_told, role)

    def test_finding_a_transaction(self):
        """Typed into the search box as the list shows it; whatever else is typed finds nothing and breaks nothing."""
        self.partner.phone = "14"
        number = self._last(self.partner).transaction
        log = self.log.with_user(self.user["auditor"])
        domain = [("model", "=", "res.partner"), ("res_id", "=", self.partner.id)]
        found = log.search([*domain, ("transaction", "=", number)])
        self.assertTrue(found)
        self.assertEqual(found, log.search([*domain, ("transaction", "ilike", number[1:])]))
        self.assertFalse(log.search([*domain, ("transaction", "!=", number)]))
        self.assertEqual(found, log.search([*domain, ("transaction", "!=", "x")]))
        for text in ("x", "-1", "1.5", "²", "9" * 30, "", False):
            self.assertFalse(log.search([*domain, ("transaction", "=", text)]), text)
            log.search_count([("transaction", "ilike", text)])
            log.search_count([("transaction", ">", text)])
        self.assertTrue(log.search([*domain, ("transaction", ">=", number)]))
        self.assertEqual(log.search(domain, order="transaction desc, id desc"), log.search(domain))

    def test_names_of_what_is_gone(self):
        """What a deleted record was called is still said."""
        parent = self.env["res.partner"].create({"name": "Gone Holding"})
        self.partner.parent_id = parent
        self.env.flush_all()
        entry = self._entries(self.partner).filtered(lambda entry: "parent_id" in entry.changes)[-1]
        self.partner.parent_id = False
        parent.unlink()
        self.env.flush_all()
        entry.invalidate_recordset(["changes_text"])
        self.assertIn("Gone Holding", entry.changes_text)

    def test_customer(self):
        """Everything about a customer is found: contacts, dossier, reviews, answers, documents, deleted ones too."""
        customer = self._customer("Searched")
        contact = self.env["res.partner"].create({"name": "Contact", "parent_id": customer.id})
        invoice = self._invoice(customer, 100, self._days_ago(9), post=False)
        deleted = self._invoice(customer, 200, self._days_ago(8), post=False)
        wanted = {
            (record._name, record.id) for record in (customer, contact, self._dossier(customer), invoice, deleted)
        }
        review = self.env["compliance.risk.review"].create({"profile_id": self._dossier(customer).id})
        self.assertTrue(review.line_ids)
        wanted |= {(record._name, record.id) for record in (review, *review.line_ids)}
        deleted.unlink()
        self.env.flush_all()
        for value in (customer.ids, "Searched"):
            operator = "ilike" if isinstance(value, str) else "in"
            entries = self.log.with_user(self.user["auditor"]).search([("customer_id", operator, value)])
            found = set(entries.mapped(lambda entry: (entry.model, entry.res_id)))
            self.assertLessEqual(wanted, found)
            self.assertNotIn(("res.partner", self.partner.id), found)

    # -------------------------------------------------------------------------
    # VERIFICATION, CHECKPOINTS
    # -------------------------------------------------------------------------

    def _verify(self, checkpoint):
        content = checkpoint if isinstance(checkpoint, bytes) else json.dumps(checkpoint).encode()
        wizard = self.env["compliance.audit.verify"].with_user(self.user["auditor"])
        return wizard.create({"checkpoint": base64.b64encode(content), "filename": "c.json"}).action_verify()["params"]

    def test_verify_against_a_checkpoint(self):
        self._seal()
        checkpoint = self.seals._prepare_checkpoint()
        self.assertEqual(self._verify(checkpoint)["type"], "success")
        verification = self.env["compliance.audit.verification"].search([], limit=1)
        self.assertEqual(verification.checkpoint, f"{checkpoint['number']} {checkpoint['at']}")
        self.assertEqual(verification.create_uid, self.user["auditor"])
        self.assertEqual(self._verify({**checkpoint, "hash": "0" * 64})["type"], "danger")
        self.assertEqual(self._verify({**checkpoint, "number": "999999"})["type"], "danger")
        self.assertIn("another database", self._verify({**checkpoint, "database": "x"})["message"])
        for content in (b"\xff", b"[]", b"{}", b"1"):
            with self.assertRaises(UserError):
                self._verify(content)

    def test_checkpoints_by_mail(self):
        self._seal()
        with self.assertRaises(ValidationError):
            self.company.compliance_checkpoint_emails = "auditor@example.com, nobody"
        self.company.compliance_checkpoint_emails = "auditor@example.com, safe@example.org"
        self.seals._mail_checkpoints()
        mail = self.env["mail.mail"].search([("model", "=", "res.company"), ("res_id", "=", self.company.id)], limit=1)
        self.assertEqual(mail.email_to, "auditor@example.com, safe@example.org")
        checkpoint = json.loads(mail.attachment_ids.raw)
        self.assertEqual(checkpoint["hash"], self.seals._get_last()["hash"])
        self.assertIn(checkpoint["hash"], mail.body_html)
