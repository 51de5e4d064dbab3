# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import json

from dateutil.relativedelta import relativedelta

from odoo import api, models
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
COMPANY = SQL("company_id")


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
        :param date as_of: the day; by default every company's own today
        :return: SQL of a SELECT with a row per dossier: profile_id, partner_id, company_id and a column per figure,
            amounts in the company currency, days as days, shares from 0 to 1
        """
        return SQL(
            "WITH %(ledger)s SELECT figures.*, %(classes)s FROM figures"
            " JOIN (%(yardsticks)s) yardstick ON yardstick.company_id = figures.company_id WHERE %(wanted)s",
            ledger=self._figures_ledger(None, as_of),
            classes=self._get_classes_sql("figures"),
            yardsticks=self._yardsticks_query(SQL("customer")),
            wanted=SQL("TRUE") if partners is None else SQL("figures.partner_id = ANY(%s)", partners.ids),
        )

    @api.model
    def _figures_ledger(self, partners, as_of):
        """The common table expressions from documents to ``figures``, one row per dossier of these customers.

        History, open items and payment habit are summed separately and meet per customer: no million rows meet a
        million. History and habit are read from covering indexes in the order in which they are summed.
        """
        days = self.env["res.company"]._get_compliance_days(as_of)
        self._flush_ledger()
        return SQL(", ").join(
            [
                self._figures_counterparts(partners),
                self._figures_moved(),
                self._figures_later(days),
                self._figures_open_items(partners, days),
                self._figures_today(days),
                self._figures_history(partners, days),
                self._figures_settlements(partners, days),
                self._figures_payments(days),
                self._figures_habit(days),
                self._figures_customers(partners),
                self._figures_portfolio(partners),
                self._figures_rhythm(days),
                self._figures_derived(days),
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
    def _get_setting_sql(self, name):
        """Expression over ``company_id``: a company's threshold."""
        companies = self.env["res.company"]._get_compliance_companies()
        return companies._get_compliance_value_sql({company: company[name] for company in companies}, COMPANY)

    @api.model
    def _get_day_sql(self, days, column=COMPANY, years=0):
        """Expression over a column of company ids: the company's day, or the same day some years before."""
        days = {company: day - relativedelta(years=years) for company, day in days.items()}
        return self.env["res.company"]._get_compliance_value_sql(days, column)

    @api.model
    def _get_receivable_lines(self, partners, days):
        """Condition on ``line``: is it an instalment of a customer's document, posted and dated until the day?

        Odoo lets no document's instalments but vendor bills' stand on a payable account. Said this way round, and by
        the accounts' ids, the planner knows how many lines there are; and from the index that they are posted.
        """
        return SQL(
            "line.display_type = 'payment_term' AND line.parent_state = 'posted' AND line.account_id <> ALL(%s::int4[])"
            " AND line.invoice_date <= %s AND %s",
            self._get_account_ids("liability_payable"),
            self._get_day_sql(days, SQL("line.company_id")),
            self._get_ledger_scope(SQL("line.partner_id"), partners),
        )

    @api.model
    def _get_account_ids(self, account_type):
        """Ids of all companies' accounts of a type."""
        accounts = self.env["account.account"].sudo().with_context(active_test=False)
        return accounts.search([("account_type", "=", account_type)]).ids

    @api.model
    def _figures_counterparts(self, partners):
        """``counterpart``: the few journal items that settle an instalment without being a payment on their own day.

        A credit note is no payment. An exchange difference completes the settlement that caused it: on the same day,
        and as the same kind; ``settled_on`` is that day. Credit notes are also recognised as documents by it.
        """
        return SQL(
            """
            counterpart AS MATERIALIZED (
                SELECT line.id, credit_note.company_id, TRUE AS is_credit_note, line.balance > 0 AS is_debit,
                       NULL::date AS settled_on, FALSE AS is_payment
                  FROM account_move credit_note
            CROSS JOIN LATERAL (
                        SELECT id, balance FROM account_move_line
                         WHERE move_id = credit_note.id AND display_type = 'payment_term'
                        OFFSET 0 -- by the index of the document's lines, not by reading all lines
                       ) line
                 WHERE credit_note.move_type = 'out_refund' AND credit_note.state = 'posted' AND %(credit_scope)s
             UNION ALL
                SELECT line.id, line.company_id, FALSE, FALSE, cause.max_date,
                       credit.display_type <> 'payment_term'
                  FROM account_partial_reconcile cause
                  JOIN account_move_line line ON line.move_id = cause.exchange_move_id
                  JOIN account_move_line debit ON debit.id = cause.debit_move_id AND debit.display_type = 'payment_term'
                  JOIN account_move_line credit ON credit.id = cause.credit_move_id
                 WHERE cause.exchange_move_id IS NOT NULL AND %(line_scope)s
            )
            """,
            credit_scope=self._get_credit_note_scope(partners),
            line_scope=self._get_ledger_scope(SQL("line.partner_id"), partners),
        )

    @api.model
    def _get_credit_note_scope(self, partners):
        """Condition on ``credit_note``: is it one of these customers', or does it settle an invoice of theirs?"""
        if partners is None:
            return SQL("TRUE")
        return SQL(
            """
            (%(own)s OR credit_note.id IN (
                SELECT other.move_id
                  FROM account_move_line line
                  JOIN account_partial_reconcile partial ON partial.debit_move_id = line.id
                  JOIN account_move_line other ON other.id = partial.credit_move_id
                 WHERE line.display_type = 'payment_term' AND other.display_type = 'payment_term' AND %(line)s))
            """,
            own=self._get_ledger_scope(SQL("credit_note.commercial_partner_id"), partners),
            line=self._get_ledger_scope(SQL("line.partner_id"), partners),
        )

    @api.model
    def _figures_moved(self):
        """``moved``: partners that are no customers of their own by now; their documents may still say so. Read once: a
        few beside many documents, which looked up for each cost a fifth of all. Nobody moves without a parent, and how
        many have one PostgreSQL knows.
        """
        return SQL(
            "moved AS MATERIALIZED (SELECT id, commercial_partner_id FROM res_partner"
            " WHERE parent_id IS NOT NULL AND commercial_partner_id <> id)"
        )

    @api.model
    def _figures_later(self, days):
        """``later``: what of an instalment was settled after the day."""
        return SQL(
            """
            later AS MATERIALIZED (
                SELECT side.line_id, SUM(side.amount) AS amount
                  FROM account_partial_reconcile partial
            CROSS JOIN LATERAL (VALUES (debit_move_id, credit_move_id, partial.amount),
                                       (credit_move_id, debit_move_id, -partial.amount))
                               side (line_id, other_id, amount)
                 WHERE partial.max_date > %(partial_day)s
                   AND side.other_id NOT IN (SELECT id FROM counterpart WHERE settled_on <= %(counterpart_day)s)
              GROUP BY side.line_id
            )
            """,
            partial_day=self._get_day_sql(days, SQL("partial.company_id")),
            counterpart_day=self._get_day_sql(days, SQL("counterpart.company_id")),
        )

    @api.model
    def _figures_open_items(self, partners, days):
        """``open_item``: the instalments with a balance on the day, credit notes' included.

        What Odoo stores as open now, with what was settled after the day put back.
        """
        return SQL(
            """
            open_item AS MATERIALIZED (
                SELECT line.id, line.move_id, line.partner_id, line.company_id, line.amount_residual AS open,
                       COALESCE(line.date_maturity, line.invoice_date) AS due
                  FROM account_move_line line
                 WHERE %(lines)s AND line.reconciled IS NOT TRUE AND line.account_id = ANY(%(receivable)s)
                   AND NOT EXISTS (SELECT FROM later WHERE later.line_id = line.id)
             UNION ALL
                SELECT line.id, line.move_id, line.partner_id, line.company_id, line.amount_residual + later.amount,
                       COALESCE(line.date_maturity, line.invoice_date)
                  FROM later
                  JOIN account_move_line line ON line.id = later.line_id
                 WHERE %(lines)s
            )
            """,
            lines=self._get_receivable_lines(partners, days),
            receivable=self._get_account_ids("asset_receivable"),
        )

    @api.model
    def _figures_today(self, days):
        """``today``: the sums of each customer's open items."""
        return SQL(
            """
            today AS (
                SELECT COALESCE(moved.commercial_partner_id, item.partner_id) AS partner_id, item.company_id,
                       SUM(item.open) AS open_amount,
                       SUM(item.open) FILTER (WHERE is_overdue) AS overdue_amount,
                       MIN(item.due) FILTER (WHERE is_overdue AND item.open > 0) AS oldest_due_date
                  FROM (SELECT *, due < %(as_of)s
                                  AND id NOT IN (SELECT id FROM counterpart WHERE is_credit_note) AS is_overdue
                          FROM open_item OFFSET 0) item -- OFFSET 0: is_overdue is found once, not per sum
             LEFT JOIN moved ON moved.id = item.partner_id
              GROUP BY 1, 2
            )
            """,
            as_of=self._get_day_sql(days),
        )

    @api.model
    def _figures_history(self, partners, days):
        """``history``: what each customer bought."""
        return SQL(
            """
            history AS (
                SELECT partner_id, company_id,
                       COUNT(*) FILTER (WHERE is_purchase) AS invoice_count,
                       COUNT(*) FILTER (WHERE is_purchase AND day > %(year_ago)s) AS purchases_12m,
                       SUM(revenue) AS revenue_total,
                       SUM(revenue) FILTER (WHERE day > %(year_ago)s) AS revenue_12m,
                       SUM(sales) FILTER (WHERE day > %(as_of)s - %(dso_days)s) AS period_sales,
                       MIN(day) FILTER (WHERE is_purchase) AS first_invoice_date,
                       MAX(day) FILTER (WHERE is_purchase) AS last_invoice_date,
                       COUNT(DISTINCT day) FILTER (WHERE is_purchase) AS purchase_days
                  FROM (
                        SELECT COALESCE(moved.commercial_partner_id, move.commercial_partner_id) AS partner_id,
                               move.company_id, move.invoice_date AS day,
                               move.move_type <> 'out_refund' AND move.amount_total_signed <> 0 AS is_purchase,
                               move.amount_untaxed_signed AS revenue, move.amount_total_signed AS sales
                          FROM account_move move
                     LEFT JOIN moved ON moved.id = move.commercial_partner_id
                         WHERE move.move_type IN ('out_invoice', 'out_receipt', 'out_refund')
                           AND move.state = 'posted' AND move.invoice_date <= %(move_day)s AND %(scope)s
                       ) document
              GROUP BY partner_id, company_id
            )
            """,
            as_of=self._get_day_sql(days),
            move_day=self._get_day_sql(days, SQL("move.company_id")),
            year_ago=self._get_day_sql(days, years=1),
            dso_days=self._get_setting_sql("compliance_dso_days"),
            scope=self._get_ledger_scope(SQL("move.commercial_partner_id"), partners),
        )

    @api.model
    def _figures_settlements(self, partners, days):
        """``settlement``: what settled a document's instalments, one row per reconciliation.

        Debit balances are settled by credits. The reverse is a credit note, or the rare invoice below zero.
        """
        return SQL(
            """
            below_zero AS MATERIALIZED (
                SELECT line.id
                  FROM account_move_line line
                 WHERE %(lines)s AND line.balance < 0
                   AND line.id NOT IN (SELECT id FROM counterpart WHERE is_credit_note)
            ),
            settlement AS (
                SELECT line.partner_id, line.company_id, line.move_id, line.invoice_date AS day,
                       COALESCE(line.date_maturity, line.invoice_date) AS due,
                       partial.amount::float8, partial.max_date, partial.credit_move_id AS other_id
                  FROM account_partial_reconcile partial
                  JOIN account_move_line line ON line.id = partial.debit_move_id
                 WHERE %(lines)s AND line.id NOT IN (SELECT id FROM counterpart WHERE is_credit_note AND is_debit)
             UNION ALL
                SELECT line.partner_id, line.company_id, line.move_id, line.invoice_date,
                       COALESCE(line.date_maturity, line.invoice_date),
                       partial.amount::float8, partial.max_date, partial.debit_move_id
                  FROM below_zero
                  JOIN account_move_line line ON line.id = below_zero.id
                  JOIN account_partial_reconcile partial ON partial.credit_move_id = line.id
            )
            """,
            lines=self._get_receivable_lines(partners, days),
        )

    @api.model
    def _figures_payments(self, days):
        """``invoice``: how each document was paid until the day, from its payments (``payment``)."""
        return SQL(
            """
            payment AS (
                SELECT COALESCE(moved.commercial_partner_id, settlement.partner_id) AS partner_id,
                       settlement.company_id, move_id, day, due, amount,
                       COALESCE(counterpart.settled_on, max_date) AS happened_on
                  FROM settlement
             LEFT JOIN (SELECT id, MIN(settled_on) AS settled_on, BOOL_AND(is_payment) AS is_payment
                          FROM counterpart GROUP BY id) counterpart ON counterpart.id = settlement.other_id
             LEFT JOIN moved ON moved.id = settlement.partner_id
                 WHERE COALESCE(counterpart.is_payment, TRUE)
                   AND COALESCE(counterpart.settled_on, max_date) <= %(settlement_day)s
            ),
            invoice AS (
                SELECT partner_id, company_id,
                       SUM(amount) AS paid, SUM(amount * (happened_on - due)) AS paid_days,
                       MIN(day) AS day, MAX(happened_on) AS paid_on, MAX(happened_on - due) AS days_late,
                       POWER(0.5::float8, LEAST(%(as_of)s - MAX(happened_on), 7300) / 180.0::float8) AS weight,
                       move_id NOT IN (SELECT move_id FROM open_item GROUP BY move_id HAVING SUM(open) <> 0) AS is_paid
                  FROM payment
              GROUP BY partner_id, company_id, move_id
            )
            """,
            as_of=self._get_day_sql(days),
            settlement_day=self._get_day_sql(days, SQL("settlement.company_id")),
        )

    @api.model
    def _figures_habit(self, days):
        """``habit``: how each customer paid."""
        return SQL(
            """
            habit AS (
                SELECT partner_id, company_id,
                       COUNT(*) FILTER (WHERE is_paid) AS paid_count,
                       AVG(paid_on - day) FILTER (WHERE is_paid) AS avg_days_to_pay,
                       SUM(paid_days) / NULLIF(SUM(paid), 0) AS days_beyond_terms,
                       COUNT(*) FILTER (WHERE is_paid AND days_late > 0) AS late_count,
                       COUNT(*) FILTER (WHERE is_paid AND %(recent)s) AS recent_count,
                       COUNT(*) FILTER (WHERE is_paid AND %(recent)s AND days_late > 0) AS recent_late_count,
                       SUM(weight) FILTER (WHERE is_paid) AS late_weight,
                       SUM(weight) FILTER (WHERE is_paid AND days_late > 0) AS late_weight_late,
                       SUM(weight * %(evidence)s) FILTER (WHERE is_paid) AS late_evidence,
                       COUNT(*) FILTER (WHERE is_paid AND paid_on > %(year_ago)s) AS trend_count,
                       REGR_SLOPE(days_late, paid_on - %(year_ago)s)
                           FILTER (WHERE is_paid AND paid_on > %(year_ago)s) AS trend_slope
                  FROM invoice
              GROUP BY partner_id, company_id
            )
            """,
            year_ago=self._get_day_sql(days, years=1),
            recent=SQL("paid_on > %s - %s", self._get_day_sql(days), self._get_setting_sql("compliance_recent_days")),
            evidence=SQL(
                "4 * (CASE WHEN days_late > 0 THEN 0.25 ELSE -0.25 END::float8"
                " + (days_late - 0.5::float8) / (10 + ABS(days_late - 0.5::float8)))"
            ),
        )

    @api.model
    def _figures_customers(self, partners):
        """``customer``: everything about a dossier's customer in one row, whether or not there is any document."""
        return SQL(
            """
            customer AS MATERIALIZED (
                SELECT profile.id AS profile_id, profile.partner_id, profile.company_id, profile.admission_state,
                       COALESCE(history.invoice_count, 0) AS invoice_count,
                       COALESCE(history.purchases_12m, 0) AS purchases_12m,
                       history.revenue_total, history.revenue_12m, history.period_sales, history.purchase_days,
                       history.first_invoice_date, history.last_invoice_date,
                       COALESCE(today.open_amount, 0) AS open_amount,
                       COALESCE(today.overdue_amount, 0) AS overdue_amount,
                       today.oldest_due_date,
                       COALESCE(habit.paid_count, 0) AS paid_count, COALESCE(habit.late_count, 0) AS late_count,
                       habit.recent_count, habit.recent_late_count, habit.avg_days_to_pay, habit.days_beyond_terms,
                       habit.late_weight, habit.late_weight_late, habit.late_evidence,
                       habit.trend_count, habit.trend_slope,
                       COALESCE((partner.credit_limit ->> profile.company_id::text)::numeric,
                                (%(limits)s::jsonb ->> profile.company_id::text)::numeric) AS credit_limit
                  FROM compliance_profile profile
                  JOIN res_partner partner ON partner.id = profile.partner_id
             LEFT JOIN history ON history.partner_id = profile.partner_id AND history.company_id = profile.company_id
             LEFT JOIN today ON today.partner_id = profile.partner_id AND today.company_id = profile.company_id
             LEFT JOIN habit ON habit.partner_id = profile.partner_id AND habit.company_id = profile.company_id
                 WHERE %(scope)s
            )
            """,
            limits=json.dumps(self._get_default_credit_limits()),
            scope=SQL("TRUE") if partners is None else SQL("profile.partner_id = ANY(%s)", partners.ids),
        )

    @api.model
    def _figures_portfolio(self, partners):
        """``portfolio``: per company, the odds that a paid invoice was paid late, even while nothing was paid.

        Of some customers only, the others' counts are taken from their dossiers.
        """
        source = SQL("SELECT company_id, late_count, paid_count FROM customer")
        if partners is not None:
            source = SQL(
                "%s UNION ALL SELECT company_id, ROUND(late_ratio * paid_count), paid_count"
                " FROM compliance_profile WHERE partner_id NOT IN (SELECT UNNEST(%s))",
                source,
                partners.ids,
            )
        return SQL(
            """
            portfolio AS NOT MATERIALIZED ( -- the planner shall see that companies are unique
                SELECT company_id, LN(late_share / (1 - late_share)) AS late_odds
                  FROM (SELECT company_id, (SUM(late_count) + 5)::float8 / (SUM(paid_count) + 10) AS late_share
                          FROM (%s) counted (company_id, late_count, paid_count)
                      GROUP BY company_id) share
            )
            """,
            source,
        )

    @api.model
    def _figures_rhythm(self, days):
        """``rhythm``: customers with the thresholds and intervals their figures are measured by."""
        return SQL(
            """
            rhythm AS (
                SELECT customer.*,
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
                       portfolio.late_odds
                  FROM customer
             -- Every customer has both: LEFT tells the planner that no row gets lost.
             LEFT JOIN res_company company ON company.id = customer.company_id
             LEFT JOIN portfolio ON portfolio.company_id = customer.company_id
            )
            """,
            as_of=self._get_day_sql(days, SQL("customer.company_id")),
        )

    @api.model
    def _figures_derived(self, days):
        """``figures``: one row per dossier with every figure of its own customer; zero where there is no history."""
        return SQL(
            "figures AS (SELECT profile_id, partner_id, company_id, %s FROM rhythm)",
            SQL(", ").join(
                [
                    self._get_purchase_figures_sql(days),
                    self._get_open_figures_sql(days),
                    self._get_habit_figures_sql(),
                    self._get_turnover_figures_sql(),
                ]
            ),
        )

    @api.model
    def _get_purchase_figures_sql(self, days):
        """Columns over ``rhythm``: what and how often a customer buys."""
        return SQL(
            """
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
                 ELSE 'active' END AS lifecycle
            """,
            as_of=self._get_day_sql(days),
        )

    @api.model
    def _get_open_figures_sql(self, days):
        """Columns over ``rhythm``: what a customer owes."""
        return SQL(
            """
            open_amount, overdue_amount,
            COALESCE(%(as_of)s - oldest_due_date, 0)::int4 AS max_days_overdue,
            oldest_due_date,
            ROUND(CASE WHEN credit_limit > 0 THEN open_amount / credit_limit ELSE 0 END, 4) AS credit_limit_used
            """,
            as_of=self._get_day_sql(days),
        )

    @api.model
    def _get_habit_figures_sql(self):
        """Columns over ``rhythm``: how a customer pays."""
        return SQL(
            """
            paid_count::int4,
            ROUND(COALESCE(avg_days_to_pay, 0), 2) AS avg_days_to_pay,
            ROUND(COALESCE(days_beyond_terms, 0)::numeric, 2) AS days_beyond_terms,
            ROUND(COALESCE(late_count::numeric / NULLIF(paid_count, 0), 0), 4) AS late_ratio,
            ROUND(COALESCE(recent_late_count::numeric / NULLIF(recent_count, 0), 0), 4) AS late_ratio_recent,
            ROUND(CASE WHEN trend_count >= 3 THEN 30 * COALESCE(trend_slope, 0) ELSE 0 END::numeric, 2) AS late_trend,
            ROUND(((COALESCE(late_weight_late, 0)
                    + 10 / (1 + EXP(-(COALESCE(late_evidence, 0) + 2 * late_odds) / (COALESCE(late_weight, 0) + 2))))
                   / (COALESCE(late_weight, 0) + 10))::numeric, 4) AS late_probability
            """
        )

    @api.model
    def _get_turnover_figures_sql(self):
        """Columns over ``rhythm``: days' sales a customer owes (DSO): in all, not yet due, and overdue."""
        measures = {
            "dso": SQL("open_amount"),
            "best_possible_dso": SQL("open_amount - overdue_amount"),
            "avg_days_delinquent": SQL("overdue_amount"),
        }
        return SQL(", ").join(
            SQL(
                "ROUND(CASE WHEN period_sales > 0 THEN (%s) / period_sales * dso_days ELSE 0 END, 2) AS %s",
                amount,
                SQL.identifier(name),
            )
            for name, amount in measures.items()
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
    def _yardsticks_query(self, source):
        """SELECT of the values that divide a company's customers into classes, a row per company: company_id,
        high_from and medium_from, the lowest revenue of these value tiers, and what quintile scores are told by.

        :param SQL source: rows with company_id, invoice_count, purchases_12m, revenue_12m and last_invoice_date
        """
        return SQL(
            """
            SELECT ranked.company_id,
                   MIN(revenue) FILTER (WHERE 100 * better < company.compliance_tier_high * total) AS high_from,
                   MIN(revenue) FILTER (WHERE 100 * better < company.compliance_tier_medium * total) AS medium_from,
                   %(scores)s
              FROM (
                    SELECT *, SUM(GREATEST(revenue, 0)) OVER (PARTITION BY company_id) AS total,
                           COALESCE(SUM(GREATEST(revenue, 0)) OVER (
                               PARTITION BY company_id ORDER BY revenue DESC
                               GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS better
                      FROM (SELECT company_id, invoice_count, purchases_12m::int4, last_invoice_date,
                                   COALESCE(revenue_12m, 0) AS revenue
                              FROM %(source)s source) source
                   ) ranked
              JOIN res_company company ON company.id = ranked.company_id
          GROUP BY ranked.company_id
            """,
            source=source,
            scores=self._get_quintiles_sql(),
        )

    @api.model
    def _get_quintiles_sql(self):
        """Columns of a yardstick: per quintile score the four values one must exceed for 2, 3, 4 and 5.

        Whoever has n customers below has exceeded the n-th value from below; to be in the next fifth is to have a
        fifth of them below. Finding those values sorts bare values, and classes then follow row by row, in one read:
        ranking sorts whole rows, several times.
        """
        measures = {"rfm_recency": "last_invoice_date", "rfm_frequency": "purchases_12m", "rfm_monetary": "revenue"}
        return SQL(", ").join(
            SQL(
                "PERCENTILE_DISC(ARRAY[0.2, 0.4, 0.6, 0.8]) WITHIN GROUP (ORDER BY %s)"
                " FILTER (WHERE invoice_count > 0) AS %s",
                SQL.identifier(measure),
                SQL.identifier(name),
            )
            for name, measure in measures.items()
        )

    @api.model
    def _get_classes_sql(self, alias):
        """Columns of the class figures: how the customers of a table of figures stand by the ``yardstick`` of their
        company. Equal customers get equal classes.
        """
        revenue = SQL.identifier(alias, "revenue_12m")
        value_tier = SQL(
            "CASE WHEN %(revenue)s <= 0 THEN 'none' WHEN %(revenue)s >= high_from THEN 'high'"
            " WHEN %(revenue)s >= medium_from THEN 'medium' ELSE 'low' END AS value_tier",
            revenue=revenue,
        )
        measures = {
            "rfm_recency": SQL.identifier(alias, "last_invoice_date"),
            "rfm_frequency": SQL.identifier(alias, "purchases_12m"),
            "rfm_monetary": revenue,
        }
        scores = (
            SQL(
                "CASE WHEN %(is_customer)s THEN 1 + %(exceeded)s ELSE 0 END AS %(name)s",
                is_customer=SQL("%s > 0", SQL.identifier(alias, "invoice_count")),
                exceeded=SQL(" + ").join(
                    SQL("(%s > %s[%s])::int4", measure, SQL.identifier("yardstick", name), number)
                    for number in range(1, 5)
                ),
                name=SQL.identifier(name),
            )
            for name, measure in measures.items()
        )
        return SQL(", ").join([value_tier, *scores])

    @api.model
    def _zones_query(self, checks):
        """SELECT of profile_id, zone, and ``differs``: whether checks must be laid out. Only of dossiers with anything
        against them or to lay out; all others are standard. An answer that has expired no longer speaks for the
        customer.

        :param SQL checks: SELECT of profile_id, company_id, knockout, applies, result, valid_until and differs
        """
        return SQL(
            """
            SELECT profile_id,
                   CASE WHEN BOOL_OR(answer = 'unmet' AND knockout) THEN 'non_compliant'
                        WHEN BOOL_OR(answer = 'unmet') THEN 'grey'
                        WHEN BOOL_OR(answer = 'unknown') THEN 'unknown'
                        ELSE 'standard' END AS zone,
                   BOOL_OR(differs) AS differs
              FROM (
                    SELECT profile_id, knockout, differs,
                           CASE WHEN NOT applies THEN NULL
                                WHEN valid_until < %(today)s AND result <> 'unmet' THEN 'unknown'
                                ELSE result END AS answer
                      FROM (%(checks)s) checked
                   ) answered
             WHERE answer IN ('unmet', 'unknown') OR differs
          GROUP BY profile_id
            """,
            today=self.env["res.company"]._get_compliance_today_sql(SQL("checked.company_id")),
            checks=checks,
        )
