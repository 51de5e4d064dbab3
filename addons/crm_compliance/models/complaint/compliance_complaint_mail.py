# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models


class ComplianceComplaint(models.Model):
    _inherit = "compliance.complaint"
