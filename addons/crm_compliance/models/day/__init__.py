# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import compliance_zone_change, compliance_profile_zone
from . import compliance_dashboard
from . import compliance_my_day
from . import compliance_contact_cadence, compliance_contact, compliance_profile_contact, mail_activity
from . import res_company, res_config_settings
from . import compliance_profile_report, compliance_goal
