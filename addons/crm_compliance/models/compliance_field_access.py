# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models

from .dossier_field import DossierField


class ComplianceFieldAccess(models.AbstractModel):
    """For models that show fields of the dossier: their groups hold where they are sorted, grouped or summed by.

    Odoo checks the groups of a related field where it is read, but not where it becomes part of a query.
    """

    _name = "compliance.field.access"
    _description = "Access to Fields of the Dossier"

    def _traverse_related_sql(self, alias, field, query):
        if isinstance(field, DossierField):
            self._check_field_access(field, "read")
        return super()._traverse_related_sql(alias, field, query)
