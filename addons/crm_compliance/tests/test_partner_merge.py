# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from .common import CriteriaCommon


@tagged("post_install", "-at_install")
class TestPartnerMerge(CriteriaCommon):
    """Odoo's wizard merges partners; their dossiers are merged with all that belongs to them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls.setup_other_company(name="Second Company")["company"]
        cls.user["officer"].company_ids |= cls.second  # nobody follows what he may not read
        cls.duplicate = cls._customer("Duplicate")
        cls.source = cls._dossier(cls.duplicate)
        cls.elsewhere = cls._open_dossier(cls.duplicate, cls.second)
        cls.contact = cls.env["res.partner"].create({"name": "Contact", "parent_id": cls.duplicate.id})

    def _merge(self, *partners, into=None):
        into = into or self.customer
        ids = [partner.id for partner in (*partners, into)]
        self.env["base.partner.merge.automatic.wizard"]._merge(ids, into)
        self.env.flush_all()
        self.env.invalidate_all()

    def _link(self, partner, company=None):
        return partner.with_company(company or self.company).compliance_profile_id

    def _fill(self, dossier):
        """Gives a dossier one of everything; returns what must survive."""
        user = self.user["officer"]
        dossier.message_subscribe(user.partner_id.ids)
        attachment = self.env["ir.attachment"].create(
            {"name": "contract.pdf", "raw": b"%PDF", "res_model": dossier._name, "res_id": dossier.id}
        )
        dossier.note = "<p>Background</p>"
        done = dossier.activity_schedule("mail.mail_activity_data_todo", summary="Done", user_id=user.id)
        done.action_done()
        return {
            "message": dossier.message_post(body="Said before"),
            "activity": dossier.activity_schedule("mail.mail_activity_data_todo", summary="Call", user_id=user.id),
            "attachment": attachment,
        }

    def _assert_kept(self, dossier, kept):
        self.assertIn(kept["message"], dossier.message_ids)
        self.assertIn(kept["activity"], dossier.activity_ids)
        self.assertEqual((kept["attachment"].res_model, kept["attachment"].res_id), (dossier._name, dossier.id))
        self.assertIn(self.user["officer"].partner_id, dossier.message_partner_ids)
        self.assertIn("Background", dossier.note)
        done = (
            self.env["mail.activity"]
            .with_context(active_test=False)
            .search([("res_model", "=", dossier._name), ("res_id", "=", dossier.id)])
        )
        self.assertEqual(sorted(done.mapped("summary")), ["Call", "Done"])

    def test_nothing_is_lost(self):
        kept, kept_elsewhere = self._fill(self.source), self._fill(self.elsewhere)
        self.dossier.note = "<p>Own</p>"
        self._merge(self.duplicate)
        self.assertFalse(self.source.exists())
        self._assert_kept(self.dossier, kept)
        self.assertIn("Own", self.dossier.note)
        # In the other company the duplicate's dossier is the only one and goes on under the remaining customer.
        self.assertEqual(self.elsewhere.partner_id, self.customer)
        self._assert_kept(self.elsewhere, kept_elsewhere)

    def test_nothing_is_lost_where_both_companies_have_both(self):
        target = self._open_dossier(self.customer, self.second)
        kept, kept_elsewhere = self._fill(self.source), self._fill(self.elsewhere)
        self._merge(self.duplicate)
        self.assertFalse((self.source | self.elsewhere).exists())
        self._assert_kept(self.dossier, kept)
        self._assert_kept(target, kept_elsewhere)
        self.assertEqual((self.dossier | target).mapped("partner_id"), self.customer)

    def test_links(self):
        self._merge(self.duplicate)
        for partner in (self.customer, self.contact):
            self.assertEqual(self._link(partner), self.dossier)
            self.assertEqual(self._link(partner, self.second), self.elsewhere)
        self.assertEqual(self.contact.parent_id, self.customer)

    def test_three_at_once(self):
        third = self._customer("Third")
        kept = self._fill(self._dossier(third))
        elsewhere = self._open_dossier(third, self.second)
        elsewhere.message_post(body="Also said")
        self._merge(self.duplicate, third)
        self._assert_kept(self.dossier, kept)
        (remaining,) = self.profiles.search(
            [("partner_id", "=", self.customer.id), ("company_id", "=", self.second.id)]
        )
        self.assertIn("Also said", "".join(remaining.message_ids.mapped("body")))

    def test_by_an_officer(self):
        """Odoo's wizard writes every field of the remaining partner, our link included, as the user."""
        officer = self.user["officer"]
        officer.group_ids = [Command.link(self.env.ref("base.group_partner_manager").id)]
        self.env["base.partner.merge.automatic.wizard"].with_user(officer)._merge(
            (self.duplicate | self.customer).ids, self.customer.with_user(officer)
        )
        self.env.invalidate_all()
        self.assertFalse(self.duplicate.exists() or self.source.exists())
        self.assertEqual(self._link(self.customer), self.dossier)

    def test_figures_follow(self):
        self._invoice(self.customer, 100, self.today)
        self._invoice(self.contact, 30, self.today)
        self._invoice(self.duplicate, 7, self.today, company=self.second)
        self._work_off_queue()
        self._merge(self.duplicate)
        self._work_off_queue()
        self.env.invalidate_all()
        self.assertEqual((self.dossier.open_amount, self.dossier.invoice_count), (130, 2))
        self.assertEqual((self.elsewhere.open_amount, self.elsewhere.invoice_count), (7, 1))

    def test_stricter_decision_stays(self):
        self.dossier._write_admission({"admission_state": "approved"})
        self.source._write_admission({"admission_state": "rejected"})
        self._merge(self.duplicate)
        self.assertEqual(self.dossier.admission_state, "rejected")
        self.assertIn("Duplicate", "".join(self.dossier.message_ids.mapped("body")))

    def test_milder_decision_does_not(self):
        self.dossier._write_admission({"admission_state": "exited"})
        self.source._write_admission({"admission_state": "approved", "officer_id": self.user["officer"].id})
        self._merge(self.duplicate)
        self.assertEqual(self.dossier.admission_state, "exited")
        self.assertEqual(self.dossier.officer_id, self.user["officer"])

    def test_checks(self):
        both, here, there = (self._criterion(code) for code in ("BOTH", "HERE", "THERE"))
        self._refresh()
        own, other = self._check(both), self._check(both, self.source)
        own.write({"result": "met", "checked_on": "2024-01-01", "evidence": "Old"})
        other.write({"result": "unmet", "checked_on": "2024-02-01", "evidence": "New"})
        self._check(here).write({"result": "met", "checked_on": "2024-01-01"})
        self._check(there, self.source).write({"result": "met", "checked_on": "2024-01-01"})
        self._merge(self.duplicate)
        checks = self.dossier.with_context(active_test=False).check_ids
        self.assertLessEqual(own | other, checks)
        # The later answer counts, the other is kept as superseded.
        self.assertEqual((own.active, other.active), (False, True))
        self.assertEqual(other.checked_on, fields.Date.to_date("2024-02-01"))
        self.env.invalidate_all()
        self.assertEqual(
            {check.criterion_id: check.result for check in self.dossier.check_ids if check.active},
            {both: "unmet", here: "met", there: "met"},
        )
        self.assertEqual(self._refresh(), "grey")

    def test_checks_of_repeated_merges(self):
        criterion, third = self._criterion("BOTH"), self._customer("Third")
        self._refresh()
        dossiers = (self.dossier, self.source, self._dossier(third))
        checks = [self._check(criterion, dossier) for dossier in dossiers]
        for check, month, result in zip(checks, (1, 3, 2), ("met", "unmet", "waived"), strict=True):
            check.write({"result": result, "checked_on": f"2024-0{month}-01", "evidence": "X"})
        self._merge(self.duplicate)
        self._merge(third)
        self.assertEqual([check.profile_id for check in checks], [self.dossier] * 3)
        self.assertEqual([check.active for check in checks], [False, True, False])

    def test_superseded_checks_survive_the_next_merge(self):
        criterion, third = self._criterion("BOTH"), self._customer("Third")
        self._refresh()
        check = self._check(criterion)
        check.write({"result": "met", "checked_on": "2024-01-01"})
        self._check(criterion, self.source).write({"result": "met", "checked_on": "2024-02-01"})
        self._merge(self.duplicate)
        self._merge(self.customer, into=third)
        self.assertTrue(check.exists())
        self.assertEqual(check.profile_id, self._dossier(third))

    def test_checks_of_the_other_company(self):
        criterion = self._criterion("SECOND", company_id=self.second.id)
        self._refresh()
        check = self._check(criterion, self.elsewhere)
        check.write({"result": "met", "checked_on": "2024-01-01"})
        self._merge(self.duplicate)
        self.assertEqual(check.profile_id, self.elsewhere)
        self.assertEqual(check.result, "met")

    def test_into_a_customer_without_dossier(self):
        partner = self.env["res.partner"].create({"name": "Plain", "is_company": True})
        self._merge(self.duplicate, into=partner)
        self.assertEqual((self.source | self.elsewhere).partner_id, partner)
        self.assertEqual(self._link(partner), self.source)

    def test_into_a_contact(self):
        contact = self.env["res.partner"].create({"name": "Contact", "parent_id": self.customer.id})
        person = self._customer("Person", is_company=False)
        kept = self._fill(self._dossier(person))
        self._merge(person, into=contact)
        self._assert_kept(self.dossier, kept)
        self.assertEqual(self._link(contact), self.dossier)
        self.assertFalse(self._dossier(contact))

    def test_contacts_without_dossiers(self):
        other = self.env["res.partner"].create({"name": "Other", "parent_id": self.duplicate.id})
        self._merge(other, into=self.contact)
        self.assertFalse(other.exists())
        self.assertEqual(self._link(self.contact), self.source)
