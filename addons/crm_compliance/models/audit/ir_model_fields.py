# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models

# By these a column comes, changes its name or its type, or the links stand in another table; all else leaves the table
# as it is, and need not lock it.
SCHEMA = {"name", "ttype", "store", "size", "translate", "company_dependent"}
SCHEMA |= {"relation", "relation_table", "column1", "column2"}


class IrModelFields(models.Model):
    """Fields of one's own come and go while Odoo runs. New columns are recorded by themselves; what is to be masked,
    and links to other records, the triggers have to be told; and a column that goes may take them along.
    """

    _inherit = "ir.model.fields"

    @api.model_create_multi
    def create(self, vals_list):
        created = super().create(vals_list)
        created._get_audit_policies()._create_triggers()
        return created

    def write(self, vals):
        if not SCHEMA & set(vals):
            return super().write(vals)
        policies = self._get_audit_policies()
        # A column cannot change its type while a trigger names it.
        policies._drop_triggers(policies._get_tables())
        result = super().write(vals)
        # Fields that are stored from now on are recorded from now on.
        (policies | self._get_audit_policies())._create_triggers()
        return result

    def unlink(self):
        policies = self._get_audit_policies()
        result = super().unlink()
        policies._create_triggers()
        return result

    def _get_audit_policies(self):
        """The policies by which these fields are recorded, if somebody made them in Odoo and they are stored."""
        models_ = self.filtered(lambda field: field.state == "manual" and field.store).mapped("model")
        if not models_:
            return self.env["compliance.audit.policy"]
        # sudo: whoever makes fields need not read policies, and is recorded by them all the same.
        return self.env["compliance.audit.policy"].sudo().search([("active", "=", True), ("model", "in", models_)])
