# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.exceptions import AccessError


class RatingRating(models.Model):
    """Employees may write ratings in Odoo; how satisfied a customer is with a complaint is the customer's to say."""

    _inherit = "rating.rating"

    @api.model_create_multi
    def create(self, vals_list):
        ratings = super().create(vals_list)
        ratings._check_complaint_rating()
        return ratings

    def write(self, vals):
        self._check_complaint_rating()
        result = super().write(vals)
        self._check_complaint_rating()
        return result

    def _check_complaint_rating(self):
        """:raises AccessError: unless it comes by the customer's link or page, which check whose it is"""
        if not self.env.su and any(rating.res_model == "compliance.complaint" for rating in self):
            raise AccessError(self.env._("Complaints are rated by their customers."))
