# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import RestrictionCommon


@tagged("post_install", "-at_install")
class TestEnforcementLead(RestrictionCommon):
    """Opportunities of blocked customers are not won, whatever is tried."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.won = cls.env["crm.stage"].search([("is_won", "=", True)], limit=1)
        cls.open = cls.env["crm.stage"].search([("is_won", "=", False)], limit=1)
        cls.lead = cls._lead(cls.contact, stage_id=cls.open.id)

    def _assert_refused(self, function, *args, **kwargs):
        with self.assertRaises(UserError) as refused:
            function(*args, **kwargs)
            self.env.flush_all()
        self.env.invalidate_all()
        self.assertNotEqual(self.lead.won_status, "won")
        return str(refused.exception)

    def test_routes(self):
        lead = self.lead.with_user(self.user["sales"])
        self._assert_refused(lead.action_set_won)
        self._assert_refused(lead.action_set_won_rainbowman)
        self._assert_refused(lead.write, {"stage_id": self.won.id})
        self._assert_refused(lead.web_save, {"stage_id": self.won.id}, {})
        self._assert_refused(lead.write, {"probability": 100, "stage_id": self.won.id, "active": True})
        self._assert_refused(lead.create, {"name": "X", "partner_id": self.contact.id, "stage_id": self.won.id})
        self._assert_refused(self.lead.sudo().action_set_won)

    def test_branch(self):
        """What a company imposes holds in its branches, and is seen there; what a branch imposes only in itself."""
        branch, sibling = self.env["res.company"].create(
            [{"name": name, "parent_id": self.company.id} for name in ("Branch", "Sibling")]
        )
        people = self.user["sales"] | self.manager
        people.company_ids += branch | sibling
        self._restrict(self.free, reason_public="Held", company_id=branch.id)
        imposed = self._restrict(self._customer("Late"), company_id=self.company.id)
        customers = {self.free: (branch,), imposed.partner_id: (self.company, branch, sibling)}
        leads = {
            (customer, company): self._lead(customer, company_id=company.id, stage_id=self.open.id)
            for customer in customers
            for company in (self.company, branch, sibling)
        }
        self.env.flush_all()
        restricted = self.profiles.search([("restriction_level", "=", "block")])
        for (customer, company), lead in leads.items():
            held = company in customers[customer]
            with self.subTest(customer=customer.name, company=company.name):
                self.assertEqual(lead.compliance_restriction_level, "block" if held else False)
                self.assertEqual(
                    customer.with_company(company).compliance_restriction_level, "block" if held else False
                )
                self.assertEqual("Block" in (lead.compliance_banner or ""), held)
                self.assertEqual(self._dossier(customer, company) in restricted, held)
                if held:
                    with self.assertRaises(UserError):
                        lead.with_user(self.user["sales"]).action_set_won()
                else:
                    lead.with_user(self.user["sales"]).action_set_won()

    def test_context_changes_nothing(self):
        for key in ("tracking_disable", "import_file", "install_mode", "bypass_restriction", "default_compliance"):
            self._assert_refused(self.lead.with_context(**{key: True}).action_set_won)

    def test_import(self):
        result = (
            self.env["crm.lead"]
            .with_user(self.user["sales"])
            .load(
                ["name", "type", "partner_id/.id", "stage_id/.id"],
                [["Imported", "opportunity", str(self.blocked.id), str(self.won.id)]],
            )
        )
        self.assertFalse(result["ids"])
        self.assertIn("Block", str(result["messages"]))

    def test_stage_becomes_won(self):
        self.lead.stage_id = self.env["crm.stage"].create({"name": "Almost"})
        self._assert_refused(self.lead.stage_id.write, {"is_won": True})

    def test_merge_and_duplicates(self):
        other = self._lead(self.free, stage_id=self.open.id)
        other.action_set_won()
        # The won one takes over the blocked customer.
        self._assert_refused(other.write, {"partner_id": self.contact.id})
        other = self._lead(self.blocked, stage_id=self.open.id, probability=99)
        merged = (self.lead | other).merge_opportunity()
        with self.assertRaises(UserError):
            merged.action_set_won()

    def test_customer_given_later(self):
        lead = self._lead(self.free)
        lead.partner_id = False
        lead.action_set_won()
        with self.assertRaises(UserError):
            lead.partner_id = self.contact

    def test_message(self):
        message = self._assert_refused(self.lead.with_user(self.user["sales"]).action_set_won)
        self.assertIn(self.lead.name, message)
        self.assertIn(self.block.display_name, message)
        self.assertIn("Under review", message)
        self.assertNotIn("Secret findings", message)
        self.assertIn(self.officer.name, message)
        message = self._assert_refused(self.lead.with_user(self.manager).action_set_won)
        self.assertIn("Secret findings", message)

    def test_whom_to_ask(self):
        dossier = self._dossier(self.blocked)
        dossier.write({"officer_id": False, "user_id": self.user["sales"].id})
        self.assertIn(self.user["sales"].name, self._assert_refused(self.lead.action_set_won))
        message = self._assert_refused(self.lead.with_user(self.user["sales"]).action_set_won)
        self.assertIn(f"Please ask {self.manager.name}", message, "nobody is sent to themselves")
        dossier.user_id = False
        self.assertIn(self.manager.name, self._assert_refused(self.lead.action_set_won))

    def test_warning(self):
        lead = self._lead(self.warned)
        lead.with_user(self.user["sales"]).action_set_won()
        self.assertEqual(lead.won_status, "won")
        self.assertIn(self.warning.display_name, self._notes(lead))
        self.assertNotIn("Pays late", self._notes(lead))

    def test_other_scopes(self):
        self._restrict(self.free, scope_lead=False)
        lead = self._lead(self.free)
        lead.action_set_won()
        self.assertEqual(lead.won_status, "won")

    def test_losing_and_moving_stay_possible(self):
        self.lead.action_set_lost()
        self.lead.action_unarchive()
        other_stage = self.env["crm.stage"].create({"name": "Another"})
        self.lead.write({"stage_id": other_stage.id, "probability": 50})
        self.assertEqual(self.lead.stage_id, other_stage)

    def test_already_won_stays_editable(self):
        lead = self._lead(self.free)
        lead.action_set_won()
        self._restrict(self.free)
        lead.write({"stage_id": self.won.id, "expected_revenue": 5, "partner_id": self.free.id})
        self.assertEqual(lead.expected_revenue, 5)

    def test_already_won_moves_to_another_company(self):
        """A customer held there is new to the company, not to the lead."""
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.manager.company_ids += other
        lead = self._lead(self.free, company_id=self.company.id, user_id=False, team_id=False)
        lead.action_set_won()
        self._restrict(self.free, company_id=other.id)
        with self.assertRaises(UserError):
            lead.company_id = other
        self._restrict(self.free)
        lead.write({"company_id": self.company.id, "stage_id": self.won.id})


@tagged("post_install", "-at_install")
class TestEnforcementInvoice(RestrictionCommon):
    """Invoices of blocked customers are not posted, whatever is tried; those beside them are."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._draft(cls.contact)

    def _assert_refused(self, function, *args, **kwargs):
        with self.assertRaises(UserError) as refused:
            function(*args, **kwargs)
            self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self.invoice.state, "draft")
        return str(refused.exception)

    def test_routes(self):
        invoice = self.invoice.with_user(self.user["accountant"])
        self._assert_refused(invoice.action_post)
        self._assert_refused(invoice._post)
        self._assert_refused(invoice.write, {"state": "posted"})
        self._assert_refused(invoice.action_validate_moves_with_confirmation)
        self._assert_refused(self.invoice.sudo().action_post)
        for key in ("skip_readonly_check", "skip_account_move_synchronization", "tracking_disable", "bypass"):
            self._assert_refused(invoice.with_context(**{key: True}).action_post)
            self._assert_refused(invoice.with_context(**{key: True}).write, {"state": "posted"})
        wizard = self.env["validate.account.move"].create({"move_ids": self.invoice.ids, "force_post": True})
        self._assert_refused(wizard.validate_move)

    def test_receipt(self):
        self._assert_refused(self._draft(self.contact, move_type="out_receipt").action_post)

    def test_created_as_posted(self):
        self._assert_refused(
            self.env["account.move"].with_context(default_state="posted").create,
            {"move_type": "out_invoice", "partner_id": self.contact.id, "invoice_date": self.today},
        )

    def test_refunds_bills_and_entries_are_free(self):
        for move_type in ("out_refund", "in_invoice", "in_refund"):
            self.assertEqual(self._invoice(self.contact, 10, self.today, move_type=move_type).state, "posted")

    def test_customer_of_a_draft(self):
        invoice = self._draft(self.free)
        invoice.partner_id = self.contact
        with self.assertRaises(UserError):
            invoice.action_post()

    def test_message(self):
        message = self._assert_refused(self.invoice.with_user(self.user["accountant"]).action_post)
        # Accountants read dossiers.
        self.assertIn("Secret findings", message)
        self.assertIn(self.officer.name, message)

    def test_warning(self):
        invoice = self._invoice(self.warned, 10, self.today)
        self.assertEqual(invoice.state, "posted")
        self.assertIn(self.warning.display_name, self._notes(invoice))

    def _batch(self, count=100):
        free = self.env["account.move"].concat(*(self._draft(self.free, 10 + number) for number in range(count - 2)))
        return free, free | self.invoice | self._draft(self.blocked)

    def _assert_only_free_posted(self, free, action):
        self.env.invalidate_all()
        self.assertEqual(set(free.mapped("state")), {"posted"})
        self.assertEqual(self.invoice.state, "draft")
        self.assertEqual(action["tag"], "display_notification")
        self.assertEqual(action["params"]["message"].count(self.block.display_name), 2)
        self.assertIn(str(self.invoice.id), action["params"]["message"])
        self.assertIn(self.block.display_name, self._notes(self.invoice))

    def test_batch_of_100_by_button(self):
        free, moves = self._batch()
        self._assert_only_free_posted(free, moves.with_user(self.user["accountant"]).action_post())

    def test_batch_by_list_action(self):
        free, moves = self._batch(12)
        self._assert_only_free_posted(
            free, moves.with_user(self.user["accountant"]).action_validate_moves_with_confirmation()
        )

    def test_batch_by_wizard(self):
        free, moves = self._batch(12)
        wizard = self.env["validate.account.move"].create({"move_ids": moves.ids, "force_post": True})
        self._assert_only_free_posted(free, wizard.validate_move())

    def test_batch_of_blocked_only(self):
        message = self._assert_refused((self.invoice | self._draft(self.blocked)).action_post)
        self.assertEqual(message.count(self.block.display_name), 2)

    def test_scheduled_posting(self):
        """Blocked invoices do not stop the others, and say why they wait."""
        yesterday = self._days_ago(1)
        self.env["account.move"].search([("auto_post", "!=", "no"), ("state", "=", "draft")]).auto_post = "no"
        other = self._draft(self.free, auto_post="at_date", date=yesterday)
        (self.invoice | other).write({"auto_post": "monthly", "date": yesterday, "invoice_date": yesterday})
        # The job commits; what it rolls back is what it did since.
        savepoints = [self.env.cr.savepoint()]
        with (
            patch.object(self.env.cr, "rollback", lambda: savepoints[-1].rollback()),
            patch.object(
                self.env.registry["ir.cron"],
                "_commit_progress",
                lambda *args, **kwargs: savepoints.append(self.env.cr.savepoint()),
            ),
        ):
            self.env["account.move"]._autopost_draft_entries()
        self.env.invalidate_all()
        self.assertEqual((other.state, self.invoice.state), ("posted", "draft"))
        self.assertIn(self.block.display_name, self._notes(self.invoice))

    def test_future_invoices_wait_for_their_day(self):
        later = fields.Date.add(self.today, days=10)
        invoice = self._draft(self.free, date=later, auto_post="at_date")
        invoice._post(soft=True)
        self.assertEqual(invoice.state, "draft")
        self._restrict(self.free)
        invoice.write({"auto_post": "no"})
        with self.assertRaises(UserError):
            invoice._post(soft=False)

    # -------------------------------------------------------------------------
    # COST
    # -------------------------------------------------------------------------

    def _count_additional(self, count):
        """Statements of posting with checks, less those without."""
        customers = [self._customer(f"Customer {number}") for number in range(count)]
        counts = {}
        restricted = self.env.registry["compliance.restricted"]
        model = self.env.registry["account.move"]
        for checked in (True, False, True):  # the first one only warms up
            moves = self.env["account.move"].concat(*map(self._draft, customers))
            if checked:
                counts[True] = self._count(moves.action_post, warm=False)
            else:
                with (
                    patch.object(model, "_get_restrictions", lambda self: {}),
                    patch.object(restricted, "_get_restrictions", lambda self: {}),
                ):
                    counts[False] = self._count(moves.action_post, warm=False)
        return counts[True] - counts[False]

    def test_cost_of_checking(self):
        self.assertLessEqual(self._count_additional(2), 1)
        self.assertLessEqual(self._count_additional(22), 1)
