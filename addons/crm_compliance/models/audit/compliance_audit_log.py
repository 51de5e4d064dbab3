# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import json

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, html2plaintext

from . import schema


class ComplianceAuditLog(models.Model):
    """What happened to a record, one row per record and statement. PostgreSQL writes the rows and lets nobody change
    them; Odoo reads them.
    """

    _name = "compliance.audit.log"
    _description = "Audit Log"
    _order = "id desc"
    _auto = False
    _log_access = False
    _rec_names_search = ["name", "model"]

    recorded_at = fields.Datetime(string="Time", readonly=True)
    transaction = fields.Char(readonly=True, help="Rows of one transaction are one change.")
    operation = fields.Selection(
        [
            ("create", "Created"),
            ("write", "Changed"),
            ("unlink", "Deleted"),
            ("export", "Exported"),
            ("read", "Opened"),
        ],
        readonly=True,
    )
    model = fields.Char(string="Technical Model", readonly=True)
    model_name = fields.Char(string="Model", compute="_compute_model_name")
    res_id = fields.Many2oneReference(string="Record ID", model_field="model", readonly=True)
    name = fields.Char(string="Name Then", readonly=True, help="The record's name at that time.")
    record_name = fields.Char(string="Record", compute="_compute_record_name")
    company_id = fields.Many2one("res.company", readonly=True)
    user_id = fields.Many2one("res.users", readonly=True)
    real_user_id = fields.Many2one("res.users", string="Acting User", readonly=True, help="Who acted for the user.")
    origin = fields.Selection(
        [
            ("web", "Web Client"),
            ("rpc", "External API"),
            ("cron", "Scheduled Job"),
            ("import", "Import"),
            ("system", "Server"),
            ("sql", "Plain SQL in Odoo"),
            ("outside", "Outside Odoo"),
        ],
        readonly=True,
    )
    address = fields.Char(readonly=True)
    session = fields.Char(
        readonly=True, help="Hash of the session: rows of one session can be told, it cannot be used."
    )
    changes = fields.Json(string="Recorded Values", readonly=True, help="{column: [old, new]}, as texts.")
    changes_text = fields.Html(string="Changes", compute="_compute_changes_text", search="_search_changes_text")
    redaction_id = fields.Many2one("compliance.audit.redaction", readonly=True)

    def init(self):
        schema.create(self.env.cr)

    @api.depends("operation", "model", "name", "res_id")
    def _compute_display_name(self):
        labels = dict(self._fields["operation"]._description_selection(self.env))
        for entry in self:
            entry.display_name = f"{labels.get(entry.operation)}: {entry.name or entry.model} ({entry.res_id})"

    @api.depends("model")
    @api.depends_context("lang")
    def _compute_model_name(self):
        for entry in self:
            entry.model_name = self.env["ir.model"]._get(entry.model).sudo().name or entry.model

    @api.depends("model", "res_id", "name")
    @api.depends_context("lang")
    def _compute_record_name(self):
        """The name at that time; where none was recorded, today's."""
        for model, entries in self.grouped("model").items():
            unnamed = entries.filtered(lambda entry: not entry.name)
            names = self._read_names({model: set(unnamed.mapped("res_id"))}).get(model, {})
            for entry in entries:
                entry.record_name = entry.name or names.get(entry.res_id) or f"#{entry.res_id}"

    def _search_changes_text(self, operator, value):
        """A field's technical name finds the changes of that field."""
        if operator not in ("=", "ilike", "in"):
            return NotImplemented
        names = [value] if isinstance(value, str) else list(value)
        query = SQL("SELECT id FROM compliance_audit_log WHERE jsonb_exists_any(changes, %s)", names)
        return [("id", "in", query)]

    @api.model
    def _refuse(self):
        raise UserError(self.env._("The audit trail cannot be changed."))

    @api.model_create_multi
    def create(self, vals_list):
        if vals_list:
            self._refuse()
        return super().create(vals_list)

    def write(self, vals):
        if self:
            self._refuse()
        return super().write(vals)

    def unlink(self):
        if self:
            self._refuse()
        return super().unlink()

    # -------------------------------------------------------------------------
    # READING
    # -------------------------------------------------------------------------

    @api.depends("changes", "model")
    @api.depends_context("lang", "uid")
    def _compute_changes_text(self):
        names = self._read_related_names()
        for entry in self:
            rows = [
                {
                    "label": entry._get_field_label(name),
                    "before": entry._format_value(name, before, names),
                    "after": entry._format_value(name, after, names),
                }
                for name, (before, after) in (entry.changes or {}).items()
                if entry._can_see(name)
            ]
            entry.changes_text = self.env["ir.qweb"]._render(
                "crm_compliance.audit_changes", {"rows": rows, "redacted": bool(entry.redaction_id)}
            )

    def _get_field(self, name):
        """The field of that column, None if there is none any more."""
        return self.env[self.model]._fields.get(name) if self.model in self.env else None

    def _get_field_label(self, name):
        field = self._get_field(name)
        return field._description_string(self.env) if field else name

    def _can_see(self, name):
        """Fields kept from the user are kept from him here too."""
        field = self._get_field(name)
        if not field or self.env.user.has_group("crm_compliance.group_compliance_auditor"):
            return True
        return self.env[self.model]._has_field_access(field, "read")

    def _read_related_names(self):
        """Names of the records that many-to-one and many-to-many values stand for, read once per model.

        :return: dict {model: {id: name}}; what was deleted since is missing
        """
        wanted = {}
        for entry in self:
            for name, values in (entry.changes or {}).items():
                field = entry._get_field(name)
                if field and field.type in ("many2one", "many2many"):
                    ids = {int(part) for value in values if value for part in value.split(",") if part.isdigit()}
                    wanted.setdefault(field.comodel_name, set()).update(ids)
        return self._read_names(wanted)

    @api.model
    def _read_names(self, wanted):
        """Names of records: {model: {id: name}} for {model: ids}."""
        return {
            model: {
                record.id: record.display_name
                for record in self.env[model].sudo().with_context(active_test=False).browse(ids).exists()
            }
            for model, ids in wanted.items()
            if model in self.env
        }

    def _format_value(self, name, value, names):
        """A value as people read it: names instead of ids, labels of selections, the text in the user's language."""
        field = self._get_field(name)
        if value is None or field is None or value == "***":
            return value or ""
        if field.type in ("many2one", "many2many") and not field.company_dependent:
            known = names.get(field.comodel_name, {})
            ids = [int(part) for part in value.split(",") if part.isdigit()]
            return ", ".join(f"{known.get(id_, '?')} (#{id_})" for id_ in ids)
        if field.type == "selection" and not field.company_dependent:
            return dict(field._description_selection(self.env)).get(value, value)
        if field.type == "boolean" and not field.company_dependent:
            return self.env._("Yes") if value in ("t", "true") else self.env._("No")
        if field.type == "html" and not field.translate:
            return html2plaintext(value)
        if getattr(field, "translate", False) or field.company_dependent:
            return self._format_json(value)
        return value

    def _format_json(self, value):
        """The user's language or company of a value that has several."""
        try:
            values = json.loads(value)
        except ValueError:
            return value
        if not isinstance(values, dict):
            return value
        key = self.env.lang if self.env.lang in values else "en_US"
        if key in values:
            return values[key]
        return ", ".join(f"{key}: {item}" for key, item in values.items())

    # -------------------------------------------------------------------------
    # A RECORD'S OWN STORY
    # -------------------------------------------------------------------------

    @api.model
    def get_history(self, model, res_id, limit=200):
        """The story of a record, for whoever may read the record.

        :param str model: name of the model
        :param int res_id: id of the record
        :param int limit: number of transactions at most, the latest first
        :return: list of dicts: time, user, operation, origin, changes (list of label, before, after)
        :raises AccessError: if the user may not read the record
        """
        record = self.env[model].browse(res_id)
        if not self.env.user.has_group("crm_compliance.group_compliance_auditor"):
            record.check_access("read")
            if not record.exists():
                raise AccessError(self.env._("The record does not exist any more."))
        entries = self.sudo().search([("model", "=", model), ("res_id", "=", res_id)], limit=limit)
        names = entries._read_related_names()
        labels = dict(self._fields["operation"]._description_selection(self.env))
        origins = dict(self._fields["origin"]._description_selection(self.env))
        story = []
        for transaction, group in entries.grouped("transaction").items():
            first = group[-1]
            story.append(
                {
                    "transaction": transaction,
                    "time": fields.Datetime.to_string(first.recorded_at),
                    "user": first.user_id.display_name or "",
                    "acting": first.real_user_id.display_name or "",
                    "operation": labels[first.operation],
                    "origin": origins[first.origin],
                    "changes": [
                        {
                            "label": entry._get_field_label(name),
                            "before": entry._format_value(name, before, names),
                            "after": entry._format_value(name, after, names),
                        }
                        for entry in group.sorted("id")
                        for name, (before, after) in (entry.changes or {}).items()
                        if entry.with_env(self.env)._can_see(name)
                    ],
                }
            )
        return story

    def action_open_record(self):
        """Opens the record, if it is still there."""
        self.ensure_one()
        record = self.env[self.model].browse(self.res_id) if self.model in self.env else None
        if not record or not record.exists():
            raise UserError(self.env._("The record does not exist any more."))
        return record.get_formview_action()
