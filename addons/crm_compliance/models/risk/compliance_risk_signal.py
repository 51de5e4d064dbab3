# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.tools import SQL

# Figures of the dossier by unit. Shares are kept from 0 to 1 and compared in %.
FIGURES = {
    "invoice_count": "",
    "purchases_12m": "",
    "revenue_12m": "amount",
    "revenue_total": "amount",
    "purchase_interval_days": "days",
    "open_amount": "amount",
    "overdue_amount": "amount",
    "max_days_overdue": "days",
    "credit_limit_used": "%",
    "paid_count": "",
    "avg_days_to_pay": "days",
    "days_beyond_terms": "days",
    "late_ratio": "%",
    "late_ratio_recent": "%",
    "late_trend": "days",
    "late_probability": "%",
    "dso": "days",
    "best_possible_dso": "days",
    "avg_days_delinquent": "days",
    "rfm_recency": "",
    "rfm_frequency": "",
    "rfm_monetary": "",
}
CLASSES = ("lifecycle", "value_tier", "purchase_behaviour")


class ComplianceRiskFactor(models.Model):
    """The signals that factors look at."""

    _inherit = "compliance.risk.factor"

    @api.model
    def _get_signal_selection(self):
        signals = self._get_risk_signals()
        return sorted(((code, signal["label"]) for code, signal in signals.items()), key=lambda choice: choice[1])

    @api.model
    def _get_risk_signals(self):
        """The signals known. Extend by ``_inherit`` and ``super()``; docs/risk-model.md shows how.

        :return: dict by code of dicts with

            * label: name, in the user's language
            * kind: number, boolean, choice, country or industry
            * sql: function of a day (None: now) that returns the SQL of a SELECT of partner_id (commercial entity),
              company_id and value, with at most one row per customer and company
            * past: whether the function can tell the value of a past day; if not, back-tests leave the signal out
            * unit: days, % or amount, or nothing (numbers)
            * choices: list of (value, label) (choices)
            * default: the value of customers without a row; without default, no factor applies to them
            * expression: instead of a join, function of (alias, day) that returns an expression over the columns of a
              dossier, or of the figures of a past day
            * source: what an expression looks at besides: its name, a column it shares with the dossiers, and a
              function of customers (None: all) that returns the SQL of a SELECT, with at most one row per dossier;
              signals of the same source share one join
        """
        return {
            **{name: self._get_figure_signal(name, unit) for name, unit in FIGURES.items()},
            **{name: self._get_class_signal(name) for name in CLASSES},
            "zone": self._get_class_signal("zone", past=False),
            "completeness": {**self._get_figure_signal("completeness", ""), "unit": "%", "past": False},
            **self._get_age_signals(),
            **self._get_criteria_signals(),
            **self._get_partner_signals(),
            **self._get_dispute_signals(),
        }

    @api.model
    def _get_figure_signal(self, name, unit):
        """A figure of the dossier."""
        scale = SQL("100 * ") if unit == "%" else SQL()

        def expression(alias, _as_of):
            return SQL("%s%s", scale, SQL.identifier(alias, name))

        label = self.env["compliance.profile"]._fields[name]._description_string(self.env)
        return self._prepare_column_signal(label, "number", expression, unit=unit, default=0)

    @api.model
    def _get_class_signal(self, name, past=True):
        """A class of the dossier."""
        field = self.env["compliance.profile"]._fields[name]
        return self._prepare_column_signal(
            field._description_string(self.env),
            "choice",
            lambda alias, _as_of: SQL.identifier(alias, name),
            choices=field._description_selection(self.env),
            past=past,
        )

    @api.model
    def _get_age_signals(self):
        companies = self.env["res.company"]

        def days_since(name):
            def expression(alias, as_of):
                days = companies._get_compliance_days(as_of)
                day = companies._get_compliance_value_sql(days, SQL.identifier(alias, "company_id"))
                return SQL("%s - %s", day, SQL.identifier(alias, name))

            return expression

        return {
            "customer_age": self._prepare_column_signal(
                self.env._("Days since First Invoice"), "number", days_since("first_invoice_date"), unit="days"
            ),
            "days_since_purchase": self._prepare_column_signal(
                self.env._("Days since Last Invoice"), "number", days_since("last_invoice_date"), unit="days"
            ),
        }

    @api.model
    def _prepare_column_signal(self, label, kind, expression, **signal):
        """A signal that is read off the dossier's columns; ``sql`` says the same as a query."""
        profiles = self.env["compliance.profile"]

        def sql(as_of):
            source = SQL("compliance_profile") if as_of is None else SQL("(%s)", profiles._figures_query(as_of=as_of))
            return SQL("SELECT partner_id, company_id, %s AS value FROM %s figure", expression("figure", as_of), source)

        return {"label": label, "kind": kind, "expression": expression, "sql": sql, "past": True, **signal}

    @api.model
    def _prepare_source_signal(self, label, kind, source, column, **signal):
        """A signal that is read off a column of something joined to the dossiers; ``sql`` says the same as a query."""
        name, key, query = source
        value = SQL.identifier(name, column)

        def sql(_as_of):
            return SQL(
                "SELECT profile.partner_id, profile.company_id, %s AS value FROM compliance_profile profile"
                " JOIN (%s) %s USING (%s)",
                value,
                query(None),
                SQL.identifier(name),
                SQL.identifier(key),
            )

        return {
            "label": label,
            "kind": kind,
            "source": source,
            "expression": lambda _alias, _as_of: value,
            "sql": sql,
            **signal,
        }

    @api.model
    def _get_criteria_signals(self):
        """Counts of the applicable criteria by answer."""
        labels = {
            "criteria_unmet": self.env._("Criteria Unmet"),
            "criteria_unknown": self.env._("Criteria not Answered"),
            "criteria_expired": self.env._("Criteria Expired"),
        }
        source = ("criteria", "id", self._criteria_query)
        return {
            name: self._prepare_source_signal(label, "number", source, name, unit="", default=0, past=False)
            for name, label in labels.items()
        }

    @api.model
    def _criteria_query(self, partners):
        """SELECT of id (of the dossier) and how many of its criteria are unmet, unknown and expired. What was met once
        and has expired is expired, not unknown.
        """
        conditions = {
            "criteria_unmet": SQL("answered.result = 'unmet'"),
            "criteria_unknown": SQL("answered.result = 'unknown'"),
            "criteria_expired": SQL(
                "answered.result IN ('met', 'waived') AND answered.valid_until < %s",
                self.env["res.company"]._get_compliance_today_sql(SQL("answered.company_id")),
            ),
        }
        scope = SQL("TRUE")
        if partners is not None:
            dossiers = SQL("SELECT id FROM compliance_profile WHERE partner_id = ANY(%s)", partners.ids)
            scope = SQL("answered.profile_id IN (%s)", dossiers)
        return SQL(
            """
            SELECT answered.profile_id AS id, %(counts)s
              FROM compliance_criterion_check answered
             WHERE answered.active AND answered.is_applicable AND %(scope)s
               AND answered.criterion_id IN (SELECT id FROM compliance_criterion WHERE active)
          GROUP BY answered.profile_id
            """,
            counts=SQL(", ").join(
                SQL("COUNT(*) FILTER (WHERE %s) AS %s", condition, SQL.identifier(name))
                for name, condition in conditions.items()
            ),
            scope=scope,
        )

    @api.model
    def _get_partner_signals(self):
        """What stands on the customer. Nobody knows what stood there on a past day; it seldom changes."""
        source = ("customer", "partner_id", self._customers_query)
        return {
            "country": self._prepare_source_signal(
                self.env._("Country"), "country", source, "customer_country", past=True
            ),
            "industry": self._prepare_source_signal(
                self.env._("Industry"), "industry", source, "customer_industry", past=True
            ),
        }

    @api.model
    def _customers_query(self, _partners):
        """SELECT of partner_id, country and industry; by names no dossier has."""
        return SQL(
            "SELECT id AS partner_id, country_id AS customer_country, industry_id AS customer_industry FROM res_partner"
        )

    @api.model
    def _get_dispute_signals(self):
        """Open invoices the customer disputes. That an invoice was disputed is known, since when is not."""

        def invoices(value):
            return lambda _as_of: SQL(
                """
                SELECT partner.commercial_partner_id AS partner_id, move.company_id, %s AS value
                  FROM account_move move
                  JOIN res_partner partner ON partner.id = move.commercial_partner_id
                 WHERE move.compliance_disputed AND move.state = 'posted'
                   AND move.move_type IN ('out_invoice', 'out_receipt') AND move.amount_residual_signed > 0
              GROUP BY partner.commercial_partner_id, move.company_id
                """,
                value,
            )

        signal = {"kind": "number", "default": 0, "past": False}
        return {
            "disputed_amount": {
                **signal,
                "label": self.env._("Disputed Amount"),
                "unit": "amount",
                "sql": invoices(SQL("SUM(move.amount_residual_signed)")),
            },
            "disputed_count": {
                **signal,
                "label": self.env._("Disputed Invoices"),
                "unit": "",
                "sql": invoices(SQL("COUNT(*)")),
            },
        }
