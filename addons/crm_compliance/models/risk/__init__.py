# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import compliance_risk_model
from . import compliance_risk_factor
from . import compliance_risk_signal
from . import compliance_risk_snapshot
from . import compliance_risk_override
from . import compliance_profile_score
from . import compliance_dossier_item
from . import account_move
