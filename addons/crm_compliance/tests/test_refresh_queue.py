# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from contextlib import closing, contextmanager
from unittest.mock import patch

import psycopg2

from odoo.sql_db import connection_info_for
from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.crm_compliance.models.dossier.compliance_profile_refresh import REFRESH_LOCK

from .common import ComplianceCommon


@tagged("post_install", "-at_install")
class TestRefreshQueue(ComplianceCommon):
    """Whatever changes a figure queues its customer, and nothing queued is lost."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Opened without a refresh, which would hold the lock until the end of the tests' transaction.
        cls.customer, cls.other = cls.env["res.partner"].create([{"name": "Customer"}, {"name": "Other"}])
        cls._open(cls.customer | cls.other)
        cls._clear_queue()
        cls.queue = cls.env["compliance.refresh.queue"]
        cls.entry = (cls.customer.id, cls.company.id)

    @classmethod
    def _open(cls, partners):
        cls.env.flush_all()
        cls.profiles._open(
            SQL("SELECT UNNEST(%s::int4[]) AS partner_id, %s AS company_id", partners.ids, cls.company.id)
        )

    def _posted(self, **vals):
        invoice = self._invoice(self.customer, 100, self._days_ago(30), due=self._days_ago(10), **vals)
        self._clear_queue()
        return invoice

    # -------------------------------------------------------------------------
    # FILLING
    # -------------------------------------------------------------------------

    def test_drafts_do_not_matter(self):
        invoice = self._invoice(self.customer, 100, self._days_ago(30), post=False)
        invoice.invoice_date = self._days_ago(20)
        self.assertEqual(self._queued(), set())
        invoice.action_post()
        self.assertEqual(self._queued(), {self.entry})

    def test_credit_notes_and_receipts(self):
        for move_type in ("out_refund", "out_receipt"):
            self._invoice(self.customer, 10, self.today, move_type=move_type)
            self.assertEqual(self._queued(), {self.entry}, move_type)
            self._clear_queue()

    def test_vendor_bills_do_not_matter(self):
        bill = self._invoice(self.customer, 10, self.today, move_type="in_invoice")
        self._pay(bill, self.today)
        self.assertEqual(self._queued(), set())

    def test_paying_and_undoing(self):
        invoice = self._posted()
        self._pay(invoice, self.today, amount=30)
        self.assertEqual(self._queued(), {self.entry})
        self._clear_queue()
        invoice.line_ids.remove_move_reconcile()
        self.assertEqual(self._queued(), {self.entry})

    def test_resetting_and_cancelling(self):
        invoice = self._posted()
        invoice.button_draft()
        self.assertEqual(self._queued(), {self.entry})
        self._clear_queue()
        invoice.button_cancel()
        self.assertEqual(self._queued(), {self.entry})

    def test_reversing(self):
        invoice = self._posted()
        invoice._reverse_moves([{"invoice_date": self.today}], cancel=True)
        self.assertEqual(self._queued(), {self.entry})

    def test_moving_to_another_customer_concerns_both(self):
        invoice = self._posted()
        invoice.button_draft()
        self._clear_queue()
        invoice.partner_id = self.other
        self.assertEqual(self._queued(), {self.entry, (self.other.id, self.company.id)})

    def test_changing_the_due_date(self):
        invoice = self._posted()
        self._receivable_lines(invoice).date_maturity = self._days_ago(-5)
        self.assertEqual(self._queued(), {self.entry})

    def test_changing_the_credit_limit(self):
        self._posted()
        self.customer.credit_limit = 500
        self.assertIn(self.customer.id, {partner_id for partner_id, _company_id in self._queued()})

    def test_changing_the_thresholds(self):
        self.company.compliance_tier_high = 70
        self.assertLessEqual({self.customer.id, self.other.id}, {partner_id for partner_id, _ in self._queued()})

    def test_a_contact_queues_its_company(self):
        contact = self.env["res.partner"].create({"name": "Contact", "parent_id": self.customer.id})
        self._clear_queue()
        self._invoice(contact, 10, self.today)
        self.assertEqual(self._queued(), {self.entry})

    def test_rolled_back_postings_queue_nothing(self):
        invoice = self._invoice(self.customer, 100, self.today, post=False)
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            invoice.action_post()
            raise ZeroDivisionError
        self.assertEqual(self._queued(), set())

    def test_earlier_postings_survive_a_later_rollback(self):
        self._invoice(self.customer, 100, self.today)
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            raise ZeroDivisionError
        self.assertEqual(self._queued(), {self.entry})

    def test_one_transaction_queues_a_customer_once(self):
        self._posted()
        for _number in range(3):
            self._invoice(self.customer, 10, self.today)
        self.env.flush_all()
        self.env.cr.flush()
        self.assertEqual(self.queue.search_count([("partner_id", "=", self.customer.id)]), 1)

    # -------------------------------------------------------------------------
    # WORKING OFF
    # -------------------------------------------------------------------------

    def test_failure_loses_nothing(self):
        self._invoice(self.customer, 100, self.today)
        queued = self._queued()
        with (
            patch.object(type(self.profiles), "_update_from", side_effect=ZeroDivisionError),
            self.assertRaises(ZeroDivisionError),
            self.env.cr.savepoint(),
        ):
            self.queue._process_batch(10)
        self.assertEqual(self._queued(), queued)
        self.assertEqual(self.queue._process_batch(10), 1)
        self.assertEqual(self._queued(), set())
        self.assertEqual(self._dossier(self.customer).open_amount, 100)

    def test_failing_job_loses_nothing(self):
        self._invoice(self.customer, 100, self.today)
        queued = self._queued()
        with (
            self.enter_registry_test_mode(),
            patch.object(type(self.profiles), "_update_from", side_effect=ZeroDivisionError),
            self.assertRaises(ZeroDivisionError),
            self.registry.cursor() as cr,
        ):
            self.queue.with_env(self.env(cr=cr))._cron_process()
        self.assertEqual(self._queued(), queued)

    def test_job_works_in_batches(self):
        partners = self.env["res.partner"].create([{"name": f"Customer {number}"} for number in range(5)])
        self._open(partners)
        for partner in partners:
            self._invoice(partner, 100, self.today)
        self.assertEqual(len(self._queued()), 5)
        sizes = []
        process = type(self.queue)._process_batch

        def spy(queue, batch_size):
            sizes.append(process(queue, batch_size))
            return sizes[-1]

        with (
            self.enter_registry_test_mode(),
            patch.object(type(self.queue), "_process_batch", spy),
            self.registry.cursor() as cr,
        ):
            self.queue.with_env(self.env(cr=cr))._cron_process(batch_size=2)
        self.assertEqual(sizes, [2, 2, 1])
        self.assertEqual(self._queued(), set())
        self.env.invalidate_all()
        self.assertEqual([self._dossier(partner).open_amount for partner in partners], [100] * 5)

    def test_job_takes_everything_at_once(self):
        """Where most dossiers are queued, refreshing all costs a fraction of refreshing them in batches."""
        self._invoice(self.customer, 100, self.today)
        self._queued()
        self.queue._enqueue_all()
        queued = self.queue.search_count([])
        with patch.object(type(self.profiles), "_refresh", autospec=True, return_value=True) as refresh:
            self.assertEqual(self.queue._process_batch(2), queued)
        refresh.assert_called_once_with(self.profiles, None)

    def test_job_runs_as_scheduled(self):
        self._invoice(self.customer, 100, self.today)
        self._queued()
        with self.enter_registry_test_mode():
            self.env.ref("crm_compliance.ir_cron_process_refresh_queue").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(self._queued(), set())
        self.assertEqual(self._dossier(self.customer).open_amount, 100)

    def test_queueing_wakes_the_job(self):
        cron = self.env.ref("crm_compliance.ir_cron_process_refresh_queue")
        triggers = self.env["ir.cron.trigger"]
        before = triggers.search_count([("cron_id", "=", cron.id)])
        self._invoice(self.customer, 100, self.today)
        self._queued()
        self.assertGreater(triggers.search_count([("cron_id", "=", cron.id)]), before)

    # -------------------------------------------------------------------------
    # LOCKING
    # -------------------------------------------------------------------------

    @contextmanager
    def _another_refresh(self):
        """Holds the lock in a session of its own."""
        _database, info = connection_info_for(self.env.cr.dbname)
        with closing(psycopg2.connect(**info)) as connection, connection.cursor() as cr:
            cr.execute("SELECT pg_try_advisory_lock(%s)", [REFRESH_LOCK])
            self.assertTrue(cr.fetchone()[0])
            yield
            # A closed session is gone a moment later only.
            cr.execute("SELECT pg_advisory_unlock(%s)", [REFRESH_LOCK])

    def test_another_refresh_is_not_waited_for(self):
        self._invoice(self.customer, 100, self.today)
        self._clear_queue()
        with self._another_refresh():
            self.assertFalse(self.profiles._refresh(self.customer))
            self.assertEqual(self._queued(), {(self.customer.id, None)})
            self.assertEqual(self.queue._process_batch(10), 0)
            self.assertEqual(self._queued(), {(self.customer.id, None)})
            self.assertEqual(self._dossier(self.customer).open_amount, 0)
        self.assertEqual(self.queue._process_batch(10), 1)
        self.assertEqual(self._dossier(self.customer).open_amount, 100)

    def test_full_refresh_behind_another_is_queued(self):
        self._clear_queue()
        with self._another_refresh():
            self.assertFalse(self.profiles._refresh())
            self.assertLessEqual({(self.customer.id, None), (self.other.id, None)}, self._queued())
