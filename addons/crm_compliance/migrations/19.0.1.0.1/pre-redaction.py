# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tools.sql import column_exists, create_column


def migrate(cr, version):
    """Erasures approved so far were for every company: with today's default they would not verify any more."""
    if not column_exists(cr, "compliance_audit_redaction", "company_id"):
        create_column(cr, "compliance_audit_redaction", "company_id", "int4")
