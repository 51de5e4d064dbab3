# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models

from ..dossier.compliance_profile import ZONES


class ComplianceZoneChange(models.Model):
    """That a customer went from one zone to another. Written by the refresh of the dossiers, and by nobody else; what
    a customer is when its dossier is opened is no change.
    """

    _name = "compliance.zone.change"
    _description = "Change of Zone"
    _order = "create_date desc, id desc"
    _log_access = False
    _rec_name = "profile_id"

    create_date = fields.Datetime("On", readonly=True, index=True)
    profile_id = fields.Many2one(
        "compliance.profile", string="Dossier", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="profile_id.company_id")
    zone_before = fields.Selection(ZONES, readonly=True)
    zone = fields.Selection(ZONES, readonly=True)
