# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The bare aggregate a DBA would write for the figures of docs/figures.md, with the default thresholds.

Written from the definitions, not from the add-on, so that it checks the
    add-on's figures too. The DBA leaves out what the
add-on cannot: exchange differences, thresholds that differ by company, the company's default credit limit.
"""

import datetime

FIGURES = """
WITH receivable AS MATERIALIZED (
    SELECT id FROM account_account WHERE account_type = 'asset_receivable'
), refund_line AS MATERIALIZED (
    SELECT l.id FROM account_move m JOIN account_move_line l ON l.move_id = m.id AND l.account_id IN (SELECT id
        FROM receivable)
     WHERE m.state = 'posted' AND m.move_type = 'out_refund' AND m.invoice_date <= %(day)s::date
), paid AS (
    SELECT r.debit_move_id AS id, SUM(r.amount) AS settled, SUM(r.amount) FILTER (WHERE c.id IS NULL) AS paid,
           SUM(r.amount * (r.max_date - %(day)s::date )) FILTER (WHERE c.id IS NULL) AS paid_days,
           MAX(r.max_date) FILTER (WHERE c.id IS NULL) AS paid_on
      FROM account_partial_reconcile r LEFT JOIN refund_line c ON c.id = r.credit_move_id
     WHERE r.max_date <= %(day)s::date
     GROUP BY r.debit_move_id
), spent AS (
    SELECT r.credit_move_id AS id, SUM(r.amount) AS settled
      FROM account_partial_reconcile r JOIN refund_line c ON c.id = r.credit_move_id
     WHERE r.max_date <= %(day)s::date GROUP BY r.credit_move_id
), inv AS (
    SELECT m.id, p.commercial_partner_id AS partner_id, m.company_id, m.invoice_date AS day,
           m.move_type <> 'out_refund' AS is_invoice,
           m.move_type <> 'out_refund' AND m.amount_total_signed <> 0 AS is_purchase,
           m.amount_untaxed_signed AS untaxed, m.amount_total_signed AS total,
           SUM(i.balance - COALESCE(s.settled, 0) + COALESCE(n.settled, 0)) AS open,
           SUM(i.balance - COALESCE(s.settled, 0)) FILTER (WHERE i.date_maturity < %(day)s::date) AS overdue,
           MIN(i.date_maturity) FILTER (WHERE i.date_maturity < %(day)s::date AND i.balance > COALESCE(s.settled,
               0)) AS oldest,
           SUM(s.paid) AS paid, SUM(s.paid_days - (i.date_maturity - %(day)s::date ) * s.paid) AS paid_days,
               MAX(s.paid_on) AS paid_on,
           MAX(s.paid_on - i.date_maturity) AS days_late
      FROM account_move m JOIN res_partner p ON p.id = m.partner_id
      LEFT JOIN account_move_line i ON i.move_id = m.id AND i.account_id IN (SELECT id FROM receivable)
      LEFT JOIN paid s ON s.id = i.id LEFT JOIN spent n ON n.id = i.id
     WHERE m.state = 'posted' AND m.move_type IN ('out_invoice', 'out_receipt', 'out_refund') AND m.invoice_date <=
         %(day)s::date
     GROUP BY m.id, p.id
), cust AS (
    SELECT d.partner_id, d.company_id,
           COUNT(*) FILTER (WHERE is_purchase) AS invoice_count,
           COUNT(*) FILTER (WHERE is_purchase AND day > %(year)s::date) AS purchases_12m,
           SUM(untaxed) AS revenue_total, SUM(untaxed) FILTER (WHERE day > %(year)s::date) AS revenue_12m,
           SUM(total) FILTER (WHERE day > %(dso)s::date) AS sales,
           MIN(day) FILTER (WHERE is_purchase) AS first_invoice_date, MAX(day) FILTER (WHERE is_purchase) AS
               last_invoice_date,
           COUNT(DISTINCT day) FILTER (WHERE is_purchase) AS days,
           SUM(open) AS open_amount, SUM(overdue) FILTER (WHERE is_invoice) AS overdue_amount, MIN(oldest) FILTER
               (WHERE is_invoice) AS oldest_due_date,
           SUM(paid) FILTER (WHERE is_invoice) AS paid, SUM(paid_days) FILTER (WHERE is_invoice) AS paid_days,
           COUNT(*) FILTER (WHERE is_paid) AS paid_count,
           AVG(paid_on - day) FILTER (WHERE is_paid) AS avg_days_to_pay,
           COUNT(*) FILTER (WHERE is_paid AND days_late > 0) AS late_count,
           COUNT(*) FILTER (WHERE is_paid AND paid_on > %(recent)s::date) AS recent_count,
           COUNT(*) FILTER (WHERE is_paid AND paid_on > %(recent)s::date AND days_late > 0) AS recent_late,
           COUNT(*) FILTER (WHERE is_paid AND paid_on > %(year)s::date) AS trend_count,
           REGR_SLOPE(days_late, paid_on - %(day)s::date) FILTER (WHERE is_paid AND paid_on > %(year)s::date) AS
               trend,
           SUM(w) FILTER (WHERE is_paid) AS w, SUM(w) FILTER (WHERE is_paid AND days_late > 0) AS w_late,
           SUM(w * 4 * (CASE WHEN days_late > 0 THEN 0.25::float8 ELSE -0.25 END + (days_late - 0.5::float8) / (10
               + ABS(days_late - 0.5::float8)))) FILTER (WHERE is_paid) AS evidence
      FROM (
           SELECT *, 0.5::float8 ^ ((%(day)s::date - paid_on) / 180.0::float8) AS w FROM inv) d
     CROSS JOIN LATERAL (SELECT d.is_purchase AND d.open = 0 AND d.paid_on IS NOT NULL AS is_paid) f
     GROUP BY d.partner_id, d.company_id
)
, portfolio AS (
    SELECT company_id, (SUM(late_count) + 5)::float8 / (SUM(paid_count) + 10) AS p0 FROM cust GROUP BY company_id
), derived AS (
    SELECT c.*, (last_invoice_date - first_invoice_date)::float8 / NULLIF(days - 1, 0) AS interval,
           %(day)s::date - last_invoice_date AS silence, LN(p0 / (1 - p0)) AS odds,
           (p.credit_limit ->> c.company_id::text)::numeric AS own_limit,
           COALESCE(open_amount, 0) - COALESCE(overdue_amount, 0) AS not_due
      FROM cust c JOIN portfolio USING (company_id) JOIN res_partner p ON p.id = c.partner_id
), ranked AS (
    SELECT derived.*,
           COALESCE(SUM(GREATEST(revenue_12m, 0)) OVER (PARTITION BY company_id ORDER BY revenue_12m DESC NULLS LAST
               GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before,
           SUM(GREATEST(revenue_12m, 0)) OVER (PARTITION BY company_id) AS everything,
           COUNT(*) OVER (PARTITION BY company_id, invoice_count > 0) AS buyers,
           RANK() OVER (PARTITION BY company_id, invoice_count > 0 ORDER BY last_invoice_date) AS r_rank,
           RANK() OVER (PARTITION BY company_id, invoice_count > 0 ORDER BY purchases_12m) AS f_rank,
           RANK() OVER (PARTITION BY company_id, invoice_count > 0 ORDER BY COALESCE(revenue_12m, 0)) AS m_rank
      FROM derived
)
SELECT ranked.partner_id, ranked.company_id, invoice_count, COALESCE(revenue_total, 0) AS revenue_total,
       COALESCE(revenue_12m, 0) AS revenue_12m, purchases_12m, first_invoice_date, last_invoice_date,
       COALESCE(interval, 0) AS purchase_interval_days,
       COALESCE(open_amount, 0) AS open_amount, COALESCE(overdue_amount, 0) AS overdue_amount, oldest_due_date,
       COALESCE(%(day)s::date - oldest_due_date, 0) AS max_days_overdue,
       CASE WHEN own_limit > 0 THEN COALESCE(open_amount, 0) / own_limit ELSE 0 END AS credit_limit_used,
       paid_count, COALESCE(avg_days_to_pay, 0) AS avg_days_to_pay,
       COALESCE(paid_days / NULLIF(paid, 0), 0) AS days_beyond_terms,
       COALESCE(late_count::float8 / NULLIF(paid_count, 0), 0) AS late_ratio,
       COALESCE(recent_late::float8 / NULLIF(recent_count, 0), 0) AS late_ratio_recent,
       CASE WHEN trend_count >= 3 THEN COALESCE(30 * trend, 0) ELSE 0 END AS late_trend,
       (COALESCE(w_late, 0) + 10 / (1 + EXP(-(COALESCE(evidence, 0) + 2 * odds) / (COALESCE(w, 0) + 2))))
           / (COALESCE(w, 0) + 10) AS late_probability,
       CASE WHEN sales > 0 THEN COALESCE(open_amount, 0) / sales * 365 ELSE 0 END AS dso,
       CASE WHEN sales > 0 THEN not_due / sales * 365 ELSE 0 END AS best_possible_dso,
       CASE WHEN sales > 0 THEN COALESCE(overdue_amount, 0) / sales * 365 ELSE 0 END AS avg_days_delinquent,
       CASE WHEN revenue_12m > 0 THEN CASE WHEN before < 0.80 * everything THEN 'high'
            WHEN before < 0.95 * everything THEN 'medium' ELSE 'low' END ELSE 'none' END AS value_tier,
       CASE WHEN invoice_count = 0 THEN 'none' WHEN invoice_count = 1 THEN 'one_time'
            WHEN purchases_12m >= 4 THEN 'frequent' ELSE 'occasional' END AS purchase_behaviour,
       CASE WHEN invoice_count > 0 THEN 1 + 5 * (r_rank - 1) / buyers ELSE 0 END AS rfm_recency,
       CASE WHEN invoice_count > 0 THEN 1 + 5 * (f_rank - 1) / buyers ELSE 0 END AS rfm_frequency,
       CASE WHEN invoice_count > 0 THEN 1 + 5 * (m_rank - 1) / buyers ELSE 0 END AS rfm_monetary,
       CASE WHEN invoice_count = 0 THEN 'prospect'
            WHEN silence > 4 * GREATEST(COALESCE(interval, 180), 7) THEN 'lost'
            WHEN silence > 2 * GREATEST(COALESCE(interval, 180), 7) THEN 'at_risk'
            WHEN first_invoice_date > %(day)s::date - 90 THEN 'new' ELSE 'active' END AS lifecycle,
       COALESCE(zone, 'standard') AS zone,
       100.0 * ((p.name <> '')::int + CASE WHEN p.is_company THEN 2 * (p.vat IS NOT NULL)::int ELSE 0 END
                + 2 * (p.street IS NOT NULL AND p.city IS NOT NULL)::int + (p.country_id IS NOT NULL)::int
                + (p.phone IS NOT NULL)::int + (p.email IS NOT NULL)::int + (p.user_id IS NOT NULL)::int
                + CASE WHEN p.is_company THEN (contact.parent_id IS NOT NULL)::int ELSE 0 END
                + CASE WHEN p.is_company THEN (p.industry_id IS NOT NULL)::int ELSE 0 END)
             / CASE WHEN p.is_company THEN 11 ELSE 7 END AS completeness
  FROM ranked
  JOIN res_partner p ON p.id = ranked.partner_id
  LEFT JOIN (SELECT DISTINCT parent_id FROM res_partner WHERE active AND type = 'contact') contact ON
      contact.parent_id = p.id
  LEFT JOIN (
       SELECT f.partner_id, f.company_id,
              CASE WHEN BOOL_OR(answer = 'unmet' AND knockout) THEN 'non_compliant' WHEN BOOL_OR(answer = 'unmet')
                  THEN 'grey'
                   WHEN BOOL_OR(answer = 'unknown') THEN 'unknown' ELSE 'standard' END AS zone
         FROM (SELECT c.profile_id, k.knockout,
                      CASE WHEN c.valid_until < %(day)s::date AND c.result <> 'unmet' THEN 'unknown' ELSE c.result
                          END AS answer
                 FROM compliance_criterion_check c JOIN compliance_criterion k ON k.id = c.criterion_id
                WHERE c.active AND c.is_applicable AND k.active) a
         JOIN compliance_profile f ON f.id = a.profile_id
        GROUP BY f.partner_id, f.company_id) z ON z.partner_id = ranked.partner_id AND z.company_id =
            ranked.company_id
"""


def plain_query(cr, columns="COUNT(*)"):
    """The query as of today, as text; its rows are thrown away, of each column only the maximum is returned."""
    day = datetime.date.today()
    parameters = {
        "day": day,
        "year": day.replace(year=day.year - 1),
        "dso": day - datetime.timedelta(365),
        "recent": day - datetime.timedelta(180),
    }
    return f"SELECT {columns} FROM ({cr.mogrify(FIGURES, parameters).decode()}) figures"
