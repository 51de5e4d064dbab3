# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.fields import Command

ALIAS = "complaints"


class ComplianceSetup(models.TransientModel):
    """Who handles complaints, and where customers write to. Service levels are in force as shipped."""

    _inherit = "compliance.setup"

    complaint_team_id = fields.Many2one(
        "compliance.complaint.team", default=lambda self: self._default_complaint_team(), readonly=True
    )
    complaint_member_ids = fields.Many2many(
        "res.users",
        "compliance_setup_complaint_rel",
        string="Who Handles Complaints",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        default=lambda self: self._default_complaint_team().member_ids,
    )
    complaint_alias = fields.Char(
        "Address for Complaints",
        default=lambda self: self._default_complaint_alias(),
        help="Part before the @: mails to it open complaints, once incoming mail is set up.",
    )

    @api.model
    def _default_complaint_team(self):
        return self.env["compliance.complaint.team"].search([("company_id", "=", self.env.company.id)], limit=1)

    @api.model
    def _default_complaint_alias(self):
        """The team's address, or else one that no other company uses."""
        # sudo: addresses are unique whoever may read them.
        taken = self.env["mail.alias"].sudo().search_count([("alias_name", "=", ALIAS)], limit=1)
        return self._default_complaint_team().alias_name or (not taken and ALIAS)

    def _apply_people(self):
        """Gives the company a complaint team with members and an address; a team without hours works the company's."""
        result = super()._apply_people()
        user_group = "crm_compliance.group_compliance_user"
        new = self.complaint_member_ids.filtered(lambda user: not user.has_group(user_group))
        new.write({"group_ids": [Command.link(self.env.ref(user_group).id)]})
        team = self.complaint_team_id or self.env["compliance.complaint.team"].create(
            {"name": self.env._("Customer Service"), "company_id": self.company_id.id}
        )
        team.write(
            {
                "member_ids": [Command.set(self.complaint_member_ids.ids)],
                "alias_name": self.complaint_alias,
            }
        )
        return result
