# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    compliance_action_check_days = fields.Integer(
        string="Effect of Actions Checked after (days)",
        default=30,
        help="Whether a corrective or preventive action helped is checked this many days after it was done.",
    )
    compliance_action_escalation_days = fields.Integer(
        string="Overdue Actions Escalated after (days)",
        default=3,
        help="Who asked for an action is told that it is overdue for more than this many days.",
    )

    _compliance_action_days = models.Constraint(
        "CHECK(compliance_action_check_days >= 0 AND compliance_action_escalation_days >= 0)",
        "The days after which actions are checked and escalated cannot be negative.",
    )
