# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import compliance_action
from . import compliance_action_flow
from . import compliance_action_origin
from . import compliance_risk_review
from . import ir_attachment_action
from . import res_company_action
from . import res_config_settings_action
