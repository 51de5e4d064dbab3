# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from psycopg2.errors import SerializationFailure

from odoo import api, fields, models
from odoo.tools import SQL

# Collisions with people editing dossiers after which a run gives up and comes back later.
MAX_FAILURES = 5
# Dossiers up to which all of them are refreshed in one go, several times as fast as in batches. Beyond, one go might
# not end within the time a job is given, and would start over for ever.
MAX_AT_ONCE = 200_000


class ComplianceRefreshQueue(models.Model):
    """Customers whose figures are to be computed anew.

    Transactions that post, pay or reverse only ever insert here: they neither wait for each other nor touch dossiers.
    A job takes rows out, refreshes in one go and commits both together, so that nothing is lost when it is killed.
    """

    _name = "compliance.refresh.queue"
    _description = "Dossier Refresh Queue"
    _log_access = False

    partner_id = fields.Many2one("res.partner", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", readonly=True, ondelete="cascade")

    @api.model
    def _enqueue(self, partners, company=None):
        """Queues customers at the end of the transaction: one INSERT and one wake-up, however often it is called.

        :param partners: partners; their commercial entities are queued
        :param company: the company that needs a dossier of them; None: refresh the dossiers they have
        """
        precommit = self.env.cr.precommit
        pending = precommit.data.setdefault("crm_compliance.refresh", set())
        if not pending and partners:
            precommit.add(self._insert_pending)
        pending.update((partner_id, company.id if company else None) for partner_id in partners.ids)

    @api.model
    def _insert_pending(self):
        pending = self.env.cr.precommit.data.pop("crm_compliance.refresh", ())
        if not pending:
            return
        partner_ids, company_ids = zip(*pending, strict=True)
        self._wake(
            also=SQL(
                "INSERT INTO compliance_refresh_queue (partner_id, company_id)"
                " SELECT partner.commercial_partner_id, wanted.company_id"
                " FROM UNNEST(%s::int4[], %s::int4[]) AS wanted (partner_id, company_id)"
                " JOIN res_partner partner ON partner.id = wanted.partner_id",
                list(partner_ids),
                list(company_ids),
            )
        )

    @api.model
    def _enqueue_all(self):
        """Queues the customers of all dossiers."""
        self.env["compliance.profile"].flush_model(["partner_id"])
        self.env.cr.execute(
            "INSERT INTO compliance_refresh_queue (partner_id) SELECT DISTINCT partner_id FROM compliance_profile"
        )
        self._wake()

    @api.model
    def _wake(self, at=None, also=None):
        """Triggers the job, now or at a moment: what the job's own ``_trigger`` does, in one plain statement, because
        it is part of every posting and payment.

        :param SQL also: an INSERT for the same statement
        """
        cron_id = self.env["ir.model.data"]._xmlid_to_res_id(
            "crm_compliance.ir_cron_process_refresh_queue", raise_if_not_found=False
        )
        if not cron_id:  # the add-on is being installed
            if also:
                self.env.cr.execute(also)
            return
        self.env.cr.execute(
            SQL(
                "%s INSERT INTO ir_cron_trigger (cron_id, call_at, create_uid, create_date, write_uid, write_date)"
                " SELECT %s, %s, %s, now() AT TIME ZONE 'UTC', %s, now() AT TIME ZONE 'UTC'",
                SQL("WITH also AS (%s)", also) if also else SQL(),
                cron_id,
                at or fields.Datetime.now(),
                self.env.uid,
                self.env.uid,
            )
        )
        if not at:
            self.env.cr.postcommit.add(self.env["ir.cron"]._notifydb)

    @api.model
    def _cron_process(self, batch_size=20000):
        """Refreshes the queued customers in batches, each committed with the rows it took from the queue."""
        cron = self.env["ir.cron"]
        self.env.cr.flush()
        failures = 0
        while remaining := self.search_count([]):
            try:
                done = self._process_batch(batch_size)
            except SerializationFailure:
                # Somebody edited a dossier while it was refreshed; the rows are still queued.
                self.env.cr.rollback()
                failures += 1
                if failures < MAX_FAILURES:
                    continue
                done = 0
            if not done:
                # Another transaction is refreshing, or people are faster: later.
                self._wake(at=fields.Datetime.add(fields.Datetime.now(), minutes=1))
            if not cron._commit_progress(done, remaining=remaining - done) or not done:
                return
        self._stamp_completion()

    @api.model
    def _stamp_completion(self):
        """Once the queue is empty, everything the last nightly run queued has been looked at."""
        self.env.cr.execute(
            "UPDATE res_company SET compliance_refreshed_at = compliance_refresh_started_at"
            " WHERE compliance_refresh_started_at > COALESCE(compliance_refreshed_at, '-infinity')"
        )
        self.env["res.company"].invalidate_model(["compliance_refreshed_at"], flush=False)
        self.env["ir.cron"]._commit_progress(remaining=0)

    @api.model
    def _is_everything_queued(self, batch_size):
        """Are most dossiers queued, more than a batch of them, yet not too many to refresh all in one go?"""
        queued = self.search_count([], limit=MAX_AT_ONCE + 1)
        if queued <= batch_size:
            return False
        dossiers = self.env["compliance.profile"].with_context(active_test=False).search_count([])
        return queued > dossiers / 2 and dossiers <= MAX_AT_ONCE

    @api.model
    def _process_batch(self, batch_size):
        """Takes up to so many rows out of the queue and refreshes their customers.

        :return: number of rows taken; 0 if another transaction is refreshing
        """
        profiles = self.env["compliance.profile"]
        if not profiles._lock_refresh():
            return 0
        everything = self._is_everything_queued(batch_size)
        rows = self.env.execute_query(
            SQL(
                "DELETE FROM compliance_refresh_queue WHERE id IN (SELECT id FROM compliance_refresh_queue ORDER BY id"
                " LIMIT %s) RETURNING partner_id, company_id",
                None if everything else batch_size,
            )
        )
        wanted = [(partner_id, company_id) for partner_id, company_id in set(rows) if company_id]
        if wanted:
            profiles._open(
                SQL(
                    "SELECT * FROM UNNEST(%s::int4[], %s::int4[]) AS wanted (partner_id, company_id)",
                    [partner_id for partner_id, _company_id in wanted],
                    [company_id for _partner_id, company_id in wanted],
                )
            )
        partner_ids = {partner_id for partner_id, _company_id in rows}
        profiles._refresh(None if everything else self.env["res.partner"].browse(partner_ids))
        self.invalidate_model(flush=False)
        return len(rows)
