# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import datetime, time
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, email_normalize_all


class ResCompany(models.Model):
    _inherit = "res.company"

    compliance_refreshed_at = fields.Datetime(
        string="Dossiers Refreshed At",
        readonly=True,
        help="When the figures of all dossiers were last computed.",
    )
    compliance_refresh_started_at = fields.Datetime(
        string="Dossier Refresh Started At",
        readonly=True,
        help="When the last refresh of all dossiers was begun.",
    )
    compliance_tier_high = fields.Float(
        string="High Value up to (%)",
        default=80.0,
        help="Customers that together bring this share of the 12-month revenue are of high value.",
    )
    compliance_tier_medium = fields.Float(
        string="Medium Value up to (%)",
        default=95.0,
        help="Customers between the high-value share and this share are of medium value, the others of low value.",
    )
    compliance_frequent_purchases = fields.Integer(
        string="Frequent from (purchases a year)",
        default=4,
        help="A customer with at least this many purchases within a year is a frequent buyer.",
    )
    compliance_new_days = fields.Integer(
        string="New Customer for (days)",
        default=90,
        help="Days after the first purchase during which a customer counts as new.",
    )
    compliance_default_interval_days = fields.Integer(
        string="Default Purchase Interval (days)",
        default=180,
        help="Interval expected of customers whose own purchase interval is not known yet.",
    )
    compliance_at_risk_factor = fields.Float(
        string="At Risk after (intervals)",
        default=2.0,
        help="A customer silent for longer than this many purchase intervals is at risk.",
    )
    compliance_lost_factor = fields.Float(
        string="Lost after (intervals)",
        default=4.0,
        help="A customer silent for longer than this many purchase intervals is lost.",
    )
    compliance_recent_days = fields.Integer(
        string="Recent Payments (days)",
        default=180,
        help="Payments of this many past days make up the recent share of late payments.",
    )
    compliance_dso_days = fields.Integer(
        string="DSO Period (days)",
        default=365,
        help="Sales of this many past days are held against the open receivables.",
    )

    compliance_checkpoint_emails = fields.Char(
        string="Checkpoints to",
        help="Addresses outside of this system, separated by commas, that receive a checkpoint of the audit trail every"
        " night.",
    )

    @api.constrains("compliance_checkpoint_emails")
    def _check_compliance_checkpoint_emails(self):
        for company in self:
            addresses = company.compliance_checkpoint_emails or ""
            if len(email_normalize_all(addresses)) != len([part for part in addresses.split(",") if part.strip()]):
                raise ValidationError(self.env._("Checkpoints cannot be sent to %s: not an e-mail address.", addresses))

    @api.constrains("compliance_tier_high", "compliance_tier_medium")
    def _check_compliance_tiers(self):
        for company in self:
            if not 0 < company.compliance_tier_high < company.compliance_tier_medium <= 100:
                raise ValidationError(
                    self.env._(
                        "The value tiers do not add up: the high-value share (%(high)s %%) must be above 0 and below"
                        " the medium-value share (%(medium)s %%), which must not exceed 100 %%.",
                        high=company.compliance_tier_high,
                        medium=company.compliance_tier_medium,
                    )
                )

    @api.constrains("compliance_at_risk_factor", "compliance_lost_factor")
    def _check_compliance_lifecycle(self):
        for company in self:
            if not 0 < company.compliance_at_risk_factor < company.compliance_lost_factor:
                raise ValidationError(
                    self.env._(
                        "A customer must be at risk before being lost: %(at_risk)s intervals must be above 0 and below"
                        " %(lost)s intervals.",
                        at_risk=company.compliance_at_risk_factor,
                        lost=company.compliance_lost_factor,
                    )
                )

    @api.constrains(lambda self: self._get_compliance_periods())
    def _check_compliance_periods(self):
        for company in self:
            for fname in self._get_compliance_periods():
                if company[fname] < 1:
                    raise ValidationError(
                        self.env._(
                            "%(setting)s must be at least 1.",
                            setting=self._fields[fname]._description_string(self.env),
                        )
                    )

    def write(self, vals):
        result = super().write(vals)
        if set(vals) & self._get_compliance_thresholds():
            # Classes and periods of all dossiers may differ now.
            self.env["compliance.refresh.queue"]._enqueue_all()
        return result

    @api.model
    def _get_compliance_thresholds(self):
        """Names of the settings that figures depend on."""
        return {
            "compliance_tier_high",
            "compliance_tier_medium",
            "compliance_at_risk_factor",
            "compliance_lost_factor",
            *self._get_compliance_periods(),
        }

    @api.model
    def _get_compliance_periods(self):
        """Names of the settings that count days or purchases and must therefore be positive."""
        return (
            "compliance_frequent_purchases",
            "compliance_new_days",
            "compliance_default_interval_days",
            "compliance_recent_days",
            "compliance_dso_days",
        )

    # -------------------------------------------------------------------------
    # DAYS
    # -------------------------------------------------------------------------

    def _get_compliance_zone(self):
        """The company's time zone: that of its working hours."""
        # sudo: working hours are not everybody's to read.
        company = self.sudo()
        return ZoneInfo(company.resource_calendar_id.tz or company.partner_id.tz or "UTC")

    def _get_compliance_today(self):
        """The company's day by its working hours: no time zone a user or a context brings along moves it."""
        return fields.Datetime.now().replace(tzinfo=ZoneInfo("UTC")).astimezone(self._get_compliance_zone()).date()

    def _get_compliance_midnight(self, day):
        """The moment (naive UTC) at which a day begins by the company's clock."""
        midnight = datetime.combine(day, time.min, self._get_compliance_zone())
        return midnight.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)

    @api.model
    def _get_compliance_companies(self):
        """All companies, archived ones included."""
        return self.sudo().search([("active", "in", [True, False])])

    @api.model
    def _get_compliance_days(self, day=None):
        """The day every company is looked at on: dict by company; without a day each one's today."""
        day = fields.Date.to_date(day)
        return {company: day or company._get_compliance_today() for company in self._get_compliance_companies()}

    @api.model
    def _get_compliance_days_sql(self):
        """Every company's today: SQL rows of (company_id, today)."""
        return SQL(", ").join(
            SQL("(%s::int4, %s::date)", company.id, day) for company, day in self._get_compliance_days().items()
        )

    @api.model
    def _get_compliance_value_sql(self, values, column):
        """Expression over a column of company ids: what every company has. A plain value where all have the same: the
        planner counts on it, and joining companies to a million rows costs more.

        :param dict values: values by company
        """
        companies_of = {}
        for company, value in values.items():
            companies_of.setdefault(value, []).append(company.id)
        usual = max(companies_of, key=lambda value: len(companies_of[value]))
        cases = SQL(" ").join(
            SQL("WHEN %s = ANY(%s) THEN %s", column, ids, value)
            for value, ids in companies_of.items()
            if value != usual
        )
        return SQL("CASE %s ELSE %s END", cases, usual) if len(companies_of) > 1 else SQL("%s", usual)

    @api.model
    def _get_compliance_midnight_sql(self, day, column, years=0):
        """Expression over a column of company ids: the moment (UTC) at which a day of the company's ends; see
        ``_get_compliance_days``.

        :param int years: so many years before
        """
        ends = {
            company: company._get_compliance_midnight(today + relativedelta(years=-years, days=1))
            for company, today in self._get_compliance_days(day).items()
        }
        return self._get_compliance_value_sql(ends, column)

    @api.model
    def _get_compliance_zone_sql(self, column):
        """Expression over a column of company ids: the company's time zone."""
        zones = {company: company._get_compliance_zone().key for company in self._get_compliance_companies()}
        return self._get_compliance_value_sql(zones, column)

    @api.model
    def _get_compliance_today_sql(self, column):
        """Expression over a column of company ids: the company's today."""
        return self._get_compliance_value_sql(self._get_compliance_days(), column)
