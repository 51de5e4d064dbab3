# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import mail_thread_complaint
from . import compliance_complaint_team
from . import compliance_complaint_category
from . import compliance_complaint_cause
from . import compliance_complaint_answer
from . import compliance_complaint_priority
from . import compliance_complaint
from . import compliance_complaint_flow
from . import compliance_complaint_handover
from . import compliance_complaint_mail
from . import compliance_complaint_silence
from . import compliance_complaint_duplicate
from . import compliance_complaint_merge
from . import compliance_profile_complaint
from . import rating_rating_complaint
from . import res_company_complaint
from . import res_config_settings_complaint
