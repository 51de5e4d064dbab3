# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError

EXPORTED_AT = "crm_compliance.audit_exported_at"


class IrModuleModule(models.Model):
    _inherit = "ir.module.module"

    @api.model
    def _load_module_terms(self, modules, langs, overwrite=False):
        """A language that comes later translates what was made by code as well."""
        result = super()._load_module_terms(modules, langs, overwrite=overwrite)
        if "crm_compliance" in modules:
            # sudo: whoever adds a language need not read policies.
            policies = self.env["compliance.audit.policy"].sudo().search([("action_id", "!=", False)])
            policies._translate_history(langs)
        return result

    def button_uninstall(self):
        """:raises UserError: if the audit trail would be lost: uninstalling drops its tables"""
        removed = self | self.downstream_dependencies()
        if "crm_compliance" in removed.mapped("name") and not self._is_audit_exported():
            raise UserError(
                self.env._(
                    "Uninstalling deletes the audit trail: export everything first (Compliance, Audit, Export), and"
                    " uninstall within a day."
                )
            )
        return super().button_uninstall()

    def _is_audit_exported(self):
        """Was everything exported within the last day?"""
        exported = self.env["ir.config_parameter"].sudo().get_param(EXPORTED_AT)
        day_ago = fields.Datetime.subtract(fields.Datetime.now(), days=1)
        return bool(exported) and fields.Datetime.to_datetime(exported) > day_ago
