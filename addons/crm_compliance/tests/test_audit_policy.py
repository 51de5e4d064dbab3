# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from .common import AuditCommon


@tagged("post_install", "-at_install")
class TestAuditPolicy(AuditCommon):
    """What a policy says is recorded, at once, and nothing else."""

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

    def test_condition(self):
        """Records that meet the condition before or after the change count, deleted ones too."""
        self._policy("res.partner").domain = "[('is_company', '=', True), ('active', 'in', [True, False])]"
        person = self.env["res.partner"].create({"name": "Person 100%"})
        self.assertFalse(self._entries(person))
        others = self._entries(self.partner)
        person.is_company = True
        self.assertEqual(self._last(person).changes["is_company"], ["f", "t"])
        tag = self.env["res.partner.category"].create({"name": "Tagged"})
        (person | self.partner).category_id = [Command.link(tag.id)]
        self.assertEqual(self._last(person).changes, {"category_id": [None, str(tag.id)]})
        self.assertEqual(self._entries(self.partner), others)
        person.is_company = False
        self.assertEqual(self._last(person).changes["is_company"], ["t", "f"])
        before = self._entries(person)
        person.phone = "1"
        self.assertEqual(self._entries(person), before)
        company = self.env["res.partner"].create({"name": "Company", "is_company": True})
        self.assertEqual(self._entries(company)[0].operation, "create")
        identifier = company.id
        company.unlink()
        self.env.flush_all()
        self.assertEqual(
            self.log.search([("model", "=", "res.partner"), ("res_id", "=", identifier)], limit=1).operation, "unlink"
        )

    def test_condition_of_chosen_fields(self):
        field = self.env["ir.model.fields"]._get("res.partner", "phone")
        self._policy("res.partner").write(
            {"field_mode": "only", "field_ids": [Command.set(field.ids)], "domain": "[('name', 'like', '100%')]"}
        )
        before = self._entries(self.partner)
        self.partner.phone = "2"
        self.assertEqual(self._entries(self.partner), before)
        self.partner.write({"name": "Audited 100%", "phone": "3"})
        self.assertEqual(self._last(self.partner).changes, {"phone": ["2", "3"]})

    def test_condition_that_cannot_be(self):
        policy = self._policy("res.partner")
        for domain in (
            "[('nothing', '=', 1)]",
            "[(",
            "[('user_id.login', '=', 'a')]",
            "[('child_ids.name', '=', 'a')]",
        ):
            with self.subTest(domain=domain), self.assertRaises(ValidationError):
                policy.domain = domain

    def test_switched_off_triggers_are_found(self):
        self._seal()
        policy = self._policy("res.partner")
        self.assertFalse(policy._filter_incomplete())
        self.env.cr.execute("ALTER TABLE res_partner DISABLE TRIGGER compliance_audit_on_update")
        self.assertIn(policy.model_id.name, self._fault())
        with self.assertLogs("odoo.addons.crm_compliance.models.audit.compliance_audit_policy", "WARNING"):
            policy._filter_incomplete()._report_interruption()
        self.assertIn(policy.model_id.name, self.env["compliance.audit.verification"].search([], limit=1).fault)
        policy._filter_incomplete()._create_triggers()
        self.assertIsNone(self._fault())
        self.env.cr.execute("ALTER TABLE compliance_audit_log DISABLE TRIGGER compliance_audit_guard")
        self.assertIn("not protected", self._fault())

    def test_fields_of_ones_own(self):
        """Fields made while Odoo runs are recorded, links too, secrets masked; removed, they take nothing along."""
        self._seal()
        values = [
            {"name": "x_api_token", "ttype": "char", "size": 10},
            {"name": "x_tag_ids", "ttype": "many2many", "relation": "res.partner.category"},
        ]
        model = self.env["ir.model"]._get_id("res.partner")
        token, tags = self.env["ir.model.fields"].create([{**vals, "model_id": model} for vals in values])
        self.assertIsNone(self._fault())
        tag = self.env["res.partner.category"].create({"name": "Tagged"})
        known = self._entries(self.partner)
        self.partner.write({"x_api_token": "abc", "x_tag_ids": [Command.link(tag.id)]})
        changes = {}
        for entry in self._entries(self.partner) - known:
            changes.update(entry.changes)
        self.assertEqual(changes, {"x_api_token": [None, "***"], "x_tag_ids": [None, str(tag.id)]})
        policy = self._policy("res.partner")
        phone = self.env["ir.model.fields"]._get("res.partner", "phone")
        policy.write({"field_mode": "only", "field_ids": [Command.set((token | phone).ids)]})
        token.size = 20  # another type of column
        self.assertIsNone(self._fault())
        token.unlink()  # and with it the trigger that names its column
        self.assertIsNone(self._fault())
        self.partner.phone = "15"
        self.assertEqual(self._last(self.partner).changes, {"phone": ["1", "15"]})
        tags.unlink()
        self.assertIsNone(self._fault())

    def test_labels_leave_triggers_alone(self):
        """Only what touches the column puts the triggers in place anew, which locks the table."""
        model = self.env["ir.model"]._get_id("res.partner")
        field = self.env["ir.model.fields"].create({"name": "x_code", "ttype": "char", "size": 10, "model_id": model})
        before = self._get_trigger_ids()
        field.write({"field_description": "Code", "help": "Of the customer", "copied": True, "readonly": True})
        self.assertEqual(self._get_trigger_ids(), before)
        field.size = 20
        self.assertFalse(self._get_trigger_ids() & before)

    def _get_trigger_ids(self):
        self.env.cr.execute(
            "SELECT oid FROM pg_trigger WHERE tgrelid = 'res_partner'::regclass AND tgname LIKE 'compliance_audit_on_%'"
        )
        return {oid for (oid,) in self.env.cr.fetchall()}

    def test_field_stored_later(self):
        """A secret is masked from the moment its field has a column."""
        model = self.env["ir.model"]._get_id("res.partner")
        field = self.env["ir.model.fields"].create(
            {"name": "x_api_token", "ttype": "char", "store": False, "model_id": model}
        )
        field.store = True
        self.partner.x_api_token = "abc"
        self.assertEqual(self._last(self.partner).changes, {"x_api_token": [None, "***"]})

    def test_condition_on_a_field_that_goes(self):
        """It goes all the same, and the server starts without it: rather too much is recorded than nothing."""
        model = self.env["ir.model"]._get_id("res.partner")
        field = self.env["ir.model.fields"].create({"name": "x_vip", "ttype": "boolean", "model_id": model})
        policy = self._policy("res.partner")
        policy.domain = "[('x_vip', '=', True)]"
        self.partner.phone = "16"
        self.env.flush_all()
        self.assertNotIn("16", str(self._last(self.partner).changes))
        with self.assertLogs("odoo.addons.crm_compliance.models.audit.compliance_audit_policy", "WARNING"):
            field.unlink()
        with self.assertLogs("odoo.addons.crm_compliance.models.audit.compliance_audit_policy", "WARNING"):
            self.assertFalse(policy._filter_incomplete())
        self.env.invalidate_all()
        self.assertIn("x_vip", policy.with_user(self.user["auditor"]).condition_fault)
        with Form(policy) as form:
            form.domain = "[('active', '=', True)]"
            self.assertFalse(form.condition_fault)
            form.domain = "[('x_vip', '=', True)]"
            self.assertTrue(form.condition_fault)
            form.domain = "[]"
        self.partner.phone = "17"
        self.assertEqual(self._last(self.partner).changes["phone"], ["16", "17"])

    def test_name_in_the_gear_menu(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        # Whoever may add languages need not read policies.
        administrator = new_test_user(self.env, "administrator_only", "base.group_system")
        self.env["ir.module.module"].with_user(administrator)._load_module_terms(["crm_compliance"], ["zh_CN"])
        policy = self._policy("res.partner")
        self.assertEqual(policy.action_id.with_context(lang="zh_CN").name, "历史")
        self.assertEqual(policy.action_id.name, "History")
        model = self.env["ir.model"]._get("res.partner.industry")
        policy = self.env["compliance.audit.policy"].create({"model_id": model.id})
        self.assertEqual(policy.action_id.with_context(lang="zh_CN").name, "历史")

    def test_coverage(self):
        policy = self._policy("res.partner")
        self._seal()
        self.partner.phone = "14"
        self.env.flush_all()
        policy.invalidate_recordset()
        self.env.cr.execute("SELECT COUNT(*) FROM compliance_audit_log WHERE model = 'res.partner'")
        (count,) = self.env.cr.fetchone()
        self.assertEqual((policy.row_count, policy.unsealed_count), (count, 1))
        self.assertGreater(policy.rows_per_day, 0)
        self.assertFalse(policy.last_verified_at)
        self.seals._run_verification()
        policy.invalidate_recordset()
        self.assertTrue(policy.last_verified_at)
