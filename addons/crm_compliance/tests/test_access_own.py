# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .common import ComplianceCommon

COLLABORATORS = ("officer", "manager", "auditor", "accountant")
STRANGERS = ("employee", "portal")


@tagged("post_install", "-at_install")
class TestAccessOwn(ComplianceCommon):
    """Salespersons know their own customers, others theirs by company, and strangers nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        sales = cls.user["sales"]
        cls.by_dossier, cls.by_partner, cls.foreign = cls.customers = cls.env["res.partner"].concat(
            cls._customer("By Dossier"), cls._customer("By Partner", user_id=sales.id), cls._customer("Foreign")
        )
        cls._dossier(cls.by_dossier).user_id = sales
        for customer in cls.customers:
            cls._paid_invoice(customer, 100, cls._days_ago(60), cls._days_ago(30), cls._days_ago(10))
            cls._invoice(customer, 50, cls._days_ago(20), due=cls._days_ago(5))
        cls._work_off_queue()
        cls.env.cr.execute("UPDATE compliance_profile SET zone = 'grey'")
        cls.env.invalidate_all()
        cls.own = cls.by_dossier | cls.by_partner
        cls.domain = [("partner_id", "in", cls.customers.ids)]

    def _as(self, role, model="compliance.profile"):
        return self.env[model].with_user(self.user[role])

    def test_search(self):
        for model in ("compliance.profile", "compliance.criterion.check", "compliance.settlement"):
            domain = [("profile_id.partner_id" if "check" in model else "partner_id", "in", self.customers.ids)]
            self.assertEqual(self._as("sales", model).search(domain).sudo().partner_id, self.own, model)
            for role in COLLABORATORS:
                if self._as(role, model).has_access("read"):
                    self.assertEqual(self._as(role, model).search(domain).sudo().partner_id, self.customers, role)

    def test_read(self):
        dossier = self._dossier(self.foreign)
        checks = dossier.check_ids
        settlements = self.env["compliance.settlement"].search([("partner_id", "=", self.foreign.id)])
        for records in (dossier, checks, settlements):
            self.assertTrue(records)
            with self.assertRaises(AccessError, msg=records):
                records.with_user(self.user["sales"]).read(["display_name"])
        for customer in self.own:
            self.assertEqual(self._dossier(customer).with_user(self.user["sales"]).open_amount, 50)

    def test_read_group(self):
        for role in ("sales", *COLLABORATORS):
            groups = self._as(role)._read_group(self.domain, ["zone"], ["__count", "open_amount:sum"])
            self.assertEqual(groups, [("grey", 2, 100)] if role == "sales" else [("grey", 3, 150)], role)

    def test_name_search(self):
        self.assertEqual(self._as("sales").name_search("Foreign"), [])
        self.assertEqual(len(self._as("officer").name_search("Foreign", self.domain)), 1)

    def test_related_fields_of_partners(self):
        for role in COLLABORATORS:
            partner = self.foreign.with_user(self.user[role])
            self.assertEqual((partner.compliance_zone, partner.compliance_overdue_amount), ("grey", 50), role)

    def test_classes_are_for_every_salesperson_and_amounts_are_not(self):
        """Who sells must see that a customer is grey; what a customer of somebody else owes is not his to know."""
        partners = self._as("sales", "res.partner")
        self.assertEqual(self.foreign.with_env(partners.env).compliance_zone, "grey")
        self.assertEqual(
            partners.search([("id", "in", self.customers.ids), ("compliance_zone", "=", "grey")]),
            self.customers.with_env(partners.env),
        )
        groups = partners._read_group([("id", "in", self.customers.ids)], ["compliance_zone"], ["__count"])
        self.assertEqual(groups, [("grey", 3)])
        for name in ("overdue_amount", "open_amount", "revenue_12m", "late_ratio", "late_probability"):
            name = f"compliance_{name}"
            self.assertNotIn(name, partners.fields_get())
            with self.assertRaises(AccessError, msg=name):
                self.foreign.with_env(partners.env).read([name])
            with self.assertRaises(AccessError, msg=name):
                partners.search([(name, ">", 0)])
            with self.assertRaises(AccessError, msg=name):
                partners._read_group([], [], [f"{name}:sum"])
            with self.assertRaises(AccessError, msg=name):
                partners.search([], order=name, limit=1)

    def test_no_path_tells_what_a_field_hides(self):
        """A condition on a field nobody may read is refused however it is reached, and so are sorting and grouping."""
        for role in ("sales", *STRANGERS):
            partners = self._as(role, "res.partner")
            names = [
                name
                for name, field in partners._fields.items()
                if name.startswith("compliance_") and field.related and not partners._has_field_access(field, "read")
            ]
            self.assertIn("compliance_overdue_amount", names)
            for name in names:
                condition = [(name, "!=", False)]
                for model, domain in (
                    ("res.partner", condition),
                    ("res.partner", [(f"commercial_partner_id.{name}", "!=", False)]),
                    ("res.partner", [(f"commercial_partner_id.{name}", "in", [50, 51])]),
                    ("res.partner", ["!", (f"parent_id.{name}", "=", 50)]),
                    ("res.partner", [("child_ids", "any", condition)]),
                    ("res.partner", [("child_ids", "not any", condition)]),
                    ("res.partner", [("parent_id", "any", [("commercial_partner_id", "not any", condition)])]),
                    ("res.users", condition),
                    ("res.users", [(f"partner_id.commercial_partner_id.{name}", "!=", False)]),
                    ("crm.lead", [(f"partner_id.{name}", "!=", False)]),
                    ("account.move", [(f"line_ids.partner_id.{name}", "!=", False)]),
                ):
                    records = self._as(role, model)
                    if records.has_access("read"):
                        with self.assertRaises(AccessError, msg=f"{role} {model} {domain}"):
                            records.search_count(domain)
                        with self.assertRaises(AccessError, msg=f"{role} {model} {domain}"):
                            records._read_group(domain, [], ["__count"])
                for model in ("res.partner", "res.users"):
                    records = self._as(role, model)
                    if records.has_access("read"):
                        with self.assertRaises(AccessError, msg=f"{role} {model} {name}"):
                            records.search([], order=name, limit=1)
                for path in (name, f"commercial_partner_id.{name}", f"parent_id.commercial_partner_id.{name}"):
                    with self.assertRaises(AccessError, msg=f"{role} {path}"):
                        partners._read_group([], [path], ["__count"])

    def test_sorting_by_dossier_does_not_rank_what_customers_owe(self):
        """Odoo sorts by a link as the records linked to are sorted: dossiers by what is overdue."""
        amounts = {self.by_dossier: 2, self.by_partner: 3, self.foreign: 1}
        for partner, amount in amounts.items():
            self.env.cr.execute(
                "UPDATE compliance_profile SET overdue_amount = %s WHERE id = %s", (amount, self._dossier(partner).id)
            )
        by_amount = self.by_partner | self.by_dossier | self.foreign
        by_dossier = self.customers.sorted(lambda partner: self._dossier(partner).id)
        self.assertNotEqual(by_amount.ids, by_dossier.ids)
        for role, expected in (("sales", by_dossier), ("officer", by_amount), ("accountant", by_amount)):
            partners = self._as(role, "res.partner")
            domain = [("id", "in", self.customers.ids)]
            for order, ids in (("", expected.ids), (" desc", expected.ids[::-1])):
                order = f"compliance_profile_id{order}"
                self.assertEqual(partners.search(domain, order=order).ids, ids, role)
                groups = partners._read_group(domain, ["compliance_profile_id"], ["id:array_agg"], order=order)
                self.assertEqual([partner_id for _dossier, (partner_id,) in groups], ids, role)

    def test_related_fields_of_leads(self):
        sales = self.user["sales"]
        own, foreign = self.env["crm.lead"].create(
            [
                {"name": partner.name, "partner_id": partner.id, "user_id": sales.id, "company_id": self.company.id}
                for partner in (self.by_partner, self.foreign)
            ]
        )
        for lead in (own, foreign):
            self.assertEqual(lead.with_user(sales).compliance_zone, "grey")
            self.assertIn("grey zone", lead.with_user(sales).compliance_banner)
        self.assertIn("owes", own.with_user(sales).compliance_banner)
        self.assertNotIn("owes", foreign.with_user(sales).compliance_banner)
        with self.assertRaises(AccessError):
            foreign.with_user(sales).action_open_compliance_profile()

    def test_strangers_see_no_fields(self):
        names = [name for name in self.foreign._fields if name.startswith("compliance_")]
        self.assertGreater(len(names), 10)
        for role in STRANGERS:
            user = self.user[role]
            self.foreign.message_subscribe(user.partner_id.ids)
            partner = user.partner_id.with_user(user)
            self.assertFalse(set(partner.fields_get()) & set(names), role)
            for name in names:
                with self.assertRaises(AccessError, msg=f"{role} {name}"):
                    partner.read([name])
            with self.assertRaises(AccessError, msg=role):
                self._as(role, "res.partner").search([("compliance_zone", "=", "grey")])
            with self.assertRaises(AccessError, msg=role):
                self._as(role, "res.partner")._read_group([], ["compliance_zone"], ["__count"])

    def test_strangers_see_no_fields_of_documents(self):
        for model in ("account.move", "crm.lead"):
            names = {name for name in self.env[model]._fields if name.startswith("compliance_")}
            names -= {"compliance_disputed"}
            self.assertTrue(names)
            for role in STRANGERS:
                self.assertFalse(set(self._as(role, model).fields_get()) & names, f"{model} {role}")

    def test_risk_reasons_are_for_officers(self):
        for role in ("sales", "accountant"):
            self.assertNotIn("risk_reasons", self._as(role).fields_get())
            with self.assertRaises(AccessError, msg=role):
                self._dossier(self.by_partner).with_user(self.user[role]).read(["risk_reasons"])
        for role in ("officer", "manager", "auditor"):
            self.assertIn("risk_reasons", self._as(role).fields_get())

    def test_companies(self):
        second = self.setup_other_company(name="Second Company")["company"]
        dossier = self._open_dossier(self.by_partner, second)
        criterion = self.env["compliance.criterion"].create({"code": "2", "name": "2", "company_id": second.id})
        invoice = self._invoice(self.by_partner, 100, self._days_ago(5), company=second)
        self._pay(invoice, self.today)
        self._work_off_queue()
        settlement = self.env["compliance.settlement"].search([("company_id", "=", second.id)])
        checks = dossier.check_ids
        self.assertTrue(settlement and checks)
        for role in ("sales", *COLLABORATORS):
            for records in (dossier, checks, settlement, criterion):
                self._assert_hidden(role, records)
        self._assert_visible_in(second, dossier | self._dossier(self.by_partner))

    def _assert_hidden(self, role, records):
        ids = records.ids
        records = self._as(role, records._name)
        with self.assertRaises(AccessError, msg=f"{role} {records}"):
            records.browse(ids).read(["display_name"])
        if records.has_access("read"):
            self.assertFalse(records.search([("id", "in", ids)]), role)

    def _assert_visible_in(self, second, dossiers):
        officer = self.user["officer"]
        officer.company_ids = [Command.link(second.id)]
        for company in (second, self.company):
            profiles = self.profiles.with_user(officer).with_context(allowed_company_ids=company.ids)
            self.assertEqual(profiles.search([("id", "in", dossiers.ids)]).company_id.ids, company.ids)
            partner = self.by_partner.with_user(officer).with_company(company)
            self.assertEqual(partner.compliance_profile_id.company_id, company)
