# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import SQL

from .compliance_profile_figures import CLASS_FIGURES

# Any number will do, as long as it is always the same one: the key of the advisory lock of refreshes.
REFRESH_LOCK = 7266730190


class ComplianceProfile(models.Model):
    """How dossiers come to be and how their figures are kept: in sets, whatever the number of customers."""

    _inherit = "compliance.profile"

    def init(self):
        """Half of every page is kept free: a night that rewrites every dossier finds room next to the old rows and
        leaves the indexes alone, none of which is on a figure.
        """
        self.env.cr.execute(SQL("ALTER TABLE %s SET (fillfactor = 50)", SQL.identifier(self._table)))

    @api.model
    def _refresh(self, partners=None):
        """Computes all figures and rewrites the dossiers whose figures changed, in a constant number of statements.

        One refresh runs at a time. Where another transaction is refreshing, the customers are queued instead.

        :param partners: the customers; None means all dossiers
        :return: whether the figures were computed (else: queued)
        """
        if partners is not None and not partners:
            return True
        if not self._lock_refresh():
            queue = self.env["compliance.refresh.queue"]
            queue._enqueue_all() if partners is None else queue._enqueue(partners)
            return False
        self._analyze_ledger()
        if partners is not None:
            partners = self._get_entities(partners)
        staged = self._stage(self._changes_query(partners))
        self.env["compliance.criterion.check"]._lay_out(
            SQL("profile.id IN (SELECT profile_id FROM (%s) fresh WHERE differs)", staged)
        )
        self._update_from(staged, self._get_figure_names())
        self._after_refresh(partners)
        if partners is None:
            self._stamp_refresh()
        return True

    @api.model
    def _after_refresh(self, partners=None):
        """What follows from fresh figures, in sets as well; extended by what builds on them.

        :param partners: the customers (commercial entities) that were refreshed; None means all
        """

    @api.model
    def _get_entities(self, partners):
        """The commercial entities of partners, in one statement however many there are."""
        partners.flush_model(["commercial_partner_id"])
        rows = self.env.execute_query(
            SQL("SELECT DISTINCT commercial_partner_id FROM res_partner WHERE id = ANY(%s)", partners.ids)
        )
        return partners.browse(entity_id for (entity_id,) in rows)

    @api.model
    def _stamp_refresh(self):
        """Notes that all dossiers were looked at, changed or not."""
        self.env.cr.execute(SQL("UPDATE res_company SET compliance_refreshed_at = %s", fields.Datetime.now()))
        self.env["res.company"].invalidate_model(["compliance_refreshed_at"], flush=False)

    @api.model
    def _lock_refresh(self):
        """Takes the lock of refreshes until the end of the transaction; False if another transaction holds it."""
        return self.env.execute_query(SQL("SELECT pg_try_advisory_xact_lock(%s)", REFRESH_LOCK))[0][0]

    @api.model
    def _analyze_ledger(self):
        """Has PostgreSQL look at outdated tables, in one statement whether or not there are any: a plan made from
        outdated statistics may take hours instead of seconds.
        """
        self.env.cr.execute(
            SQL(
                """
                DO $$
                DECLARE outdated regclass;
                BEGIN
                    FOR outdated IN %s
                    LOOP
                        EXECUTE 'ANALYZE (SKIP_LOCKED) ' || outdated;
                    END LOOP;
                END $$
                """,
                self._outdated_tables_query(),
            )
        )

    @api.model
    def _outdated_tables_query(self):
        """SELECT of the tables most of which PostgreSQL has not looked at yet, as right after an import."""
        tables = ["account_move", "account_move_line", "account_partial_reconcile", "res_partner"]
        tables += [self._table, self.env["compliance.criterion.check"]._table]
        return SQL(
            "SELECT relid FROM pg_stat_user_tables JOIN pg_class ON pg_class.oid = relid"
            " WHERE pg_class.relname = ANY(%s) AND schemaname = current_schema"
            " AND (n_mod_since_analyze > n_live_tup / 2 OR reltuples < 0)",
            tables,
        )

    @api.model
    def _changes_query(self, partners=None):
        """What a refresh writes: SELECT of profile_id, all figures, and whether checks must be laid out (``differs``),
        of the dossiers that are to change.

        Where only some customers' ledgers are looked at, everybody else is ranked by the figures that stand in the
        dossier: one purchase may move others to another class.
        """
        source, changes = SQL("customer"), [self._changed_figures_query(partners)]
        if partners is not None:
            others = SQL("compliance_profile WHERE partner_id NOT IN (SELECT UNNEST(%s))", partners.ids)
            columns = SQL("company_id, invoice_count, purchases_12m, revenue_12m, last_invoice_date")
            source = SQL("(SELECT %s FROM customer UNION ALL SELECT %s FROM %s)", columns, columns, others)
            changes.append(self._changed_classes_query(partners))
        return SQL(
            "WITH %s, yardstick AS MATERIALIZED (%s) %s",
            self._figures_ledger(partners, None),
            self._yardsticks_query(source),
            SQL(" UNION ALL ").join(changes),
        )

    @api.model
    def _changed_figures_query(self, partners):
        """SELECT over ``figures`` and ``yardstick``: of these customers' dossiers those of which a figure changed, or a
        check; see ``_changes_query``.
        """
        names = self._get_figure_names()
        scope = SQL("TRUE") if partners is None else SQL("profile.partner_id = ANY(%s)", partners.ids)
        return SQL(
            """
            SELECT fresh.profile_id, differs, %(after)s
              FROM (
                    SELECT figures.*, %(classes)s, COALESCE(standing.zone, 'standard') AS zone,
                           standing.differs, %(completeness)s AS completeness
                      FROM figures
                      JOIN compliance_profile profile ON profile.id = figures.profile_id
                      JOIN res_partner ON res_partner.id = figures.partner_id
                 LEFT JOIN yardstick ON yardstick.company_id = figures.company_id
                 LEFT JOIN (%(zones)s) standing ON standing.profile_id = figures.profile_id
                   ) fresh
              JOIN compliance_profile profile ON profile.id = fresh.profile_id
             WHERE differs OR (%(before)s) IS DISTINCT FROM (%(after)s)
            """,
            classes=self._get_classes_sql("figures"),
            completeness=self.env["compliance.dossier.item"]._get_completeness_sql(),
            zones=self._zones_query(self.env["compliance.criterion.check"]._targets_query(scope)),
            before=self._get_columns_sql("profile", names),
            after=self._get_columns_sql("fresh", names),
        )

    @api.model
    def _changed_classes_query(self, partners):
        """SELECT over ``yardstick``: profile_id and all figures of the dossiers that change only in class, because
        others' figures did.
        """
        return SQL(
            """
            SELECT profile.id, FALSE, %(figures)s
              FROM compliance_profile profile
              JOIN yardstick ON yardstick.company_id = profile.company_id
        CROSS JOIN LATERAL (SELECT %(classes)s) fresh
             WHERE profile.partner_id NOT IN (SELECT UNNEST(%(partners)s))
               AND (%(before)s) IS DISTINCT FROM (%(after)s)
            """,
            figures=SQL(", ").join(
                self._cast_figure("fresh" if name in CLASS_FIGURES else "profile", name)
                for name in self._get_figure_names()
            ),
            classes=self._get_classes_sql("profile"),
            partners=partners.ids,
            before=self._get_columns_sql("profile", CLASS_FIGURES),
            after=self._get_columns_sql("fresh", CLASS_FIGURES),
        )

    @api.model
    def _get_columns_sql(self, alias, names):
        """Figures of a table in the types of the dossier's columns, so that comparing compares like with like."""
        return SQL(", ").join(self._cast_figure(alias, name) for name in names)

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
                    SQL("%s = %s", SQL.identifier(name), self._cast_figure("fresh", name)) for name in names
                ),
                now=fields.Datetime.now(),
                before=SQL(", ").join(SQL.identifier("profile", name) for name in names),
                after=self._get_columns_sql("fresh", names),
            )
        )
        self.invalidate_model([*names, "figures_changed_at", "refreshed_at"], flush=False)
        return self.env.cr.rowcount

    @api.model
    def _cast_figure(self, alias, name):
        """A figure in the type of the dossier's column, so that comparing compares like with like."""
        return SQL("%s::%s", SQL.identifier(alias, name), SQL(self._fields[name].column_type[0]))

    def _refresh_zones(self):
        """Derives the zone of these dossiers from their checks."""
        if not self.ids:
            return
        self.env["compliance.criterion.check"].flush_model()
        self.env["compliance.criterion"].flush_model()
        self.flush_model()
        checks = SQL(
            "SELECT profile_id, answered.company_id, criterion.knockout, is_applicable AS applies, result, valid_until,"
            " FALSE AS differs FROM compliance_criterion_check answered"
            " JOIN compliance_criterion criterion ON criterion.id = answered.criterion_id AND criterion.active"
            " WHERE answered.active AND answered.profile_id = ANY(%s)",
            self.ids,
        )
        query = SQL(
            "SELECT profile.id AS profile_id, COALESCE(standing.zone, 'standard') AS zone"
            " FROM compliance_profile profile LEFT JOIN (%s) standing ON standing.profile_id = profile.id"
            " WHERE profile.id = ANY(%s)",
            self._zones_query(checks),
            self.ids,
        )
        self._update_from(query, ("zone",))

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
