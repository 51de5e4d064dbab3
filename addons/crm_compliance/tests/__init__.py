# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import test_access
from . import test_access_own
from . import test_access_rpc
from . import test_audit
from . import test_audit_diff
from . import test_audit_merkle
from . import test_audit_rpc
from . import test_clickbot
from . import test_criteria
from . import test_criteria_check
from . import test_criteria_setup
from . import test_decisions
from . import test_documents
from . import test_figures_classes
from . import test_figures_currency
from . import test_figures_history
from . import test_figures_payment
from . import test_late_probability
from . import test_partner
from . import test_partner_merge
from . import test_performance
from . import test_refresh
from . import test_refresh_queue
from . import test_settings
