# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import (
    account_move,
    account_move_line,
    account_partial_reconcile,
    compliance_criterion,
    compliance_criterion_check,
    compliance_dossier_item,
    compliance_profile,
    compliance_profile_figures,
    compliance_profile_refresh,
    compliance_refresh_queue,
    compliance_settlement,
    crm_lead,
    res_partner,
)
