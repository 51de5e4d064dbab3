# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ComplianceCommon


@tagged("post_install", "-at_install")
class TestPartner(ComplianceCommon):
    """A dossier belongs to the commercial entity and stays with it, whatever happens to the partners."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._customer("Company")
        cls.dossier = cls._dossier(cls.customer)
        cls.second = cls.env["res.company"].create({"name": "Second Company"})

    def _contact(self, parent=None, role=None, **vals):
        partners = self.env["res.partner"].with_user(self.user[role]) if role else self.env["res.partner"]
        return partners.create({"name": "Contact", "parent_id": (parent or self.customer).id, **vals}).sudo()

    def _link(self, partner, company=None):
        self.env.flush_all()
        self.env.invalidate_all()
        return partner.with_company(company or self.company).compliance_profile_id

    # -------------------------------------------------------------------------
    # CONTACTS
    # -------------------------------------------------------------------------

    def test_contacts_show_the_dossier(self):
        dossier = self._open_dossier(self.customer, self.second)
        contact = self._contact()
        nested = self._contact(contact)
        for partner in (self.customer, contact, nested):
            self.assertEqual(self._link(partner), self.dossier)
            self.assertEqual(self._link(partner, self.second), dossier)
            self.assertFalse(self._dossier(partner) - self.dossier)

    def test_existing_contacts_show_a_new_dossier(self):
        company = self.env["res.partner"].create({"name": "Undiscovered", "is_company": True})
        contact = self._contact(company)
        archived = self._contact(company, active=False)
        dossier = self._open_dossier(company)
        for partner in (company, contact, archived):
            self.assertEqual(self._link(partner), dossier)

    def test_subsidiaries_are_customers_of_their_own(self):
        subsidiary = self._contact(is_company=True)
        self.assertFalse(self._link(subsidiary))
        dossier = self._open_dossier(subsidiary)
        self.assertEqual(self._link(subsidiary), dossier)
        self.assertEqual(self._link(self.customer), self.dossier)

    def test_everybody_may_create_contacts(self):
        self.user["employee"].group_ids = [Command.link(self.env.ref("base.group_partner_manager").id)]
        for role in ("sales", "employee"):
            contact = self._contact(role=role)
            self.assertEqual(self._link(contact), self.dossier, role)
            partners = self.env["res.partner"].with_user(self.user[role])
            alone = partners.create({"name": "Alone"})
            alone.parent_id = self.customer
            self.assertEqual(self._link(alone.sudo()), self.dossier, role)
            self.customer.with_user(self.user[role]).write(
                {"child_ids": [Command.create({"name": "Child"})], "phone": role, "vat": False}
            )
            self.assertEqual(self._link(self.customer.child_ids[-1:]), self.dossier, role)
            self.assertEqual(self.customer.phone, role)

    def test_search_by_figures(self):
        """Searching finds what reading shows: contacts with their company, and whoever has no dossier."""
        late = self._customer("Late")
        partners = self.customer | late | self._contact() | self._contact(late)
        partners |= self.env["res.partner"].create({"name": "No Dossier"})
        self._invoice(late, 100, self._days_ago(30))
        self._open_dossier(self.customer, self.second)
        self._work_off_queue()
        for condition in (
            ("compliance_overdue_amount", ">", 50),
            ("compliance_overdue_amount", "=", 0),
            ("compliance_overdue_amount", "!=", 100),
            ("compliance_lifecycle", "=", "new"),
            ("compliance_lifecycle", "!=", "new"),
            ("compliance_lifecycle", "in", ["new", "prospect"]),
            ("compliance_lifecycle", "not in", ["new", False]),
            ("compliance_lifecycle", "=", False),
            ("compliance_lifecycle", "!=", False),
            ("compliance_profile_id", "=", False),
            ("compliance_profile_id.lifecycle", "=", "new"),
        ):
            for company in (self.company, self.second):
                records = partners.with_company(company)
                found = records.search([("id", "in", partners.ids), condition])
                self.assertEqual(set(found.ids), set(records.filtered_domain([condition]).ids), condition)

    def test_search_joins_the_dossiers_once(self):
        """A look-up per contact would take a second for a hundred thousand."""
        domain = ["|", ("compliance_overdue_amount", ">", 50), ("compliance_late_ratio", ">", 0.8)]
        query = self.env["res.partner"]._search(domain)
        self.assertEqual(query.from_clause.code.count("SELECT"), 0)
        self.assertEqual(query.from_clause.code.count("JOIN"), 1)

    # -------------------------------------------------------------------------
    # ATTACHING AND DETACHING
    # -------------------------------------------------------------------------

    def test_attach_to_a_company_without_dossier(self):
        person = self._customer("Person", is_company=False)
        dossier = self._dossier(person)
        company = self.env["res.partner"].create({"name": "Parent", "is_company": True})
        person.parent_id = company
        self.assertEqual(dossier.partner_id, company)
        self.assertEqual(self._link(person), dossier)
        self.assertEqual(self._link(company), dossier)

    def test_attach_to_a_company_with_dossier(self):
        person = self._customer("Person", is_company=False)
        dossier = self._dossier(person)
        elsewhere = self._open_dossier(person, self.second)
        dossier.message_post(body="Said before")
        dossier._write_admission({"admission_state": "exited"})
        person.with_user(self.user["sales"]).parent_id = self.customer
        self.assertFalse(dossier.exists())
        self.assertIn("Said before", "".join(self.dossier.message_ids.mapped("body")))
        self.assertEqual(self.dossier.admission_state, "exited")
        self.assertEqual(self._link(person), self.dossier)
        self.assertEqual(elsewhere.partner_id, self.customer)
        self.assertEqual(self._link(self.customer, self.second), elsewhere)

    def test_detach(self):
        contact = self._contact()
        self._invoice(contact, 100, self.today)
        self._work_off_queue()
        self.assertEqual(self.dossier.open_amount, 100)
        contact.parent_id = False
        self.assertFalse(self._link(contact))
        self.assertEqual(self._link(self.customer), self.dossier)
        # The invoice stays with the company it was written to.
        self._work_off_queue()
        self.env.invalidate_all()
        self.assertEqual(self.dossier.open_amount, self._figures(self.customer, self.today)["open_amount"])

    def test_contact_that_becomes_a_company(self):
        contact = self._contact()
        contact.is_company = True
        self.assertFalse(self._link(contact))
        contact.is_company = False
        self.assertEqual(self._link(contact), self.dossier)

    def test_company_with_dossier_that_becomes_a_contact(self):
        parent = self._customer("Parent")
        contact = self._contact()
        self.customer.write({"parent_id": parent.id, "is_company": False})
        self.assertFalse(self.dossier.exists())
        for partner in (self.customer, contact):
            self.assertEqual(self._link(partner), self._dossier(parent))

    def test_change_of_company(self):
        contact = self._contact()
        self.customer.company_id = self.second
        self.assertEqual(self.dossier.company_id, self.second)
        for partner in (self.customer, contact):
            self.assertEqual(self._link(partner, self.second), self.dossier)
            self.assertFalse(self._link(partner))

    def test_change_of_company_where_there_is_a_dossier(self):
        kept = self._open_dossier(self.customer, self.second)
        self.dossier.message_post(body="Said before")
        self.customer.company_id = self.second
        self.assertFalse(self.dossier.exists())
        self.assertIn("Said before", "".join(kept.message_ids.mapped("body")))
        self.assertEqual(self._link(self.customer, self.second), kept)
        self.assertFalse(self._link(self.customer))

    def test_dossier_of_a_lead_in_another_company(self):
        other = self._open_dossier(self.customer, self.second)
        self.env.user.company_ids |= self.second
        lead = self.env["crm.lead"].create(
            {"name": "Abroad", "partner_id": self.customer.id, "company_id": self.second.id}
        )
        self.assertEqual(lead.action_open_compliance_profile()["res_id"], other.id)
        lead.company_id = self.customer.env.company
        self.assertEqual(lead.action_open_compliance_profile()["res_id"], self.dossier.id)

    # -------------------------------------------------------------------------
    # LIFE OF A PARTNER
    # -------------------------------------------------------------------------

    def test_archive(self):
        self.customer.action_archive()
        self.assertFalse(self.dossier.active)
        self.assertFalse(self.profiles.search([("id", "=", self.dossier.id)]))
        self.customer.action_unarchive()
        self.assertTrue(self.dossier.active)

    def test_copy(self):
        copy = self.customer.copy()
        self.assertFalse(self._link(copy))
        self.assertFalse(self._dossier(copy))
        self.assertEqual(self._link(self.customer), self.dossier)

    def test_customers_with_dossier_are_not_deleted(self):
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.customer.unlink()
        self.assertTrue(self.dossier.exists())

    def test_deleted_dossier_leaves_no_trace(self):
        contact = self._contact()
        self.dossier.with_user(self.user["manager"]).unlink()
        self.assertFalse(self._link(self.customer))
        self.assertFalse(self._link(contact))
        self.assertEqual(self.customer.action_open_compliance_profile()["res_id"], self._dossier(self.customer).id)

    def test_salesperson_of_the_customer_becomes_account_manager(self):
        customer = self._customer("Looked After", user_id=self.user["sales"].id)
        self.assertEqual(self._dossier(customer).user_id, self.user["sales"])

    # -------------------------------------------------------------------------
    # OPENING
    # -------------------------------------------------------------------------

    def test_dossier_of_a_contact_is_that_of_its_company(self):
        company = self.env["res.partner"].create({"name": "Undiscovered", "is_company": True})
        dossier = self._open_dossier(self._contact(company))
        self.assertEqual(dossier.partner_id, company)

    def test_duplicates_are_refused(self):
        for partner in (self.customer, self._contact()):
            with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
                self._open_dossier(partner)

    def test_open_from_partner(self):
        contact = self._contact()
        for role in ("officer", "manager", "auditor", "accountant"):
            action = contact.with_user(self.user[role]).action_open_compliance_profile()
            self.assertEqual((action["res_model"], action["res_id"]), ("compliance.profile", self.dossier.id), role)
        for role in ("employee", "portal"):
            with self.assertRaises(AccessError, msg=role):
                contact.with_user(self.user[role]).action_open_compliance_profile()
        self.assertEqual(self.profiles.search_count([("partner_id", "=", self.customer.id)]), 1)

    def test_open_from_partner_without_dossier(self):
        for role in ("sales", "auditor", "accountant", "employee", "portal"):
            stranger = self.env["res.partner"].create({"name": role})
            with self.assertRaises(AccessError, msg=role):
                stranger.with_user(self.user[role]).action_open_compliance_profile()
            self.assertFalse(self._dossier(stranger))
        for role in ("officer", "manager"):
            customer = self.env["res.partner"].create({"name": role})
            action = customer.with_user(self.user[role]).action_open_compliance_profile()
            self.assertEqual(action["res_id"], self._dossier(customer).id)
            self.assertEqual(self._link(customer).id, action["res_id"])
