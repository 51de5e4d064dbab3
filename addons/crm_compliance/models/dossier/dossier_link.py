# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields
from odoo.tools import SQL


class DossierLink(fields.Many2one):
    """A company-dependent link whose table is joined by the link itself.

    Odoo joins by a subselect per row that looks whether the record linked to exists: a hundred thousand look-ups where
    one hash join gives the same rows. Searching, grouping and sorting by fields of the dossier all join this way.
    """

    def join(self, model, alias, query):
        dossiers = model.env[self.comodel_name]
        dossier_alias = query.make_alias(alias, self.name)
        # The link as it stands, without Many2one's look whether the dossier exists: the join is that look.
        link = fields.Field.to_sql(self, model, alias)
        model._check_field_access(self, "read")
        query.add_join(
            "LEFT JOIN",
            dossier_alias,
            dossiers._table,
            SQL("%s = %s", link, SQL.identifier(dossier_alias, "id")),
        )
        return dossiers, dossier_alias
