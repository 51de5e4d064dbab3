# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import hashlib
import json
from contextvars import ContextVar

from odoo import api, models
from odoo.http import request
from odoo.tools import SQL

CONTEXT_KEY = "crm_compliance.audit"
MODELS_KEY = "crm_compliance.audited"
EXTERNAL = ("/xmlrpc", "/jsonrpc", "/json/")
# A list of one record is read like a form. No context key: whoever calls could set it.
_listing = ContextVar("listing", default=False)
_importing = ContextVar("importing", default=False)


def _execute(pool, query):
    with pool.cursor() as cr:
        cr.execute(query)


class Base(models.AbstractModel):
    """Says once per transaction who acts and from where; PostgreSQL records what is done."""

    _inherit = "base"

    @api.model_create_multi
    def create(self, vals_list):
        self._audit_identify()
        return super().create(vals_list)

    def write(self, vals):
        self._audit_identify()
        return super().write(vals)

    def _write_multi(self, vals_list):
        # Called late, and by whoever happens to flush: only where nobody is known yet.
        if CONTEXT_KEY not in self.env.cr.precommit.data:
            self._audit_identify()
        return super()._write_multi(vals_list)

    def unlink(self):
        self._audit_identify()
        return super().unlink()

    @api.model
    def load(self, fields, data):
        """Says that what follows is an import. Not by the context, which any caller may set."""
        known = self.env.cr.precommit.data
        known.pop(CONTEXT_KEY, None)
        token = _importing.set(True)
        try:
            return super().load(fields, data)
        finally:
            _importing.reset(token)
            known.pop(CONTEXT_KEY, None)

    def export_data(self, fields_to_export):
        """Records who took what out of the system."""
        if self._name in self.env["compliance.audit.policy"]._get_models("export"):
            self._audit_insert("export", ",".join(fields_to_export))
        return super().export_data(fields_to_export)

    @api.model
    @api.readonly
    def web_search_read(self, domain, specification, offset=0, limit=None, order=None, count_limit=None):
        token = _listing.set(True)
        try:
            return super().web_search_read(domain, specification, offset, limit, order, count_limit)
        finally:
            _listing.reset(token)

    def web_read(self, specification):
        """Records who opened a form: the web client reads one record with its fields, not its name only."""
        is_opened = len(self) == 1 and not _listing.get() and not specification.keys() <= {"id", "display_name"}
        if is_opened and self._name in self.env["compliance.audit.policy"]._get_models("read"):
            self._audit_insert("read", None)
        return super().web_read(specification)

    @api.model
    def _get_audit_names(self, ids):
        """What these records are called: {id: name}, without those deleted since.

        Their own column, where they have one: a display name may take half of the record to compute.
        """
        columns = (self._fields.get(name) for name in ("complete_name", self._rec_name))
        own = (field.name for field in columns if field and field.type == "char" and (field.store or field.inherited))
        name = next(own, None)
        if not name:
            records = self.search_fetch([("id", "in", list(ids))], ["display_name"])
            return {record.id: record.display_name or "" for record in records}
        query = self._search([("id", "in", list(ids))], order="id")
        columns = SQL.identifier(self._table, "id"), self._field_to_sql(self._table, name, query)
        return {id_: text or "" for id_, text in self.env.execute_query(query.select(*columns))}

    def _audit_identify(self):
        """Tells PostgreSQL the user of this transaction, if the model is recorded and it does not know yet."""
        known = self.env.cr.precommit.data
        if known.get(CONTEXT_KEY) != self.env.uid and self._audit_is_recorded():
            self.env.cr.execute("SELECT set_config(%s, %s, true)", (CONTEXT_KEY, json.dumps(self._audit_context())))
            known[CONTEXT_KEY] = self.env.uid

    def _audit_is_recorded(self):
        """May PostgreSQL record a change of this model? While add-ons are being installed, nobody can tell yet."""
        # Asked at every write of everything: once per transaction is enough, see _forget_models.
        known = self.env.cr.precommit.data
        if MODELS_KEY not in known:
            if "compliance.audit.policy" not in self.pool.models:
                return False
            if not self.pool.ready:
                return True
            known[MODELS_KEY] = self.env["compliance.audit.policy"]._get_models()
        return self._name in known[MODELS_KEY]

    def _audit_context(self):
        """Who acts, and from where: user, real_user where an administrator acts for another, origin, address, session
        (a hash: the session's own id would let the reader in).
        """
        context = {"user": self.env.uid, "origin": "system"}
        if request and request.db:
            session = request.session
            context["origin"] = "rpc" if request.httprequest.path.startswith(EXTERNAL) else "web"
            context["address"] = request.httprequest.remote_addr
            if session.uid and session.uid != self.env.uid:
                context["real_user"] = session.uid
            if session.sid:
                context["session"] = hashlib.sha256(session.sid.encode()).hexdigest()[:16]
        elif self.env.context.get("cron_id"):
            context["origin"] = "cron"
        if _importing.get():
            context["origin"] = "import"
        return context

    def _audit_insert(self, operation, details):
        """Records something SQL cannot see. The web client opens forms in transactions that cannot write: there the row
        has a transaction of its own, before the answer leaves; if it fails, so does the request.
        """
        query = SQL(
            """
            INSERT INTO compliance_audit_log
                   (operation, model, res_id, user_id, real_user_id, origin, address, session, changes)
            SELECT %s, %s, res_id, (context ->> 'user')::int4, (context ->> 'real_user')::int4,
                   context ->> 'origin', context ->> 'address', context ->> 'session', %s::jsonb
              FROM UNNEST(%s::int4[]) AS res_id, (SELECT %s::jsonb AS context) said
            """,
            operation,
            self._name,
            json.dumps({"fields": [None, details]}) if details else None,
            self.ids,
            json.dumps(self._audit_context()),
        )
        if self.env.cr.readonly:
            pool = self.pool
            self.env.cr.postcommit.add(lambda: _execute(pool, query))
        else:
            self.env.cr.execute(query)
