# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.tools import SQL

from .compliance_risk_review import DECISIONS


class ComplianceRiskFactor(models.Model):
    """What people found in reviews, as signals: the decision and the judgements of the last one approved, and the last
    approved answer to every question of a questionnaire that can be compared.
    """

    _inherit = "compliance.risk.factor"

    @api.model
    def _get_risk_signals(self):
        return {**super()._get_risk_signals(), **self._get_review_signals(), **self._get_answer_signals()}

    @api.model
    def _get_signal_selection(self):
        """Without the questions of other companies; all of them for the system, which scores for every company."""
        hidden = set()
        if not self.env.su:
            foreign = self.env["compliance.risk.question"]._get_comparable().items()
            company_ids = {False, *self.env.companies.ids}
            hidden = {f"answer_{question_id}" for question_id, asked in foreign if asked["company"] not in company_ids}
        return [(code, label) for code, label in super()._get_signal_selection() if code not in hidden]

    @api.model
    def _get_review_signals(self):
        def days_since(as_of):
            companies, column = self.env["res.company"], SQL("last.company_id")
            age = SQL(
                "%s - (last.approved_at AT TIME ZONE 'UTC' AT TIME ZONE %s)::date",
                companies._get_compliance_value_sql(companies._get_compliance_days(as_of), column),
                companies._get_compliance_zone_sql(column),
            )
            return self._last_reviews_query(age, as_of)

        def adverse(as_of):
            count = SQL(
                "(SELECT COUNT(*) FROM compliance_risk_review_line line"
                " WHERE line.review_id = last.id AND line.judgement = 'adverse')"
            )
            return self._last_reviews_query(count, as_of)

        selection = dict(self.env["compliance.risk.review"]._fields["decision"]._description_selection(self.env))
        return {
            "review_adverse": {
                "label": self.env._("Last Review: Adverse Judgements"),
                "kind": "number",
                "unit": "",
                "default": 0,
                "past": True,
                "sql": adverse,
            },
            "review_decision": {
                "label": self.env._("Last Review: Decision"),
                "kind": "choice",
                "choices": [(code, selection[code]) for code, _label in DECISIONS],
                "past": True,
                "sql": lambda as_of: self._last_reviews_query(SQL("last.decision"), as_of),
            },
            "review_age": {
                "label": self.env._("Days since Last Review"),
                "kind": "number",
                "unit": "days",
                "past": True,
                "sql": days_since,
            },
        }

    @api.model
    def _get_answer_signals(self):
        """A signal per question with a choice of answers; texts cannot be compared."""
        lines = self.env["compliance.risk.review.line"]
        return {
            f"answer_{question_id}": {
                "label": self.env._("Answer: %(question)s", question=asked["name"]),
                "kind": "choice",
                "choices": lines._fields[asked["field"]]._description_selection(self.env),
                "past": True,
                "sql": lambda as_of, question_id=question_id, fname=asked["field"]: self._answers_query(
                    question_id, fname, as_of
                ),
            }
            for question_id, asked in self.env["compliance.risk.question"]._get_comparable().items()
        }

    @api.model
    def _last_reviews_query(self, value, as_of):
        """SELECT of a value of the last review of every customer, approved until a day.

        :param SQL value: expression over the review ``last``
        """
        return SQL(
            "SELECT partner_id, company_id, %s AS value FROM (SELECT DISTINCT ON (partner_id, company_id) *"
            " FROM compliance_risk_review review WHERE review.state = 'done' AND %s"
            " ORDER BY partner_id, company_id, approved_at DESC, id DESC) last",
            value,
            self._get_approved_sql(as_of),
        )

    @api.model
    def _answers_query(self, question_id, fname, as_of):
        """SELECT of every customer's answer to a question in the last review that asked it."""
        return SQL(
            "SELECT DISTINCT ON (review.partner_id, review.company_id) review.partner_id, review.company_id,"
            " %s AS value FROM compliance_risk_review_line line"
            " JOIN compliance_risk_review review ON review.id = line.review_id"
            " WHERE line.question_id = %s AND review.state = 'done' AND %s"
            " ORDER BY review.partner_id, review.company_id, review.approved_at DESC, review.id DESC",
            SQL.identifier("line", fname),
            question_id,
            self._get_approved_sql(as_of),
        )

    @api.model
    def _get_approved_sql(self, as_of):
        if not as_of:
            return SQL("TRUE")
        midnight = self.env["res.company"]._get_compliance_midnight_sql(as_of, SQL("review.company_id"))
        return SQL("review.approved_at < %s", midnight)
