# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models


class ComplianceRiskReview(models.Model):
    """Actions that come from a review."""

    _name = "compliance.risk.review"
    _inherit = ["compliance.risk.review", "compliance.action.origin"]
