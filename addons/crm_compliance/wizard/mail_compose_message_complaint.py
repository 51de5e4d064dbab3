# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models


class MailComposeMessage(models.TransientModel):
    _inherit = "mail.compose.message"

    # Chosen, put into the text and forgotten.
    compliance_answer_id = fields.Many2one(
        "compliance.complaint.answer",
        string="Canned Answer",
        store=False,
        groups="crm_compliance.group_compliance_user",
    )

    @api.onchange("compliance_answer_id")
    def _onchange_compliance_answer_id(self):
        """Puts the answer, filled in and in the customer's language, before what is written already."""
        if self.compliance_answer_id and self.model == "compliance.complaint" and self.composition_mode == "comment":
            complaint = self.env[self.model].browse(self._evaluate_res_ids()[:1])
            self.body = self.compliance_answer_id._fill_in(complaint) + (self.body or "")
