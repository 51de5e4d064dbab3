# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import SQL

from ..dossier.compliance_profile import RISK_LEVELS


class UncheckedLink(fields.Many2one):
    """A link that PostgreSQL does not check for every row: that took a quarter of the time of a night in which 100,000
    customers change.

    The scoring copies the links from rows it has just rewritten or read, versions in force are never deleted, and a
    dossier takes its snapshots along (``compliance.profile._unlink_risk_history``).
    """

    def update_db_foreign_key(self, model, column):
        model.env.cr.execute(
            SQL(
                "ALTER TABLE %s DROP CONSTRAINT IF EXISTS %s",
                SQL.identifier(model._table),
                SQL.identifier(f"{model._table}_{self.name}_fkey"),
            )
        )


class ComplianceRiskSnapshot(models.Model):
    """How a customer's risk stood from a moment on. Written by the scoring when the score, the level, the factors that
    apply or the version of the model changed, and by nobody else.
    """

    _name = "compliance.risk.snapshot"
    _description = "Risk Snapshot"
    _order = "create_date desc, id desc"
    _log_access = False
    _rec_name = "profile_id"

    create_date = fields.Datetime("Since", readonly=True, index=True)
    profile_id = UncheckedLink(
        "compliance.profile", string="Dossier", required=True, readonly=True, index=True, ondelete="cascade"
    )
    # Not stored: a night may write a snapshot per customer, and every reference is checked for every one.
    partner_id = fields.Many2one(related="profile_id.partner_id", string="Customer")
    company_id = fields.Many2one(related="profile_id.company_id")
    model_id = UncheckedLink("compliance.risk.model", string="Risk Model", readonly=True, ondelete="set null")
    risk_score = fields.Integer("Score", readonly=True, aggregator="avg")
    risk_level = fields.Selection(RISK_LEVELS, "Level", readonly=True)
    risk_level_previous = fields.Selection(RISK_LEVELS, "Level Before", readonly=True)
    risk_hits = fields.Json("Factors that Apply", readonly=True, help="Factor id and value.")
    risk_reasons = fields.Json("Reasons (Data)", compute="_compute_risk_reasons")
    risk_reasons_text = fields.Html("Reasons", compute="_compute_risk_reasons_text")

    @api.depends("risk_hits", "model_id")
    def _compute_risk_reasons(self):
        for snapshot in self:
            # sudo: as for the reasons of the dossier.
            rules = snapshot.model_id.sudo()._get_rules()
            snapshot.risk_reasons = self.env["compliance.risk.factor"]._prepare_reasons(snapshot.risk_hits, rules)

    @api.depends("risk_reasons")
    @api.depends_context("lang")
    def _compute_risk_reasons_text(self):
        for snapshot in self:
            snapshot.risk_reasons_text = snapshot.profile_id._render_risk_reasons(snapshot.risk_reasons)
