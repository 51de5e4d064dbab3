# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import test_figures_classes
from . import test_figures_currency
from . import test_figures_history
from . import test_figures_payment
from . import test_late_probability
