# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import ast

from odoo import api, fields, models


class ComplianceComplaintTeam(models.Model):
    """People who handle complaints together: an address to write to, a leader, working hours."""

    _name = "compliance.complaint.team"
    _description = "Complaint Team"
    _inherit = ["mail.alias.mixin", "mail.thread"]
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    color = fields.Integer()
    alias_id = fields.Many2one(help="Messages to this address open complaints of the team.")
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    user_id = fields.Many2one(
        "res.users",
        string="Leader",
        index="btree_not_null",
        tracking=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    member_ids = fields.Many2many(
        "res.users",
        "compliance_complaint_team_user_rel",
        "team_id",
        "user_id",
        string="Members",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    resource_calendar_id = fields.Many2one(
        "resource.calendar",
        string="Working Hours",
        check_company=True,
        help="Hours in which the team works; the company's where none are given.",
    )
    require_cause = fields.Boolean(
        string="Root Cause Required",
        tracking=True,
        help="No solution is proposed and no case resolved before its root cause is known.",
    )
    notify_customer = fields.Boolean(
        string="Keep Customers Informed",
        default=True,
        help="Sends the customer a message at every step of the case.",
    )
    complaint_ids = fields.One2many("compliance.complaint", "team_id", string="Complaints")

    def _alias_get_creation_values(self):
        """Messages to the team's address open complaints."""
        values = super()._alias_get_creation_values()
        values["alias_model_id"] = self.env["ir.model"]._get_id("compliance.complaint")
        if self.id:
            values["alias_defaults"] = defaults = ast.literal_eval(self.alias_defaults or "{}")
            defaults.update(team_id=self.id, company_id=self.company_id.id)
        return values

    def write(self, vals):
        result = super().write(vals)
        if "company_id" in vals:
            for team in self:
                alias = team.alias_id.sudo()
                alias.alias_defaults = {
                    **ast.literal_eval(alias.alias_defaults or "{}"),
                    "team_id": team.id,
                    "company_id": team.company_id.id,
                }
        return result

    def _get_calendar(self):
        """The working hours of the team, or of its company."""
        self.ensure_one()
        return self.resource_calendar_id or self.company_id.resource_calendar_id

    @api.model
    def _get_default_team(self, company):
        """The company's first team, which takes what is nobody else's."""
        return self.search([("company_id", "=", company.id)], limit=1)
