# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
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
from . import compliance_profile_review
from . import ir_attachment_review
from . import res_company_review
from . import res_config_settings_review
