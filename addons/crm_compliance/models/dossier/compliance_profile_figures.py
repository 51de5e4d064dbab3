# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import json

from odoo import api, fields, models
from odoo.tools import SQL

# Figures that say how a customer stands among all customers of the company; every other figure is the customer's own.
CLASS_FIGURES = ("value_tier", "rfm_recency", "rfm_frequency", "rfm_monetary")
LEDGER_FIGURES = (
    "invoice_count",
    "purchases_12m",
    "revenue_12m",
    "revenue_total",
    "first_invoice_date",
    "last_invoice_date",
    "purchase_interval_days",
    "purchase_behaviour",
    "lifecycle",
    "open_amount",
    "overdue_amount",
    "max_days_overdue",
    "oldest_due_date",
    "credit_limit_used",
    "paid_count",
    "avg_days_to_pay",
    "days_beyond_terms",
    "late_ratio",
    "late_ratio_recent",
    "late_trend",
    "late_probability",
    "dso",
    "best_possible_dso",
    "avg_days_delinquent",
)
STANDING_FIGURES = ("zone", "completeness")


class ComplianceProfile(models.Model):
    """The figures of dossiers as SQL: pure functions of the ledger and a day. docs/figures.md defines each."""

    _inherit = "compliance.profile"

    @api.model
    def _get_figure_names(self):
        """Names of all fields the refresh computes."""
        return (*LEDGER_FIGURES, *CLASS_FIGURES, *STANDING_FIGURES)

    @api.model
    def _figures_query(self, partners=None, as_of=None):
        """Query of the ledger's figures of every dossier as they stood on a day.

        Built so that it stays fast whatever the planner believes: the steps are aggregates of each other, never joined
        with each other, and what is joined has an index. Right after an import statistics are wrong by any factor.

        :param partners: customers (commercial entities) whose rows are wanted; None means all. The classes are
            relative to all customers of the company whichever rows are wanted.
        :param date as_of: the day; today by default
        :return: SQL of a SELECT with a row per dossier: profile_id, partner_id, company_id and a column per figure,
            amounts in the company currency, days as days, shares from 0 to 1
        """
        return SQL(
            "WITH %(ledger)s SELECT * FROM (%(classes)s) classified WHERE %(wanted)s",
            ledger=self._figures_ledger(None, as_of),
            classes=self._figures_classes(SQL("figures")),
            wanted=SQL("TRUE") if partners is None else SQL("partner_id = ANY(%s)", partners.ids),
        )

    @api.model
    def _figures_ledger(self, partners, as_of):
        """The common table expressions from documents to ``figures``, one row per dossier of these customers."""
        as_of = fields.Date.to_date(as_of) or fields.Date.context_today(self)
        self._flush_ledger()
        return SQL(", ").join(
            [
                self._figures_counterparts(partners),
                self._figures_instalments(partners, as_of),
                self._figures_invoices(partners, as_of),
                self._figures_customers(as_of),
                self._figures_portfolio(partners),
                self._figures_derived(as_of),
            ]
        )

    @api.model
    def _flush_ledger(self):
        """Writes pending changes of everything the figures are read from."""
        for model in ("account.move", "account.move.line", "account.partial.reconcile", "res.partner", "res.company"):
            self.env[model].flush_model()
        self.flush_model()

    @api.model
    def _get_ledger_scope(self, column, partners):
        """Condition: is the column one of these customers, or a contact of one?"""
        if partners is None:
            return SQL("TRUE")
        return SQL("%s IN (SELECT id FROM res_partner WHERE commercial_partner_id = ANY(%s))", column, partners.ids)

    @api.model
    def _figures_counterparts(self, partners):
        """``counterpart``: the few journal items that settle an instalment without being a payment on their own day.

        A credit note is no payment. An exchange difference completes the settlement that caused it: on the same day,
        and as the same kind; ``settled_on`` is that day.
        """
        return SQL(
            """
            counterpart AS MATERIALIZED (
                SELECT line.id, NULL::date AS settled_on, FALSE AS is_payment
                  FROM account_move credit_note
                  JOIN account_move_line line ON line.move_id = credit_note.id AND line.display_type = 'payment_term'
                 WHERE credit_note.move_type = 'out_refund' AND credit_note.state = 'posted' AND %(credit_scope)s
             UNION ALL
                SELECT line.id, cause.max_date, credit.display_type <> 'payment_term'
                  FROM account_partial_reconcile cause
                  JOIN account_move_line line ON line.move_id = cause.exchange_move_id
                  JOIN account_move_line debit ON debit.id = cause.debit_move_id AND debit.display_type = 'payment_term'
                  JOIN account_move_line credit ON credit.id = cause.credit_move_id
                 WHERE cause.exchange_move_id IS NOT NULL AND %(line_scope)s
            )
            """,
            credit_scope=self._get_ledger_scope(SQL("credit_note.commercial_partner_id"), partners),
            line_scope=self._get_ledger_scope(SQL("line.partner_id"), partners),
        )

    @api.model
    def _figures_instalments(self, partners, as_of):
        """``instalment``: the receivable lines of posted invoices, receipts and credit notes, with what was settled of
        them until the day and what of that the customer paid.

        Debit balances are settled by credits, and the reverse. The customer is today's commercial entity of the
        document's: a contact that became part of a company takes its history along.
        """
        debit = self._figures_instalment_side(
            partners, as_of, SQL("debit_move_id"), SQL("credit_move_id"), SQL("COALESCE(line.balance, 0) >= 0")
        )
        credit = self._figures_instalment_side(
            partners, as_of, SQL("credit_move_id"), SQL("debit_move_id"), SQL("line.balance < 0")
        )
        return SQL("instalment AS (%s UNION ALL %s)", debit, credit)

    @api.model
    def _figures_instalment_side(self, partners, as_of, own_side, other_side, condition):
        """SELECT of the instalments that are settled from one side."""
        return SQL(
            """
            SELECT move.id AS move_id, profile.id AS profile_id, move.company_id, move.invoice_date AS day,
                   move.move_type <> 'out_refund' AS is_invoice,
                   move.move_type <> 'out_refund' AND move.amount_total_signed <> 0 AS is_purchase,
                   move.amount_untaxed_signed AS revenue, move.amount_total_signed AS sales,
                   COALESCE(line.date_maturity, move.invoice_date) AS due,
                   COALESCE(line.balance, 0) - SIGN(line.balance)
                       * COALESCE(SUM(partial.amount) FILTER (WHERE happened_on <= %(as_of)s), 0) AS open,
                   SUM(partial.amount) FILTER (WHERE happened_on <= %(as_of)s AND is_paid) AS paid,
                   SUM(partial.amount * (happened_on - COALESCE(line.date_maturity, move.invoice_date)))
                       FILTER (WHERE happened_on <= %(as_of)s AND is_paid) AS paid_days,
                   MAX(happened_on) FILTER (WHERE happened_on <= %(as_of)s AND is_paid) AS paid_on
              FROM account_move move
              JOIN res_partner entity ON entity.id = move.commercial_partner_id
              JOIN compliance_profile profile ON profile.partner_id = entity.commercial_partner_id
                                             AND profile.company_id = move.company_id
         LEFT JOIN account_move_line line ON line.move_id = move.id AND line.display_type = 'payment_term'
         LEFT JOIN account_partial_reconcile partial ON partial.%(own_side)s = line.id
         LEFT JOIN counterpart ON counterpart.id = partial.%(other_side)s
        CROSS JOIN LATERAL (
                SELECT COALESCE(counterpart.settled_on, partial.max_date) AS happened_on,
                       COALESCE(counterpart.is_payment, TRUE) AS is_paid
                   ) settlement
             WHERE move.move_type IN ('out_invoice', 'out_receipt', 'out_refund')
               AND move.state = 'posted'
               AND move.invoice_date <= %(as_of)s
               AND %(condition)s
               AND %(scope)s
          GROUP BY move.id, profile.id, line.id
            """,
            own_side=own_side,
            other_side=other_side,
            condition=condition,
            as_of=as_of,
            scope=self._get_ledger_scope(SQL("move.commercial_partner_id"), partners),
        )

    @api.model
    def _figures_invoices(self, partners, as_of):
        """``invoice``: a row per document with what is open, overdue and how it was paid; and a row without a document
        per dossier, so that customers without history appear too.
        """
        return SQL(
            """
            invoice AS (
                SELECT MIN(profile_id) AS profile_id, MIN(company_id) AS company_id, MIN(day) AS day,
                       BOOL_AND(is_purchase) AS is_purchase, MIN(revenue) AS revenue, MIN(sales) AS sales,
                       SUM(open) AS open,
                       SUM(open) FILTER (WHERE is_invoice AND due < %(as_of)s) AS overdue,
                       MIN(due) FILTER (WHERE is_invoice AND due < %(as_of)s AND open > 0) AS oldest_due,
                       SUM(paid) FILTER (WHERE is_invoice) AS paid,
                       SUM(paid_days) FILTER (WHERE is_invoice) AS paid_days,
                       CASE WHEN BOOL_AND(is_purchase) AND SUM(open) = 0 THEN MAX(paid_on) END AS paid_on,
                       MAX(paid_on - due) AS days_late
                  FROM instalment
              GROUP BY move_id
             UNION ALL
                SELECT id, company_id, NULL, FALSE, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
                  FROM compliance_profile
                 WHERE %(scope)s
            )
            """,
            as_of=as_of,
            scope=SQL("TRUE") if partners is None else SQL("partner_id = ANY(%s)", partners.ids),
        )

    @api.model
    def _figures_customers(self, as_of):
        """``customer``: the sums per dossier."""
        return SQL(
            """
            customer AS MATERIALIZED (
                SELECT invoice.profile_id, MIN(invoice.company_id) AS company_id,
                       COUNT(*) FILTER (WHERE is_purchase) AS invoice_count,
                       COUNT(*) FILTER (WHERE is_purchase AND day > year_ago) AS purchases_12m,
                       SUM(revenue) AS revenue_total,
                       SUM(revenue) FILTER (WHERE day > year_ago) AS revenue_12m,
                       SUM(sales) FILTER (WHERE day > %(as_of)s - company.compliance_dso_days) AS period_sales,
                       MIN(day) FILTER (WHERE is_purchase) AS first_invoice_date,
                       MAX(day) FILTER (WHERE is_purchase) AS last_invoice_date,
                       COUNT(DISTINCT day) FILTER (WHERE is_purchase) AS purchase_days,
                       SUM(open) AS open_amount,
                       SUM(overdue) AS overdue_amount,
                       MIN(oldest_due) AS oldest_due_date,
                       COUNT(paid_on) AS paid_count,
                       AVG(paid_on - day) AS avg_days_to_pay,
                       SUM(paid_days) / NULLIF(SUM(paid), 0) AS days_beyond_terms,
                       COUNT(*) FILTER (WHERE paid_on IS NOT NULL AND days_late > 0) AS late_count,
                       COUNT(*) FILTER (WHERE paid_on > %(as_of)s - company.compliance_recent_days) AS recent_count,
                       COUNT(*) FILTER (WHERE paid_on > %(as_of)s - company.compliance_recent_days
                                          AND days_late > 0) AS recent_late_count,
                       SUM(%(weight)s) AS late_weight,
                       SUM(%(weight)s) FILTER (WHERE days_late > 0) AS late_weight_late,
                       SUM(%(weight)s * %(evidence)s) AS late_evidence,
                       COUNT(*) FILTER (WHERE paid_on > year_ago) AS trend_count,
                       REGR_SLOPE(days_late, paid_on - year_ago) FILTER (WHERE paid_on > year_ago) AS trend_slope
                  FROM invoice
                  JOIN res_company company ON company.id = invoice.company_id
            CROSS JOIN (SELECT (%(as_of)s::date - INTERVAL '1 year')::date AS year_ago) calendar
              GROUP BY invoice.profile_id
            )
            """,
            as_of=as_of,
            weight=SQL("POWER(0.5::float8, LEAST(%s - paid_on, 7300) / 180.0::float8)", as_of),
            evidence=SQL(
                "4 * (CASE WHEN days_late > 0 THEN 0.25 ELSE -0.25 END::float8"
                " + (days_late - 0.5::float8) / (10 + ABS(days_late - 0.5::float8)))"
            ),
        )

    @api.model
    def _figures_portfolio(self, partners):
        """``portfolio``: per company, the share of paid invoices that were paid late, 1/2 while nothing was paid.

        Of some customers only, the others' counts are taken from their dossiers.
        """
        source = SQL("SELECT company_id, late_count, paid_count FROM customer")
        if partners is not None:
            source = SQL(
                "%s UNION ALL SELECT company_id, ROUND(late_ratio * paid_count), paid_count"
                " FROM compliance_profile WHERE partner_id <> ALL(%s)",
                source,
                partners.ids,
            )
        return SQL(
            """
            portfolio AS MATERIALIZED (
                SELECT company_id, (SUM(late_count) + 5)::float8 / (SUM(paid_count) + 10) AS late_share
                  FROM (%s) counted (company_id, late_count, paid_count)
              GROUP BY company_id
            )
            """,
            source,
        )

    @api.model
    def _figures_derived(self, as_of):
        """``figures``: one row per dossier with every figure of its own customer; zero where there is no history."""
        return SQL(
            """
            rhythm AS (
                SELECT profile.partner_id, profile.admission_state,
                       customer.*,
                       company.compliance_dso_days AS dso_days,
                       company.compliance_frequent_purchases AS frequent_purchases,
                       company.compliance_new_days AS new_days,
                       company.compliance_at_risk_factor AS at_risk_factor,
                       company.compliance_lost_factor AS lost_factor,
                       (customer.last_invoice_date - customer.first_invoice_date)::numeric
                           / NULLIF(purchase_days - 1, 0)
                           AS purchase_interval,
                       GREATEST(COALESCE((customer.last_invoice_date - customer.first_invoice_date)::numeric
                                             / NULLIF(purchase_days - 1, 0),
                                         company.compliance_default_interval_days), 7) AS expected_interval,
                       %(as_of)s - customer.last_invoice_date AS silence,
                       LN(portfolio.late_share / (1 - portfolio.late_share)) AS late_odds,
                       COALESCE((partner.credit_limit ->> customer.company_id::text)::numeric,
                                (%(limits)s::jsonb ->> customer.company_id::text)::numeric) AS credit_limit
                  FROM customer
                  JOIN compliance_profile profile ON profile.id = customer.profile_id
                  JOIN res_partner partner ON partner.id = profile.partner_id
                  JOIN res_company company ON company.id = customer.company_id
                  JOIN portfolio ON portfolio.company_id = customer.company_id
            ),
            figures AS (
                SELECT profile_id, partner_id, company_id,
                       invoice_count::int4, purchases_12m::int4,
                       COALESCE(revenue_12m, 0) AS revenue_12m, COALESCE(revenue_total, 0) AS revenue_total,
                       first_invoice_date, last_invoice_date,
                       ROUND(COALESCE(purchase_interval, 0), 2) AS purchase_interval_days,
                       CASE WHEN invoice_count = 0 THEN 'none'
                            WHEN invoice_count = 1 THEN 'one_time'
                            WHEN purchases_12m >= frequent_purchases THEN 'frequent'
                            ELSE 'occasional' END AS purchase_behaviour,
                       CASE WHEN admission_state = 'exited' THEN 'exited'
                            WHEN invoice_count = 0 THEN 'prospect'
                            WHEN silence > lost_factor * expected_interval THEN 'lost'
                            WHEN silence > at_risk_factor * expected_interval THEN 'at_risk'
                            WHEN first_invoice_date > %(as_of)s - new_days THEN 'new'
                            ELSE 'active' END AS lifecycle,
                       COALESCE(open_amount, 0) AS open_amount, COALESCE(overdue_amount, 0) AS overdue_amount,
                       COALESCE(%(as_of)s - oldest_due_date, 0)::int4 AS max_days_overdue,
                       oldest_due_date,
                       ROUND(CASE WHEN credit_limit > 0 THEN COALESCE(open_amount, 0) / credit_limit ELSE 0 END, 4)
                           AS credit_limit_used,
                       paid_count::int4,
                       ROUND(COALESCE(avg_days_to_pay, 0), 2) AS avg_days_to_pay,
                       ROUND(COALESCE(days_beyond_terms, 0), 2) AS days_beyond_terms,
                       ROUND(COALESCE(late_count::numeric / NULLIF(paid_count, 0), 0), 4) AS late_ratio,
                       ROUND(COALESCE(recent_late_count::numeric / NULLIF(recent_count, 0), 0), 4)
                           AS late_ratio_recent,
                       ROUND(CASE WHEN trend_count >= 3 THEN 30 * COALESCE(trend_slope, 0) ELSE 0 END::numeric, 2)
                           AS late_trend,
                       ROUND(((COALESCE(late_weight_late, 0)
                               + 10 / (1 + EXP(-(COALESCE(late_evidence, 0) + 2 * late_odds)
                                               / (COALESCE(late_weight, 0) + 2))))
                              / (COALESCE(late_weight, 0) + 10))::numeric, 4) AS late_probability,
                       ROUND(CASE WHEN period_sales > 0 THEN open_amount / period_sales * dso_days ELSE 0 END, 2)
                           AS dso,
                       ROUND(CASE WHEN period_sales > 0
                                  THEN (open_amount - COALESCE(overdue_amount, 0)) / period_sales * dso_days
                                  ELSE 0 END, 2) AS best_possible_dso,
                       ROUND(CASE WHEN period_sales > 0
                                  THEN COALESCE(overdue_amount, 0) / period_sales * dso_days ELSE 0 END, 2)
                           AS avg_days_delinquent
                  FROM rhythm
            )
            """,
            as_of=as_of,
            limits=json.dumps(self._get_default_credit_limits()),
        )

    @api.model
    def _get_default_credit_limits(self):
        """Credit limit, by company id, of customers that have none of their own."""
        partners = self.env["res.partner"].sudo()
        return {
            company.id: partners._fields["credit_limit"].get_company_dependent_fallback(partners.with_company(company))
            for company in self.env["res.company"].sudo().search([("id", ">", 0)])
        }

    @api.model
    def _figures_classes(self, source):
        """SELECT of the source's columns and of the figures that rank customers among all customers of their company.

        Shares and ranks count strictly better or worse customers, so that equal customers get equal classes.

        :param SQL source: rows with profile_id, company_id, invoice_count, purchases_12m, revenue_12m and
            last_invoice_date
        """
        return SQL(
            """
            SELECT ranked.*,
                   CASE WHEN revenue_12m <= 0 THEN 'none'
                        WHEN 100 * better < company.compliance_tier_high * total THEN 'high'
                        WHEN 100 * better < company.compliance_tier_medium * total THEN 'medium'
                        ELSE 'low' END AS value_tier,
                   %(recency)s AS rfm_recency, %(frequency)s AS rfm_frequency, %(monetary)s AS rfm_monetary
              FROM (
                    SELECT source.*,
                           SUM(GREATEST(revenue_12m, 0)) OVER company AS total,
                           COALESCE(SUM(GREATEST(revenue_12m, 0)) OVER (
                               company ORDER BY revenue_12m DESC
                               GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS better,
                           COUNT(*) OVER customers AS customers,
                           RANK() OVER (customers ORDER BY last_invoice_date) AS recency_rank,
                           RANK() OVER (customers ORDER BY purchases_12m) AS frequency_rank,
                           RANK() OVER (customers ORDER BY revenue_12m) AS monetary_rank
                      FROM %(source)s source
                    WINDOW company AS (PARTITION BY company_id),
                           customers AS (PARTITION BY company_id, invoice_count > 0)
                   ) ranked
              JOIN res_company company ON company.id = ranked.company_id
            """,
            source=source,
            **{
                name: SQL(
                    "CASE WHEN invoice_count > 0 THEN 1 + 5 * (%s - 1) / customers ELSE 0 END::int4",
                    SQL.identifier(f"{name}_rank"),
                )
                for name in ("recency", "frequency", "monetary")
            },
        )

    @api.model
    def _get_zone_sql(self):
        """Expression over ``profile``: its zone. An answer that has expired no longer speaks for the customer."""
        return SQL(
            """
            (SELECT CASE WHEN BOOL_OR(answer = 'unmet' AND knockout) THEN 'non_compliant'
                         WHEN BOOL_OR(answer = 'unmet') THEN 'grey'
                         WHEN BOOL_OR(answer = 'unknown') THEN 'unknown'
                         ELSE 'standard' END
               FROM (
                     SELECT criterion.knockout,
                            CASE WHEN answered.valid_until < %s AND answered.result <> 'unmet' THEN 'unknown'
                                 ELSE answered.result END AS answer
                       FROM compliance_criterion_check answered
                       JOIN compliance_criterion criterion ON criterion.id = answered.criterion_id
                      WHERE answered.profile_id = profile.id
                        AND answered.active AND answered.is_applicable AND criterion.active
                    ) checked)
            """,
            fields.Date.context_today(self),
        )
