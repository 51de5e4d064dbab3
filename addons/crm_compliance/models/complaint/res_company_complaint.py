# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    complaint_close_days = fields.Integer(
        string="Complaints Closed after (days)",
        default=10,
        help="Cases whose customer does not object to the solution are closed after so many days; 0: never.",
    )
    complaint_close_notice_days = fields.Integer(
        string="Closing Announced before (days)",
        default=3,
        help="The customer is told this many days before.",
    )
    complaint_follow_up_from = fields.Integer(
        string="Follow-up from (working days)",
        default=3,
        help="The customer is called this many working days after the case was resolved at the earliest.",
    )
    complaint_follow_up_to = fields.Integer(
        string="Follow-up until (working days)",
        default=7,
        help="The customer is called this many working days after the case was resolved at the latest.",
    )
    complaint_duplicate_days = fields.Integer(
        string="Duplicates within (days)",
        default=14,
        help="Similar complaints of a customer within this many days may be the same.",
    )

    _complaint_days = models.Constraint(
        "CHECK(complaint_close_days >= 0 AND complaint_close_notice_days >= 0 AND complaint_duplicate_days >= 0"
        " AND (complaint_close_days = 0 OR complaint_close_notice_days < complaint_close_days))",
        "The closing of a complaint is announced before it, and no number of days is negative.",
    )
    _complaint_follow_up = models.Constraint(
        "CHECK(complaint_follow_up_from >= 1 AND complaint_follow_up_to >= complaint_follow_up_from)",
        "The follow-up begins at least one working day after the solution and ends when it begins or later.",
    )
