# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import (
    base,
    compliance_append_only,
    compliance_audit_log,
    compliance_audit_policy,
    compliance_audit_redaction,
    compliance_audit_seal,
    compliance_audit_verification,
    ir_model_fields,
    ir_module_module,
)
