# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL

MONTHS = {"quarter": 3, "year": 12}
# Of which indicators more is better.
RISING = ("retention", "review_timeliness", "contact_timeliness")


class ComplianceGoal(models.Model):
    """What the company sets itself for a quarter or a year, and how it stands: the evaluation of the regime.

    The actual figure is never entered: it follows from the documents whenever it is looked at, in one statement per
    indicator, as the company has them (the reader sees one figure, no document).
    """

    _name = "compliance.goal"
    _description = "Goal"
    _inherit = ["mail.thread"]
    _order = "date_start desc, indicator, team_id, id"
    _check_company_auto = True

    indicator = fields.Selection(
        selection="_selection_indicator", required=True, tracking=True, default="review_timeliness"
    )
    period = fields.Selection(
        [("quarter", "Quarter"), ("year", "Year")], required=True, default="quarter", tracking=True
    )
    date_start = fields.Date(
        "From", required=True, default=lambda self: self._default_date_start(), tracking=True, help="First day."
    )
    date_end = fields.Date("Until", compute="_compute_date_end", store=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, ondelete="cascade"
    )
    team_id = fields.Many2one(
        "crm.team",
        string="Sales Team",
        check_company=True,
        index="btree_not_null",
        ondelete="cascade",
        tracking=True,
        help="Counts the customers whose account manager is a member. Empty: the whole company.",
    )
    target = fields.Float(required=True, digits=(16, 2), aggregator="avg", tracking=True)
    unit = fields.Char(compute="_compute_unit")
    actual = fields.Float(compute="_compute_actual", digits=(16, 2), aggregator=None)
    previous = fields.Float(
        "Previous Period",
        compute="_compute_actual",
        digits=(16, 2),
        aggregator=None,
        help="The same in the period before.",
    )
    has_previous = fields.Boolean(compute="_compute_actual")
    trend = fields.Float(
        compute="_compute_actual", digits=(16, 2), aggregator=None, help="Actual less the period before."
    )
    count = fields.Integer(
        "Based on", compute="_compute_actual", aggregator=None, help="Customers or documents counted."
    )
    status = fields.Selection(
        [("reached", "Reached"), ("missed", "Not Reached"), ("none", "No Data")], compute="_compute_actual"
    )
    note = fields.Text(help="What is done to reach it.")

    _goal_uniq = models.UniqueIndex(
        "(company_id, COALESCE(team_id, 0), indicator, period, date_start)", "There is a goal for this already."
    )

    @api.model
    def _default_date_start(self):
        today = fields.Date.context_today(self)
        return today.replace(day=1, month=3 * ((today.month - 1) // 3) + 1)

    @api.model
    def _selection_indicator(self):
        """Indicators and their names; extended together with ``_get_indicator_queries``."""
        return [
            ("retention", self.env._("Customers Kept")),
            ("review_timeliness", self.env._("Reviews Approved in Time")),
            ("contact_timeliness", self.env._("Customers Contacted in Time")),
            ("overdue_share", self.env._("Overdue Share of Receivables")),
            ("late_share", self.env._("Payments that Came Late")),
        ]

    @api.depends("date_start", "period")
    def _compute_date_end(self):
        for goal in self:
            months = relativedelta(months=MONTHS[goal.period or "quarter"], days=-1)
            goal.date_end = goal.date_start and goal.date_start + months

    @api.depends("indicator", "team_id", "period", "date_start")
    def _compute_display_name(self):
        names = dict(self._selection_indicator())
        for goal in self:
            goal.display_name = " ".join(
                filter(None, [names.get(goal.indicator), goal.team_id.name, goal._get_period_name()])
            )

    @api.depends("indicator")
    def _compute_unit(self):
        for goal in self:
            goal.unit = self._get_unit(goal.indicator)

    @api.depends("indicator", "team_id", "period", "date_start", "company_id", "target")
    def _compute_actual(self):
        figures = self._measure()
        for goal in self:
            (goal.actual, goal.count), (goal.previous, counted) = figures.get(goal, ((0, 0), (0, 0)))
            goal.has_previous = bool(goal.count and counted)
            goal.trend = goal.actual - goal.previous if goal.has_previous else 0
            goal.status = goal._get_status()

    def _get_status(self):
        self.ensure_one()
        if not self.count:
            return "none"
        return "reached" if self._is_reached() else "missed"

    def _is_reached(self):
        self.ensure_one()
        return self.actual >= self.target if self.indicator in self._get_rising() else self.actual <= self.target

    def _get_period_name(self):
        self.ensure_one()
        if not self.date_start:
            return ""
        start = self.date_start
        return f"{start.year} Q{(start.month + 2) // 3}" if self.period == "quarter" else str(start.year)

    # -------------------------------------------------------------------------
    # INDICATORS
    # -------------------------------------------------------------------------

    @api.model
    def _get_rising(self):
        """Indicators of which more is better."""
        return RISING

    @api.model
    def _get_unit(self, indicator):
        return "%"

    @api.model
    def _get_factor(self, indicator):
        """What the quotient is multiplied by: shares are in per cent."""
        return 100.0

    @api.model
    def _get_indicator_queries(self):
        """How indicators are measured: {indicator: method giving the SQL of it}.

        Each is a SELECT over ``span`` (number, company_id, team_id, date_from, date_to, moment_from, moment_to) of
        number, profile_id (or NULL), ``part`` and ``whole``: the numerator and the denominator that count for a
        customer or a document. The moments (UTC) are when the first day begins and the last one ends where the
        company is.
        """
        return {
            "retention": self._retention_query,
            "review_timeliness": self._review_query,
            "contact_timeliness": self._contact_query,
            "overdue_share": self._overdue_query,
            "late_share": self._late_query,
        }

    def _measure(self):
        """Actual figures of goals and of the periods before, one statement per indicator.

        :return: dict of goal -> ((figure, count), (figure before, count before))
        """
        figures = {}
        queries = self._get_indicator_queries()
        known = self.filtered(lambda goal: goal.indicator in queries and goal.date_start and goal.company_id)
        for indicator, goals in known.grouped("indicator").items():
            rows = self._measure_spans(queries[indicator](), goals._get_spans(), self._get_factor(indicator))
            for number, goal in enumerate(goals):
                figures[goal] = (rows.get(2 * number, (0, 0)), rows.get(2 * number + 1, (0, 0)))
        return figures

    def _get_spans(self):
        """The periods of goals and those before: SQL rows of number, company, team, first and last day, and the moments
        at which they begin and end.
        """
        spans = []
        for number, goal in enumerate(self):
            months = relativedelta(months=MONTHS[goal.period])
            for part, start in enumerate((goal.date_start, goal.date_start - months)):
                end = start + months
                spans.append(
                    SQL(
                        "(%s::int4, %s::int4, %s::int4, %s::date, %s::date, %s::timestamp, %s::timestamp)",
                        2 * number + part,
                        goal.company_id.id,
                        goal.team_id.id or None,
                        start,
                        end - relativedelta(days=1),
                        goal.company_id._get_compliance_midnight(start),
                        goal.company_id._get_compliance_midnight(end),
                    )
                )
        return SQL(", ").join(spans)

    @api.model
    def _measure_spans(self, query, spans, factor):
        """Adds up what counts for single customers.

        :return: dict of number of the span -> (figure, count)
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                WITH span (number, company_id, team_id, date_from, date_to, moment_from, moment_to)
                     AS (VALUES %(spans)s)
                SELECT counted.number, SUM(counted.part) / NULLIF(SUM(counted.whole), 0) * %(factor)s, COUNT(*)
                  FROM (%(query)s) counted
                  JOIN span ON span.number = counted.number
             LEFT JOIN compliance_profile profile ON profile.id = counted.profile_id
                 WHERE counted.whole <> 0
                   AND (span.team_id IS NULL OR EXISTS (SELECT FROM crm_team_member member
                                                         WHERE member.crm_team_id = span.team_id AND member.active
                                                           AND member.user_id = profile.user_id))
              GROUP BY counted.number
                """,
                spans=spans,
                query=query,
                factor=factor,
            )
        )
        return {number: (float(figure or 0), count) for number, figure, count in rows}

    @api.model
    def _retention_query(self):
        """Of the customers invoiced in the year before the period: those invoiced again until its end."""
        return SQL(
            """
            SELECT span.number, profile.id AS profile_id, bought.again::numeric AS part, 1::numeric AS whole
              FROM span
              JOIN compliance_profile profile ON profile.company_id = span.company_id
        CROSS JOIN LATERAL (
                    SELECT BOOL_OR(move.invoice_date < span.date_from) AS before,
                           MAX(CASE WHEN move.invoice_date >= span.date_from THEN 1 ELSE 0 END) AS again
                      FROM account_move move
                     WHERE move.commercial_partner_id = profile.partner_id AND move.company_id = span.company_id
                       AND move.move_type = 'out_invoice' AND move.state = 'posted'
                       AND move.invoice_date BETWEEN span.date_from - INTERVAL '1 year' AND span.date_to
                   ) bought
             WHERE bought.before
            """
        )

    @api.model
    def _review_query(self):
        """Of the reviews that fell due in the period: those approved by the day they were due."""
        return SQL(
            """
            SELECT span.number, review.profile_id,
                   CASE WHEN (review.approved_at AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date <= review.due_date
                        THEN 1 ELSE 0 END::numeric AS part,
                   1::numeric AS whole
              FROM span
              JOIN compliance_risk_review review ON review.company_id = span.company_id
                   AND review.due_date BETWEEN span.date_from AND span.date_to
             WHERE review.state = 'done' OR (review.state <> 'cancelled' AND review.due_date < %(today)s)
            """,
            zone=self.env["res.company"]._get_compliance_zone_sql(SQL("span.company_id")),
            today=self._get_today_sql(),
        )

    @api.model
    def _get_today_sql(self):
        """Expression over ``span``: the company's today, whoever looks."""
        return self.env["res.company"]._get_compliance_today_sql(SQL("span.company_id"))

    @api.model
    def _contact_query(self):
        """Of the customers somebody keeps in touch with: those not silent. Known of today only, so it counts for the
        period that contains today.
        """
        return SQL(
            """
            SELECT span.number, profile.id AS profile_id,
                   CASE WHEN profile.next_contact_date >= %(today)s THEN 1 ELSE 0 END::numeric AS part,
                   1::numeric AS whole
              FROM span
              JOIN compliance_profile profile ON profile.company_id = span.company_id
             WHERE profile.next_contact_date IS NOT NULL AND %(today)s BETWEEN span.date_from AND span.date_to
            """,
            today=self._get_today_sql(),
        )

    @api.model
    def _overdue_query(self):
        """Overdue against open receivables of today; see ``_contact_query`` for past periods."""
        return SQL(
            """
            SELECT span.number, profile.id AS profile_id, profile.overdue_amount AS part, profile.open_amount AS whole
              FROM span
              JOIN compliance_profile profile ON profile.company_id = span.company_id
             WHERE profile.open_amount > 0 AND %s BETWEEN span.date_from AND span.date_to
            """,
            self._get_today_sql(),
        )

    @api.model
    def _late_query(self):
        """Of the payments of the period: those that came late."""
        return SQL(
            """
            SELECT span.number, profile.id AS profile_id,
                   CASE WHEN settlement.is_late THEN 1 ELSE 0 END::numeric AS part, 1::numeric AS whole
              FROM span
              JOIN (%s) settlement ON settlement.company_id = span.company_id AND settlement.kind = 'payment'
                   AND settlement.settled_on BETWEEN span.date_from AND span.date_to
              JOIN compliance_profile profile ON profile.partner_id = settlement.partner_id
                   AND profile.company_id = settlement.company_id
            """,
            self.env["compliance.settlement"]._table_query,
        )
