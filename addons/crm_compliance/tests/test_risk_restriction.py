# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import datetime

from psycopg2.errors import CheckViolation

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import RestrictionCommon


@tagged("post_install", "-at_install")
class TestRestriction(RestrictionCommon):
    """Who imposes, proposes and lifts, and what holds when."""

    def _effective(self, partner):
        self.env.invalidate_all()
        return self._dossier(partner).restriction_level

    def test_manager_imposes(self):
        self.assertRecordValues(
            self.block,
            [
                {
                    "state": "active",
                    "requested_by": self.manager.id,
                    "approved_by": self.manager.id,
                    "profile_id": self._dossier(self.blocked).id,
                    "is_effective": True,
                }
            ],
        )
        self.assertIn("Secret findings", self._notes(self._dossier(self.blocked)))

    def test_officer_proposes_and_another_manager_imposes(self):
        proposal = self._restrict(self.free, user=self.officer)
        self.assertEqual((proposal.state, self._effective(self.free)), ("proposed", False))
        with self.assertRaises(AccessError):
            proposal.with_user(self.officer).action_impose()
        proposal.with_user(self.manager).action_impose()
        self.assertEqual((proposal.state, proposal.approved_by), ("active", self.manager))
        self.assertEqual(self._effective(self.free), "block")

    def test_proposer_who_became_manager_does_not_impose(self):
        proposal = self._restrict(self.free, user=self.officer)
        self.officer.group_ids = [Command.link(self.env.ref("crm_compliance.group_compliance_manager").id)]
        with self.assertRaises(AccessError):
            proposal.with_user(self.officer).action_impose()
        with self.assertRaises(AccessError):
            proposal.with_user(self.officer).action_refuse()

    def test_whoever_edits_a_proposal_is_who_proposes(self):
        proposal = self._restrict(self.free, user=self.officer)
        proposal.with_user(self.manager).reason = "Worse"
        self.assertEqual(proposal.requested_by, self.manager)
        with self.assertRaises(AccessError):
            proposal.with_user(self.manager).action_impose()
        proposal.with_user(self.second_manager).action_impose()

    def test_refusal(self):
        proposal = self._restrict(self.free, user=self.officer)
        proposal.with_user(self.manager).action_refuse()
        self.assertEqual((proposal.state, self._effective(self.free)), ("refused", False))
        with self.assertRaises(UserError):
            proposal.with_user(self.manager).action_impose()

    def test_decisions_cannot_be_given(self):
        restrictions = self.env["compliance.restriction"]
        vals = {"partner_id": self.free.id, "reason": "X", "date_from": self.today}
        for user in (self.officer, self.manager, self.env.user):
            for given in ({"state": "active"}, {"approved_by": self.manager.id}, {"requested_by": self.manager.id}):
                with self.assertRaises(AccessError):
                    restrictions.with_user(user).create({**vals, **given})
                with self.assertRaises(AccessError):
                    restrictions.with_user(user).with_context(
                        **{f"default_{name}": value for name, value in given.items()}
                    ).create(vals)
                with self.assertRaises(AccessError):
                    self.block.with_user(user).write(given)

    def test_decided_is_immutable(self):
        for vals in (
            {"reason": "Nicer"},
            {"date_to": self.today},
            {"level": "warn"},
            {"scope_invoice": False},
            {"partner_id": self.free.id},
        ):
            for user in (self.manager, self.env.user):
                with self.assertRaises(UserError):
                    self.block.with_user(user).write(vals)
        with self.assertRaises(UserError):
            self.block.with_user(self.manager).unlink()
        self.assertEqual(self._effective(self.blocked), "block")

    def test_lifting(self):
        for user in (self.officer, self.user["sales"], self.user["auditor"]):
            with self.assertRaises(AccessError):
                self.block.with_user(user)._lift("Fine")
        with self.assertRaises(ValidationError):
            self.block.with_user(self.manager)._lift(" ")
        action = self.block.with_user(self.manager).action_lift()
        wizard = self.env["compliance.reason"].with_user(self.manager).browse(action["res_id"])
        wizard.reason = "Paid everything"
        wizard.action_confirm()
        self.assertRecordValues(
            self.block, [{"state": "lifted", "lifted_by": self.manager.id, "lift_reason": "Paid everything"}]
        )
        self.assertTrue(self.block.lifted_at)
        self.assertFalse(self._effective(self.blocked))
        with self.assertRaises(UserError):
            self.block.with_user(self.manager)._lift("Again")

    def test_days(self):
        tomorrow = fields.Date.add(self.today, days=1)
        for date_from, date_to, expected in (
            (self.today, False, "block"),
            (self._days_ago(5), self.today, "block"),
            (self._days_ago(5), self._days_ago(1), False),
            (tomorrow, False, False),
        ):
            customer = self._customer()
            restriction = self._restrict(customer, date_from=date_from, date_to=date_to)
            self.assertEqual(self._effective(customer), expected, (date_from, date_to))
            found = self.env["compliance.restriction"].search([("is_effective", "=", True)])
            self.assertEqual(restriction in found, bool(expected))
            lead = self._lead(customer)
            self.assertEqual(bool(lead._filter_blocked()), bool(expected))

    def test_the_day_is_that_of_the_company(self):
        """A user's or a context's time zone moves nothing."""
        self.company.resource_calendar_id.tz = "Pacific/Kiritimati"  # UTC+14
        restriction = self._restrict(self.free, date_from="2031-05-02", date_to="2031-05-02")
        lead = self._lead(self.free).with_context(tz="Pacific/Niue")
        for moment, expected in (
            (datetime(2031, 5, 1, 9, 59), False),
            (datetime(2031, 5, 1, 10, 0), True),
            (datetime(2031, 5, 2, 9, 59), True),
            (datetime(2031, 5, 2, 10, 0), False),
        ):
            with freeze_time(moment):
                self.env.cr.precommit.data.clear()
                self.env.invalidate_all()
                self.assertEqual(restriction.is_effective, expected, moment)
                self.assertEqual(bool(lead._filter_blocked()), expected, moment)

    @mute_logger("odoo.sql_db")
    def test_bad_input(self):
        with self.assertRaises(CheckViolation):
            self._restrict(self.free, date_to=self._days_ago(1))
        with self.assertRaises(CheckViolation):
            self._restrict(self.free, scope_lead=False, scope_quotation=False, scope_invoice=False)

    def test_contacts_lead_to_the_customer(self):
        other = self._customer("Other")
        contact = self.env["res.partner"].create({"name": "Employee", "parent_id": other.id})
        self.assertEqual(self._restrict(contact).partner_id, other)

    def test_opens_the_dossier(self):
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        restriction = self._restrict(stranger)
        self.assertEqual(restriction.profile_id, self._dossier(stranger))
        self.assertTrue(restriction.profile_id)

    def test_reading(self):
        self._dossier(self.warned).user_id = self.user["sales"]
        for role, expected in (
            ("sales", self.warning),
            ("officer", self.block | self.warning),
            ("auditor", self.block | self.warning),
            ("accountant", self.block | self.warning),
        ):
            found = self.env["compliance.restriction"].with_user(self.user[role]).search([])
            self.assertEqual(found.sudo() & (self.block | self.warning), expected, role)
        for role in ("employee", "portal"):
            with self.assertRaises(AccessError):
                self.env["compliance.restriction"].with_user(self.user[role]).search([])
        for role in ("sales", "auditor", "accountant"):
            with self.assertRaises(AccessError):
                self._restrict(self.free, user=self.user[role])

    def test_banner(self):
        dossier = self._dossier(self.blocked)

        def banner(role):
            self.env.invalidate_all()
            return str(dossier.with_user(self.user[role]).sudo()._get_banner_messages())

        self.assertIn("Secret findings", banner("officer"))
        self.assertIn("danger", banner("officer"))
        self.assertNotIn("Secret findings", banner("sales"))
        self.assertIn("Under review", banner("sales"))
        lead = self._lead(self.contact)
        self.assertIn("Under review", lead.with_user(self.user["sales"]).compliance_banner)
        self.assertEqual(lead.with_user(self.user["sales"]).compliance_restriction_level, "block")

    def test_search_of_levels(self):
        customers = self.blocked | self.warned | self.free
        for value, expected in (("block", self.blocked), ("warn", self.warned), (False, self.free)):
            domain = [("partner_id", "in", customers.ids), ("restriction_level", "=", value)]
            self.assertEqual(self.profiles.search(domain).partner_id, expected, value)
        partners = self.env["res.partner"].with_user(self.officer)
        domain = [("id", "in", customers.ids), ("compliance_restriction_level", "!=", False)]
        self.assertEqual(partners.search(domain).sudo(), self.blocked | self.warned)

    # -------------------------------------------------------------------------
    # FROM REVIEWS
    # -------------------------------------------------------------------------

    def test_impose_for_an_origin(self):
        vals = {
            "partner_id": self.free.id,
            "company_id": self.company.id,
            "reason": "Review",
            "date_from": self.today,
            "origin_ref": f"compliance.profile,{self._dossier(self.free).id}",
        }
        restrictions = self.env["compliance.restriction"].with_user(self.manager)
        for wrong in (
            {},
            {"approved_by": self.officer.id},
            {"approved_by": self.manager.id, "requested_by": self.manager.id},
            {"approved_by": self.manager.id, "origin_ref": False},
        ):
            with self.assertRaises(AccessError):
                restrictions._impose([{**vals, **wrong}])
        imposed = restrictions._impose([{**vals, "approved_by": self.manager.id, "requested_by": self.officer.id}])
        self.assertEqual((imposed.state, imposed.approved_by), ("active", self.manager))
        self.assertEqual(imposed.requested_by, self.officer)
        self.assertEqual(imposed.origin_ref, self._dossier(self.free))

    # -------------------------------------------------------------------------
    # MERGES AND MOVES
    # -------------------------------------------------------------------------

    def _merge(self, source, target):
        self.env["base.partner.merge.automatic.wizard"]._merge((source | target).ids, target)
        self.env.invalidate_all()

    def test_merged_into_a_free_customer(self):
        message = self.block.message_post(body="Said before")
        self._merge(self.blocked, self.free)
        self.assertTrue(self.block.exists())
        self.assertEqual(self.block.partner_id, self.free)
        self.assertEqual(self.block.profile_id, self._dossier(self.free))
        self.assertIn(message, self.block.message_ids)
        self.assertEqual(self._effective(self.free), "block")

    def test_merged_into_a_customer_without_dossier(self):
        partner = self.env["res.partner"].create({"name": "Plain", "is_company": True})
        self._merge(self.blocked, partner)
        self.assertEqual((self.block.partner_id, self._effective(partner)), (partner, "block"))

    def test_free_customer_merged_into_a_blocked_one(self):
        self._merge(self.free, self.blocked)
        self.assertEqual(self._effective(self.blocked), "block")

    def test_attached_to_a_company(self):
        self.blocked.write({"parent_id": self.free.id, "is_company": False})
        self.assertEqual(self.block.partner_id, self.free)
        self.assertEqual(self._effective(self.free), "block")

    def test_leaving_a_blocked_customer(self):
        for vals in ({"parent_id": False}, {"is_company": True}):
            contact = self.env["res.partner"].create({"name": "Leaver", "parent_id": self.blocked.id})
            contact.write(vals)
            self.assertEqual(contact.commercial_partner_id, contact)
            self.assertEqual(self._effective(contact), "block", vals)
            carried = self._dossier(contact).restriction_ids
            self.assertEqual((carried.origin_ref, carried.approved_by), (self.block, self.manager))

    def test_dossier_with_restrictions_stays(self):
        with self.assertRaises(UserError):
            self._dossier(self.blocked).with_user(self.manager).unlink()

    def test_companies(self):
        second = self._create_company(name="Second")
        self.assertEqual(self._effective(self.blocked), "block")
        invoice = self._invoice(self.blocked, 10, self.today, post=False, company=second)
        self.assertFalse(invoice._filter_blocked())
        lead = self._lead(self.blocked, company_id=second.id, user_id=False)
        self.assertFalse(lead._filter_blocked())
        # A lead of no company might become any company's, whichever company the user works in.
        lead.company_id = False
        self.assertTrue(lead.with_company(second)._filter_blocked())

    def test_history_is_recorded(self):
        self.env.flush_all()
        log = self.env["compliance.audit.log"]
        self.assertTrue(log.search([("model", "=", "compliance.restriction"), ("res_id", "=", self.block.id)]))
