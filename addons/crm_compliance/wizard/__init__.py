# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import (
    base_partner_merge,
    compliance_action_check,
    compliance_audit_export,
    compliance_audit_history,
    compliance_audit_verify,
    compliance_complaint_merge,
    compliance_complaint_step,
    compliance_reason,
    compliance_risk_backtest,
    compliance_risk_dry_run,
    compliance_risk_review_plan,
    compliance_setup,
    compliance_setup_complaint,
    compliance_sla_due,
    mail_compose_message_complaint,
    validate_account_move,
)
