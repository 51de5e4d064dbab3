# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import SQL

from .compliance_profile_figures import CLASS_FIGURES, LEDGER_FIGURES, STANDING_FIGURES

# Any number will do, as long as it is always the same one: the key of the advisory lock of refreshes.
REFRESH_LOCK = 7266730190


class ComplianceProfile(models.Model):
    """How dossiers come to be and how their figures are kept: in sets, whatever the number of customers."""

    _inherit = "compliance.profile"

    @api.model
    def _refresh(self, partners=None):
        """Computes all figures and rewrites the dossiers whose figures changed, in a constant number of statements.

        One refresh runs at a time. Where another transaction is refreshing, the customers are queued instead.

        :param partners: the customers; None means all dossiers
        :return: whether the figures were computed (else: queued)
        """
        if partners is not None:
            partners = partners.with_context(active_test=False).commercial_partner_id
            if not partners:
                return True
        if not self._lock_refresh():
            queue = self.env["compliance.refresh.queue"]
            queue._enqueue_all() if partners is None else queue._enqueue(partners)
            return False
        self._analyze_ledger()
        self.env["compliance.criterion.check"]._lay_out(partners)
        if partners is None:
            query, names = self._refresh_query()
            self._update_from(self._stage(query), names)
            self.env.cr.execute(SQL("UPDATE res_company SET compliance_refreshed_at = %s", fields.Datetime.now()))
            self.env["res.company"].invalidate_model(["compliance_refreshed_at"], flush=False)
        else:
            self._update_from(*self._refresh_query(partners))
            self._refresh_classes()
        self._after_refresh(partners)
        return True

    @api.model
    def _after_refresh(self, partners=None):
        """The last step of a refresh, in its transaction: for whatever follows from new figures. Hook.

        :param partners: the customers that were refreshed; None means all
        """

    @api.model
    def _lock_refresh(self):
        """Takes the lock of refreshes until the end of the transaction; False if another transaction holds it."""
        return self.env.execute_query(SQL("SELECT pg_try_advisory_xact_lock(%s)", REFRESH_LOCK))[0][0]

    @api.model
    def _analyze_ledger(self):
        """Has PostgreSQL look at tables most of which it has not looked at yet, as right after an import: a plan made
        from outdated statistics may take hours instead of seconds.
        """
        tables = ["account_move", "account_move_line", "account_partial_reconcile", "res_partner"]
        tables += [self._table, self.env["compliance.criterion.check"]._table]
        outdated = self.env.execute_query(
            SQL(
                "SELECT pg_class.relname FROM pg_stat_user_tables JOIN pg_class ON pg_class.oid = relid"
                " WHERE pg_class.relname = ANY(%s) AND schemaname = current_schema"
                " AND (n_mod_since_analyze > n_live_tup / 2 OR reltuples < 0)",
                tables,
            )
        )
        for (table,) in outdated:
            self.env.cr.execute(SQL("ANALYZE (SKIP_LOCKED) %s", SQL.identifier(table)))

    @api.model
    def _refresh_query(self, partners=None):
        """What a refresh writes, of all customers with their classes, of some without.

        :return: a query with profile_id and the figures, and the names of those figures
        """
        if partners is None:
            query, names = self._figures_query(), (*LEDGER_FIGURES, *CLASS_FIGURES)
            scope = SQL("TRUE")
        else:
            query, names = SQL("WITH %s SELECT * FROM figures", self._figures_ledger(partners, None)), LEDGER_FIGURES
            scope = SQL("profile.partner_id = ANY(%s)", partners.ids)
        query = SQL(
            "SELECT ledger.*, standing.zone, %(completeness)s AS completeness"
            " FROM (%(query)s) ledger"
            " JOIN compliance_profile profile ON profile.id = ledger.profile_id"
            " JOIN res_partner ON res_partner.id = ledger.partner_id"
            " JOIN (%(zones)s) standing ON standing.profile_id = ledger.profile_id",
            query=query,
            zones=self._zones_query(scope),
            completeness=self.env["compliance.dossier.item"]._get_completeness_sql(),
        )
        return query, (*names, *STANDING_FIGURES)

    @api.model
    def _refresh_classes(self):
        """Ranks all customers anew by the figures that stand in their dossiers: one purchase may move others."""
        self.flush_model()
        source = SQL(
            "(SELECT id AS profile_id, company_id, invoice_count, purchases_12m, revenue_12m, last_invoice_date"
            " FROM compliance_profile)"
        )
        self._update_from(self._figures_classes(source), CLASS_FIGURES)

    def _refresh_zones(self):
        """Derives the zone of these dossiers from their checks."""
        if not self.ids:
            return
        self.env["compliance.criterion.check"].flush_model()
        self.env["compliance.criterion"].flush_model()
        self.flush_model()
        self._update_from(self._zones_query(SQL("profile.id = ANY(%s)", self.ids)), ("zone",))

    @api.model
    def _stage(self, query):
        """Runs a query into a temporary table: PostgreSQL uses several processes only where nothing else is written.

        :return: SQL of a SELECT of the rows
        """
        self.env.cr.execute("DROP TABLE IF EXISTS pg_temp.compliance_fresh")
        self.env.cr.execute(SQL("CREATE TEMPORARY TABLE compliance_fresh ON COMMIT DROP AS %s", query))
        return SQL("SELECT * FROM compliance_fresh")

    @api.model
    def _update_from(self, query, names):
        """Rewrites the dossiers of which a figure differs from the query's.

        :param SQL query: SELECT of profile_id and the figures
        :param names: names of the figures
        :return: number of dossiers rewritten
        """
        self.env.cr.execute(
            SQL(
                """
                WITH fresh AS MATERIALIZED (%(query)s)
                UPDATE compliance_profile profile
                   SET %(assignments)s, figures_changed_at = %(now)s
                  FROM fresh
                 WHERE profile.id = fresh.profile_id
                   AND (%(before)s) IS DISTINCT FROM (%(after)s)
                """,
                query=query,
                assignments=SQL(", ").join(
                    SQL("%s = %s", SQL.identifier(name), self._cast_figure(name)) for name in names
                ),
                now=fields.Datetime.now(),
                before=SQL(", ").join(SQL.identifier("profile", name) for name in names),
                after=SQL(", ").join(self._cast_figure(name) for name in names),
            )
        )
        self.invalidate_model([*names, "figures_changed_at", "refreshed_at"], flush=False)
        return self.env.cr.rowcount

    @api.model
    def _cast_figure(self, name):
        """The fresh value in the type of its column, so that comparing compares like with like."""
        field = self._fields[name]
        return SQL("fresh.%s::%s", SQL.identifier(name), SQL(field.column_type[0]))

    # -------------------------------------------------------------------------
    # OPENING
    # -------------------------------------------------------------------------

    @api.model
    def _open_missing(self):
        """Opens a dossier for every customer and prospect that has none: invoiced, with a lead, or ranked a customer.

        :return: number of dossiers opened
        """
        self.env["account.move"].flush_model()
        self.env["crm.lead"].flush_model()
        self.env["res.partner"].flush_model()
        return self._open(
            SQL(
                """
                SELECT entity.commercial_partner_id AS partner_id, move.company_id
                  FROM account_move move
                  JOIN res_partner entity ON entity.id = move.commercial_partner_id
                 WHERE move.move_type IN ('out_invoice', 'out_receipt', 'out_refund') AND move.state = 'posted'
                 UNION
                SELECT partner.commercial_partner_id,
                       COALESCE(lead.company_id, partner.company_id, owner.company_id, author.company_id)
                  FROM crm_lead lead
                  JOIN res_partner partner ON partner.id = lead.partner_id
             LEFT JOIN res_users owner ON owner.id = lead.user_id
             LEFT JOIN res_users author ON author.id = lead.create_uid
                 UNION
                SELECT partner.id, COALESCE(partner.company_id, author.company_id)
                  FROM res_partner partner
             LEFT JOIN res_users author ON author.id = partner.create_uid
                 WHERE partner.customer_rank > 0
                   AND partner.commercial_partner_id = partner.id
                   -- A customer invoiced anywhere has a dossier there; where it was created does not matter then.
                   AND NOT EXISTS (SELECT FROM account_move move
                                    WHERE move.commercial_partner_id = partner.id AND move.state = 'posted'
                                      AND move.move_type IN ('out_invoice', 'out_receipt', 'out_refund'))
                """
            )
        )

    @api.model
    def _open(self, candidates):
        """Opens the missing dossiers of candidates, without figures.

        :param SQL candidates: SELECT of partner_id (commercial entity) and company_id; repetitions do not matter
        :return: number of dossiers opened
        """
        opened = self.env.execute_query(
            SQL(
                """
                INSERT INTO compliance_profile
                       (partner_id, company_id, user_id, active, admission_state, zone, lifecycle, value_tier,
                        purchase_behaviour, create_uid, create_date, write_uid, write_date)
                SELECT DISTINCT partner.id, candidate.company_id, manager.id, partner.active, 'draft', 'unknown',
                       'prospect', 'none', 'none', %(uid)s::int4, %(now)s::timestamp, %(uid)s::int4, %(now)s::timestamp
                  FROM (%(candidates)s) candidate
                  JOIN res_partner partner ON partner.id = candidate.partner_id
             LEFT JOIN res_users manager ON manager.id = partner.user_id AND manager.active
                 WHERE candidate.company_id IS NOT NULL
                   AND NOT EXISTS (SELECT FROM compliance_profile known
                                    WHERE known.partner_id = candidate.partner_id
                                      AND known.company_id = candidate.company_id)
           ON CONFLICT (partner_id, company_id) DO NOTHING
             RETURNING id
                """,
                candidates=candidates,
                uid=self.env.uid,
                now=fields.Datetime.now(),
            )
        )
        profiles = self.browse(profile_id for (profile_id,) in opened)
        profiles._link_partners()
        return len(profiles)

    # -------------------------------------------------------------------------
    # CRON
    # -------------------------------------------------------------------------

    @api.model
    def _cron_refresh_all(self):
        """Every night: opens missing dossiers and queues all of them. The queue's job does the work in batches, so that
        a run cut short goes on where it stopped.
        """
        self._open_missing()
        self.env.cr.execute(SQL("UPDATE res_company SET compliance_refresh_started_at = %s", fields.Datetime.now()))
        self.env["res.company"].invalidate_model(["compliance_refresh_started_at"], flush=False)
        self.env["compliance.refresh.queue"]._enqueue_all()
