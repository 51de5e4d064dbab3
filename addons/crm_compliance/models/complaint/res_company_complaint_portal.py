# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    complaint_public_form = fields.Boolean(
        string="Public Complaint Form", default=True, help="Anybody may complain at /complaint, without an account."
    )
    complaint_link_days = fields.Integer(
        string="Tracking Links Expire after (days)",
        default=90,
        help="Links to follow a complaint without an account stop working this many days after the case is closed.",
    )
    complaint_reopen_days = fields.Integer(
        string="Customers May Reopen for (days)",
        default=30,
        help="Customers may reopen a solved case themselves for this many days; 0: never.",
    )

    _complaint_portal_days = models.Constraint(
        "CHECK(complaint_link_days >= 0 AND complaint_reopen_days >= 0)",
        "The days for which tracking links hold and cases may be reopened cannot be negative.",
    )
