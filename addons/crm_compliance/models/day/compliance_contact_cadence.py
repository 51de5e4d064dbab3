# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import SQL

from ..dossier.compliance_profile import RISK_LEVELS

TIERS = ("high", "medium", "low", "none")
# Where no rule applies.
DEFAULT_DAYS = 30


class ComplianceContactCadence(models.Model):
    """How often customers are contacted. Of the rules that apply to a customer the shortest interval counts; a company
    that has rules of its own uses those alone.
    """

    _name = "compliance.contact.cadence"
    _description = "Contact Cadence"
    _order = "company_id, interval_days, id"
    _rec_name = "interval_days"

    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        index="btree_not_null",
        ondelete="cascade",
        help="Empty: all companies without rules of their own.",
    )
    value_tier = fields.Selection(
        [("high", "High"), ("medium", "Medium"), ("low", "Low"), ("none", "None")],
        help="Empty: customers of any value.",
    )
    risk_level = fields.Selection(RISK_LEVELS, help="Empty: customers of any risk.")
    customers = fields.Char(compute="_compute_customers")
    interval_days = fields.Integer("Every (days)", required=True, default=DEFAULT_DAYS, aggregator=None)

    _interval_positive = models.Constraint(
        "CHECK(interval_days BETWEEN 1 AND 730)", "Customers are contacted every 1 to 730 days."
    )
    _rule_uniq = models.UniqueIndex(
        "(COALESCE(company_id, 0), COALESCE(value_tier, ''), COALESCE(risk_level, '')) WHERE active",
        "There is a rule for these customers already.",
    )

    @api.depends("value_tier", "risk_level")
    @api.depends_context("lang")
    def _compute_customers(self):
        tiers, levels = (
            dict(self._fields[name]._description_selection(self.env)) for name in ("value_tier", "risk_level")
        )
        for cadence in self:
            parts = []
            if cadence.value_tier:
                parts.append(self.env._("Value: %s", tiers[cadence.value_tier]))
            if cadence.risk_level:
                parts.append(self.env._("Risk: %s", levels[cadence.risk_level]))
            cadence.customers = ", ".join(parts) or self.env._("All Customers")

    @api.depends("interval_days")
    def _compute_display_name(self):
        for cadence in self:
            cadence.display_name = self.env._("Every %(days)s days", days=cadence.interval_days)

    @api.model
    def _intervals_query(self):
        """SELECT of company_id, value_tier, risk_level ('' for who was never rated) and the interval in days, for every
        combination there is.
        """
        self.flush_model()
        return SQL(
            """
            SELECT company.id AS company_id, tier.value AS value_tier, level.value AS risk_level,
                   COALESCE(MIN(rule.interval_days), %(default)s) AS days
              FROM res_company company
        CROSS JOIN UNNEST(%(tiers)s::varchar[]) tier (value)
        CROSS JOIN UNNEST(%(levels)s::varchar[]) level (value)
         LEFT JOIN compliance_contact_cadence rule
                ON rule.active
               AND rule.company_id IS NOT DISTINCT FROM
                   (SELECT MIN(own.company_id) FROM compliance_contact_cadence own
                     WHERE own.active AND own.company_id = company.id)
               AND (rule.value_tier IS NULL OR rule.value_tier = tier.value)
               AND (rule.risk_level IS NULL OR rule.risk_level = level.value)
          GROUP BY company.id, tier.value, level.value
            """,
            default=DEFAULT_DAYS,
            tiers=list(TIERS),
            levels=["", *(level for level, _label in RISK_LEVELS)],
        )
