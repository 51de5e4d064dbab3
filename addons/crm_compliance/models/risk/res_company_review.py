# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    compliance_review_lead_days = fields.Integer(
        string="Reviews Opened Ahead (days)",
        default=14,
        help="Reviews are opened this many days before they are due.",
    )
    compliance_review_escalation_days = fields.Integer(
        string="Overdue Reviews Escalated after (days)",
        default=7,
        help="Managers are told of reviews that are overdue for more than this many days.",
    )

    _compliance_review_days = models.Constraint(
        "CHECK(compliance_review_lead_days >= 0 AND compliance_review_escalation_days >= 0)",
        "The days before reviews are opened and escalated cannot be negative.",
    )
