# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.forms import open_form


class ComplianceRiskSimulation(models.AbstractModel):
    """A version of the risk model, tried on customers without any of them being changed: a line per customer, written
    in one statement.
    """

    _name = "compliance.risk.simulation"
    _description = "Trial of a Risk Model"
    # Views of the lines, in the order they are offered.
    _line_views = ("list", "graph", "pivot", "form")

    model_id = fields.Many2one("compliance.risk.model", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(related="model_id.company_id")
    rules = fields.Json(readonly=True, help="As they were tried: a draft goes on changing.")

    def _write_lines(self):
        """Tries the version on the customers of its company; lines of an earlier trial go.

        :raises AccessError: for users who may not read the version
        """
        self.ensure_one()
        self.model_id.check_access("read")
        lines = self.env[self._fields["line_ids"].comodel_name]
        inverse = SQL.identifier(self._fields["line_ids"].inverse_name)
        self.rules = self.model_id.sudo()._get_rules()
        self.env["compliance.profile"].sudo()._flush_risk()
        self.flush_recordset()
        self.env.cr.execute(SQL("DELETE FROM %s WHERE %s = %s", SQL.identifier(lines._table), inverse, self.id))
        self.env.cr.execute(self._lines_statement())
        lines.invalidate_model(flush=False)
        self.invalidate_recordset()

    def _lines_statement(self):
        """:return: SQL of an INSERT of the lines"""
        raise NotImplementedError

    def _note(self, body):
        """Keeps the outcome with the version: lines are gone after some hours."""
        # sudo: whoever may try a version may leave a note that it was tried, also who may not edit it.
        self.model_id.sudo()._message_log(body=body)

    def action_view_lines(self):
        """The customers."""
        return self._get_lines_action("list")

    def action_view_chart(self):
        """The customers as a chart."""
        return self._get_lines_action("graph")

    def _get_lines_action(self, first, context=None):
        self.ensure_one()
        lines = self._fields["line_ids"]
        return {
            "type": "ir.actions.act_window",
            "name": self.display_name,
            "res_model": lines.comodel_name,
            "views": [(False, view) for view in sorted(self._line_views, key=lambda view: view != first)],
            "domain": [(lines.inverse_name, "=", self.id)],
            "context": context or {},
        }


class ComplianceRiskSimulationLine(models.AbstractModel):
    """A customer in a trial, with the reasons."""

    _name = "compliance.risk.simulation.line"
    _description = "Customer in a Trial of a Risk Model"
    # Name of the field that holds the trial.
    _simulation_field = None

    profile_id = fields.Many2one("compliance.profile", string="Customer", required=True, index=True, ondelete="cascade")
    hits = fields.Json("Factors that Apply")
    reasons = fields.Json("Reasons (Data)", compute="_compute_reasons")
    reasons_text = fields.Html("Reasons", compute="_compute_reasons_text")

    @api.depends("hits")
    def _compute_reasons(self):
        for line in self:
            line.reasons = self.env["compliance.risk.factor"]._prepare_reasons(
                line.hits, line[self._simulation_field].rules or []
            )

    @api.depends("reasons")
    @api.depends_context("lang")
    def _compute_reasons_text(self):
        for line in self:
            line.reasons_text = line.profile_id._render_risk_reasons(line.reasons)

    def action_open_profile(self):
        """Opens the dossier."""
        return open_form(self.profile_id)
