# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models
from odoo.exceptions import AccessError

COMPLAINT = "compliance.complaint"


class IrAttachment(models.Model):
    """Who reads a case does not thereby read its files: people outside get those that were sent in public messages or
    with the complaint, not what colleagues keep there or attach to internal notes.
    """

    _inherit = "ir.attachment"

    def _check_access(self, operation):
        result = super()._check_access(operation)
        if self.env.su or self.env.user._is_internal():
            return result
        forbidden, error = result or (self.browse(), None)
        # sudo: what a file belongs to is read to decide, not shown.
        files = (self - forbidden).sudo().filtered(lambda file: file.res_model == COMPLAINT and not file.public)
        hidden = (files - files._filter_shown_to_customers()).sudo(False)
        if not hidden:
            return result
        return forbidden | hidden, error or (
            lambda: AccessError(self.env._("You are not allowed to access this document."))
        )

    def _filter_shown_to_customers(self):
        """Those of these files of complaints that their customers may see."""
        if not self:
            return self
        cases = self.env[COMPLAINT].sudo().browse(set(self.mapped("res_id"))).exists()
        return self & cases._get_customer_files()
