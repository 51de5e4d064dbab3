# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...tools.forms import open_form
from ..dossier.compliance_profile import RISK_LEVELS
from .compliance_risk_review import MANAGER, OPEN


class ComplianceProfile(models.Model):
    """Reviews of a customer, as its dossier shows and starts them."""

    _inherit = "compliance.profile"

    review_ids = fields.One2many("compliance.risk.review", "profile_id", string="Reviews")
    review_count = fields.Integer(compute="_compute_review_count", string="Number of Reviews")
    review_level = fields.Selection(
        RISK_LEVELS,
        string="Reviewed Risk Level",
        readonly=True,
        copy=False,
        help="The highest level of risk since the last review: what goes beyond it calls for another one.",
    )

    def _compute_review_count(self):
        counts = dict(
            self.env["compliance.risk.review"]._read_group(
                [("profile_id", "in", self.ids)], ["profile_id"], ["__count"]
            )
            if self.env["compliance.risk.review"].has_access("read")
            else ()
        )
        for profile in self:
            profile.review_count = counts.get(profile, 0)

    @api.model_create_multi
    def create(self, vals_list):
        given = {key.removeprefix("default_") for key in self.env.context if key.startswith("default_")}
        self._check_review_dates(given.union(*vals_list))
        return super().create(vals_list)

    def write(self, vals):
        """:raises AccessError: if the date of the last review is given, or that of the next one put off"""
        self._check_review_dates(vals)
        if "next_review_date" in vals and not self.env.su and not self.env.user.has_group(MANAGER):
            date = fields.Date.to_date(vals["next_review_date"])
            if any(profile.next_review_date and (not date or date > profile.next_review_date) for profile in self):
                raise AccessError(self.env._("Only a compliance manager puts off the next review of a customer."))
        return super().write(vals)

    def _check_review_dates(self, fnames):
        if {"last_review_date", "review_level"} & set(fnames) and not self.env.su:
            raise AccessError(self.env._("When a customer was last reviewed follows from its reviews."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_reviewed(self):
        reviewed = self.sudo().filtered("review_ids")
        if reviewed:
            raise UserError(
                self.env._(
                    "The dossiers of %s hold reviews and cannot be deleted.",
                    ", ".join(reviewed[:5].mapped("display_name")),
                )
            )

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    def action_submit(self):
        """Starts the review that decides on the admission of a customer, or opens the one that is going on."""
        return self._start_review("onboarding")

    def action_review(self):
        """Starts a review out of turn, or opens the one that is going on."""
        return self._start_review("triggered")

    def action_exit(self):
        """Starts the review that ends the business with a customer, or opens the one that is going on."""
        return self._start_review("exit")

    def _start_review(self, kind):
        """:raises AccessError: for everybody but officers

        :return: action that opens the review
        """
        self.ensure_one()
        self.check_access("write")
        reviews = self.env["compliance.risk.review"]
        review = reviews.search([("profile_id", "=", self.id), ("kind", "=", kind), ("state", "in", OPEN)], limit=1)
        review = review or reviews.create(
            {
                "profile_id": self.id,
                "kind": kind,
                "due_date": reviews._get_today(self.company_id),
                "prepared_by": self._get_preparer().id,
            }
        )
        return open_form(review)

    def _get_preparer(self):
        """Who prepares a review that the user starts: a manager hands it to the customer's officer, so as to be able to
        approve it.
        """
        officer = self._get_active_officer()
        if officer and self.env.user.has_group(MANAGER):
            return officer
        return self.env["compliance.risk.review"]._default_prepared_by()

    def _get_planned_officer(self):
        """Who prepares a review that is scheduled: the customer's officer, or else who schedules it."""
        return self._get_active_officer() or self.env["compliance.risk.review"]._default_prepared_by()

    def _get_active_officer(self):
        """The customer's officer, unless that person left or does not work for the company."""
        return self._get_present("officer_id")

    def action_view_reviews(self):
        """The reviews of the customer, past ones included."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_compliance.compliance_risk_review_action")
        return {
            **action,
            "domain": [("profile_id", "=", self.id)],
            "context": {"default_profile_id": self.id},
        }

    # -------------------------------------------------------------------------
    # HELPERS
    # -------------------------------------------------------------------------

    def _after_refresh(self, partners=None):
        """Where the risk rose, a review is due at once."""
        result = super()._after_refresh(partners)
        self.env["compliance.risk.review"]._follow_risk(partners)
        return result

    def _merge_into(self, target):
        """Reviews go along with the dossier; of two that are open the remaining dossier's goes on."""
        reviews = (self - target).sudo().review_ids
        reviews._move_to(target.sudo())
        self.env.flush_all()
        self.invalidate_recordset(["review_ids"])
        return super()._merge_into(target)
