# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from markupsafe import Markup, escape

from odoo import fields, models


class ComplianceComplaintAnswer(models.Model):
    """A text that answers many complaints; {customer}, {number}, {subject}, {agent} are filled in.

    Plain replacement, not a template language: who writes answers runs no code with them.
    """

    _name = "compliance.complaint.answer"
    _description = "Canned Answer"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    body = fields.Html(required=True, translate=True, sanitize_style=True)
    team_ids = fields.Many2many(
        "compliance.complaint.team", string="Teams", help="Offered to all teams where none is given."
    )
    category_ids = fields.Many2many(
        "compliance.complaint.category", string="Categories", help="Offered everywhere where none is given."
    )

    def _fill_in(self, complaint):
        """:return: the answer to a complaint, in the language of its customer (Markup)"""
        self.ensure_one()
        body = str(self.with_context(lang=complaint._get_customer_lang()).body or "")
        values = {
            "customer": complaint.partner_name or complaint.partner_id.name or "",
            "number": complaint.name,
            "subject": complaint.subject,
            "agent": self.env.user.name,
        }
        for key, value in values.items():
            body = body.replace(f"{{{key}}}", str(escape(value)))
        return Markup(body)
