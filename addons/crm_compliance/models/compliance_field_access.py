# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.fields import Domain


class ComplianceFieldAccess(models.AbstractModel):
    """For models that show fields of the dossier: their groups hold wherever a field is used.

    Odoo checks the groups of a related field where it is read, but not where it is searched, grouped, summed or sorted
    by: a salesperson could find out what a customer owes by searching for it.
    """

    _name = "compliance.field.access"
    _description = "Access to Fields of the Dossier"

    def _field_to_sql(self, alias, field_expr, query=None):
        self._check_related_access(field_expr)
        return super()._field_to_sql(alias, field_expr, query)

    @api.model
    def _search(self, domain, *args, **kwargs):
        for condition in Domain(domain).iter_conditions():
            self._check_related_access(condition.field_expr)
        return super()._search(domain, *args, **kwargs)

    def _check_related_access(self, field_expr):
        """:raises AccessError: if the user may not read this related field of ours"""
        field = self._fields.get(field_expr.partition(".")[0])
        if field is not None and field.related and field.groups and field.name.startswith("compliance_"):
            self._check_field_access(field, "read")
