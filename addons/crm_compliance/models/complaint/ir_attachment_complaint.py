# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

COMPLAINT = "compliance.complaint"
# What makes a file another one, or one of another record.
FILED = {"name", "raw", "datas", "type", "url", "res_model", "res_id"}


class IrAttachment(models.Model):
    """Who reads a case does not thereby read its files: people outside get those that were sent in public messages or
    with the complaint, not what colleagues keep there or attach to internal notes. What they send meets the same rules
    by whatever route: our forms, the conversation of Odoo's portal, an answer that is edited.
    """

    _inherit = "ir.attachment"

    @api.model_create_multi
    def create(self, vals_list):
        """:raises UserError: if somebody outside sends what we do not take"""
        files = super().create(vals_list)
        files._check_complaint_uploads()
        return files

    def write(self, vals):
        """:raises UserError: if somebody outside sends what we do not take"""
        result = super().write(vals)
        if FILED & set(vals):
            self._check_complaint_uploads()
        return result

    def _check_complaint_uploads(self):
        """Routes for people outside write files as superuser: what counts is whose session it is."""
        if self.env.user._is_internal():
            return
        # sudo: what a file is and belongs to is read to decide, not shown.
        for file in self.sudo().filtered(lambda file: file.res_model == COMPLAINT):
            self.env[COMPLAINT]._check_content(file.name, file.raw or b"")

    def _search(self, domain, *args, **kwargs):
        # Pages list the files they show; nobody outside needs to look for others.
        if self._hides_complaints() and not kwargs.get("bypass_access"):
            domain = Domain(domain) & Domain("res_model", "!=", COMPLAINT)
        return super()._search(domain, *args, **kwargs)

    def _check_access(self, operation):
        result = super()._check_access(operation)
        if not self._hides_complaints():
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

    @api.model
    def _hides_complaints(self):
        return not self.env.su and not self.env.user._is_internal()

    def _filter_shown_to_customers(self):
        """Those of these files of complaints that their customers may see."""
        if not self:
            return self
        cases = self.env[COMPLAINT].sudo().browse(set(self.mapped("res_id"))).exists()
        return self & cases._get_customer_files()
