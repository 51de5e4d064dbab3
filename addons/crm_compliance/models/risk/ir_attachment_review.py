# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL

from .compliance_risk_review import REASONS

USER = "crm_compliance.group_compliance_user"
REVIEW = "compliance.risk.review"
# Parts of a review that have documents, and the relation to them.
PARTS = ("compliance.risk.review.line", "compliance.legal.opinion")
# What of a document is approved with the review.
CONTENT = {"name", "raw", "datas", "db_datas", "url", "type", "res_model", "res_id", "res_field", "mimetype"}


class IrAttachment(models.Model):
    """Documents of a review are part of it: whoever adds, replaces or removes one has worked on the review, and none is
    touched once the review waits for its approval.
    """

    _inherit = "ir.attachment"

    @api.model_create_multi
    def create(self, vals_list):
        attachments = super().create(vals_list)
        attachments._get_named_reviews()._sign()
        return attachments

    def write(self, vals):
        changes = CONTENT & set(vals)
        if changes:
            self._sign_reviews()
        result = super().write(vals)
        if {"res_model", "res_id"} & changes:
            self._sign_reviews()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_reviewed(self):
        self._sign_reviews()

    def _sign_reviews(self):
        """:raises UserError: if a document belongs to a review that nobody works on"""
        (self._get_named_reviews() | self._get_showing_reviews())._sign()

    def _get_named_reviews(self):
        """The reviews these documents belong to, or to a part of which they belong."""
        reviews = self.env[REVIEW].sudo()
        named = {REVIEW: set(), **{model: set() for model in PARTS}}
        for attachment in self.sudo():
            if attachment.res_model in named and attachment.res_id and not attachment.res_field:
                named[attachment.res_model].add(attachment.res_id)
        found = set(reviews.browse(named.pop(REVIEW)).exists().ids)
        for model, ids in named.items():
            found.update(self.env[model].sudo().browse(ids).exists().review_id.ids)
        return reviews.browse(found)

    def _get_showing_reviews(self):
        """The reviews with parts that show these documents, wherever the documents belong."""
        if not self.ids:
            return self.env[REVIEW]
        queries = []
        for model in PARTS:
            field = self.env[model]._fields["attachment_ids"]
            queries.append(
                SQL(
                    "SELECT part.review_id FROM %s part JOIN %s shown ON shown.%s = part.id WHERE shown.%s = ANY(%s)",
                    SQL.identifier(self.env[model]._table),
                    SQL.identifier(field.relation),
                    SQL.identifier(field.column1),
                    SQL.identifier(field.column2),
                    self.ids,
                )
            )
        found = self.env.execute_query(SQL(" UNION ").join(queries))
        return self.env[REVIEW].sudo().browse(review_id for (review_id,) in found)

    def _search(self, domain, *args, **kwargs):
        if self._hides_reviews() and not kwargs.get("bypass_access"):
            domain = Domain(domain) & Domain("res_model", "!=", REVIEW)
        return super()._search(domain, *args, **kwargs)

    def _check_access(self, operation):
        result = super()._check_access(operation)
        if not self._hides_reviews():
            return result
        forbidden, error = result or (self.browse(), None)
        hidden = (self - forbidden).sudo().filtered(lambda attachment: attachment.res_model == REVIEW).sudo(False)
        if not hidden:
            return result
        return forbidden | hidden, error or (
            lambda: AccessError(self.env._("The documents of a review are open to compliance officers and auditors."))
        )

    @api.model
    def _hides_reviews(self):
        """Account managers read what became of a review, not the documents it rests on."""
        user = self.env.user
        return not self.env.su and user.has_group(USER) and not user.has_groups(REASONS)
