# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import SQL

# Invoices whose lateness is the habit of today, and those before it is held against.
RECENT, BEFORE, BEFORE_LEAST = 3, 12, 3
# Purchases from which a customer has a rhythm.
RHYTHM = 3
OPEN = SQL("('new', 'acknowledged', 'in_progress')")


class ComplianceAlert(models.Model):
    """What raises alerts, and how: in a constant number of statements for any number of customers.

    A cause is a row of profile_id, kind, value, threshold, evidence (jsonb) and moves (int[]). A further kind is a
    further query in ``_get_causes`` and a value of ``kind``.
    """

    _inherit = "compliance.alert"

    @api.model
    def _watch(self, partners=None):
        """Raises, brings up to date and resolves the alerts of customers from the figures in their dossiers.

        :param partners: commercial entities; None means all
        """
        self._flush_causes()
        self.env.cr.execute("DROP TABLE IF EXISTS pg_temp.compliance_alert_cause")
        self.env.cr.execute(
            SQL("CREATE TEMPORARY TABLE compliance_alert_cause ON COMMIT DROP AS %s", self._causes_query(partners))
        )
        self._update_open()
        self._resolve_gone(partners)
        raised = self._insert_new()
        self._link_invoices(partners)
        self._plan_activities(raised + self._assign_responsible(partners))
        self.invalidate_model(flush=False)
        self.env["mail.activity"].invalidate_model(flush=False)

    @api.model
    def _flush_causes(self):
        for model in (
            "compliance.profile",
            "compliance.criterion.check",
            "compliance.criterion",
            "account.move",
            "res.company",
            "mail.activity",
        ):
            self.env[model].flush_model()
        self.flush_model()

    # -------------------------------------------------------------------------
    # CAUSES
    # -------------------------------------------------------------------------

    @api.model
    def _causes_query(self, partners):
        """:return: SQL of a SELECT of all causes that hold now"""
        return SQL(
            """
            WITH scope AS (
                SELECT profile.*, company.compliance_alert_score_rise, company.compliance_alert_habit_days,
                       company.compliance_alert_limit_share, company.compliance_alert_overdue_days,
                       company.compliance_alert_silence_factor, company.compliance_alert_disputed_amount,
                       company.compliance_alert_review_days
                  FROM compliance_profile profile
                  JOIN res_company company ON company.id = profile.company_id
                 WHERE profile.active AND profile.admission_state <> 'exited' AND %(scope)s
            )
            SELECT cause.* FROM (%(causes)s)
                AS cause (profile_id, kind, value, threshold, evidence, moves)
            """,
            scope=SQL("TRUE") if partners is None else SQL("profile.partner_id = ANY(%s)", partners.ids),
            causes=SQL(" UNION ALL ").join(SQL("(%s)", query) for query in self._get_causes()),
        )

    @api.model
    def _get_causes(self):
        """:return: list of SQL, each a SELECT from ``scope`` (the dossiers looked at)"""
        today = self.env["res.company"]._get_compliance_today_sql(SQL("scope.company_id"))
        causes = [
            self._cause_level(),
            self._cause_habit(),
            self._cause_limit(),
            self._cause_overdue(today),
            self._cause_silence(today),
            self._cause_review(today),
            self._cause_criterion(today),
            self._cause_disputed(),
        ]
        baseline = self._get_score_baseline()
        return [*causes, self._cause_score(baseline)] if baseline else causes

    @api.model
    def _cause_level(self):
        def weight(column):
            # Doubling from level to level: a higher one is raised again even where a lower one was dismissed.
            return SQL(
                "CASE %s WHEN 'critical' THEN 8 WHEN 'high' THEN 4 WHEN 'medium' THEN 2 WHEN 'low' THEN 1 END", column
            )

        now, before = weight(SQL("scope.risk_level")), weight(SQL("scope.risk_level_previous"))
        return SQL(
            """
            SELECT scope.id, 'level_rose', (%(now)s)::float8, (%(before)s)::float8,
                   jsonb_build_object('level', scope.risk_level, 'previous', scope.risk_level_previous,
                                      'score', scope.risk_score),
                   NULL::int4[]
              FROM scope WHERE (%(now)s) > (%(before)s)
            """,
            now=now,
            before=before,
        )

    @api.model
    def _get_score_baseline(self):
        """What the score is held against: that of a month ago, from the snapshots of the risk model.

        :return: SQL of a SELECT of profile_id and score, or None as long as nobody keeps scores
        """
        snapshots = self.env.get("compliance.risk.snapshot")
        if snapshots is None:
            return None
        snapshots.flush_model()
        return SQL(
            "SELECT DISTINCT ON (profile_id) profile_id, risk_score AS score FROM compliance_risk_snapshot"
            " WHERE create_date <= %s ORDER BY profile_id, create_date DESC",
            fields.Datetime.subtract(fields.Datetime.now(), months=1),
        )

    @api.model
    def _cause_score(self, baseline):
        return SQL(
            """
            SELECT scope.id, 'score_rose', (scope.risk_score - baseline.score)::float8,
                   scope.compliance_alert_score_rise::float8,
                   jsonb_build_object('rise', scope.risk_score - baseline.score, 'score', scope.risk_score),
                   NULL::int4[]
              FROM scope JOIN (%s) baseline ON baseline.profile_id = scope.id
             WHERE scope.compliance_alert_score_rise > 0
               AND scope.risk_score - baseline.score >= scope.compliance_alert_score_rise
            """,
            baseline,
        )

    @api.model
    def _cause_habit(self):
        """Level and slope: the last 3 paid invoices were paid later than the 12 before, and ever later."""
        return SQL(
            """
            SELECT habit.id, 'habit', habit.recent - habit.before, habit.threshold,
                   jsonb_build_object('recent', ROUND(habit.recent::numeric, 1),
                                      'before', ROUND(habit.before::numeric, 1),
                                      'slope', ROUND(habit.slope::numeric, 2), 'invoices', habit.count),
                   habit.moves
              FROM (%(habits)s) habit
             WHERE habit.before_count >= %(before_least)s AND habit.recent > 0 AND habit.slope > 0
               AND habit.recent - habit.before >= habit.threshold
            """,
            habits=self._habits_query(),
            before_least=BEFORE_LEAST,
        )

    @api.model
    def _habits_query(self):
        """SELECT of what the last 15 paid invoices of a customer say: id (of the dossier), threshold, count, mean days
        late of the ``recent`` 3 and of those ``before``, before_count, slope (days per invoice), moves (the recent).
        """
        return SQL(
            """
            SELECT id, MIN(threshold)::float8 AS threshold, COUNT(*) AS count,
                   AVG(days_late) FILTER (WHERE number <= %(recent)s)::float8 AS recent,
                   AVG(days_late) FILTER (WHERE number > %(recent)s)::float8 AS before,
                   COUNT(*) FILTER (WHERE number > %(recent)s) AS before_count,
                   REGR_SLOPE(days_late, -number) AS slope,
                   ARRAY_AGG(move_id ORDER BY number) FILTER (WHERE number <= %(recent)s) AS moves
              FROM (SELECT invoice.*, ROW_NUMBER() OVER (PARTITION BY id ORDER BY paid_on DESC, move_id DESC) AS number
                      FROM (%(invoices)s) invoice) numbered
             WHERE number <= %(recent)s + %(before)s
          GROUP BY id
            """,
            invoices=self._paid_invoices_query(),
            recent=RECENT,
            before=BEFORE,
        )

    @api.model
    def _paid_invoices_query(self):
        """SELECT of the paid invoices of customers that paid enough of them and not always on time: id (of the
        dossier), threshold, move_id, paid_on, days_late.
        """
        return SQL(
            """
            SELECT scope.id, scope.compliance_alert_habit_days AS threshold, move.id AS move_id,
                   MAX(partial.max_date) AS paid_on,
                   MAX(partial.max_date - COALESCE(line.date_maturity, move.invoice_date)) AS days_late
              FROM scope
              JOIN account_move move ON move.commercial_partner_id = scope.partner_id
                                    AND move.company_id = scope.company_id
              JOIN account_move_line line ON line.move_id = move.id AND line.display_type = 'payment_term'
              JOIN account_partial_reconcile partial ON partial.debit_move_id = line.id
             WHERE move.state = 'posted' AND move.move_type IN ('out_invoice', 'out_receipt')
               AND move.payment_state IN ('paid', 'in_payment')
               AND scope.paid_count >= %(least)s AND scope.late_ratio > 0 AND scope.compliance_alert_habit_days > 0
          GROUP BY scope.id, scope.compliance_alert_habit_days, move.id
            """,
            least=RECENT + BEFORE_LEAST,
        )

    @api.model
    def _get_moves_sql(self, condition):
        """:return: SQL of the customer's open invoices that meet the condition, as an array"""
        return SQL(
            "ARRAY(SELECT move.id FROM account_move move WHERE move.commercial_partner_id = scope.partner_id"
            " AND move.company_id = scope.company_id AND move.state = 'posted'"
            " AND move.move_type IN ('out_invoice', 'out_receipt') AND move.amount_residual_signed > 0 AND %s)",
            condition,
        )

    @api.model
    def _cause_limit(self):
        return SQL(
            """
            SELECT scope.id, 'limit', scope.credit_limit_used * 100, scope.compliance_alert_limit_share,
                   jsonb_build_object('share', ROUND((scope.credit_limit_used * 100)::numeric),
                                      'open', scope.open_amount),
                   %s
              FROM scope
             WHERE scope.compliance_alert_limit_share > 0
               AND scope.credit_limit_used * 100 >= scope.compliance_alert_limit_share
            """,
            self._get_moves_sql(SQL("TRUE")),
        )

    @api.model
    def _cause_overdue(self, today):
        return SQL(
            """
            SELECT scope.id, 'overdue', scope.max_days_overdue::float8, scope.compliance_alert_overdue_days::float8,
                   jsonb_build_object('amount', scope.overdue_amount, 'days', scope.max_days_overdue), %s
              FROM scope
             WHERE scope.compliance_alert_overdue_days > 0 AND scope.overdue_amount > 0
               AND scope.max_days_overdue >= scope.compliance_alert_overdue_days
            """,
            self._get_moves_sql(SQL("move.invoice_date_due < %s", today)),
        )

    @api.model
    def _cause_silence(self, today):
        return SQL(
            """
            SELECT scope.id, 'silence', (%(today)s - scope.last_invoice_date)::float8,
                   scope.compliance_alert_silence_factor * scope.purchase_interval_days,
                   jsonb_build_object('days', %(today)s - scope.last_invoice_date,
                                      'interval', ROUND(scope.purchase_interval_days::numeric),
                                      'date', scope.last_invoice_date),
                   NULL::int4[]
              FROM scope
             WHERE scope.compliance_alert_silence_factor > 0 AND scope.invoice_count >= %(rhythm)s
               AND scope.purchase_interval_days > 0
               AND %(today)s - scope.last_invoice_date
                   >= scope.compliance_alert_silence_factor * scope.purchase_interval_days
            """,
            today=today,
            rhythm=RHYTHM,
        )

    @api.model
    def _cause_review(self, today):
        return SQL(
            """
            SELECT scope.id, 'review_overdue', (%(today)s - scope.next_review_date)::float8,
                   scope.compliance_alert_review_days::float8,
                   jsonb_build_object('date', scope.next_review_date, 'days', %(today)s - scope.next_review_date),
                   NULL::int4[]
              FROM scope
             WHERE %(today)s - scope.next_review_date > scope.compliance_alert_review_days
            """,
            today=today,
        )

    @api.model
    def _cause_criterion(self, today):
        return SQL(
            """
            SELECT scope.id, 'criterion_expired', COUNT(*)::float8, 1::float8,
                   jsonb_build_object('criteria', STRING_AGG(criterion.code, ', ' ORDER BY criterion.code),
                                      'date', MIN(expired.valid_until)),
                   NULL::int4[]
              FROM scope
              JOIN compliance_criterion_check expired ON expired.profile_id = scope.id
              JOIN compliance_criterion criterion ON criterion.id = expired.criterion_id
             WHERE expired.active AND criterion.active AND expired.is_applicable
               AND expired.result IN ('met', 'waived') AND expired.valid_until < %s
          GROUP BY scope.id
            """,
            today,
        )

    @api.model
    def _cause_disputed(self):
        return SQL(
            """
            SELECT scope.id, 'disputed', SUM(move.amount_residual_signed)::float8,
                   scope.compliance_alert_disputed_amount::float8,
                   jsonb_build_object('amount', SUM(move.amount_residual_signed), 'invoices', COUNT(*)),
                   ARRAY_AGG(move.id)
              FROM scope
              JOIN account_move move ON move.commercial_partner_id = scope.partner_id
                                    AND move.company_id = scope.company_id
             WHERE move.compliance_disputed AND move.state = 'posted'
               AND move.move_type IN ('out_invoice', 'out_receipt') AND move.amount_residual_signed > 0
          GROUP BY scope.id, scope.compliance_alert_disputed_amount
            HAVING SUM(move.amount_residual_signed) > scope.compliance_alert_disputed_amount
            """
        )

    # -------------------------------------------------------------------------
    # ALERTS
    # -------------------------------------------------------------------------

    @api.model
    def _update_open(self):
        """Brings the evidence of open alerts up to date."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE compliance_alert alert
                   SET value = cause.value, threshold = cause.threshold, evidence = cause.evidence
                  FROM compliance_alert_cause cause
                 WHERE alert.profile_id = cause.profile_id AND alert.kind = cause.kind AND alert.state IN %s
                   AND (alert.value, alert.threshold, alert.evidence)
                       IS DISTINCT FROM (cause.value::numeric, cause.threshold::numeric, cause.evidence)
                """,
                OPEN,
            )
        )

    @api.model
    def _resolve_gone(self, partners):
        """Resolves open alerts whose cause is gone, with their activities; the same cause may be raised again later."""
        self.env.cr.execute(
            SQL(
                """
                WITH gone AS (
                    SELECT alert.id, alert.state IN %(open)s AS was_open
                      FROM compliance_alert alert
                     WHERE alert.is_current AND %(scope)s
                       AND NOT EXISTS (SELECT FROM compliance_alert_cause cause
                                        WHERE cause.profile_id = alert.profile_id AND cause.kind = alert.kind)
                       FOR UPDATE
                ),
                resolved AS (
                    UPDATE compliance_alert alert
                       SET is_current = FALSE,
                           state = CASE WHEN gone.was_open THEN 'resolved' ELSE alert.state END,
                           is_automatic = alert.is_automatic OR gone.was_open,
                           closed_at = CASE WHEN gone.was_open THEN %(now)s ELSE alert.closed_at END
                      FROM gone WHERE alert.id = gone.id
                 RETURNING alert.id
                )
                DELETE FROM mail_activity activity USING gone
                 WHERE activity.res_model = 'compliance.alert' AND activity.res_id = gone.id AND activity.automated
                   AND gone.was_open AND activity.active
                """,
                open=OPEN,
                scope=SQL("TRUE") if partners is None else SQL("alert.partner_id = ANY(%s)", partners.ids),
                now=fields.Datetime.now(),
            )
        )

    @api.model
    def _insert_new(self):
        """Raises what is not open yet, and was not closed by people before it was half as bad.

        :return: ids of the new alerts
        """
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO compliance_alert
                       (profile_id, partner_id, company_id, kind, state, value, threshold, evidence, user_id, raised_at,
                        is_current, is_automatic, led_to_action, create_uid, create_date, write_uid, write_date)
                SELECT profile.id, profile.partner_id, profile.company_id, cause.kind, 'new', cause.value,
                       cause.threshold, cause.evidence, responsible.user_id, %(now)s::timestamp, TRUE,
                       FALSE, 0, %(uid)s::int4, %(now)s::timestamp, %(uid)s::int4, %(now)s::timestamp
                  FROM compliance_alert_cause cause
                  JOIN compliance_profile profile ON profile.id = cause.profile_id
             LEFT JOIN (%(responsible)s) responsible ON responsible.profile_id = profile.id
                 WHERE NOT EXISTS (SELECT FROM compliance_alert known
                                    WHERE known.partner_id = profile.partner_id
                                      AND known.company_id = profile.company_id
                                      AND known.kind = cause.kind AND known.is_current
                                      AND (known.state IN %(open)s OR cause.value < 2 * known.value))
              ORDER BY profile.id, cause.kind
           ON CONFLICT DO NOTHING
             RETURNING id
                """,
                responsible=self._responsible_query(),
                now=fields.Datetime.now(),
                uid=self.env.uid,
                open=OPEN,
            )
        )
        return [alert_id for (alert_id,) in rows]

    @api.model
    def _assign_responsible(self, partners):
        """Open alerts nobody is responsible for, or somebody who left, of customers that have an officer or account
        manager by now.

        :return: ids of the alerts
        """
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE compliance_alert alert SET user_id = responsible.user_id
                  FROM (%s) responsible
                 WHERE responsible.profile_id = alert.profile_id AND alert.state IN %s AND %s
                   AND ((alert.user_id, alert.company_id) IN (%s)) IS NOT TRUE
             RETURNING alert.id
                """,
                self._responsible_query(),
                OPEN,
                SQL("TRUE") if partners is None else SQL("alert.partner_id = ANY(%s)", partners.ids),
                self.env["res.users"]._get_people_sql(),
            )
        )
        return [alert_id for (alert_id,) in rows]

    @api.model
    def _responsible_query(self):
        """SELECT of profile_id and who is responsible: the officer, or else the account manager; of dossiers that have
        one who is still there.
        """
        return SQL(
            """
            SELECT profile.id AS profile_id, COALESCE(officer.user_id, manager.user_id) AS user_id
              FROM compliance_profile profile
         LEFT JOIN (%(people)s) officer ON (officer.user_id, officer.company_id)
                                         = (profile.officer_id, profile.company_id)
         LEFT JOIN (%(people)s) manager ON (manager.user_id, manager.company_id)
                                         = (profile.user_id, profile.company_id)
             WHERE COALESCE(officer.user_id, manager.user_id) IS NOT NULL
            """,
            people=self.env["res.users"]._get_people_sql(),
        )

    @api.model
    def _link_invoices(self, partners):
        """The invoices of open alerts are those of their causes."""
        self.env.cr.execute(
            SQL(
                """
                WITH wanted AS (
                    SELECT alert.id AS alert_id, UNNEST(cause.moves) AS move_id
                      FROM compliance_alert alert
                      JOIN compliance_alert_cause cause ON cause.profile_id = alert.profile_id
                                                       AND cause.kind = alert.kind
                     WHERE alert.state IN %(open)s
                ),
                unlinked AS (
                    DELETE FROM compliance_alert_move_rel link USING compliance_alert alert
                     WHERE link.alert_id = alert.id AND alert.state IN %(open)s AND %(scope)s
                       AND NOT EXISTS (SELECT FROM wanted WHERE wanted.alert_id = link.alert_id
                                                            AND wanted.move_id = link.move_id)
                )
                INSERT INTO compliance_alert_move_rel (alert_id, move_id)
                SELECT alert_id, move_id FROM wanted ON CONFLICT DO NOTHING
                """,
                open=OPEN,
                scope=SQL("TRUE") if partners is None else SQL("alert.partner_id = ANY(%s)", partners.ids),
            )
        )

    @api.model
    def _plan_activities(self, alert_ids):
        """An activity for the responsible of every new alert, all in one statement.

        :param alert_ids: ids of alerts
        """
        labels = SQL(" ").join(
            SQL("WHEN %s THEN %s", kind, label) for kind, label in self._fields["kind"]._description_selection(self.env)
        )
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO mail_activity
                       (res_model_id, res_model, res_id, res_name, activity_type_id, summary, date_deadline, user_id,
                        user_tz, automated, active, create_uid, create_date, write_uid, write_date)
                SELECT %(model_id)s::int4, 'compliance.alert', alert.id, partner.complete_name, %(type_id)s::int4,
                       CASE alert.kind %(labels)s END, %(today)s, alert.user_id, person.tz, TRUE, TRUE,
                       %(uid)s::int4, %(now)s::timestamp, %(uid)s::int4, %(now)s::timestamp
                  FROM compliance_alert alert
                  JOIN res_partner partner ON partner.id = alert.partner_id
                  JOIN res_users responsible ON responsible.id = alert.user_id
                  JOIN res_partner person ON person.id = responsible.partner_id
                 WHERE alert.id = ANY(%(alert_ids)s::int4[])
                """,
                model_id=self.env["ir.model"]._get_id(self._name),
                type_id=self.env["ir.model.data"]._xmlid_to_res_id("mail.mail_activity_data_todo"),
                labels=labels,
                today=self.env["res.company"]._get_compliance_today_sql(SQL("alert.company_id")),
                uid=self.env.uid,
                now=fields.Datetime.now(),
                alert_ids=alert_ids,
            )
        )
