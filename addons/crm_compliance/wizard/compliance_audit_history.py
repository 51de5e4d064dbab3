# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import base64
import csv
import io

from odoo import api, fields, models

# Rows shown on the screen and printed; the CSV has all.
SHOWN = 200


class ComplianceAuditHistory(models.TransientModel):
    """The story of one record, for whoever may read the record."""

    _name = "compliance.audit.history"
    _description = "History of a Record"

    model = fields.Char(required=True, readonly=True)
    res_id = fields.Many2oneReference(string="Record", model_field="model", required=True, readonly=True)
    title = fields.Char(compute="_compute_title")
    story = fields.Html(compute="_compute_story", sanitize=False)
    file = fields.Binary(compute="_compute_file", string="CSV")

    @api.depends("model", "res_id")
    @api.depends_context("uid", "lang", "tz")
    def _compute_story(self):
        log = self.env["compliance.audit.log"]
        for history in self:
            story = log.get_history(history.model, history.res_id, limit=SHOWN)
            rows = log._get_history_source(history.model, history.res_id)
            of_record = [("model", "=", history.model), ("res_id", "=", history.res_id)]
            is_cut = rows.search_count(of_record, limit=SHOWN + 1) > SHOWN
            history.story = self.env["ir.qweb"]._render(
                "crm_compliance.audit_story", {"story": story, "shown": SHOWN if is_cut else 0}
            )

    @api.depends("model", "res_id")
    @api.depends_context("uid", "lang")
    def _compute_title(self):
        for history in self:
            log = self.env["compliance.audit.log"]
            log._get_history_source(history.model, history.res_id)  # raises, if not for the user
            name = log._read_names({history.model: {history.res_id}}).get(history.model, {}).get(history.res_id)
            model = self.env["ir.model"]._get(history.model).sudo().name or history.model
            history.title = f"{model}: {name or '?'} (#{history.res_id})"

    @api.depends("model", "res_id")
    @api.depends_context("uid", "lang")
    def _compute_file(self):
        log = self.env["compliance.audit.log"]
        for history in self:
            content = io.StringIO()
            writer = csv.writer(content)
            writer.writerow(
                [
                    self.env._("Time (UTC)"),
                    self.env._("User"),
                    self.env._("Acting User"),
                    self.env._("Operation"),
                    self.env._("Origin"),
                    self.env._("Field"),
                    self.env._("Before"),
                    self.env._("After"),
                ]
            )
            for event in log.get_history(history.model, history.res_id, limit=None):
                shared = [event[name] for name in ("time", "user", "acting", "operation", "origin")]
                changes = event["changes"] or [{"label": "", "before": "", "after": ""}]
                for change in changes:
                    cells = [*shared, change["label"], change["before"], change["after"]]
                    # Spreadsheets would take them for formulas.
                    writer.writerow(f"'{cell}" if cell.startswith(("=", "+", "-", "@")) else cell for cell in cells)
            # With a byte order mark, or spreadsheets take UTF-8 for something else.
            history.file = base64.b64encode(content.getvalue().encode("utf-8-sig"))

    @api.model
    def _open(self, record):
        """The action that shows a record's history.

        :raises AccessError: if the user may not read the record
        """
        record.ensure_one()
        record.check_access("read")
        history = self.create({"model": record._name, "res_id": record.id})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("History of %s", record.display_name),
            "res_model": self._name,
            "res_id": history.id,
            "view_mode": "form",
            "target": "new",
        }

    def _get_report_base_filename(self):
        return self.env._("History of %s", self.title.replace(": ", " ")).replace("/", "-")

    def _get_report_footer(self):
        """The record as the audit trail names it."""
        return f"{self.model},{self.res_id}"

    def action_print(self):
        """The same as PDF, for the file."""
        return self.env.ref("crm_compliance.report_audit_history").report_action(self)

    def action_download_csv(self):
        """The same for a spreadsheet, without a limit."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/file?download=true&filename=history.csv",
            "target": "download",
        }
