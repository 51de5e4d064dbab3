# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import audit, compliance_field_access, dossier, ir_actions_report, res_company, res_config_settings, risk
from . import complaint  # extends what the others define
from . import day
