# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ..models.dossier.compliance_profile import RISK_LEVELS

LEVELS = [code for code, _label in RISK_LEVELS]


class ComplianceRiskBacktest(models.TransientModel):
    """A version of the risk model, applied to the figures of a past day and held against what happened since.

    Judged are the customers who had bought until that day and had something due after it; docs/risk-model.md defines
    every figure.
    """

    _name = "compliance.risk.backtest"
    _description = "Risk Back-Test"
    _inherit = ["compliance.risk.simulation"]

    as_of = fields.Date(
        "Judged as of",
        required=True,
        default=lambda self: fields.Date.subtract(fields.Date.context_today(self), days=90),
        help="Nothing later than this day is known to the model.",
    )
    date_to = fields.Date(
        "Watched until", required=True, default=fields.Date.context_today, help="What happened until this day counts."
    )
    grace_days = fields.Integer(help="Days after the due date that do not count as late.")
    flag_level = fields.Selection(
        RISK_LEVELS[1:],
        "Warning from",
        required=True,
        default="medium",
        help="From this level on a customer is warned of.",
    )
    count_late = fields.Boolean("Late Payment", default=True)
    count_written_off = fields.Boolean("Written Off", default=True)
    write_off_percent = fields.Float(
        "Booked off with a Payment from (%)",
        default=5,
        help="Of what the payment settles. Less is taken for bank charges and rounding.",
    )
    count_disputed = fields.Boolean("Disputed", default=True)
    state = fields.Selection([("draft", "To Run"), ("done", "Done")], default="draft", required=True, readonly=True)
    line_ids = fields.One2many("compliance.risk.backtest.line", "backtest_id", readonly=True)
    customer_count = fields.Integer("Customers Judged", readonly=True)
    bad_count = fields.Integer("Turned Out Bad", readonly=True)
    hit_rate = fields.Float(readonly=True, help="Share of the customers that turned out bad who were warned of.")
    false_alarm_rate = fields.Float(
        readonly=True, help="Share of the customers that turned out good who were warned of."
    )
    precision = fields.Float(readonly=True, help="Share of the customers warned of who turned out bad.")
    auc = fields.Float(
        "AUC",
        digits=(16, 3),
        readonly=True,
        help="Chance that a customer that turned out bad had the higher score than one that turned out good; 0.5 is"
        " chance, 1 is perfect.",
    )
    has_auc = fields.Boolean(readonly=True)
    left_out = fields.Text("Factors Left out", readonly=True)

    _grace_positive = models.Constraint("CHECK(grace_days >= 0)", "The grace cannot be negative.")
    _write_off_positive = models.Constraint(
        "CHECK(write_off_percent BETWEEN 0 AND 100)", "The share booked off is from 0 to 100 %."
    )

    @api.depends("model_id", "as_of")
    def _compute_display_name(self):
        for test in self:
            test.display_name = self.env._("Back-test of %(model)s", model=test.model_id.display_name)

    @api.constrains("as_of", "date_to")
    def _check_days(self):
        for test in self:
            if not test.as_of < test.date_to <= fields.Date.context_today(self):
                raise ValidationError(
                    self.env._("The day judged must be before the day watched until, which must not be in the future.")
                )

    @api.constrains("count_late", "count_written_off", "count_disputed")
    def _check_outcome(self):
        for test in self:
            if not (test.count_late or test.count_written_off or test.count_disputed):
                raise ValidationError(self.env._("Say what counts as bad: late, written off or disputed."))

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    def action_run(self):
        """Judges the customers of the model's company and shows how well that went.

        :raises AccessError: for users who may not read the model
        """
        self._write_lines()
        self.write({**self._measure(), "left_out": self._describe_left_out(), "state": "done"})
        self._note_outcome()

    def action_edit(self):
        """Back to the settings."""
        self.state = "draft"

    def action_view_missed(self):
        """The customers that turned out bad without a warning."""
        return self._get_lines_action("list", {"search_default_missed": 1})

    # -------------------------------------------------------------------------
    # JUDGING
    # -------------------------------------------------------------------------

    def _lines_statement(self):
        """INSERT of a line per customer judged, in one statement."""
        flagged_from = LEVELS.index(self.flag_level) + 1
        return SQL(
            """
            INSERT INTO compliance_risk_backtest_line
                   (backtest_id, profile_id, score, band, level, is_flagged, due_count, late_count, disputed_count,
                    written_off_count, is_bad, outcome, bad_share, hits,
                    create_uid, create_date, write_uid, write_date)
            SELECT %(test)s, verdict.profile_id, verdict.score, LPAD((10 * LEAST(verdict.score / 10, 9))::text, 2, '0'),
                   (%(levels)s)[verdict.rank], verdict.rank >= %(flagged_from)s, due_count, late_count, disputed_count,
                   written_off_count, is_bad,
                   CASE WHEN is_bad AND verdict.rank >= %(flagged_from)s THEN 'hit' WHEN is_bad THEN 'missed'
                        WHEN verdict.rank >= %(flagged_from)s THEN 'false_alarm' ELSE 'passed' END,
                   CASE WHEN is_bad THEN 100.0 ELSE 0.0 END, verdict.hits, %(uid)s, %(now)s, %(uid)s, %(now)s
              FROM (%(verdicts)s) verdict
              JOIN compliance_profile profile ON profile.id = verdict.profile_id
              JOIN (SELECT *, %(is_bad)s AS is_bad FROM (%(outcomes)s) counted) outcome
                   ON outcome.partner_id = profile.partner_id
             WHERE EXISTS (SELECT FROM account_move move
                            WHERE move.commercial_partner_id = profile.partner_id
                              AND move.company_id = profile.company_id AND move.state = 'posted'
                              AND move.move_type IN ('out_invoice', 'out_receipt', 'out_refund')
                              AND move.invoice_date <= %(as_of)s)
            """,
            test=self.id,
            levels=SQL("%s::varchar[]", LEVELS),
            flagged_from=flagged_from,
            is_bad=self._get_bad_sql(),
            uid=self.env.uid,
            now=SQL("%s::timestamp", self.env.cr.now()),
            verdicts=self.model_id.sudo()._verdicts_query(as_of=self.as_of),
            as_of=self.as_of,
            outcomes=self._outcomes_query(),
        )

    def _get_bad_sql(self):
        """Condition over the counts of an outcome."""
        names = [name for name in ("late", "written_off", "disputed") if self[f"count_{name}"]]
        return SQL(" OR ").join(SQL("%s > 0", SQL.identifier(f"{name}_count")) for name in names)

    def _outcomes_query(self):
        """SELECT of partner_id and, of the instalments that fell due after the day: due_count, late_count (not settled
        in full when due, and grace, had passed) and disputed_count; and written_off_count.
        """
        return SQL(
            """
            SELECT partner_id, SUM(due_count) AS due_count, SUM(late_count) AS late_count,
                   SUM(disputed_count) AS disputed_count, SUM(written_off_count) AS written_off_count
              FROM (%(due)s UNION ALL %(written_off)s) happened
          GROUP BY partner_id
            """,
            due=self._due_query(),
            written_off=self._written_off_query(),
        )

    def _due_query(self):
        return SQL(
            """
            SELECT partner_id, COUNT(*) AS due_count,
                   COUNT(*) FILTER (WHERE balance - settled > 0.005) AS late_count,
                   COUNT(*) FILTER (WHERE disputed) AS disputed_count, 0 AS written_off_count
              FROM (
                    SELECT partner.commercial_partner_id AS partner_id, line.balance,
                           move.compliance_disputed AS disputed,
                           COALESCE((SELECT SUM(partial.amount) FROM account_partial_reconcile partial
                                      WHERE partial.debit_move_id = line.id
                                        AND partial.max_date <= line.date_maturity + %(grace)s), 0) AS settled
                      FROM account_move_line line
                      JOIN account_move move ON move.id = line.move_id
                      JOIN res_partner partner ON partner.id = line.partner_id
                     WHERE line.display_type = 'payment_term' AND line.parent_state = 'posted' AND line.balance > 0
                       AND line.company_id = %(company)s AND move.move_type IN ('out_invoice', 'out_receipt')
                       AND line.date_maturity > %(as_of)s AND line.date_maturity < %(date_to)s::date - %(grace)s
                   ) instalment
          GROUP BY partner_id
            """,
            grace=self.grace_days,
            company=self.company_id.id,
            as_of=self.as_of,
            date_to=self.date_to,
        )

    def _written_off_query(self):
        """Receivables settled after the day by an entry of a general journal that is no exchange difference, or by
        a payment together with which a loss was booked.
        """
        return SQL(
            """
            SELECT partner.commercial_partner_id AS partner_id, 0 AS due_count, 0 AS late_count, 0 AS disputed_count,
                   COUNT(*) AS written_off_count
              FROM account_partial_reconcile partial
              JOIN account_move_line line ON line.id = partial.debit_move_id AND line.display_type = 'payment_term'
              JOIN account_move_line other ON other.id = partial.credit_move_id
              JOIN account_move move ON move.id = other.move_id AND move.move_type = 'entry'
              JOIN account_journal journal ON journal.id = move.journal_id
              JOIN res_partner partner ON partner.id = line.partner_id
             WHERE partial.company_id = %(company)s AND partial.max_date > %(as_of)s AND partial.max_date <= %(date_to)s
               AND NOT EXISTS (SELECT FROM account_partial_reconcile cause WHERE cause.exchange_move_id = move.id)
               AND (journal.type = 'general' OR journal.type IN ('bank', 'cash', 'credit') AND %(loss)s)
          GROUP BY partner.commercial_partner_id
            """,
            company=self.company_id.id,
            as_of=self.as_of,
            date_to=self.date_to,
            loss=self._get_loss_sql(),
        )

    def _get_loss_sql(self):
        """Condition: the payment's entry books a loss worth speaking of. A discount agreed on for early payment is
        none, nor is what the exchange rate takes.
        """
        company = self.company_id.sudo()
        agreed = company.account_journal_early_pay_discount_loss_account_id
        agreed |= company.expense_currency_exchange_account_id
        return SQL(
            """
            EXISTS (SELECT FROM account_move_line loss
                      JOIN account_account account ON account.id = loss.account_id
                     WHERE loss.move_id = move.id AND account.account_type LIKE 'expense%%'
                       AND account.id <> ALL(%s::int4[])
                    HAVING SUM(loss.balance) > 0 AND SUM(loss.balance) >= ABS(other.balance) * %s::numeric / 100)
            """,
            agreed.ids,
            self.write_off_percent,
        )

    # -------------------------------------------------------------------------
    # MEASURING
    # -------------------------------------------------------------------------

    def _measure(self):
        """The figures of the test, from its lines."""
        counts = self._count_outcomes()
        bad = counts["hits"] + counts["missed"]
        good = counts["alarms"] + counts["passed"]
        flagged = counts["hits"] + counts["alarms"]
        return {
            "customer_count": bad + good,
            "bad_count": bad,
            "hit_rate": counts["hits"] / bad if bad else 0,
            "false_alarm_rate": counts["alarms"] / good if good else 0,
            "precision": counts["hits"] / flagged if flagged else 0,
            "auc": counts["auc"] or 0,
            "has_auc": counts["auc"] is not None,
        }

    def _count_outcomes(self):
        """hits, missed, alarms, passed, and the AUC by the ranks of the scores (Mann-Whitney; equal scores share the
        mean of their ranks), None where all turned out the same.
        """
        (row,) = self.env.execute_query_dict(
            SQL(
                """
                SELECT COUNT(*) FILTER (WHERE is_bad AND is_flagged) AS hits,
                       COUNT(*) FILTER (WHERE is_bad AND NOT is_flagged) AS missed,
                       COUNT(*) FILTER (WHERE NOT is_bad AND is_flagged) AS alarms,
                       COUNT(*) FILTER (WHERE NOT is_bad AND NOT is_flagged) AS passed,
                       (SUM(rank) FILTER (WHERE is_bad) - bad * (bad + 1) / 2.0) / NULLIF(bad * (total - bad), 0) AS auc
                  FROM (
                        SELECT is_bad, is_flagged, COUNT(*) OVER () AS total,
                               COUNT(*) FILTER (WHERE is_bad) OVER () AS bad,
                               RANK() OVER (ORDER BY score) + (COUNT(*) OVER (PARTITION BY score) - 1) / 2.0 AS rank
                          FROM compliance_risk_backtest_line
                         WHERE backtest_id = %s
                       ) ranked
              GROUP BY bad, total
                """,
                self.id,
            )
        ) or [dict.fromkeys(("hits", "missed", "alarms", "passed"), 0) | {"auc": None}]
        return row

    def _describe_left_out(self):
        """Which factors could not be told for the day, in words; False if all could."""
        factors = self.model_id.factor_ids
        left_out = factors - factors._filter_tellable(self.as_of)
        return bool(left_out) and ", ".join(left_out.mapped("name"))

    def _note_outcome(self):
        """Keeps the outcome with the version."""
        self._note(
            self.env._(
                "Back-test as of %(as_of)s, watched until %(date_to)s: %(customers)s customers, %(bad)s turned out bad;"
                " AUC %(auc)s, hit rate %(hits)s %%, false alarms %(alarms)s %%.",
                as_of=self.as_of,
                date_to=self.date_to,
                customers=self.customer_count,
                bad=self.bad_count,
                auc=round(self.auc, 3) if self.has_auc else "-",
                hits=round(100 * self.hit_rate),
                alarms=round(100 * self.false_alarm_rate),
            )
        )


class ComplianceRiskBacktestLine(models.TransientModel):
    """A customer in a back-test: what the model said, and what happened."""

    _name = "compliance.risk.backtest.line"
    _description = "Risk Back-Test, Customer"
    _inherit = ["compliance.risk.simulation.line"]
    _simulation_field = "backtest_id"
    _order = "score desc, id"

    backtest_id = fields.Many2one("compliance.risk.backtest", required=True, index=True, ondelete="cascade")
    score = fields.Integer(aggregator="avg")
    band = fields.Char("Score from")
    level = fields.Selection(RISK_LEVELS)
    is_flagged = fields.Boolean("Warned of")
    is_bad = fields.Boolean("Turned Out Bad")
    bad_share = fields.Float("Turned Out Bad (%)", digits=(16, 1), aggregator="avg")
    outcome = fields.Selection(
        [
            ("hit", "Bad, Warned of"),
            ("missed", "Bad, Missed"),
            ("false_alarm", "Good, False Alarm"),
            ("passed", "Good, No Warning"),
        ]
    )
    due_count = fields.Integer("Instalments Due")
    late_count = fields.Integer("Late")
    disputed_count = fields.Integer("Disputed")
    written_off_count = fields.Integer("Written Off")
