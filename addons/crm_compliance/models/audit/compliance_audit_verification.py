# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models


class ComplianceAuditVerification(models.Model):
    """When the audit trail was recomputed, and what was found."""

    _name = "compliance.audit.verification"
    _description = "Audit Verification"
    _order = "id desc"
    _rec_name = "create_date"

    seal_count = fields.Integer(string="Seals", readonly=True)
    row_count = fields.Integer(string="Rows", readonly=True)
    redacted_count = fields.Integer(string="Redacted Rows", readonly=True)
    unsealed_count = fields.Integer(string="Rows Not Sealed Yet", readonly=True)
    checkpoint = fields.Char(string="Held Against", readonly=True, help="Number and time of an earlier checkpoint.")
    duration = fields.Float(string="Seconds", readonly=True)
    fault = fields.Text(readonly=True)
    is_told = fields.Boolean(string="Alarm Given", readonly=True, help="Managers and auditors were told.")
