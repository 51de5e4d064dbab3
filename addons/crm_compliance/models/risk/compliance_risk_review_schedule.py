# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..dossier.compliance_profile import RISK_LEVELS
from .compliance_risk_review import EDITABLE, ENDING, OPEN

# Months between two reviews where no risk model says otherwise. Who was never rated counts as low.
MONTHS = {"low": 12, "medium": 6, "high": 3, "critical": 1}
LEVELS = [level for level, _label in RISK_LEVELS]
# Customers whose reviews are repeated.
ADMITTED = ("approved", "conditional")


class ComplianceRiskReview(models.Model):
    """When reviews fall due, and who is told. In sets: what is due of 100,000 customers is found in one statement."""

    _inherit = "compliance.risk.review"

    # -------------------------------------------------------------------------
    # INTERVALS
    # -------------------------------------------------------------------------

    @api.model
    def _get_review_months(self, company):
        """Months between two reviews by level of risk, as the company's risk model says: {level: months}."""
        model = self.env["compliance.risk.model"].sudo()._get_active(company) if self._has_risk_model() else None
        if not model:
            return MONTHS
        return {level: model[f"review_months_{level}"] or MONTHS[level] for level in LEVELS}

    @api.model
    def _has_risk_model(self):
        return "compliance.risk.model" in self.env

    def _propose_next_date(self):
        """Fills the date of the next review where nobody chose one: today and the interval of the level of risk. After
        the end of a business there is none.
        """
        ending = self.filtered(lambda review: review.decision in ENDING)
        ending.filtered("next_review_date")._write_state({"next_review_date": False})
        undated = (self - ending).filtered(lambda review: not review.next_review_date and review.kind != "exit")
        for company, reviews in undated.grouped("company_id").items():
            months = self._get_review_months(company)
            today = self._get_today(company)
            for review in reviews:
                date = today + relativedelta(months=months[review.risk_level or "low"])
                review._write_state({"next_review_date": date})

    @api.model
    def _get_companies(self):
        return self.env["res.company"].sudo().search([("active", "in", [True, False])])

    @api.model
    def _get_days_sql(self):
        """Every company's today: SQL rows of (company_id, today, prepared from, escalated before)."""
        companies = self._get_companies()
        return SQL(", ").join(
            SQL(
                "(%s::int4, %s::date, %s::date, %s::date)",
                company.id,
                today,
                fields.Date.add(today, days=company.compliance_review_lead_days),
                fields.Date.subtract(today, days=company.compliance_review_escalation_days),
            )
            for company, today in ((company, self._get_today(company)) for company in companies)
        )

    @api.model
    def _get_months_sql(self):
        """Every company's intervals: SQL rows of (company_id, level, months)."""
        companies = self._get_companies()
        return SQL(", ").join(
            SQL("(%s::int4, %s::varchar, %s::int4)", company.id, level, months)
            for company in companies
            for level, months in self._get_review_months(company).items()
        )

    @api.model
    def _get_rank_sql(self, column):
        """A level of risk as a number; 0 for who was never rated."""
        return SQL("COALESCE(ARRAY_POSITION(%s::varchar[], %s::varchar), 0)", LEVELS, column)

    # -------------------------------------------------------------------------
    # EVERY NIGHT
    # -------------------------------------------------------------------------

    @api.model
    def _cron_schedule(self, batch_size=500):
        """Opens the reviews that fall due, tells the managers what is overdue, and closes missed conditions."""
        self._date_reviews()
        self.env["ir.cron"]._commit_progress(remaining=1)
        while self._open_due(batch_size):
            if not self.env["ir.cron"]._commit_progress(1, remaining=1):
                return
        self._remind()
        self._escalate()
        self._miss_conditions()
        self.env["ir.cron"]._commit_progress(1, remaining=0)

    @api.model
    def _date_reviews(self):
        """Gives admitted customers without a date for their next review one: an interval from the last review, or from
        today where there was none.

        :return: number of dossiers
        """
        profiles = self.env["compliance.profile"]
        profiles.flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE compliance_profile profile
                   SET next_review_date = (COALESCE(profile.last_review_date, day.today)
                                           + interval.months * INTERVAL '1 month')::date
                  FROM (VALUES %(days)s) day (company_id, today, ahead, limit_date)
                  JOIN (VALUES %(months)s) interval (company_id, level, months) USING (company_id)
                 WHERE profile.company_id = day.company_id
                   AND interval.level = COALESCE(profile.risk_level, 'low')
                   AND profile.next_review_date IS NULL
                   AND profile.active
                   AND profile.admission_state = ANY(%(admitted)s)
                """,
                days=self._get_days_sql(),
                months=self._get_months_sql(),
                admitted=list(ADMITTED),
            )
        )
        profiles.invalidate_model(["next_review_date"], flush=False)
        return self.env.cr.rowcount

    @api.model
    def _open_due(self, limit):
        """Opens periodic reviews of customers whose date comes near and who have no open review, the most urgent first.

        :return: whether there may be more
        """
        self.env["compliance.profile"].flush_model()
        self.flush_model()
        due = self.env.execute_query(
            SQL(
                """
                SELECT profile.id, profile.next_review_date
                  FROM compliance_profile profile
                  JOIN (VALUES %(days)s) day (company_id, today, ahead, limit_date) USING (company_id)
                 WHERE profile.next_review_date <= day.ahead
                   AND profile.active
                   AND profile.admission_state = ANY(%(admitted)s)
                   AND NOT EXISTS (SELECT FROM compliance_risk_review review
                                    WHERE review.profile_id = profile.id AND review.state = ANY(%(open)s))
              ORDER BY profile.next_review_date, profile.id
                 LIMIT %(limit)s
                """,
                days=self._get_days_sql(),
                admitted=list(ADMITTED),
                open=list(OPEN),
                limit=limit,
            )
        )
        self._open_reviews("periodic", dict(due))
        return len(due) == limit

    @api.model
    def _open_reviews(self, kind, dates):
        """Opens reviews by the system, without history and mails.

        :param dict dates: ids of dossiers -> due date
        :return: the reviews
        """
        profiles = self.env["compliance.profile"].sudo().browse(dates)
        reviews = (
            self.sudo()
            .with_context(tracking_disable=True)
            .create(
                [
                    {
                        "profile_id": profile.id,
                        "kind": kind,
                        "due_date": dates[profile.id],
                        "prepared_by": profile._get_active_officer().id,
                    }
                    for profile in profiles
                ]
            )
        )
        return self.browse(reviews.ids)

    @api.model
    def _remind(self):
        """Tells the officers, once, of reviews that fell due, all of them in one message.

        :return: the reviews
        """
        reviews = self.sudo()
        domain = [("state", "in", EDITABLE), ("reminded_at", "=", False), ("prepared_by", "!=", False)]
        due = reviews.browse().concat(
            *(
                reviews.search([*domain, ("company_id", "=", company.id), ("due_date", "<=", self._get_today(company))])
                for company in self._get_companies()
            )
        )
        for officer, owned in due.grouped(lambda review: review._get_present_preparer()).items():
            if officer:
                self._send_digest("mail_template_reviews_due", officer, reviews=owned)
        due._write_state({"reminded_at": fields.Datetime.now()})
        return due

    def _tell_managers(self):
        """Tells the managers of each company what nobody finished in time."""
        for company, reviews in self.sudo().grouped("company_id").items():
            for manager in self._get_managers(company):
                self._send_digest("mail_template_reviews_escalated", manager, reviews=reviews)

    @api.model
    def _escalate(self):
        """Tells the managers, once, of reviews nobody finished in time.

        :return: the reviews
        """
        self.flush_model()
        overdue = self.sudo().browse(
            review_id
            for (review_id,) in self.env.execute_query(
                SQL(
                    """
                    SELECT review.id
                      FROM compliance_risk_review review
                      JOIN (VALUES %s) day (company_id, today, ahead, limit_date) USING (company_id)
                     WHERE review.state = ANY(%s) AND review.due_date < day.limit_date AND review.escalated_at IS NULL
                  ORDER BY review.id
                    """,
                    self._get_days_sql(),
                    list(EDITABLE),
                )
            )
        )
        overdue._ask_managers(self.env._("Review overdue"))
        overdue._tell_managers()
        overdue._write_state({"escalated_at": fields.Datetime.now()})
        return overdue

    @api.model
    def _miss_conditions(self):
        """Conditions nobody met in time are missed; the officers are asked what follows.

        :return: the conditions
        """
        conditions = self.env["compliance.risk.review.condition"].sudo()
        missed = conditions.browse()
        for company in self._get_companies():
            missed += conditions.search(
                [
                    ("company_id", "=", company.id),
                    ("review_state", "=", "done"),
                    ("state", "=", "open"),
                    ("deadline", "<", self._get_today(company)),
                ]
            )
        missed._write_unsigned({"state": "missed", "closed_on": fields.Date.today()})
        self._create_activities(
            [
                condition.review_id._prepare_activity(
                    condition.review_id._get_present_preparer(),
                    self._get_today(condition.company_id),
                    self.env._("Condition missed: %s", condition.name),
                )
                for condition in missed
                if condition.review_id._get_present_preparer()
            ]
        )
        return missed

    # -------------------------------------------------------------------------
    # RISING RISK
    # -------------------------------------------------------------------------

    @api.model
    def _follow_risk(self, partners=None):
        """Opens a review, due at once, of every admitted customer whose risk is higher than when it was last looked at.
        Where a review is open already, that one is due at once.

        The level a customer gets first is no rise; it brings the next review forward to the interval of that level.

        :param partners: the customers; None means all
        :return: the reviews opened
        """
        profiles = self.env["compliance.profile"].sudo()
        moved = self._take_levels(partners)
        risen = profiles.browse(profile_id for profile_id, is_rise in moved if is_rise)
        if not risen:
            return self.browse()
        today = {company: self._get_today(company) for company in risen.company_id}
        open_reviews = self.sudo().search([("profile_id", "in", risen.ids), ("state", "in", OPEN)])
        for company, reviews in open_reviews.filtered("is_editable").grouped("company_id").items():
            late = reviews.filtered(lambda review: review.due_date > today[company])  # noqa: B023
            late._write_state({"due_date": today[company]})
            late._schedule_preparation()
        return self._open_reviews(
            "triggered", {profile.id: today[profile.company_id] for profile in risen - open_reviews.profile_id}
        )

    @api.model
    def _take_levels(self, partners):
        """Notes the levels of risk that are higher than those known, and what they mean for the next review.

        :return: list of (dossier id, whether an admitted customer's risk rose)
        """
        profiles = self.env["compliance.profile"]
        profiles.flush_model()
        moved = self.env.execute_query(
            SQL(
                """
                UPDATE compliance_profile profile
                   SET review_level = profile.risk_level,
                       next_review_date = CASE
                           WHEN profile.admission_state <> ALL(%(admitted)s) OR profile.next_review_date IS NULL
                           THEN profile.next_review_date
                           WHEN known.review_level IS NULL
                           THEN LEAST(profile.next_review_date,
                                      (COALESCE(profile.last_review_date, day.today)
                                       + interval.months * INTERVAL '1 month')::date)
                           ELSE LEAST(profile.next_review_date, day.today) END
                  FROM compliance_profile known
                  JOIN (VALUES %(days)s) day (company_id, today, ahead, limit_date) USING (company_id)
                  JOIN (VALUES %(months)s) interval (company_id, level, months)
                    ON interval.company_id = known.company_id AND interval.level = known.risk_level
                 WHERE profile.id = known.id
                   AND %(rank)s > %(known_rank)s
                   AND %(scope)s
             RETURNING profile.id,
                       known.review_level IS NOT NULL AND profile.active
                       AND profile.admission_state = ANY(%(admitted)s)
                """,
                admitted=list(ADMITTED),
                days=self._get_days_sql(),
                months=self._get_months_sql(),
                rank=self._get_rank_sql(SQL("known.risk_level")),
                known_rank=self._get_rank_sql(SQL("known.review_level")),
                scope=SQL("TRUE") if partners is None else SQL("known.partner_id = ANY(%s)", partners.ids),
            )
        )
        profiles.invalidate_model(["review_level", "next_review_date"], flush=False)
        return moved

    # -------------------------------------------------------------------------
    # ACTIVITIES
    # -------------------------------------------------------------------------

    def _get_present_preparer(self):
        """Who prepares the review, or the customer's officer where that person is not there any more."""
        self.ensure_one()
        if self.prepared_by._works_for(self.company_id):
            return self.prepared_by
        return self.profile_id._get_active_officer() if self.prepared_by else self.prepared_by

    def _schedule_preparation(self, note=""):
        """Gives every officer the activity to prepare the review until it is due; an older one goes."""
        reviews = self.sudo().filtered(lambda review: review.state in EDITABLE)
        reviews._end_activities()
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        self._create_activities(
            [
                review._prepare_activity(
                    review._get_present_preparer(),
                    review.due_date,
                    self.env._("Send back: %s", kinds[review.kind])
                    if note
                    else self.env._("Prepare the review: %s", kinds[review.kind]),
                    note,
                )
                for review in reviews
                if review._get_present_preparer()
            ],
            notify=bool(note),
        )

    def _ask_for_approval(self):
        """Asks every manager who may approve."""
        self._ask_managers(self.env._("Approve the review"), notify=True)

    def _ask_managers(self, summary, notify=False):
        """Gives the managers of each review's company an activity, except who worked on what is to be approved."""
        managers = {company: self._get_managers(company) for company in self.sudo().company_id}
        vals_list = []
        for review in self.sudo():
            people = managers[review.company_id]
            if review.state == "approval":
                people -= review._get_barred()
            today = self._get_today(review.company_id)
            vals_list += [review._prepare_activity(user, today, summary) for user in people]
        self._create_activities(vals_list, notify=notify)
