# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
# The order in which refreshes go on: scores, reviews that follow from them, alerts that follow from both.
from . import compliance_risk_model
from . import compliance_risk_factor
from . import compliance_risk_signal
from . import compliance_risk_simulation
from . import compliance_notice
from . import compliance_decision
from . import compliance_risk_override
from . import compliance_risk_snapshot
from . import compliance_profile_score
from . import compliance_dossier_item
from . import account_move_dispute
from . import compliance_risk_questionnaire
from . import compliance_risk_question
from . import compliance_risk_review
from . import compliance_risk_review_approval
from . import compliance_risk_review_schedule
from . import compliance_risk_review_part
from . import compliance_risk_review_line
from . import compliance_legal_opinion
from . import compliance_risk_review_condition
from . import compliance_risk_review_restriction
from . import compliance_risk_signal_review
from . import compliance_profile_review
from . import ir_attachment_review
from . import res_company_review
from . import res_config_settings_review
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
