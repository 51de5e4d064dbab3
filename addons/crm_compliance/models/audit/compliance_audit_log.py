# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import json

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, html2plaintext, ormcache

from . import schema
from .transaction_field import TransactionField

HISTORY_FIELDS = (
    "recorded_at",
    "transaction",
    "operation",
    "model",
    "user_id",
    "real_user_id",
    "origin",
    "changes",
    "redaction_id",
)


class ComplianceAuditLog(models.Model):
    """What happened to a record, one row per record and statement. PostgreSQL writes the rows and lets nobody change
    them; Odoo reads them.
    """

    _name = "compliance.audit.log"
    _description = "Audit Log"
    _inherit = ["compliance.append.only"]
    _order = "id desc"
    _auto = False
    _log_access = False
    _rec_names_search = ["name", "model"]

    recorded_at = fields.Datetime(string="Time", readonly=True)
    transaction = TransactionField(readonly=True, help="Rows of one transaction are one change.")
    operation = fields.Selection(
        [
            ("create", "Created"),
            ("write", "Changed"),
            ("unlink", "Deleted"),
            ("truncate", "Table Emptied"),
            ("export", "Exported"),
            ("read", "Opened"),
        ],
        readonly=True,
    )
    model = fields.Char(string="Technical Model", readonly=True)
    model_name = fields.Char(string="Model", compute="_compute_model_name", search="_search_model_name")
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
    # Whoever else reads the log reads the fields he may see, below.
    changes = fields.Json(
        string="Recorded Values",
        readonly=True,
        groups="crm_compliance.group_compliance_auditor",
        help="{column: [old, new]}, as texts.",
    )
    changes_text = fields.Html(string="Changes", compute="_compute_changes_text", search="_search_changes_text")
    redaction_id = fields.Many2one("compliance.audit.redaction", readonly=True)
    customer_id = fields.Many2one("res.partner", store=False, search="_search_customer_id")

    def init(self):
        schema.create(self.env.cr)

    @api.depends("operation", "model_name", "name", "res_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["operation"]._description_selection(self.env))
        for entry in self:
            entry.display_name = f"{labels.get(entry.operation)}: {entry.name or entry.model_name} ({entry.res_id})"

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

    def _search_model_name(self, operator, value):
        """What people call a model."""
        if operator != "ilike":
            return NotImplemented
        return [("model", "in", self.env["ir.model"].sudo().search([("name", "ilike", value)]).mapped("model"))]

    def _search_changes_text(self, operator, value):
        """A field's name finds the changes of that field: the technical one, or what people call it."""
        if operator not in ("=", "ilike", "in"):
            return NotImplemented
        names = [value] if isinstance(value, str) else list(value)
        if operator == "ilike":
            models_ = list(self.env["compliance.audit.policy"]._get_models())
            labelled = [("model", "in", models_), ("field_description", "ilike", value)]
            names += self.env["ir.model.fields"].sudo().search(labelled).mapped("name")
        query = SQL("SELECT id FROM compliance_audit_log WHERE jsonb_exists_any(changes, %s)", names)
        return [("id", "in", query)]

    @api.model
    def _search_customer_id(self, operator, value):
        """Finds everything about customers: of themselves, their contacts, dossiers, answers, documents."""
        if operator not in ("in", "any"):
            return NotImplemented
        partners = self.env["res.partner"].with_context(active_test=False)
        domain = value if operator == "any" else Domain("id", "in", list(value))
        condition = self._get_customer_condition(partners.search(domain))
        return [("id", "in", SQL("SELECT log.id FROM compliance_audit_log log WHERE %s", condition))]

    @api.model
    def _get_customer_condition(self, partners):
        """Condition on ``log``: is the row about one of these customers, or a record that is or was linked to one?

        :param partners: customers; their contacts count as well
        """
        partners = partners.sudo().with_context(active_test=False)
        partners = partners.search([("commercial_partner_id", "in", partners.commercial_partner_id.ids)])
        conditions = [SQL("(log.model = 'res.partner' AND log.res_id = ANY(%s))", partners.ids)]
        for model in sorted(self.env["compliance.audit.policy"]._get_models()):
            domain = self._get_customer_domain(model, partners)
            if not domain.is_false():
                query = self.env[model].sudo().with_context(active_test=False)._search(domain)
                conditions.append(SQL("(log.model = %s AND log.res_id IN %s)", model, query.subselect()))
        # Records that are gone, or belong to somebody else by now, said so when they were created or changed.
        conditions.append(
            SQL(
                "(log.model, log.res_id) IN (SELECT model, res_id FROM compliance_audit_log"
                " WHERE jsonb_exists_any(changes -> 'partner_id', %s))",
                [str(partner_id) for partner_id in partners.ids],
            )
        )
        return SQL("(%s)", SQL(" OR ").join(conditions))

    @api.model
    def _get_customer_domain(self, model, partners):
        """Domain of a recorded model's records that are about these partners; false if the model is not about any."""
        path = self._get_customer_path(model)
        if not path:
            # Part of something that is about a customer, like the answers of a review.
            wholes = {
                name: self._get_customer_path(field.comodel_name)
                for name, field in self.env[model]._fields.items()
                if field.type == "many2one" and field.store and field.ondelete == "cascade"
            }
            path = next((f"{name}.{path}" for name, path in wholes.items() if path), None)
        return Domain(path, "in", partners.ids) if path else Domain.FALSE

    @api.model
    def _get_customer_path(self, model):
        """From a record to the customer it is about itself: a path of fields, None if it is about nobody."""
        paths = {
            "partner_id": ("res.partner", "partner_id"),
            "profile_id": ("compliance.profile", "profile_id.partner_id"),
        }
        for name, (comodel, path) in paths.items():
            field = self.env[model]._fields.get(name)
            if field and field.store and field.type == "many2one" and field.comodel_name == comodel:
                return path
        return None

    # -------------------------------------------------------------------------
    # READING
    # -------------------------------------------------------------------------

    @api.model
    def _web_read_group_groupby_formatter(self, groupby_spec, values):
        """Groups of a model show what people call it."""
        formatter = super()._web_read_group_groupby_formatter(groupby_spec, values)
        if groupby_spec != "model":
            return formatter
        models_ = self.env["ir.model"].sudo()

        def format_model(value):
            name, domain = formatter(value)
            return f"{models_._get(name).name or name} ({name})", domain

        return format_model

    @api.depends("changes", "model")
    @api.depends_context("lang", "uid")
    def _compute_changes_text(self):
        names = self._read_related_names()
        for entry in self:
            rows = entry._prepare_changes(names, self.env)
            entry.changes_text = self.env["ir.qweb"]._render(
                "crm_compliance.audit_changes", {"rows": rows, "redacted": bool(entry.redaction_id)}
            )

    def _get_field(self, name):
        """The field of that column, None if there is none any more."""
        return self.env[self.model]._fields.get(name) if self.model in self.env else None

    @api.model
    @ormcache("self.env.uid", "self.env.su", "self.env.lang", "model", "name")
    def _describe_field(self, model, name):
        """What a reader is told of a field.

        :return: label, and whether he may see it: fields kept from the user are kept from him here too
        """
        field = self.env[model]._fields.get(name) if model in self.env else None
        if not field:
            # Nobody knows any more from whom it was kept; those who read the whole trail read it.
            return name, self.has_access("read")
        is_auditor = self.env.user.has_group("crm_compliance.group_compliance_auditor")
        is_visible = is_auditor or self.env[model]._has_field_access(field, "read")
        return field._description_string(self.env), is_visible

    @api.model
    @ormcache("self.env.lang", "name")
    def _get_labels(self, name):
        """Labels of a selection's values in the reader's language."""
        return dict(self._fields[name]._description_selection(self.env))

    def _read_related_names(self):
        """Names of the users, and of the records that relational values stand for, read once per model.

        :return: dict {model: {id: name}}; what was deleted since is missing
        """
        wanted = {"res.users": {*self.sudo().user_id.ids, *self.sudo().real_user_id.ids}}
        for entry in self.sudo():
            for name, values in (entry.changes or {}).items():
                field = entry._get_field(name)
                if field and field.type in ("many2one", "many2many"):
                    ids = {id_ for value in values if value for id_ in self._get_ids(field, value)}
                    wanted.setdefault(field.comodel_name, set()).update(ids)
        return self._read_names(wanted)

    @api.model
    def _get_ids(self, field, value):
        """Ids of the records a relational value stands for."""
        parts = (self._load_json(value) or {}).values() if field.company_dependent else value.split(",")
        return [int(part) for part in parts if str(part).isdigit()]

    @api.model
    def _read_names(self, wanted):
        """Names of records: {model: {id: name}} for {model: ids}; of deleted ones, what they were last called."""
        # Nothing but what makes the name is read.
        source = self.sudo().with_context(active_test=False, prefetch_fields=False).env
        names = {model: source[model]._get_audit_names(ids) for model, ids in wanted.items() if model in source and ids}
        gone = [(model, id_) for model, ids in wanted.items() for id_ in ids - set(names.get(model, ()))]
        if gone:
            for model, id_, name in self.env.execute_query(
                SQL(
                    "SELECT DISTINCT ON (model, res_id) model, res_id, name FROM compliance_audit_log"
                    " JOIN UNNEST(%s::varchar[], %s::int4[]) AS gone (model, res_id) USING (model, res_id)"
                    " WHERE name IS NOT NULL ORDER BY model, res_id, id DESC",
                    *map(list, zip(*gone, strict=True)),
                )
            ):
                names.setdefault(model, {})[id_] = name
        return names

    @api.model
    def _format_value(self, field, value, names):
        """A value as people read it: names instead of ids, labels of selections, what is of the reader's companies, the
        text in the reader's language.
        """
        if value is None or field is None or value == "***":
            return value or ""
        if field.company_dependent:
            return self._format_companies(field, value, names)
        if getattr(field, "translate", False):
            value = self._format_language(value)
        return self._format_single(field, value, names)

    @api.model
    def _format_single(self, field, value, names):
        """A value that is the same for everybody."""
        if field.type in ("many2one", "many2many"):
            known = names.get(field.comodel_name, {})
            return ", ".join(f"{known.get(int(id_), '?')} (#{id_})" for id_ in value.split(",") if id_.isdigit())
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, value)
        if field.type == "boolean":
            return self.env._("Yes") if value in ("t", "true") else self.env._("No")
        if field.type == "html":
            return html2plaintext(value)
        if field.type == "datetime":
            return f"{value.partition('.')[0]} UTC"
        return value

    @api.model
    def _load_json(self, value):
        """{language or company: value} of a field that has several, None if it is something else."""
        try:
            values = json.loads(value)
        except ValueError:
            return None
        return values if isinstance(values, dict) else None

    @api.model
    def _format_language(self, value):
        """The reader's language, else English, else all."""
        values = self._load_json(value)
        if values is None:
            return value
        key = self.env.lang if self.env.lang in values else "en_US"
        return values[key] if key in values else ", ".join(f"{key}: {item}" for key, item in values.items())

    @api.model
    def _format_companies(self, field, value, names):
        """What a value is in the reader's companies; the others' is not for him."""
        values = self._load_json(value)
        if values is None:
            return value
        texts = {
            company.name: self._format_single(field, json.dumps(item) if not isinstance(item, str) else item, names)
            for company in self.env.companies.sudo()
            if (item := values.get(str(company.id))) is not None
        }
        if len(self.env.companies) == 1:
            return next(iter(texts.values()), "")
        return ", ".join(f"{company}: {text}" for company, text in texts.items())

    # -------------------------------------------------------------------------
    # A RECORD'S OWN STORY
    # -------------------------------------------------------------------------

    @api.model
    def get_history(self, model, res_id, limit=200):
        """The story of a record, for whoever may read the record.

        :param str model: name of the model
        :param int res_id: id of the record
        :param int limit: number of rows at most, the latest first
        :return: list of dicts, one per transaction: transaction, time, user, acting, operation, origin, redacted, and
            changes (list of dicts: label, before, after)
        :raises AccessError: if the user may not read the record
        """
        query = self._get_history_source(model, res_id)._search(
            [("model", "=", model), ("res_id", "=", res_id)], limit=limit, order=self._order
        )
        # What the reader may see of a row is decided field by field.
        entries = self.sudo()._fetch_query(query, [self._fields[name] for name in HISTORY_FIELDS])
        names = entries._read_related_names()
        return [group[::-1]._prepare_event(names, self.env) for group in entries.grouped("transaction").values()]

    @api.model
    def _get_history_source(self, model, res_id):
        """The log, with the rights by which the user may see a record's history.

        :raises AccessError: if the user may not
        """
        if self.has_access("read"):
            return self
        record = self.env[model].browse(res_id)
        if not self.env.user._is_internal():
            raise AccessError(self.env._("Histories are for employees."))
        if not record.exists():
            raise AccessError(self.env._("The record does not exist any more."))
        record.check_access("read")
        return self.sudo()

    def _prepare_event(self, names, reader):
        """What people read about one transaction's rows, the fields kept from the reader left out.

        :param dict names: see ``_read_related_names``
        :param reader: environment of who reads
        """
        first = self[0]
        return {
            "transaction": first.transaction,
            "time": fields.Datetime.to_string(first.recorded_at),
            "user": names.get("res.users", {}).get(first.user_id.id, ""),
            "acting": names.get("res.users", {}).get(first.real_user_id.id, ""),
            "operation": reader[self._name]._get_labels("operation")[first.operation],
            "origin": reader[self._name]._get_labels("origin")[first.origin],
            "redacted": bool(self.redaction_id),
            "changes": [change for entry in self for change in entry._prepare_changes(names, reader)],
        }

    def _prepare_changes(self, names, reader):
        """The changed fields of a row as people read them: list of dicts with label, before, after."""
        changes, model, log = [], self.model, reader[self._name]
        for name, (before, after) in (self.sudo().changes or {}).items():
            label, is_visible = log._describe_field(model, name)
            if is_visible:
                field = self._get_field(name)
                before, after = (log._format_value(field, value, names) for value in (before, after))
                if before == after != "***" and field and field.company_dependent:
                    continue  # it changed in a company that is not the reader's
                changes.append({"label": label, "before": before, "after": after})
        return changes

    def action_open_record(self):
        """Opens the record, if it is still there."""
        self.ensure_one()
        record = self.env[self.model].browse(self.res_id) if self.model in self.env else None
        if not record or not record.exists():
            raise UserError(self.env._("The record does not exist any more."))
        return record.get_formview_action()
