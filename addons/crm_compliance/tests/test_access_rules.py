# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import ComplianceCommon

OPERATIONS = ("read", "write", "create", "unlink")


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

    # -------------------------------------------------------------------------
    # ROLES TOGETHER
    # -------------------------------------------------------------------------

    def test_who_only_reads_gives_no_right_to_write(self):
        """Rules of all groups of a user add up: one that shows an auditor everything must not be one that says what he
        may write, or his other role writes everything. So a rule is for an operation if the group, or a higher or lower
        one of its ladder, has a line of access for it; or if it is about the user's own.
        """
        access = self.env["ir.model.access"].search([("model_id.model", "=like", "compliance.%")])
        rules = self.env["ir.rule"].search([("model_id.model", "=like", "compliance.%"), ("groups", "!=", False)])
        self.assertGreater(len(rules), 30)
        for operation in OPERATIONS:
            lines = access.filtered(f"perm_{operation}").grouped("model_id")
            for rule in rules.filtered(f"perm_{operation}"):
                may = lines.get(rule.model_id, access.browse()).group_id
                ladder = may.all_implied_ids | may.all_implied_by_ids
                if "user." not in rule.domain_force:
                    self.assertLessEqual(rule.groups, ladder, f"{rule.name}: {operation}")

    def test_who_may_write_has_a_rule_for_it(self):
        """Where there are rules for groups, a group without any is limited by nothing but the company."""
        access = self.env["ir.model.access"].search([("model_id.model", "=like", "compliance.%")])
        rules = self.env["ir.rule"].search([("model_id", "in", access.model_id.ids), ("groups", "!=", False)])
        for line in access.filtered(lambda line: line.model_id in rules.model_id):
            groups = line.group_id.all_implied_ids
            of_group = rules.filtered(lambda rule: rule.model_id == line.model_id and rule.groups & groups)  # noqa: B023
            for operation in OPERATIONS:
                if line[f"perm_{operation}"]:
                    self.assertTrue(of_group.filtered(f"perm_{operation}"), f"{line.name}: {operation}")

    def test_roles_together(self):
        """Reads what either role reads, and writes no more than one of them alone."""
        customer = self._customer()
        self._work_off_queue()
        dossier = self._dossier(customer)
        dossier.officer_id = self.user["officer"]
        case = self.env["compliance.complaint"].create({"subject": "Theirs", "partner_id": customer.id})
        case.invoice_ids = self._invoice(customer, 50, self._days_ago(20))
        contact = self.env["compliance.contact"].create({"name": "Theirs", "profile_id": dossier.id})
        alert = self.env["compliance.alert"].create(
            {"kind": "overdue", "profile_id": dossier.id, "raised_at": fields.Datetime.now()}
        )
        user = "crm_compliance.group_compliance_user"
        clerk, auditor = self._new_users(
            {
                "clerk": f"{user},account.group_account_invoice",
                "auditing": f"{user},crm_compliance.group_compliance_auditor",
            }
        ).values()
        for record, values, readers in (
            (case, {"subject": "Changed"}, clerk | auditor),
            (alert, {"snoozed_until": "2099-12-31"}, clerk | auditor),
            (contact, {"name": "Changed"}, auditor),
            (dossier, {"note": "Changed"}, clerk | auditor),
        ):
            for person in readers:
                self.assertTrue(record.with_user(person).has_access("read"), f"{record} {person.login}")
                self.assertFalse(record.with_user(person).has_access("write"), f"{record} {person.login}")
                with self.assertRaises(AccessError, msg=f"{record} {person.login}"):
                    record.with_user(person).write(values)
        with self.assertRaises(AccessError):
            alert.with_user(clerk)._dismiss("Not mine")
