# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from unittest.mock import patch

from odoo import fields
from odoo.tests import freeze_time, tagged

from odoo.addons.crm_compliance.hooks import post_init_hook

from .common import ComplianceCommon


@tagged("post_install", "-at_install")
class TestRefresh(ComplianceCommon):
    """How dossiers come to be, and what a refresh writes."""

    def _stored(self, partners):
        """What stands in the dossiers of these customers, by customer."""
        self.env.invalidate_all()
        names = self.profiles._get_figure_names()
        return {dossier.partner_id: {name: dossier[name] for name in names} for dossier in map(self._dossier, partners)}

    def _versions(self, partners):
        """Where the rows of these customers stand in the table: an update moves them, even one that changes nothing."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT partner_id, ctid::text FROM compliance_profile WHERE partner_id = ANY(%s)", [partners.ids]
        )
        return dict(self.env.cr.fetchall())

    def _ledger(self, number=4):
        """Some customers with a bit of everything; nothing is refreshed yet."""
        customers = self.env["res.partner"]
        for index in range(number):
            customer = self._customer(f"Customer {index}")
            self._paid_invoice(
                customer, 100 + index, self._days_ago(90), self._days_ago(60), self._days_ago(70 - 10 * index)
            )
            self._invoice(customer, 10 * (index + 1), self._days_ago(20), due=self._days_ago(5))
            customers |= customer
        return customers

    # -------------------------------------------------------------------------
    # DAYS
    # -------------------------------------------------------------------------

    @freeze_time("2026-11-29 20:06:00")
    def test_the_day_is_the_companys_whoever_refreshes(self):
        """It is the 30th already where one company is, and still the 29th where the other is."""
        other = self.setup_other_company(name="Second Company")["company"]
        self.company.resource_calendar_id.tz = "Asia/Shanghai"
        other.resource_calendar_id.tz = "America/Los_Angeles"
        customer = self._customer()
        self._open_dossier(customer, other)
        for company in (self.company, other):
            for day in ("2025-11-30", "2026-11-29", "2026-11-30"):
                self._invoice(customer, 100, day, due="2026-11-29", company=company)
        for zone in (None, "Asia/Shanghai", "America/Los_Angeles"):
            self.profiles.with_context(tz=zone)._refresh(customer)
            self.env.invalidate_all()
            self.assertRecordValues(
                self._dossier(customer) | self._dossier(customer, other),
                [
                    {"invoice_count": 3, "revenue_12m": 200, "open_amount": 300, "max_days_overdue": 1},
                    {"invoice_count": 2, "revenue_12m": 200, "open_amount": 200, "max_days_overdue": 0},
                ],
            )

    @freeze_time("2026-11-29 20:06:00")
    def test_answers_expire_by_the_companys_day(self):
        self.env["compliance.criterion"].search([]).active = False
        self.env["compliance.criterion"].create({"code": "day", "name": "Day", "kind": "manual"})
        customer = self._customer()
        self.profiles._refresh(customer)
        check = self._dossier(customer).check_ids
        check.write({"result": "met", "valid_until": "2026-11-29"})
        for zone, expired in (("UTC", False), ("Asia/Shanghai", True)):
            self.company.resource_calendar_id.tz = zone
            self.env.flush_all()
            for seen_from in ("UTC", "Asia/Shanghai"):
                found = check.with_context(tz=seen_from)
                self.env.invalidate_all()
                self.assertEqual(found.is_expired, expired)
                self.assertEqual(bool(found.search([("id", "=", check.id), ("is_expired", "=", True)])), expired)
                self.profiles.with_context(tz=seen_from)._refresh(customer)
                self.env.invalidate_all()
                self.assertEqual(self._dossier(customer).zone, "unknown" if expired else "standard")

    # -------------------------------------------------------------------------
    # OPENING
    # -------------------------------------------------------------------------

    def test_invoice_opens_dossier_of_the_commercial_entity(self):
        company = self.env["res.partner"].create({"name": "Company", "is_company": True, "user_id": self.env.uid})
        contact = self.env["res.partner"].create({"name": "Contact", "parent_id": company.id})
        self._invoice(contact, 100, self._days_ago(3), due=self._days_ago(1))
        self.assertFalse(self._dossier(company))
        self._work_off_queue()
        self.assertRecordValues(
            self._dossier(company),
            [{"invoice_count": 1, "overdue_amount": 100, "user_id": self.env.uid, "admission_state": "draft"}],
        )
        self.assertFalse(self._dossier(contact))
        self.assertEqual((company | contact).compliance_profile_id, self._dossier(company))

    def test_lead_opens_dossier(self):
        partner = self.env["res.partner"].create({"name": "Prospect"})
        self.env["crm.lead"].create({"name": "Lead", "partner_id": partner.id, "company_id": self.company.id})
        self._work_off_queue()
        self.assertRecordValues(self._dossier(partner), [{"lifecycle": "prospect", "invoice_count": 0}])

    def test_lead_that_gets_a_customer_opens_dossier(self):
        partner = self.env["res.partner"].create({"name": "Prospect"})
        lead = self.env["crm.lead"].create({"name": "Lead", "company_id": self.company.id})
        self._work_off_queue()
        lead.partner_id = partner
        self._work_off_queue()
        self.assertTrue(self._dossier(partner))

    def test_customer_rank_opens_dossier(self):
        created = self.env["res.partner"].create({"name": "Created", "customer_rank": 1})
        ranked, plain = self.env["res.partner"].create([{"name": "Ranked"}, {"name": "Plain"}])
        self._work_off_queue()
        self.assertTrue(self._dossier(created))
        self.assertFalse(self._dossier(ranked) + self._dossier(plain))
        ranked.customer_rank = 1
        self._work_off_queue()
        self.assertTrue(self._dossier(ranked))
        self.assertFalse(self._dossier(plain))

    def test_vendor_gets_no_dossier(self):
        vendor = self.env["res.partner"].create({"name": "Vendor"})
        self._invoice(vendor, 100, self._days_ago(3), move_type="in_invoice")
        self._work_off_queue()
        self.profiles._cron_refresh_all()
        self._work_off_queue()
        self.assertFalse(self._dossier(vendor))

    def _book_unnoticed(self):
        """A customer, a prospect and a ranked customer that came about while the add-on was not looking."""
        partners = self.env["res.partner"].create([{"name": name} for name in ("Invoiced", "Lead", "Ranked")])
        self._invoice(partners[0], 100, self._days_ago(3))
        self.env["crm.lead"].create({"name": "Lead", "partner_id": partners[1].id, "company_id": self.company.id})
        partners[2].with_company(self.company).write({"customer_rank": 1, "company_id": self.company.id})
        self._clear_queue()
        return partners

    def test_nightly_job_opens_missing_dossiers(self):
        partners = self._book_unnoticed()
        self.profiles._cron_refresh_all()
        self._work_off_queue()
        self.assertEqual([len(self._dossier(partner)) for partner in partners], [1, 1, 1])
        self.assertRecordValues(self._dossier(partners[0]), [{"invoice_count": 1, "open_amount": 100}])

    def test_post_init_hook_opens_missing_dossiers(self):
        partners = self._book_unnoticed()
        post_init_hook(self.env)
        self.assertEqual([len(self._dossier(partner)) for partner in partners], [1, 1, 1])
        self.assertRecordValues(self._dossier(partners[0]), [{"invoice_count": 1, "open_amount": 100}])
        self.assertEqual(partners[0].compliance_profile_id, self._dossier(partners[0]))

    def test_opening_twice_opens_once(self):
        partner = self._book_unnoticed()[0]
        self.profiles._open_missing()
        dossier = self._dossier(partner)
        self.assertEqual(self.profiles._open_missing(), 0)
        self.assertEqual(self._dossier(partner), dossier)

    # -------------------------------------------------------------------------
    # WRITING
    # -------------------------------------------------------------------------

    def test_only_changed_dossiers_are_rewritten(self):
        customers = self._ledger()
        self.profiles._refresh()
        before = self._versions(customers)
        self.profiles._refresh()
        self.assertEqual(self._versions(customers), before)
        self.profiles._refresh(customers)
        self.assertEqual(self._versions(customers), before)
        # A purchase of the best customer changes its own figures and nobody's class.
        self._invoice(customers[3], 1, self.today)
        self.profiles._refresh(customers)
        after = self._versions(customers)
        self.assertEqual([before[key] != after[key] for key in customers.ids], [False, False, False, True])

    def test_refreshed_at(self):
        customer = self._ledger(1)
        self.profiles._refresh()
        dossier = self._dossier(customer)
        long_ago = fields.Datetime.to_datetime("2024-01-01 00:00:00")
        self.env.cr.execute("UPDATE compliance_profile SET figures_changed_at = %s", [long_ago])
        self.env.cr.execute("UPDATE res_company SET compliance_refreshed_at = NULL")
        self.env.invalidate_all()
        self.assertEqual(dossier.refreshed_at, long_ago)
        self.profiles._refresh()
        self.assertEqual(dossier.figures_changed_at, long_ago)
        self.assertGreater(dossier.refreshed_at, long_ago)

    def test_stored_figures_are_those_of_the_query(self):
        customers = self._ledger()
        self.profiles._refresh()
        for customer in customers:
            row = self._figures(customer, self.today)
            dossier = self._dossier(customer)
            for name in set(self.profiles._get_figure_names()) - {"zone", "completeness"}:
                expected = row[name] or False
                if not isinstance(expected, str | bool) and not hasattr(expected, "year"):
                    self.assertAlmostEqual(dossier[name], float(expected), 4, name)
                else:
                    self.assertEqual(dossier[name] or False, expected, name)

    def test_refresh_of_some_equals_refresh_of_all(self):
        customers = self._ledger()
        self.profiles._refresh()
        # The worst customer becomes the best, and a bad payer.
        self._invoice(customers[0], 10000, self.today)
        self._paid_invoice(customers[0], 50, self._days_ago(80), self._days_ago(70), self._days_ago(1))
        self.profiles._refresh(customers[0])
        some = self._stored(customers)
        self.profiles._refresh()
        full = self._stored(customers)
        self.assertEqual(some[customers[0]], full[customers[0]])
        for customer in customers[1:]:
            # The portfolio's share of late payers reaches the other customers at night.
            del some[customer]["late_probability"], full[customer]["late_probability"]
            self.assertEqual(some[customer], full[customer])

    def test_refresh_of_a_contact_is_that_of_its_company(self):
        company = self._customer()
        contact = self.env["res.partner"].create({"name": "Contact", "parent_id": company.id})
        self._invoice(contact, 100, self.today)
        self.profiles._refresh(contact)
        self.assertEqual(self._dossier(company).open_amount, 100)

    def test_refresh_of_nobody(self):
        with patch.object(type(self.profiles), "_update_from") as update:
            self.assertTrue(self.profiles._refresh(self.env["res.partner"]))
        update.assert_not_called()

    def test_refresh_writes_no_messages(self):
        customer = self._customer()
        dossier = self._dossier(customer)
        before = dossier.message_ids
        self._invoice(customer, 100, self._days_ago(30))
        self.profiles._refresh(customer)
        self.assertEqual(dossier.open_amount, 100)
        self.assertEqual(dossier.message_ids, before)

    def test_archived_customers_are_refreshed(self):
        customer = self._customer()
        self._invoice(customer, 100, self._days_ago(30))
        customer.action_archive()
        self._work_off_queue()
        self.assertRecordValues(self._dossier(customer), [{"open_amount": 100, "active": False}])
