# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.exceptions import AccessError


class ComplianceAppendOnly(models.AbstractModel):
    """Records that are written by plain SQL of their own model, or by triggers, and never through Odoo's ORM.

    PostgreSQL refuses changes as well, by triggers on the tables; this says so before, in a sentence.
    """

    _name = "compliance.append.only"
    _description = "Append-only Records"

    @api.model_create_multi
    def create(self, vals_list):
        """:raises AccessError: whoever asks"""
        if vals_list:
            self._refuse()
        return super().create(vals_list)

    def write(self, vals):
        """:raises AccessError: whoever asks"""
        if self:
            self._refuse()
        return super().write(vals)

    def unlink(self):
        """:raises AccessError: whoever asks"""
        if self:
            self._refuse()
        return super().unlink()

    @api.model
    def _refuse(self):
        raise AccessError(self._get_refusal())

    @api.model
    def _get_refusal(self):
        """:return: the sentence that says why"""
        return self.env._("The audit trail cannot be changed.")
