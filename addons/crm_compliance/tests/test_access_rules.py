# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import ComplianceCommon


@tagged("post_install", "-at_install")
class TestAccessRules(ComplianceCommon):
    """What holds for the rules of every model, those to come too."""

    def test_wizards_are_of_who_opened_them(self):
        wizards = {
            name for name, model in self.env.registry.items() if name.startswith("compliance.") and model._transient
        }
        self.assertGreater(len(wizards), 10)
        rules = self.env["ir.rule"].search([("model_id.model", "in", list(wizards)), ("groups", "=", False)])
        own = rules.filtered(lambda rule: "('create_uid', '=', user.id)" in rule.domain_force)
        own = own.filtered(lambda rule: rule.perm_read and rule.perm_write and rule.perm_create and rule.perm_unlink)
        self.assertEqual(set(own.mapped("model_id.model")), wizards)

    def test_an_export_is_not_for_others(self):
        exports = self.env["compliance.audit.export"]
        export = exports.with_user(self.user["manager"]).create({"scope": "all"})
        export.action_export()
        foreign = export.with_user(self.user["auditor"])
        self.assertFalse(foreign.search([]))
        with self.assertRaises(AccessError):
            foreign.read(["file"])
        self.assertTrue(export.file)

    def test_a_reason_is_not_for_others(self):
        steps = self.env["compliance.complaint.step"]
        steps.with_user(self.user["officer"]).create({"step": "cancel", "reason": "Theirs"})
        self.assertFalse(steps.with_user(self.user["sales"]).search([]))
