# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import (
    compliance_contact,
    compliance_contact_cadence,
    compliance_dashboard,
    compliance_dashboard_complaint,
    compliance_goal,
    compliance_goal_complaint,
    compliance_my_day,
    compliance_my_day_complaint,
    compliance_profile_contact,
    compliance_profile_report,
    compliance_profile_zone,
    compliance_zone_change,
    mail_activity,
    mail_activity_type,
    res_company,
    res_config_settings,
)
