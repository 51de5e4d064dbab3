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
