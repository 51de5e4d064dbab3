# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    compliance_contact_lead_days = fields.Integer(
        string="Contacts Prepared Ahead (working days)",
        default=2,
        help="People get the activity to contact a customer this many working days before.",
    )
    compliance_contact_max = fields.Integer(
        string="Contacts at a Time",
        default=20,
        help="Nobody has more activities to contact customers than these; the rest waits in the list of silent"
        " customers.",
    )

    _compliance_contact_days = models.Constraint(
        "CHECK(compliance_contact_lead_days >= 0 AND compliance_contact_max >= 0)",
        "The days and the number of contacts cannot be negative.",
    )
