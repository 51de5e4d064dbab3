# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, ormcache

# Columns that say nothing about the record: who and when stand in the log's own columns.
TECHNICAL = {"id", "create_uid", "create_date", "write_uid", "write_date", "parent_path"}
SECRET = re.compile(r"passw(or)?d|passphrase|secret|token|api_?key|private_key|totp", re.IGNORECASE)


class ComplianceAuditPolicy(models.Model):
    """What of a model is recorded. Triggers in PostgreSQL do the recording, so that a change of policy holds for every
    process at once, and plain SQL is recorded like everything else.
    """

    _name = "compliance.audit.policy"
    _description = "Audit Policy"
    _order = "model"
    _rec_name = "model_id"

    model_id = fields.Many2one("ir.model", required=True, ondelete="cascade", domain=[("transient", "=", False)])
    model = fields.Char(related="model_id.model", store=True, string="Technical Name")
    active = fields.Boolean(default=True)
    log_create = fields.Boolean(string="Creation", default=True)
    log_write = fields.Boolean(string="Change", default=True)
    log_unlink = fields.Boolean(string="Deletion", default=True)
    log_export = fields.Boolean(string="Export", default=True)
    log_read = fields.Boolean(string="Opening the Form", help="Records who opened a record, in a form or by its id.")
    field_mode = fields.Selection(
        [("all", "All Fields"), ("only", "Only These"), ("except", "All but These")],
        string="Recorded",
        required=True,
        default="all",
    )
    field_ids = fields.Many2many(
        "ir.model.fields",
        "compliance_audit_policy_field_rel",
        "policy_id",
        "field_id",
        string="Fields",
        domain="[('model_id', '=', model_id), ('store', '=', True)]",
    )
    masked_field_ids = fields.Many2many(
        "ir.model.fields",
        "compliance_audit_policy_masked_rel",
        "policy_id",
        "field_id",
        string="Masked Fields",
        domain="[('model_id', '=', model_id), ('store', '=', True)]",
        help="That they changed is recorded, their content is not. Passwords, tokens and the like are masked anyway.",
    )
    action_id = fields.Many2one("ir.actions.server", readonly=True, copy=False, ondelete="set null")
    row_count = fields.Integer(string="Rows", compute="_compute_coverage")
    last_recorded_at = fields.Datetime(string="Last Recorded", compute="_compute_coverage")
    since = fields.Datetime(string="Recorded Since", readonly=True, copy=False, default=fields.Datetime.now)

    _model_unique = models.UniqueIndex("(model_id)", "The model has an audit policy already.")

    def _compute_coverage(self):
        coverage = {
            model: (count, last)
            for model, count, last in self.env["compliance.audit.log"]
            .sudo()
            ._read_group([("model", "in", self.mapped("model"))], ["model"], ["__count", "recorded_at:max"])
        }
        for policy in self:
            policy.row_count, policy.last_recorded_at = coverage.get(policy.model, (0, False))

    @api.constrains("model_id")
    def _check_model(self):
        for policy in self:
            model = self.env.get(policy.model_id.model)
            if model is None or model._abstract or model._transient or not model._auto:
                raise ValidationError(
                    self.env._("Records of %(model)s are not kept in a table of their own.", model=policy.model_id.name)
                )

    @api.constrains("field_mode", "field_ids")
    def _check_fields(self):
        for policy in self:
            if policy.field_mode == "only" and not policy.field_ids:
                raise ValidationError(
                    self.env._("Choose the fields of %(model)s to record.", model=policy.model_id.name)
                )

    @api.model_create_multi
    def create(self, vals_list):
        policies = super().create(vals_list)
        policies._after_change()
        return policies

    def write(self, vals):
        before = self._get_tables()
        result = super().write(vals)
        self._after_change(before)
        return result

    def unlink(self):
        tables = self._get_tables()
        self.sudo().action_id.unlink()
        result = super().unlink()
        self.env.registry.clear_cache()
        self._drop_triggers(tables)
        return result

    def _get_tables(self):
        return {self.env[policy.model]._table for policy in self if policy.model in self.env}

    def _after_change(self, tables=()):
        """Puts the triggers in place, at once and for every process."""
        self.flush_model()
        self.env.registry.clear_cache()
        self._drop_triggers(tables)
        self._create_triggers()
        self._bind_history()

    def _bind_history(self):
        """Gives every recorded model's form a "History" in its gear menu."""
        for policy in self:
            action = policy.sudo().action_id
            if not policy.active:
                action.unlink()
            elif not action:
                action = action.create(policy._prepare_history_action())
                policy._write_action(action)

    def _write_action(self, action):
        """Past our own ``write``, which puts all triggers in place anew."""
        return super().write({"action_id": action.id})  # pylint: disable=super-method-mismatch

    def _prepare_history_action(self):
        return {
            "name": "History",
            "model_id": self.model_id.id,
            "binding_model_id": self.model_id.id,
            "binding_view_types": "form",
            "state": "code",
            "code": "action = env['compliance.audit.history']._open(record)",
        }

    def action_view_log(self):
        """What was recorded of the model."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_compliance.compliance_audit_log_action")
        return {**action, "domain": [("model", "=", self.model)]}

    def _register_hook(self):
        """A new version of an add-on may have brought columns and relations."""
        super()._register_hook()
        if self.env.registry.ready or not self.env.registry.updated_modules:
            return
        self.search([("active", "=", True)])._create_triggers()

    # -------------------------------------------------------------------------
    # TRIGGERS
    # -------------------------------------------------------------------------

    def _drop_triggers(self, tables):
        """Removes what records these tables, and the relations of which they were the first."""
        rows = self.env.execute_query(
            SQL(
                "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgname LIKE 'compliance_audit_on_%%'"
                " AND (tgrelid::regclass::text = ANY(%s) OR tgname = ANY(%s))",
                list(tables),
                [f"compliance_audit_on_link_{kind}_{table}"[:63] for table in tables for kind in ("insert", "delete")],
            )
        )
        for table, name in rows:
            self.env.cr.execute(SQL("DROP TRIGGER %s ON %s", SQL.identifier(name), SQL.identifier(table)))

    def _create_triggers(self):
        """Records what these policies say, and nothing else."""
        policies = self.filtered(lambda policy: policy.model in self.env and self.env[policy.model]._auto)
        self._drop_triggers(policies._get_tables())
        for policy in policies.filtered("active"):
            policy._create_table_triggers()
            policy._create_relation_triggers()

    def _create_table_triggers(self):
        """The triggers of the model's own table."""
        table = self.env[self.model]._table
        columns = self._get_columns(table)
        recorded = self._get_recorded_columns(columns)
        arguments = self._prepare_arguments(columns, recorded)
        if self.log_create:
            self._create_trigger(table, "insert", SQL("INSERT"), SQL("NEW TABLE AS new_rows"), arguments)
        if self.log_unlink:
            self._create_trigger(table, "delete", SQL("DELETE"), SQL("OLD TABLE AS old_rows"), arguments)
        if self.log_write and self.field_mode == "only":
            self._create_row_trigger(table, recorded, arguments)
        elif self.log_write:
            transition = SQL("OLD TABLE AS old_rows NEW TABLE AS new_rows")
            self._create_trigger(table, "update", SQL("UPDATE"), transition, arguments)

    def _create_trigger(self, table, kind, event, transition, arguments, function="compliance_audit_record"):
        self.env.cr.execute(
            SQL(
                "CREATE TRIGGER %s AFTER %s ON %s REFERENCING %s FOR EACH STATEMENT EXECUTE FUNCTION %s(%s)",
                SQL.identifier(f"compliance_audit_on_{kind}"[:63]),
                event,
                SQL.identifier(table),
                transition,
                SQL.identifier(function),
                arguments,
            )
        )

    def _create_row_trigger(self, table, recorded, arguments):
        """Stays silent where other columns change: a nightly refresh of figures costs nothing."""
        if not recorded:
            return
        names = SQL(", ").join(map(SQL.identifier, sorted(recorded)))
        changed = [
            SQL("OLD.%s IS DISTINCT FROM NEW.%s", SQL.identifier(name), SQL.identifier(name))
            for name in sorted(recorded)
        ]
        self.env.cr.execute(
            SQL(
                "CREATE TRIGGER compliance_audit_on_update AFTER UPDATE OF %s ON %s FOR EACH ROW WHEN (%s)"
                " EXECUTE FUNCTION compliance_audit_record_row(%s)",
                names,
                SQL.identifier(table),
                SQL(" OR ").join(changed),
                arguments,
            )
        )

    def _create_relation_triggers(self):
        """Links to other records stand in tables of their own."""
        fields_ = self.env[self.model]._fields
        for name in self._get_recorded_relations():
            field = fields_[name]
            arguments = SQL("%s, %s, %s, %s", self.model, name, field.column1, field.column2)
            table = self.env[self.model]._table
            for kind, event, transition in (
                ("insert", SQL("INSERT"), SQL("NEW TABLE AS new_rows")),
                ("delete", SQL("DELETE"), SQL("OLD TABLE AS old_rows")),
            ):
                self._create_trigger(
                    field.relation,
                    f"link_{kind}_{table}",
                    event,
                    transition,
                    arguments,
                    "compliance_audit_record_relation",
                )

    def _get_recorded_relations(self):
        """Names of the many-to-many fields recorded; of two fields on one table, one; none on a model's own table."""
        names, relations = [], {model._table for model in self.env.values()}
        chosen = set(self.field_ids.mapped("name"))
        for name, field in self.env[self.model]._fields.items():
            if field.type != "many2many" or not field.store or field.relation in relations:
                continue
            is_wanted = self.field_mode == "all" or (self.field_mode == "only") == (name in chosen)
            if is_wanted and self._has_table(field.relation):
                relations.add(field.relation)
                names.append(name)
        return names

    def _has_table(self, name):
        return bool(self.env.execute_query(SQL("SELECT FROM pg_class WHERE relname = %s AND relkind = 'r'", name)))

    def _get_columns(self, table):
        """The table's columns and their types."""
        return dict(
            self.env.execute_query(
                SQL(
                    "SELECT column_name, udt_name FROM information_schema.columns"
                    " WHERE table_name = %s AND table_schema = current_schema",
                    table,
                )
            )
        )

    def _get_recorded_columns(self, columns):
        """Columns whose content the policy wants."""
        chosen = set(self.field_ids.mapped("name"))
        names = set(columns) - TECHNICAL
        if self.field_mode == "only":
            return names & chosen
        return names - chosen if self.field_mode == "except" else names

    def _prepare_arguments(self, columns, recorded):
        """The arguments of the trigger function: see the functions' comment."""
        masked = set(self.masked_field_ids.mapped("name")) | {name for name in recorded if SECRET.search(name)}
        named = next((name for name in self._get_name_columns() if columns.get(name) == "varchar"), "")
        return SQL(
            "%s, %s, %s, %s, %s",
            self.model,
            self._format_array(set(columns) - recorded),
            self._format_array(masked),
            self._format_array(name for name, kind in columns.items() if kind == "bytea"),
            named,
        )

    def _get_name_columns(self):
        """Columns that may say what a record is called."""
        return ("complete_name", self.env[self.model]._rec_name or "name", "name", "login")

    @api.model
    def _format_array(self, names):
        """Trigger arguments are texts; names of columns need no quotes."""
        return "{" + ",".join(sorted(names)) + "}"

    # -------------------------------------------------------------------------
    # WHAT ODOO ASKS AT EVERY WRITE
    # -------------------------------------------------------------------------

    @api.model
    @ormcache("operation")
    def _get_models(self, operation=None):
        """Names of the models recorded, or of those of which an operation is: ``export`` or ``read``."""
        policies = self.sudo().search([("active", "=", True)])
        if operation:
            policies = policies.filtered(f"log_{operation}")
        return frozenset(policies.mapped("model"))
