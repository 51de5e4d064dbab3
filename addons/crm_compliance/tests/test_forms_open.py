# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import Form, TransactionCase, tagged

LOGINS = ("sales", "officer", "manager", "accountant", "auditor", "admin")


@tagged("post_install", "-at_install")
class TestFormsOpen(TransactionCase):
    """Whoever may read a record may open its form: on the demo data, as the demo users."""

    def _get_models(self):
        return [
            name
            for name, model in self.env.registry.items()
            if name.startswith("compliance.") and not model._abstract and not model._transient
        ]

    def test_searches(self):
        """Records can be looked for by name, and by every field that a search offers."""
        for name in self._get_models():
            records = self.env[name]
            with self.subTest(model=name):
                records.name_search("no such thing")
            for fname, description in records.fields_get(attributes=["type", "searchable"]).items():
                if description["searchable"] and description["type"] in ("char", "text", "many2one", "many2many"):
                    with self.subTest(model=name, field=fname):
                        records.search([(fname, "ilike", "no such thing")], limit=1)

    def test_forms(self):
        users = self.env["res.users"].search([("login", "in", LOGINS)])
        if len(users) < len(LOGINS):
            self.skipTest("There is no demo data.")
        opened = set()
        for user in users:
            for name in self._get_models():
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
