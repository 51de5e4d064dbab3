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

        :param partners: customers (commercial entities) whose rows are wanted; None means all. The classes are
            relative to all customers of the company whichever rows are wanted.
        :param date as_of: the day; today by default
        :return: SQL of a SELECT with a row per dossier: profile_id, partner_id, company_id and a column per figure,
            amounts in the company currency, days as days, shares from 0 to 1
        """
        return SQL(
            """
            WITH %(ledger)s,
            class AS (%(classes)s)
            SELECT figures.*, %(class_columns)s
              FROM figures
              JOIN class USING (profile_id)
             WHERE %(wanted)s
            """,
            ledger=self._figures_ledger(None, as_of),
            classes=self._figures_classes(SQL("figures"), SQL("profile_id")),
            class_columns=SQL(", ").join(SQL.identifier("class", name) for name in CLASS_FIGURES),
            wanted=SQL("TRUE") if partners is None else SQL("figures.partner_id = ANY(%s)", partners.ids),
        )

    @api.model
    def _figures_ledger(self, partners, as_of):
        """The common table expressions from documents to ``figures``, one row per dossier of these customers."""
        as_of = fields.Date.to_date(as_of) or fields.Date.context_today(self)
        self._flush_ledger()
        return SQL(", ").join(
            [
                self._figures_documents(partners, as_of),
                self._figures_settlements(as_of),
                self._figures_invoices(as_of),
                self._figures_customers(as_of),
                self._figures_portfolio(partners),
                self._figures_derived(partners, as_of),
            ]
        )

    @api.model
    def _flush_ledger(self):
        """Writes pending changes of everything the figures are read from."""
        self.env["account.move"].flush_model()
        self.env["account.move.line"].flush_model()
        self.env["account.partial.reconcile"].flush_model()
        self.env["res.partner"].flush_model()
        self.env["res.company"].flush_model()
        self.flush_model()

    @api.model
    def _figures_documents(self, partners, as_of):
        """``document``: posted invoices, receipts and credit notes; ``instalment``: their receivable lines.

        The customer is today's commercial entity of the document's: a contact that became part of a company takes its
        history along.
        """
        return SQL(
            """
            document AS MATERIALIZED (
                SELECT move.id, entity.commercial_partner_id AS partner_id, move.company_id, move.invoice_date AS day,
                       move.move_type <> 'out_refund' AS is_invoice,
                       move.move_type <> 'out_refund' AND move.amount_total_signed <> 0 AS is_purchase,
                       move.amount_untaxed_signed AS revenue, move.amount_total_signed AS sales
                  FROM account_move move
                  JOIN res_partner entity ON entity.id = move.commercial_partner_id
                 WHERE move.move_type IN ('out_invoice', 'out_receipt', 'out_refund')
                   AND move.state = 'posted'
                   AND move.invoice_date <= %(as_of)s
                   AND %(scope)s
            ),
            instalment AS MATERIALIZED (
                SELECT line.id, line.move_id, document.is_invoice, line.balance,
                       COALESCE(line.date_maturity, document.day) AS due
                  FROM document
                  JOIN account_move_line line ON line.move_id = document.id AND line.display_type = 'payment_term'
            )
            """,
            as_of=as_of,
            scope=SQL("TRUE")
            if partners is None
            else SQL(
                "move.commercial_partner_id IN (SELECT id FROM res_partner WHERE commercial_partner_id = ANY(%s))",
                partners.ids,
            ),
        )

    @api.model
    def _figures_settlements(self, as_of):
        """``settlement``: what was settled of an instalment until the day, and what of that the customer paid."""
        return SQL(
            """
            settlement AS (
                SELECT matched.id,
                       SUM(matched.amount) AS settled,
                       SUM(matched.amount) FILTER (WHERE matched.is_payment) AS paid,
                       SUM(matched.amount * (matched.day - matched.due)) FILTER (WHERE matched.is_payment) AS paid_days,
                       MAX(matched.day) FILTER (WHERE matched.is_payment) AS paid_on
                  FROM (
                        SELECT instalment.id, instalment.due, partial.amount, partial.max_date AS day,
                               instalment.is_invoice AND credit.id IS NULL AS is_payment
                          FROM instalment
                          JOIN account_partial_reconcile partial ON partial.debit_move_id = instalment.id
                     LEFT JOIN instalment credit ON credit.id = partial.credit_move_id AND NOT credit.is_invoice
                         WHERE partial.max_date <= %(as_of)s
                     UNION ALL
                        SELECT instalment.id, instalment.due, -partial.amount, partial.max_date, FALSE
                          FROM instalment
                          JOIN account_partial_reconcile partial ON partial.credit_move_id = instalment.id
                         WHERE partial.max_date <= %(as_of)s
                       ) matched
              GROUP BY matched.id
            )
            """,
            as_of=as_of,
        )

    @api.model
    def _figures_invoices(self, as_of):
        """``invoice``: one row per document with what is open, overdue and how it was paid."""
        return SQL(
            """
            balance AS (
                SELECT instalment.move_id,
                       SUM(instalment.balance - COALESCE(settlement.settled, 0)) AS open,
                       SUM(instalment.balance - COALESCE(settlement.settled, 0)) FILTER (
                           WHERE instalment.is_invoice AND instalment.due < %(as_of)s) AS overdue,
                       MIN(instalment.due) FILTER (
                           WHERE instalment.is_invoice AND instalment.due < %(as_of)s
                             AND instalment.balance > COALESCE(settlement.settled, 0)) AS oldest_due,
                       SUM(settlement.paid) AS paid,
                       SUM(settlement.paid_days) AS paid_days,
                       MAX(settlement.paid_on) AS paid_on,
                       MAX(settlement.paid_on - instalment.due) AS days_late
                  FROM instalment
             LEFT JOIN settlement USING (id)
              GROUP BY instalment.move_id
            ),
            invoice AS (
                SELECT document.*, balance.open, balance.overdue, balance.oldest_due, balance.paid, balance.paid_days,
                       CASE WHEN document.is_purchase AND balance.open = 0 THEN balance.paid_on END AS paid_on,
                       balance.days_late
                  FROM document
             LEFT JOIN balance ON balance.move_id = document.id
            )
            """,
            as_of=as_of,
        )

    @api.model
    def _figures_customers(self, as_of):
        """``customer``: the sums per customer and company."""
        return SQL(
            """
            customer AS (
                SELECT invoice.partner_id, invoice.company_id,
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
              GROUP BY invoice.partner_id, invoice.company_id
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

        Of some customers only, it is taken from what stands in the dossiers: theirs alone would be no portfolio.
        """
        source = (
            SQL("SELECT company_id, late_count, paid_count FROM customer")
            if partners is None
            else SQL("SELECT company_id, ROUND(late_ratio * paid_count), paid_count FROM compliance_profile")
        )
        return SQL(
            """
            portfolio AS (
                SELECT company_id, (SUM(late_count) + 5)::float8 / (SUM(paid_count) + 10) AS late_share
                  FROM (%s) counted (company_id, late_count, paid_count)
              GROUP BY company_id
            )
            """,
            source,
        )

    @api.model
    def _figures_derived(self, partners, as_of):
        """``figures``: one row per dossier with every figure of its own customer; zero where there is no history."""
        return SQL(
            """
            rhythm AS (
                SELECT profile.id AS profile_id, profile.partner_id, profile.company_id,
                       profile.admission_state, company.compliance_dso_days AS dso_days,
                       company.compliance_frequent_purchases AS frequent_purchases,
                       company.compliance_new_days AS new_days,
                       company.compliance_at_risk_factor AS at_risk_factor,
                       company.compliance_lost_factor AS lost_factor,
                       company.compliance_default_interval_days AS default_interval,
                       customer.first_invoice_date, customer.last_invoice_date,
                       COALESCE(customer.invoice_count, 0) AS invoice_count,
                       COALESCE(customer.purchases_12m, 0) AS purchases_12m,
                       COALESCE(customer.revenue_12m, 0) AS revenue_12m,
                       COALESCE(customer.revenue_total, 0) AS revenue_total,
                       COALESCE(customer.open_amount, 0) AS open_amount,
                       COALESCE(customer.overdue_amount, 0) AS overdue_amount,
                       customer.oldest_due_date, customer.period_sales,
                       COALESCE(customer.paid_count, 0) AS paid_count,
                       customer.avg_days_to_pay, customer.days_beyond_terms,
                       customer.late_count, customer.recent_count, customer.recent_late_count,
                       customer.trend_count, customer.trend_slope,
                       COALESCE(customer.late_weight, 0) AS late_weight,
                       COALESCE(customer.late_weight_late, 0) AS late_weight_late,
                       COALESCE(customer.late_evidence, 0) AS late_evidence,
                       LN(COALESCE(portfolio.late_share, 0.5) / (1 - COALESCE(portfolio.late_share, 0.5)))
                           AS late_odds,
                       (customer.last_invoice_date - customer.first_invoice_date)::numeric
                           / NULLIF(customer.purchase_days - 1, 0) AS purchase_interval,
                       %(as_of)s - customer.last_invoice_date AS silence,
                       COALESCE((partner.credit_limit ->> profile.company_id::text)::numeric,
                                (%(limits)s::jsonb ->> profile.company_id::text)::numeric) AS credit_limit
                  FROM compliance_profile profile
                  JOIN res_company company ON company.id = profile.company_id
                  JOIN res_partner partner ON partner.id = profile.partner_id
             LEFT JOIN customer ON customer.partner_id = profile.partner_id
                               AND customer.company_id = profile.company_id
             LEFT JOIN portfolio ON portfolio.company_id = profile.company_id
                 WHERE %(scope)s
            ),
            figures AS MATERIALIZED (
                SELECT profile_id, partner_id, company_id,
                       invoice_count::int4, purchases_12m::int4, revenue_12m, revenue_total,
                       first_invoice_date, last_invoice_date,
                       ROUND(COALESCE(purchase_interval, 0), 2) AS purchase_interval_days,
                       CASE WHEN invoice_count = 0 THEN 'none'
                            WHEN invoice_count = 1 THEN 'one_time'
                            WHEN purchases_12m >= frequent_purchases THEN 'frequent'
                            ELSE 'occasional' END AS purchase_behaviour,
                       CASE WHEN admission_state = 'exited' THEN 'exited'
                            WHEN invoice_count = 0 THEN 'prospect'
                            WHEN silence > lost_factor * GREATEST(COALESCE(purchase_interval, default_interval), 7)
                                THEN 'lost'
                            WHEN silence > at_risk_factor * GREATEST(COALESCE(purchase_interval, default_interval), 7)
                                THEN 'at_risk'
                            WHEN first_invoice_date > %(as_of)s - new_days THEN 'new'
                            ELSE 'active' END AS lifecycle,
                       open_amount, overdue_amount,
                       COALESCE(%(as_of)s - oldest_due_date, 0)::int4 AS max_days_overdue,
                       oldest_due_date,
                       ROUND(CASE WHEN credit_limit > 0 THEN open_amount / credit_limit ELSE 0 END, 4)
                           AS credit_limit_used,
                       paid_count::int4,
                       ROUND(COALESCE(avg_days_to_pay, 0), 2) AS avg_days_to_pay,
                       ROUND(COALESCE(days_beyond_terms, 0), 2) AS days_beyond_terms,
                       ROUND(COALESCE(late_count::numeric / NULLIF(paid_count, 0), 0), 4) AS late_ratio,
                       ROUND(COALESCE(recent_late_count::numeric / NULLIF(recent_count, 0), 0), 4)
                           AS late_ratio_recent,
                       ROUND(CASE WHEN trend_count >= 3 THEN 30 * COALESCE(trend_slope, 0) ELSE 0 END::numeric, 2)
                           AS late_trend,
                       ROUND(((late_weight_late
                               + 10 / (1 + EXP(-(late_evidence + 2 * late_odds) / (late_weight + 2))))
                              / (late_weight + 10))::numeric, 4) AS late_probability,
                       ROUND(CASE WHEN period_sales > 0 THEN open_amount / period_sales * dso_days ELSE 0 END, 2)
                           AS dso,
                       ROUND(CASE WHEN period_sales > 0
                                  THEN (open_amount - overdue_amount) / period_sales * dso_days ELSE 0 END, 2)
                           AS best_possible_dso,
                       ROUND(CASE WHEN period_sales > 0 THEN overdue_amount / period_sales * dso_days ELSE 0 END, 2)
                           AS avg_days_delinquent
                  FROM rhythm
            )
            """,
            as_of=as_of,
            limits=json.dumps(self._get_default_credit_limits()),
            scope=SQL("TRUE") if partners is None else SQL("profile.partner_id = ANY(%s)", partners.ids),
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
    def _figures_classes(self, source, key):
        """SELECT of the figures that rank customers among all customers of their company.

        Shares and ranks count strictly better or worse customers, so that equal customers get equal classes.

        :param SQL source: rows with company_id, invoice_count, purchases_12m, revenue_12m and last_invoice_date
        :param SQL key: the column of the source that identifies the dossier
        """
        return SQL(
            """
            SELECT ranked.profile_id,
                   CASE WHEN ranked.revenue_12m <= 0 THEN 'none'
                        WHEN 100 * ranked.better < company.compliance_tier_high * ranked.total THEN 'high'
                        WHEN 100 * ranked.better < company.compliance_tier_medium * ranked.total THEN 'medium'
                        ELSE 'low' END AS value_tier,
                   %(recency)s AS rfm_recency, %(frequency)s AS rfm_frequency, %(monetary)s AS rfm_monetary
              FROM (
                    SELECT %(key)s AS profile_id, company_id, invoice_count, revenue_12m,
                           SUM(GREATEST(revenue_12m, 0)) OVER company AS total,
                           COALESCE(SUM(GREATEST(revenue_12m, 0)) OVER (
                               company ORDER BY revenue_12m DESC
                               GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS better,
                           COUNT(*) OVER customers AS customers,
                           RANK() OVER (customers ORDER BY last_invoice_date) AS recency_rank,
                           RANK() OVER (customers ORDER BY purchases_12m) AS frequency_rank,
                           RANK() OVER (customers ORDER BY revenue_12m) AS monetary_rank
                      FROM %(source)s
                    WINDOW company AS (PARTITION BY company_id),
                           customers AS (PARTITION BY company_id, invoice_count > 0)
                   ) ranked
              JOIN res_company company ON company.id = ranked.company_id
            """,
            key=key,
            source=source,
            **{
                name: SQL(
                    "CASE WHEN ranked.invoice_count > 0 THEN 1 + 5 * (ranked.%s - 1) / ranked.customers ELSE 0 END::int4",
                    SQL.identifier(f"{name}_rank"),
                )
                for name in ("recency", "frequency", "monetary")
            },
        )

    @api.model
    def _figures_standing(self, partners=None):
        """SELECT of what does not come from the ledger: profile_id, zone, completeness."""
        return SQL(
            """
            SELECT profile.id AS profile_id, COALESCE(zone.zone, 'standard') AS zone,
                   %(completeness)s AS completeness
              FROM compliance_profile profile
              JOIN res_partner partner ON partner.id = profile.partner_id
         LEFT JOIN (%(zones)s) zone ON zone.profile_id = profile.id
             WHERE %(scope)s
            """,
            completeness=self.env["compliance.dossier.item"]._get_completeness_sql(),
            zones=self._figures_zones(),
            scope=SQL("TRUE") if partners is None else SQL("profile.partner_id = ANY(%s)", partners.ids),
        )

    @api.model
    def _figures_zones(self):
        """SELECT of profile_id and zone of the dossiers with applicable checks; an expired answer is no answer."""
        return SQL(
            """
            SELECT checked.profile_id,
                   CASE WHEN BOOL_OR(answer = 'unmet' AND knockout) THEN 'non_compliant'
                        WHEN BOOL_OR(answer = 'unmet') THEN 'grey'
                        WHEN BOOL_OR(answer = 'unknown') THEN 'unknown'
                        ELSE 'standard' END AS zone
              FROM (
                    SELECT answered.profile_id, criterion.knockout,
                           CASE WHEN answered.valid_until < %s THEN 'unknown' ELSE answered.result END AS answer
                      FROM compliance_criterion_check answered
                      JOIN compliance_criterion criterion ON criterion.id = answered.criterion_id
                     WHERE answered.active AND answered.is_applicable AND criterion.active
                   ) checked
          GROUP BY checked.profile_id
            """,
            fields.Date.context_today(self),
        )
