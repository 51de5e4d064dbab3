# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from . import test_sale_dossier
from . import test_sale_exception
from . import test_sale_portal
from . import test_sale_restriction
