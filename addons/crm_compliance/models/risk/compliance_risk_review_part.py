# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.exceptions import UserError


class ComplianceRiskReviewPart(models.AbstractModel):
    """What belongs to a review and is approved with it: whoever touches it has worked on the review, and once the
    review waits for its approval nobody touches it any more. Holds for every route, the superuser's included.
    """

    _name = "compliance.risk.review.part"
    _description = "Part of a Review"

    @api.model_create_multi
    def create(self, vals_list):
        """:raises UserError: if the review is not being worked on"""
        parts = super().create(vals_list)
        parts.review_id._sign()
        parts._adopt_attachments()
        return parts

    def write(self, vals):
        """:raises UserError: if the review is not being worked on, or another review is given"""
        if not self:
            return True
        if "review_id" in vals and any(part.review_id.id != vals["review_id"] for part in self):
            raise UserError(self.env._("What belongs to one review cannot be moved to another."))
        self.review_id._sign()
        result = super().write(vals)
        self._adopt_attachments()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_frozen(self):
        self.review_id._sign()

    @api.model
    def _create_unsigned(self, vals_list):
        """Past our own ``create``: what the system lays out is nobody's work."""
        return super().create(vals_list)  # pylint: disable=super-method-mismatch

    def _write_unsigned(self, vals):
        """Past our own ``write``, for what happens after the approval."""
        return super().write(vals)  # pylint: disable=super-method-mismatch

    def _adopt_attachments(self):
        """Documents uploaded for this part belong to it: whoever reads it reads them, and nobody else."""
        if "attachment_ids" not in self._fields:
            return
        for part in self:
            # sudo: belonging to no record yet, they are readable to who uploaded them only.
            loose = part.attachment_ids.sudo().filtered(lambda attachment: not attachment.res_id)
            if loose:
                loose.write({"res_model": self._name, "res_id": part.id})

    def _freeze_part(self):
        """This part as it is approved: texts, lists and dicts only."""
        self.ensure_one()
        frozen = self.review_id._freeze(self, self._get_frozen_fields())
        if "attachment_ids" in self._fields:
            frozen["documents"] = self.review_id._freeze_documents(self.attachment_ids)
        return frozen

    @api.model
    def _get_frozen_fields(self):
        """Names of the fields that are approved with the review, besides the documents."""
        raise NotImplementedError
