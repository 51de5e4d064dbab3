# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import datetime
from functools import partial

from psycopg2.errors import UniqueViolation

from odoo import fields
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, new_test_user, tagged
from odoo.tools import SQL, mute_logger

from .dispute_common import DisputeCommon

# A Wednesday in the middle of a quarter: 36 days of it have passed, the quarter before began on April 1.
NOW = datetime(2026, 8, 5, 10, 0)


@tagged("post_install", "-at_install")
class TestComplaintFigures(DisputeCommon):
    """What the dossier and the risk model know of complaints; counted by hand."""

    def _received(self, *days, **vals):
        cases = self.complaints
        for day in days:
            cases |= self._complaint(date_received=f"{day} 08:00:00", **vals)
        return cases

    @freeze_time(NOW)
    def test_dossier(self):
        self._received("2025-08-05", "2025-08-06")  # a year ago: not any more, and still
        self._received("2026-04-02", "2026-05-06", "2026-05-07")  # last quarter: two within its first 36 days
        self._received("2026-07-01", "2026-07-02", "2026-08-05")
        cancelled = self._received("2026-08-04")
        self._as("sales", cancelled).action_cancel("Wrong number")
        self._received("2026-08-04", partner=self._customer("Other"))
        dispute = self._dispute(amount_claimed=250)
        self.env.invalidate_all()
        self.assertEqual(self.dossier.complaint_count, 8)
        self.assertEqual(self.dossier.complaint_open_count, 9)
        self.assertEqual(self.dossier.complaint_quarter_count, 4)
        self.assertEqual(self.dossier.complaint_previous_count, 3)
        self.assertEqual(self.dossier.complaint_trend, 2)
        self.assertEqual((self.dossier.dispute_count, self.dossier.dispute_claimed), (1, 250))
        self.assertEqual(self.dossier.complaint_satisfaction, 0)
        self.assertIn(dispute, self.complaints.search(self.dossier.action_view_disputes()["domain"]))
        self.assertEqual(len(self.complaints.search(self.dossier.action_view_complaints()["domain"])), 10)

    def test_contact_leaves(self):
        """What a contact complained of for a company stays in the history of the company."""
        contact = self.env["res.partner"].create({"name": "Contact", "parent_id": self.customer.id})
        case = self._complaint(partner=contact)
        self.assertEqual(case.profile_id, self.dossier)
        for company in (self._customer("Another").id, False):
            contact.parent_id = company
            self.env.invalidate_all()
            self.assertEqual((case.commercial_partner_id, case.profile_id), (self.customer, self.dossier))
        self.assertEqual(self.complaints.search_count(self.customer._get_complaint_domain()), 1)
        self.assertEqual(case._prepare_action_defaults()["partner_id"], self.customer.id)
        with self.assertRaises(AccessError):
            case.with_user(self.user["officer"]).commercial_partner_id = contact
        # Chosen anew, it is the contact's own.
        case.partner_id = False
        case.partner_id = contact
        self.assertEqual(case.commercial_partner_id, contact)

    def test_customer_becomes_a_contact(self):
        joins = self._customer("Joins")
        case = self._complaint(partner=joins)
        own = case.profile_id
        self.assertEqual(own.partner_id, joins)
        joins.write({"is_company": False, "parent_id": self.customer.id})
        self.env.invalidate_all()
        self.assertEqual((case.commercial_partner_id, case.profile_id), (self.customer, self.dossier))

    def test_customers_are_merged(self):
        twin, lone = self._customer("Twin"), self._customer("Lone")
        part = self.env["res.partner"].create({"name": "Part", "parent_id": self.customer.id})
        cases = self._complaint(partner=twin) | self._complaint(partner=lone)
        for source, target in ((twin, self.customer), (lone, part)):
            self.env["base.partner.merge.automatic.wizard"]._merge((source | target).ids, target)
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(cases.partner_id, self.customer | part)
        self.assertEqual((cases.commercial_partner_id, cases.profile_id), (self.customer, self.dossier))

    def test_query_count(self):
        dossiers = self.dossier
        for index in range(21):
            partner = self._customer(f"Customer {index}")
            dossiers |= self._dossier(partner)
            self._complaint(partner=partner)
        names = ["complaint_count", "complaint_open_count", "complaint_trend", "dispute_claimed"]

        few, many = (
            self._count(partial(some.read, names), prepare=partial(some.mapped, "currency_id.name"))
            for some in (dossiers[:2], dossiers)
        )
        self._assert_same_cost(few, many)

    @freeze_time(NOW)
    def test_signals(self):
        self._received("2025-08-05", "2026-08-01", "2026-08-04")
        resolved = self._received("2026-07-01")
        self._as("sales", resolved).action_acknowledge()
        self._as("sales", resolved).action_resolve()
        self._as("sales", self._received("2026-08-03")).action_cancel("None")
        self._dispute(amount_claimed=700)
        past = fields.Date.to_date("2026-08-03")
        for code, now, before in (
            ("complaint_count", 4, 3),  # the first is more than a year before today, and less before the past day
            ("complaint_open", 4, 3),
            ("complaint_reopened", None, None),
            ("complaint_satisfaction", None, None),
            ("dispute_open", 1, None),
            ("dispute_claimed", 700, None),
        ):
            self.assertEqual(self._signal(code), now, code)
            self.assertEqual(self._signal(code, past), before, code)

    def _signal(self, code, as_of=None):
        """The value of a signal for the customer, or nothing."""
        signal = self.env["compliance.risk.factor"]._get_risk_signals()[code]
        self.assertEqual(set(signal) >= {"label", "kind", "sql", "past"}, True)
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                "SELECT value FROM (%s) signal WHERE partner_id = %s AND company_id = %s",
                signal["sql"](as_of),
                self.customer.id,
                self.company.id,
            )
        )
        self.assertLessEqual(len(rows), 1)
        return float(rows[0][0]) if rows else None

    def test_satisfaction_signal(self):
        for stars in (2, 5):
            complaint = self._complaint()
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE compliance_complaint SET satisfaction = %s WHERE id = %s", [stars, complaint.id]
            )
        self.env.invalidate_all()
        self.assertEqual(self._signal("complaint_satisfaction"), 3.5)
        self.assertEqual(self.dossier.complaint_satisfaction, 3.5)

    def test_factor(self):
        """A factor on complaints scores the customer before the next night."""
        model = self.env["compliance.risk.model"].create(
            {
                "name": "Test",
                "company_id": self.company.id,
                "factor_ids": [
                    Command.create(
                        {
                            "code": "COMPLAINTS",
                            "name": "Complaints",
                            "category": "reputation",
                            "signal": "complaint_count",
                            "comparison": ">=",
                            "value": 2,
                            "points": 30,
                        }
                    )
                ],
            }
        )
        model.action_activate()
        self._complaint()
        self._work_off_queue()
        self.assertEqual(self.dossier.risk_score, 0)
        self._complaint()
        self._work_off_queue()
        self.dossier.invalidate_recordset()
        self.assertEqual((self.dossier.risk_score, self.dossier.risk_level), (30, "medium"))

    def test_exit_review_names_what_is_open(self):
        dispute = self._dispute(amount_claimed=900)
        open_case = self._complaint(subject="Still open")
        closed = self._complaint(subject="Done")
        self._as("sales", closed).action_acknowledge()
        self._as("sales", closed).action_resolve()
        action = self.env["compliance.action"].create(
            {"name": "New crates", "res_model": open_case._name, "res_id": open_case.id}
        )
        review = self.env["compliance.risk.review"].create({"profile_id": self.dossier.id, "kind": "exit"})
        matters = {matter["name"]: matter for matter in review._get_open_matters()}
        self.assertIn("900.00", matters[dispute.display_name]["amount"])
        self.assertEqual(matters[open_case.display_name]["kind"], "Complaint")
        self.assertIn(action.display_name, matters)
        self.assertNotIn(closed.display_name, matters)
        self.assertTrue(review.open_matters, "kept with the review")


@tagged("post_install", "-at_install")
class TestComplaintSource(DisputeCommon):
    """From an invoice, a lead, a customer: one button."""

    def _new(self, source, role="sales"):
        opened = self._as(role, source).action_new_complaint()
        form = Form(self._as(role, self.complaints).with_context(**opened["context"]))
        form.subject = "Broken"
        return form.save().sudo()

    def test_prefilled(self):
        contact = self.env["res.partner"].create({"name": "Contact", "parent_id": self.customer.id})
        invoice = self._invoice(contact, 100, self._days_ago(9))
        self.user["sales"].group_ids = [Command.link(self.env.ref("account.group_account_invoice").id)]
        complaint = self._new(invoice)
        self.assertEqual((complaint.partner_id, complaint.invoice_ids), (contact, invoice))
        self.assertEqual(self._new(contact).partner_id, contact)
        lead = self.env["crm.lead"].create(
            {"name": "Lead", "contact_name": "Ann", "email_from": "ann@example.com", "user_id": self.user["sales"].id}
        )
        complaint = self._new(lead)
        self.assertEqual((complaint.lead_id, complaint.email_from), (lead, "ann@example.com"))
        self.assertEqual(self._new(self.dossier, "officer").partner_id, self.customer)
        self.env.invalidate_all()
        for source, count in ((invoice, 1), (lead, 1), (self.customer, 3), (contact, 3)):
            self.assertEqual(source.complaint_count, count, source)
            opened = source.action_view_complaints()
            self.assertEqual(self.complaints.search_count(opened["domain"]), count, source)

    def test_only_what_may_be_read(self):
        self._complaint()
        self.assertEqual(self._as("sales", self.customer).complaint_count, 1)
        self.assertEqual(self._as("agent", self.customer).complaint_count, 0)
        with self.assertRaises(AccessError):
            self._as("employee", self.customer).read(["complaint_count"])

    def test_query_count(self):
        partners = self.customer
        for index in range(21):
            partners |= self._customer(f"Customer {index}")

        def count(some):
            known = partial(some.mapped, "commercial_partner_id.name")
            return self._count(partial(some.mapped, "complaint_count"), prepare=known)

        few, many = count(partners[:2]), count(partners)
        self._assert_same_cost(few, many)


@tagged("post_install", "-at_install")
class TestComplaintProblem(DisputeCommon):
    """Categories and products with many complaints."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({"complaint_problem_count": 3, "complaint_problem_days": 10})
        cls.problems = cls.env["compliance.complaint.problem"]

    def _find(self, **conditions):
        self.env.invalidate_all()
        domain = [("company_id", "=", self.company.id)]
        return self.problems.search(domain + [(name, "=", value) for name, value in conditions.items()])

    def _many(self, count=3, **vals):
        cases = self.complaints
        for _index in range(count):
            cases |= self._complaint(**vals)
        return cases

    def test_category_and_product(self):
        cases = self._many(2)
        self.assertFalse(self._find())
        cases |= self._complaint(partner=self._customer("Other"))
        problem = self._find()
        self.assertEqual((problem.category_id, problem.complaint_count, problem.customer_count), (self.category, 3, 2))
        self.assertEqual(self.complaints.search(problem.action_view_complaints()["domain"]), cases)
        other = self.env["compliance.complaint.category"].create({"name": "Late", "kind": "service"})
        self._many(2, category_id=other.id, product_id=self.product.id)
        self._complaint(product_id=self.product.id)
        self.assertEqual(self._find(product_id=self.product.id).complaint_count, 3)
        self.assertEqual(self._find(category_id=self.category.id).complaint_count, 4)
        self.assertFalse(self._find(category_id=other.id))
        self.assertEqual(len(set(self._find().ids)), 2)

    def test_what_does_not_count(self):
        old = f"{self._days_ago(11)} 12:00:00"
        cases = self._many(2) | self._complaint(date_received=old)
        cancelled = self._complaint()
        self._as("sales", cancelled).action_cancel("None")
        self.assertFalse(self._find())
        self.company.complaint_problem_days = 20
        self.assertEqual(self._find().complaint_count, 3)
        self._as("sales", cases[0])._merge(self._as("sales", cases[1]))
        self.assertFalse(self._find())
        self.company.complaint_problem_count = 0
        self.assertFalse(self._find())

    def test_one_action_at_a_time(self):
        self._many()
        problem = self._find()
        opened = self._as("officer", problem).action_find_cause()
        action = self.env["compliance.action"].browse(opened["res_id"])
        self.assertEqual((action.problem_category_id, action.kind), (self.category, "corrective"))
        self.assertEqual(self._find().action_id, action)
        self.assertEqual(self._as("manager", problem).action_find_cause()["res_id"], action.id)
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation):
            action.copy_data()
            self.env["compliance.action"].create({"name": "Again", "problem_category_id": self.category.id})
        own = self._as("officer", action)
        own.write({"cause": "Thin wood", "result": "Thicker wood"})
        own.action_done()
        following = self._as("manager", action)._check_effect(False, "Still breaks")
        self.assertEqual(following.problem_category_id, self.category)
        self.assertEqual(self._find().action_id, following)
        self._as("manager", following)._cancel("Discontinued")
        again = self._as("officer", self._find()).action_find_cause()["res_id"]
        self.assertNotIn(again, (action | following).ids)

    def test_who(self):
        self._many()
        problem = self._find()
        with self.assertRaises(AccessError):
            self._as("auditor", problem).action_find_cause()
        self.assertTrue(self._as("auditor", problem).read(["complaint_count"]))
        for role in ("sales", "accountant", "employee", "portal"):
            with self.assertRaises(AccessError, msg=role):
                self._as(role, self.problems).search([])

    def test_companies(self):
        self._many()
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            login="compliance_stranger",
            groups=self.ROLES["manager"],
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self.assertFalse(self.problems.with_user(stranger).search([("id", "in", self._find().ids)]))
