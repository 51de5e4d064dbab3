# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import (
    account_move,
    compliance_dossier_item,
    compliance_profile_score,
    compliance_risk_factor,
    compliance_risk_model,
    compliance_risk_override,
    compliance_risk_signal,
    compliance_risk_snapshot,
)
from . import compliance_restricted  # the documents inherit it
from . import compliance_restriction
from . import compliance_restriction_exception
from . import compliance_profile_restriction
from . import account_move
from . import crm_lead
from . import res_partner
from . import compliance_alert
from . import compliance_alert_causes
from . import compliance_profile_alert
from . import res_company
from . import res_config_settings
