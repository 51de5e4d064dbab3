# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import compliance_activity, compliance_condition, compliance_field_access  # what the others inherit
from . import audit, dossier, ir_actions_report, res_company, res_config_settings, res_users, risk
from . import complaint  # extends what the others define
from . import day
