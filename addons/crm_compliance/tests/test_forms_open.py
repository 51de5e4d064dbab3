# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import Form, TransactionCase, tagged

LOGINS = ("sales", "officer", "manager", "accountant", "auditor", "admin")


@tagged("post_install", "-at_install")
class TestFormsOpen(TransactionCase):
    """Whoever may read a record may open its form: on the demo data, as the demo users."""

    def test_forms(self):
        users = self.env["res.users"].search([("login", "in", LOGINS)])
        if len(users) < len(LOGINS):
            self.skipTest("There is no demo data.")
        names = [
            name
            for name, model in self.env.registry.items()
            if name.startswith("compliance.") and not model._abstract and not model._transient
        ]
        opened = set()
        for user in users:
            for name in names:
                records = self.env[name].with_user(user)
                record = records.search([], limit=1) if records.has_access("read") else records
                if record:
                    with self.subTest(login=user.login, model=name):
                        Form(record)
                        opened.add((user.login, name))
        # The demo data must hold something to open.
        for login in LOGINS:
            self.assertIn((login, "compliance.profile"), opened)
        self.assertLessEqual({("officer", "compliance.alert"), ("sales", "compliance.complaint")}, opened)
