# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models

CALLS = ("phonecall", "meeting")
TOUCHING = ("res.partner", "crm.lead", "compliance.profile")


class MailActivity(models.Model):
    """A call or a meeting that is done is a contact."""

    _inherit = "mail.activity"

    def _action_done(self, feedback=False, attachment_ids=None):
        # sudo: whose customer it is does not depend on who may read the documents.
        talks = self.sudo().filtered(
            lambda activity: activity.res_model in TOUCHING and activity.activity_category in CALLS
        )
        partners = self.env["res.partner"].sudo()
        for model, activities in talks.grouped("res_model").items():
            documents = self.env[model].sudo().browse(activities.mapped("res_id")).exists()
            partners |= documents if model == "res.partner" else documents.partner_id
        result = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        if partners:
            profiles = self.env["compliance.profile"].sudo()
            profiles.search([("partner_id", "in", partners.commercial_partner_id.ids)])._update_contacts()
        return result
