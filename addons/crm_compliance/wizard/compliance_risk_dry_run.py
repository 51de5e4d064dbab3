# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import SQL

from ..models.dossier.compliance_profile import RISK_LEVELS

LEVELS = [code for code, _label in RISK_LEVELS]


class ComplianceRiskDryRun(models.TransientModel):
    """What a version of the risk model would say of all customers of its company. Dossiers are read, not written, and
    nobody is kept waiting.
    """

    _name = "compliance.risk.dry.run"
    _description = "Risk Dry Run"
    _inherit = ["compliance.risk.simulation"]

    line_ids = fields.One2many("compliance.risk.dry.run.line", "run_id", readonly=True)
    customer_count = fields.Integer("Customers", compute="_compute_counts")
    raised_count = fields.Integer("Raised", compute="_compute_counts")
    lowered_count = fields.Integer("Lowered", compute="_compute_counts")
    first_count = fields.Integer("First Level", compute="_compute_counts")
    matrix = fields.Html(compute="_compute_matrix", sanitize=False)

    @api.depends("model_id")
    def _compute_display_name(self):
        for run in self:
            run.display_name = self.env._("Dry run of %(model)s", model=run.model_id.display_name)

    @api.depends("line_ids")
    def _compute_counts(self):
        groups = self.env["compliance.risk.dry.run.line"]._read_group(
            [("run_id", "in", self.ids)], ["run_id", "change"], ["__count"]
        )
        counts = {(run, change): count for run, change, count in groups}
        for run in self:
            run.raised_count = counts.get((run, "raised"), 0)
            run.lowered_count = counts.get((run, "lowered"), 0)
            run.first_count = counts.get((run, "first"), 0)
            run.customer_count = sum(count for (counted, _change), count in counts.items() if counted == run)

    @api.depends("line_ids")
    @api.depends_context("lang")
    def _compute_matrix(self):
        groups = self.env["compliance.risk.dry.run.line"]._read_group(
            [("run_id", "in", self.ids)], ["run_id", "level_before", "level_after"], ["__count"]
        )
        counts = {(run, before or "", after): count for run, before, after, count in groups}
        labels = dict(self.env["compliance.profile"]._fields["risk_level"]._description_selection(self.env))
        for run in self:
            rows = {
                before: [counts.get((run, before, after), 0) for after in LEVELS]
                for before in [*LEVELS, ""]
                if before or any(counts.get((run, "", after)) for after in LEVELS)
            }
            run.matrix = run._render_matrix(rows, labels)

    def _render_matrix(self, rows, labels):
        """Table of the levels before (rows) and after (columns), with totals.

        :param rows: {level before, "" for none: [customers by level after]}
        :param labels: {level: label}
        """
        heads = [self.env._("Today, This Version"), *(labels[level] for level in LEVELS), self.env._("Total")]
        totals = [sum(column) for column in zip(*rows.values(), strict=True)]
        head = Markup().join(
            Markup('<th class="%s">%s</th>') % ("text-end" if number else "", text) for number, text in enumerate(heads)
        )
        body = Markup().join(
            self._render_matrix_row(labels.get(before) or self.env._("No level"), counts, before)
            for before, counts in rows.items()
        )
        body += self._render_matrix_row(self.env._("Total"), totals)
        return Markup('<table class="table table-sm"><thead><tr>%s</tr></thead><tbody>%s</tbody></table>') % (
            head,
            body,
        )

    def _render_matrix_row(self, label, counts, before=None):
        """A row with its total; who stays at a level is in grey."""
        cells = Markup().join(
            Markup('<td class="text-end %s">%s</td>')
            % ("fw-bold" if count and before != after else "text-muted", count)
            for after, count in zip(LEVELS, counts, strict=True)
        )
        return Markup('<tr><th>%s</th>%s<td class="text-end">%s</td></tr>') % (label, cells, sum(counts))

    @api.model
    def _open(self, model):
        """Tries a version on all customers and opens the result.

        :raises AccessError: for users who may not read the version or make dry runs
        """
        run = self.create({"model_id": model.id})
        run._run()
        return {
            "type": "ir.actions.act_window",
            "name": run.display_name,
            "res_model": self._name,
            "res_id": run.id,
            "views": [(self.env.ref("crm_compliance.compliance_risk_dry_run_view_form").id, "form")],
        }

    def _run(self):
        """Writes the lines, and notes the outcome at the version."""
        self._write_lines()
        self._note(
            self.env._(
                "Dry run on %(customers)s customers: %(raised)s raised, %(lowered)s lowered, %(first)s with a first"
                " level.",
                customers=self.customer_count,
                raised=self.raised_count,
                lowered=self.lowered_count,
                first=self.first_count,
            )
        )

    def _lines_statement(self):
        """INSERT of a line per customer; with the reasons where the level changes."""
        return SQL(
            """
            INSERT INTO compliance_risk_dry_run_line
                   (run_id, profile_id, level_before, level_after, score_before, score_after, held_until, change,
                    hits, create_uid, create_date, write_uid, write_date)
            SELECT %(run)s, profile_id, level_before, level_after, score_before, score, held_until, change,
                   CASE WHEN change <> 'same' THEN hits END, %(uid)s, %(now)s, %(uid)s, %(now)s
              FROM (
                    SELECT *, (%(levels)s)[target] AS level_after,
                           CASE WHEN rank_before IS NULL THEN 'first' WHEN target > rank_before THEN 'raised'
                                WHEN target < rank_before THEN 'lowered' ELSE 'same' END AS change
                      FROM (%(targets)s) targeted
                   ) compared
            """,
            run=self.id,
            uid=self.env.uid,
            now=SQL("%s::timestamp", self.env.cr.now()),
            levels=SQL("%s::varchar[]", LEVELS),
            targets=self.env["compliance.profile"]._targets_query(self.model_id.sudo()._verdicts_query()),
        )

    def action_view_lines(self):
        """The customers that change level; the others are a click away."""
        return self._get_lines_action("list", {"search_default_changed": 1})

    def action_view_raised(self):
        """The customers that would rise."""
        return self._get_lines_action("list", {"search_default_raised": 1})

    def action_view_lowered(self):
        """The customers that would fall."""
        return self._get_lines_action("list", {"search_default_lowered": 1})


class ComplianceRiskDryRunLine(models.TransientModel):
    """A customer in a dry run."""

    _name = "compliance.risk.dry.run.line"
    _description = "Risk Dry Run, Customer"
    _inherit = ["compliance.risk.simulation.line"]
    _simulation_field = "run_id"
    _order = "score_after desc, id"

    run_id = fields.Many2one("compliance.risk.dry.run", string="Dry Run", required=True, index=True, ondelete="cascade")
    level_before = fields.Selection(RISK_LEVELS)
    level_after = fields.Selection(RISK_LEVELS)
    score_before = fields.Integer(aggregator="avg")
    score_after = fields.Integer(aggregator="avg")
    held_until = fields.Date(help="Until when the lower level would have to wait.")
    change = fields.Selection(
        [("raised", "Raised"), ("lowered", "Lowered"), ("first", "First Level"), ("same", "Same")],
        string="Level Change",
    )
