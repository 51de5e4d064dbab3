# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
# What the others inherit.
from . import compliance_activity, compliance_condition, compliance_discussion, compliance_field_access
from . import audit, dossier, ir_actions_report, mail_followers, res_company, res_config_settings, res_users, risk
from . import complaint  # extends what the others define
from . import day
