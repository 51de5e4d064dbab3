# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields


class DossierField:
    """A field of the dossier shown on another model: its groups hold wherever it is searched, whatever the path.

    Odoo checks the groups of a related field where it is read. A condition on it becomes one on the dossier before
    anybody asks who searches, and a salesperson could find out what a customer owes by searching for it. Sorting and
    grouping: see ``compliance.field.access``.
    """

    def _search_related(self, records, operator, value):
        records._check_field_access(self, "read")
        return super()._search_related(records, operator, value)


class DossierFloat(DossierField, fields.Float):
    pass


class DossierMany2one(DossierField, fields.Many2one):
    pass


class DossierMonetary(DossierField, fields.Monetary):
    pass


class DossierSelection(DossierField, fields.Selection):
    pass
