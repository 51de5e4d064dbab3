# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
import re
from ast import literal_eval
from contextvars import ContextVar

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, ormcache
from odoo.tools.sql import existing_tables, table_columns

from .base import MODELS_KEY

_logger = logging.getLogger(__name__)

# Columns that say nothing about the record: who and when stand in the log's own columns.
TECHNICAL = {"id", "create_uid", "create_date", "write_uid", "write_date", "parent_path"}
# Days over which the rows per day are counted.
COVERAGE_DAYS = 30
SECRET = re.compile(
    r"passw(or)?d|passphrase|secret|token|api_?key|private_key|totp|credential|(^|_)(pass|pin)(_|$)", re.IGNORECASE
)

# What is recorded of the audit itself is not up to those it is about.
OWN = {"compliance.audit.policy", "compliance.audit.redaction"}
OWN_SETTINGS = {"active": True, "log_create": True, "log_write": True, "log_unlink": True, "field_mode": "all"}

TRIGGER = "compliance_audit_on_"
# What a trigger sees of the rows that a statement changed; updates are those of links.
TRANSITIONS = {
    "insert": "REFERENCING NEW TABLE AS new_rows",
    "update": "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "delete": "REFERENCING OLD TABLE AS old_rows",
    "truncate": "",
}
# The command that verifies looks at triggers as they are; else what loads Odoo puts them back first.
is_verifying = ContextVar("is_verifying", default=False)
LINK_EVENTS = ("insert", "update", "delete")


class ComplianceAuditPolicy(models.Model):
    """What of a model is recorded. Triggers in PostgreSQL do the recording, so that a change of policy holds for every
    process at once, and plain SQL is recorded like everything else.
    """

    _name = "compliance.audit.policy"
    _description = "Audit Policy"
    _inherit = ["compliance.condition"]
    _order = "model"
    _rec_name = "model_id"
    _condition_fields = ("domain", "model")

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
    domain = fields.Char(
        string="Only Records",
        help="Records that meet the condition before or after a change; empty: all. Dates relative to today count from"
        " the day the policy was last changed.",
    )
    retention_months = fields.Integer(
        string="Keep for (months)",
        help="Contents older than this are proposed for redaction every night; a manager approves. 0: for ever.",
    )
    retention_user_id = fields.Many2one(
        "res.users", string="Kept as Said by", readonly=True, copy=False, help="Somebody else approves what has to go."
    )
    action_id = fields.Many2one("ir.actions.server", readonly=True, copy=False, ondelete="set null")
    row_count = fields.Integer(string="Rows", compute="_compute_coverage")
    rows_per_day = fields.Float(
        compute="_compute_coverage", digits=(16, 1), help="Average of the last 30 days, or since it is recorded."
    )
    unsealed_count = fields.Integer(string="Not Sealed Yet", compute="_compute_coverage")
    last_recorded_at = fields.Datetime(string="Last Recorded", compute="_compute_coverage")
    last_verified_at = fields.Datetime(string="Last Verified", compute="_compute_coverage")
    since = fields.Datetime(string="Recorded Since", readonly=True, copy=False, default=fields.Datetime.now)

    _model_unique = models.UniqueIndex("(model_id)", "The model has an audit policy already.")
    _retention_positive = models.Constraint(
        "CHECK(retention_months >= 0)", "Contents cannot be kept for less than 0 months."
    )

    def _compute_coverage(self):
        log = self.env["compliance.audit.log"].sudo()
        domain = Domain("model", "in", self.mapped("model"))
        start = fields.Datetime.subtract(fields.Datetime.now(), days=COVERAGE_DAYS)
        totals = {
            model: (count, last)
            for model, count, last in log._read_group(domain, ["model"], ["__count", "recorded_at:max"])
        }
        recent = dict(log._read_group(domain & Domain("recorded_at", ">=", start), ["model"], ["__count"]))
        unsealed = self.env["compliance.audit.seal"].sudo()._count_unsealed()
        verified_at = self.env["compliance.audit.verification"].sudo().search([], limit=1).create_date
        for policy in self:
            days = (fields.Datetime.now() - max(policy.since or start, start)).days
            policy.row_count, policy.last_recorded_at = totals.get(policy.model, (0, False))
            policy.rows_per_day = recent.get(policy.model, 0) / max(days, 1)
            policy.unsealed_count = unsealed.get(policy.model, 0)
            policy.last_verified_at = verified_at

    @api.constrains("model_id")
    def _check_model(self):
        for policy in self:
            model = self.env.get(policy.model_id.model)
            if model is None or model._abstract or model._transient or not model._auto:
                raise ValidationError(
                    self.env._("Records of %(model)s are not kept in a table of their own.", model=policy.model_id.name)
                )

    @api.constrains("model_id", "domain", "masked_field_ids", *OWN_SETTINGS)
    def _check_own(self):
        for policy in self.filtered(lambda policy: policy.model in OWN):
            is_whole = all(policy[name] == value for name, value in OWN_SETTINGS.items())
            if not is_whole or policy.domain not in (False, "[]") or policy.masked_field_ids:
                self._refuse_own(policy.model_id.name)

    @api.model
    def _refuse_own(self, model):
        raise UserError(self.env._("Changes of %(model)s are always recorded, as a whole.", model=model))

    @api.constrains("field_mode", "field_ids")
    def _check_fields(self):
        for policy in self:
            if policy.field_mode == "only" and not policy.field_ids:
                raise ValidationError(
                    self.env._("Choose the fields of %(model)s to record.", model=policy.model_id.name)
                )

    @api.constrains("domain", "model_id")
    def _check_domain(self):
        for policy in self:
            try:
                policy._get_condition()
            except ValidationError:
                raise
            except Exception as error:
                # Whatever a half-typed condition raises, from syntax to unknown fields, is the user's to mend.
                raise ValidationError(
                    self.env._(
                        "The condition on %(model)s cannot be evaluated: %(reason)s",
                        model=policy.model_id.name,
                        reason=str(error),
                    )
                ) from error

    def _try_conditions(self):
        self._get_condition()

    def _get_condition(self):
        """The policy's condition as the text of an SQL expression over the model's table; empty: every record.

        :raises ValidationError: if it needs other tables: deleted records could not be looked up in them
        """
        self.ensure_one()
        domain = Domain(literal_eval(self.domain or "[]"))
        if domain.is_true():
            return ""
        model = self.env[self.model].sudo().with_context(active_test=False)
        query = model._search(domain)
        if query.is_empty():
            return "FALSE"
        if query.from_clause != SQL.identifier(model._table) or "SELECT" in query.where_clause.code:
            raise ValidationError(
                self.env._("The condition on %(model)s must be about its own fields.", model=self.model_id.name)
            )
        return self.env.cr.mogrify(query.where_clause).decode()

    def _get_trigger_condition(self):
        """The condition, if there still is one. A field may have gone with its add-on: rather too much is recorded than
        that the server does not start any more.
        """
        try:
            return self._get_condition()
        except Exception as error:
            # Whatever a condition on what is gone raises: one more kind would keep the server from starting.
            _logger.warning("The condition on %s cannot be evaluated, all is recorded: %s", self.model, error)
            return ""

    @api.model_create_multi
    def create(self, vals_list):
        policies = super().create([{**vals, "retention_user_id": self.env.uid} for vals in vals_list])
        policies._after_change()
        return policies

    def write(self, vals):
        before = self._get_tables()
        if "model_id" in vals and (own := self.filtered(lambda policy: policy.model in OWN)):
            self._refuse_own(own[0].model_id.name)
        vals = {name: value for name, value in vals.items() if name != "retention_user_id"}
        if "retention_months" in vals:
            vals["retention_user_id"] = self.env.uid
        result = super().write(vals)
        self._after_change(before)
        return result

    def unlink(self):
        tables = self._get_tables()
        self.sudo().action_id.unlink()
        result = super().unlink()
        self._forget_models()
        self._drop_triggers(tables)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_own(self):
        if own := self.filtered(lambda policy: policy.model in OWN):
            self._refuse_own(own[0].model_id.name)

    def _get_tables(self):
        return {self.env[policy.model]._table for policy in self if policy.model in self.env}

    def _after_change(self, tables=()):
        """Puts the triggers in place, at once and for every process."""
        self.flush_model()
        self._forget_models()
        self._drop_triggers(tables)
        self._create_triggers()
        self._bind_history()

    @api.model
    def _forget_models(self):
        """Makes every process, and this transaction, ask again which models are recorded."""
        self.env.registry.clear_cache()
        self.env.cr.precommit.data.pop(MODELS_KEY, None)

    def _bind_history(self):
        """Gives every recorded model's form a "History" in its gear menu."""
        for policy in self:
            action = policy.sudo().action_id
            if not policy.active:
                action.unlink()
            elif not action:
                action = action.create(policy._prepare_history_action())
                policy._write_action(action)
                policy._translate_history([code for code, _name in self.env["res.lang"].get_installed()])
            elif not action.group_ids:
                action.group_ids = self.env.ref("base.group_user")

    def _write_action(self, action):
        """Past our own ``write``, which puts all triggers in place anew."""
        return super().write({"action_id": action.id})  # pylint: disable=super-method-mismatch

    def _translate_history(self, langs):
        """What the gear menu shows is data, and no file names it: it is translated here."""
        names = {lang: self.with_context(lang=lang).env._("History") for lang in langs}
        for action in self.sudo().action_id:
            action.update_field_translations("name", names)

    def _prepare_history_action(self):
        return {
            "name": "History",
            "model_id": self.model_id.id,
            "binding_model_id": self.model_id.id,
            "binding_view_types": "form",
            # Without groups, Odoo runs it only for those who may change the record: auditors may not.
            "group_ids": self.env.ref("base.group_user").ids,
            "state": "code",
            "code": "action = env['compliance.audit.history']._open(record)",
        }

    def action_view_log(self):
        """What was recorded of the model."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_compliance.compliance_audit_log_action")
        return {**action, "domain": [("model", "=", self.model)]}

    def _register_hook(self):
        """A new version of an add-on may have brought columns and relations; removing one may have taken triggers along
        with the columns they name.
        """
        super()._register_hook()
        if self.env.registry.ready or is_verifying.get():
            return
        policies = self.search([("active", "=", True)])
        if not self.env.registry.updated_modules:
            policies = policies._filter_incomplete()
            policies._report_interruption()
        else:
            policies._bind_history()
        policies._create_triggers()

    def _report_interruption(self):
        """Keeps for the auditor that these policies' changes were not recorded for a while; the verification to come
        will find all triggers in place.
        """
        if self:
            fault = self.env._(
                "Triggers of %s were missing or switched off until now: changes may not have been recorded.",
                ", ".join(self.mapped("model_id.name")),
            )
            self.env["compliance.audit.verification"].create({"fault": fault})
            _logger.warning("%s", fault)

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
                [self._get_link_trigger_name(table, event) for table in tables for event in LINK_EVENTS],
            )
        )
        for table, name in rows:
            self.env.cr.execute(SQL("DROP TRIGGER %s ON %s", SQL.identifier(name), SQL.identifier(table)))

    def _create_triggers(self):
        """Records what these policies say, and nothing else."""
        self._drop_triggers(self._get_tables())
        for (table, name), definition in self._prepare_triggers().items():
            # Another process may have created it in the meantime.
            self.env.cr.execute(
                SQL(
                    "DROP TRIGGER IF EXISTS %(name)s ON %(table)s; CREATE TRIGGER %(name)s %(definition)s",
                    name=SQL.identifier(name),
                    table=SQL.identifier(table),
                    definition=definition,
                )
            )

    def _filter_incomplete(self):
        """The policies of which a trigger is missing or switched off."""
        present = set(
            self.env.execute_query(
                SQL(
                    "SELECT relname, tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
                    " WHERE tgname LIKE 'compliance_audit_on_%%' AND tgenabled IN ('O', 'A')"
                )
            )
        )
        return self.filtered(lambda policy: set(policy._prepare_triggers()) - present)

    def _prepare_triggers(self):
        """What PostgreSQL has to do for these policies.

        :return: dict {(table, name of the trigger): SQL of its definition}
        """
        triggers = {}
        for policy in self.filtered("active"):
            if policy.model in self.env and self.env[policy.model]._auto:
                triggers.update(policy._prepare_table_triggers())
                triggers.update(policy._prepare_relation_triggers())
        return triggers

    def _prepare_table_triggers(self):
        """The triggers of the model's own table."""
        table = self.env[self.model]._table
        columns = {name: column["udt_name"] for name, column in table_columns(self.env.cr, table).items()}
        recorded = self._get_recorded_columns(columns)
        arguments = self._prepare_arguments(columns, recorded)
        definitions = {}
        if self.log_create:
            definitions["insert"] = self._define_trigger(table, "insert", arguments)
        if self.log_unlink:
            definitions["delete"] = self._define_trigger(table, "delete", arguments)
            model = SQL("%s", self.model)
            definitions["truncate"] = self._define_trigger(table, "truncate", model, "compliance_audit_record_truncate")
        if self.log_write and recorded:
            definitions["update"] = self._define_update_trigger(table, recorded, arguments)
        return {(table, f"{TRIGGER}{event}"): definition for event, definition in definitions.items()}

    def _prepare_relation_triggers(self):
        """Links to other records stand in tables of their own."""
        triggers, table = {}, self.env[self.model]._table
        company = "company_id" if "company_id" in table_columns(self.env.cr, table) else ""
        for name in self._get_recorded_relations():
            field = self.env[self.model]._fields[name]
            arguments = SQL(
                "%s, %s, %s, %s, %s, %s, %s",
                *(self.model, name, field.column1, field.column2, table, self._get_trigger_condition(), company),
            )
            for event in LINK_EVENTS:
                triggers[field.relation, self._get_link_trigger_name(table, event)] = self._define_trigger(
                    field.relation, event, arguments, "compliance_audit_record_relation"
                )
        return triggers

    @api.model
    def _get_link_trigger_name(self, table, event):
        """Name of a trigger on a table of links; PostgreSQL cuts names at 63 bytes."""
        return f"{TRIGGER}link_{event}_{table}"[:63]

    @api.model
    def _define_trigger(self, table, event, arguments, function="compliance_audit_record"):
        """A trigger that sees all rows of a statement at once."""
        return SQL(
            "AFTER %s ON %s %s FOR EACH STATEMENT EXECUTE FUNCTION %s(%s)",
            SQL(event.upper()),
            SQL.identifier(table),
            SQL(TRANSITIONS[event]),
            SQL.identifier(function),
            arguments,
        )

    def _define_update_trigger(self, table, recorded, arguments):
        """A trigger that sees one row after the other; where only some columns are recorded, it stays silent when
        others change: a nightly refresh of figures costs nothing.
        """
        # Columns named by a trigger cannot change their type: only those of which the names were chosen.
        columns = list(map(SQL.identifier, sorted(recorded))) if self.field_mode == "only" else []
        changed = [SQL("OLD.%s IS DISTINCT FROM NEW.%s", column, column) for column in columns]
        return SQL(
            "AFTER UPDATE%s ON %s FOR EACH ROW%s EXECUTE FUNCTION compliance_audit_record_update(%s)",
            SQL(" OF %s", SQL(", ").join(columns)) if columns else SQL(),
            SQL.identifier(table),
            SQL(" WHEN (%s)", SQL(" OR ").join(changed)) if columns else SQL(),
            arguments,
        )

    def _get_recorded_relations(self):
        """Names of the many-to-many fields recorded; of two fields on one table, one; none on a model's own table."""
        names, tables = {}, {model._table for model in self.env.values()}
        chosen = set(self.field_ids.mapped("name"))
        for name, field in self.env[self.model]._fields.items():
            is_wanted = self.field_mode == "all" or (self.field_mode == "only") == (name in chosen)
            if is_wanted and field.type == "many2many" and field.store and field.relation not in tables:
                names.setdefault(field.relation, name)
        existing = existing_tables(self.env.cr, names) if names else ()
        return [name for relation, name in names.items() if relation in existing]

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
            "%s, %s, %s, %s, %s, %s",
            self.model,
            self._format_array(set(columns) - recorded),
            self._format_array(masked),
            self._format_array(name for name, kind in columns.items() if kind == "bytea"),
            named,
            self._get_trigger_condition(),
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
