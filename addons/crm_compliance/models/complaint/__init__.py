# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import (
    compliance_complaint,
    compliance_complaint_answer,
    compliance_complaint_category,
    compliance_complaint_cause,
    compliance_complaint_duplicate,
    compliance_complaint_flow,
    compliance_complaint_handover,
    compliance_complaint_mail,
    compliance_complaint_merge,
    compliance_complaint_priority,
    compliance_complaint_silence,
    compliance_complaint_team,
    compliance_profile_complaint,
    mail_thread_complaint,
    rating_rating_complaint,
    res_company_complaint,
    res_config_settings_complaint,
)
