# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    """Thresholds of early warnings; 0 switches a kind off."""

    _inherit = "res.company"

    compliance_alert_score_rise = fields.Integer(
        string="Score Rose by", default=20, help="Points within a month. 0: no such alerts."
    )
    compliance_alert_habit_days = fields.Integer(
        string="Payment Habit Worse by (days)",
        default=10,
        help="Days by which the last 3 paid invoices were paid later than the 12 before. 0: no such alerts.",
    )
    compliance_alert_limit_share = fields.Float(
        string="Credit Limit Used from (%)", default=90.0, help="0: no such alerts."
    )
    compliance_alert_overdue_days = fields.Integer(string="Overdue from (days)", default=30, help="0: no such alerts.")
    compliance_alert_silence_factor = fields.Float(
        string="Silent for (intervals)",
        default=2.0,
        help="Multiples of the customer's own purchase interval. 0: no such alerts.",
    )
    compliance_alert_review_days = fields.Integer(
        string="Review Overdue after (days)", default=0, help="Days of grace after the day of the next review."
    )
    compliance_alert_disputed_amount = fields.Float(
        string="Disputed above", default=0.0, help="Open amount in dispute, in the currency of the company."
    )

    @api.constrains(lambda self: self._get_compliance_alert_thresholds())
    def _check_compliance_alert_thresholds(self):
        for company in self:
            for fname in self._get_compliance_alert_thresholds():
                if company[fname] < 0:
                    raise ValidationError(
                        self.env._(
                            "%(setting)s cannot be below 0.", setting=self._fields[fname]._description_string(self.env)
                        )
                    )

    @api.model
    def _get_compliance_alert_thresholds(self):
        """Names of the thresholds of early warnings."""
        return (
            "compliance_alert_score_rise",
            "compliance_alert_habit_days",
            "compliance_alert_limit_share",
            "compliance_alert_overdue_days",
            "compliance_alert_silence_factor",
            "compliance_alert_review_days",
            "compliance_alert_disputed_amount",
        )

    @api.model
    def _get_compliance_thresholds(self):
        return super()._get_compliance_thresholds() | set(self._get_compliance_alert_thresholds())
