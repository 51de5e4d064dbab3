# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The audit trail in PostgreSQL: tables nobody can change, and the functions that write to them.

Everything is written so that running it again changes nothing: it runs at every installation and upgrade.
"""

import re

# hstore finds the differences of two rows faster than jsonb; a trusted extension, so that no superuser is needed. In a
# schema off the search path: its operators are jsonb's too, and where both are in sight PostgreSQL refuses queries of
# Odoo that leave a type open, such as '{"1": 2}' ? key when an account is split by company. Where it is there already,
# somebody else wants it where it is.
EXTENSION = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'hstore') THEN
        CREATE SCHEMA IF NOT EXISTS crm_compliance_hstore;
        -- Whoever may write to a recorded table may have it recorded.
        GRANT USAGE ON SCHEMA crm_compliance_hstore TO PUBLIC;
        CREATE EXTENSION hstore SCHEMA crm_compliance_hstore;
    END IF;
END $$;
"""

# Every index is paid for by whoever saves a form: users and times, which auditors ask for now and then, have none.
TABLES = """
CREATE TABLE IF NOT EXISTS compliance_audit_log (
    id bigserial PRIMARY KEY,
    recorded_at timestamp NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'),
    transaction xid8 NOT NULL DEFAULT pg_current_xact_id(),
    operation varchar NOT NULL,
    model varchar NOT NULL,
    res_id int4,
    name varchar,
    company_id int4,
    user_id int4,
    real_user_id int4,
    origin varchar NOT NULL,
    address varchar,
    session varchar,
    changes jsonb,
    salt bytea DEFAULT uuid_send(gen_random_uuid()),
    redaction_id int4
);
CREATE INDEX IF NOT EXISTS compliance_audit_log_record_idx ON compliance_audit_log (model, res_id, id);
CREATE INDEX IF NOT EXISTS compliance_audit_log_order_idx ON compliance_audit_log (transaction, id);
DROP INDEX IF EXISTS compliance_audit_log_transaction_idx;

CREATE TABLE IF NOT EXISTS compliance_audit_seal (
    id serial PRIMARY KEY,
    number int4 NOT NULL UNIQUE,
    previous varchar NOT NULL UNIQUE, -- two seals cannot follow the same one
    root varchar NOT NULL,
    count int4 NOT NULL,
    sealed_at varchar NOT NULL,
    hash varchar NOT NULL UNIQUE,
    total int8 NOT NULL,
    frontier xid8 NOT NULL,
    cluster varchar NOT NULL, -- whose transactions the frontier counts
    create_date timestamp NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'UTC')
);

CREATE TABLE IF NOT EXISTS compliance_audit_leaf (
    log_id int8 PRIMARY KEY,
    seal_number int4 NOT NULL,
    commitment bytea NOT NULL
);
CREATE INDEX IF NOT EXISTS compliance_audit_leaf_seal_idx ON compliance_audit_leaf (seal_number, log_id);
"""

# The one change of a row that is allowed: emptying it, once sealed, for an erasure that two people answer for and that
# is about this row.
GUARDS = """
CREATE OR REPLACE FUNCTION compliance_audit_refuse() RETURNS trigger LANGUAGE plpgsql
    SET search_path = {path} AS $$
BEGIN
    RAISE EXCEPTION 'The audit trail cannot be changed.' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE OR REPLACE FUNCTION compliance_audit_allow_redaction() RETURNS trigger LANGUAGE plpgsql
    SET search_path = {path} AS $$
DECLARE
    redacted compliance_audit_log := OLD;
BEGIN
    redacted.changes := NULL;
    redacted.name := NULL;
    redacted.salt := NULL;
    redacted.redaction_id := NEW.redaction_id;
    IF redacted IS NOT DISTINCT FROM NEW AND OLD.redaction_id IS NULL AND EXISTS (
            SELECT FROM compliance_audit_redaction approved
             WHERE approved.id = NEW.redaction_id AND approved.state = 'approved'
               AND approved.requested_by <> approved.approved_by AND approved.model = OLD.model
               AND COALESCE(NULLIF(approved.res_id, 0), OLD.res_id) IS NOT DISTINCT FROM OLD.res_id
               AND (approved.company_id IS NULL OR approved.company_id = OLD.company_id
                    OR OLD.company_id IS NULL AND approved.res_id > 0)
               AND OLD.recorded_at < COALESCE(approved.before, 'infinity')
               -- An hour for clocks that differ: no approval is one for all that comes later.
               AND OLD.recorded_at < approved.approved_at + interval '1 hour')
            AND EXISTS (SELECT FROM compliance_audit_leaf leaf WHERE leaf.log_id = OLD.id) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'The audit trail cannot be changed.' USING ERRCODE = 'insufficient_privilege';
END $$;

DROP TRIGGER IF EXISTS compliance_audit_update ON compliance_audit_log;
CREATE TRIGGER compliance_audit_update BEFORE UPDATE ON compliance_audit_log
    FOR EACH ROW EXECUTE FUNCTION compliance_audit_allow_redaction();
ALTER TABLE compliance_audit_log ENABLE ALWAYS TRIGGER compliance_audit_update;
"""

# Refused even while nothing would be hit, and in sessions that act as replicas (ALWAYS).
GUARD = """
DROP TRIGGER IF EXISTS compliance_audit_guard ON {table};
CREATE TRIGGER compliance_audit_guard BEFORE {events} ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION compliance_audit_refuse();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER compliance_audit_guard;
"""

# Arguments of the triggers: model, columns left out, columns masked, columns of which only a digest is kept, column of
# the name, condition on the row (empty: every row). What Odoo says about the user stands in a setting of the
# transaction; without it, the change came by plain SQL: from within Odoo if the session calls itself Odoo's, else from
# outside. Odoo writes late, several users' changes at once: whose a change is stands in the row, if it was written by
# this very statement.
# Dates and numbers are written alike whatever the session likes, and into this very table: a session's own temporary
# table of that name, or another search path, would else take the rows. Planning takes longer than running: it is done
# once.
# The SQL functions hold nothing less stable than they promise, or PostgreSQL would call them instead of inlining them.
FUNCTIONS = """
CREATE OR REPLACE FUNCTION compliance_audit_context() RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT COALESCE(
        NULLIF(current_setting('crm_compliance.audit', true), '')::jsonb,
        jsonb_build_object('origin', CASE WHEN current_setting('application_name') LIKE 'odoo-%'
                                          THEN 'sql' ELSE 'outside' END,
                           'address', COALESCE(host(inet_client_addr()), 'local'),
                           'session', current_setting('application_name')))
$$;

CREATE OR REPLACE FUNCTION compliance_audit_value(value text, key text, masked text[], digested text[])
    RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN value IS NULL THEN NULL
                WHEN key = ANY(masked) THEN '***'
                WHEN key = ANY(digested) THEN encode(sha256(value::bytea), 'hex') || ' ' || length(value)::text
                ELSE value END
$$;

CREATE OR REPLACE FUNCTION compliance_audit_writer(context jsonb, before {hstore}.hstore, after {hstore}.hstore)
    RETURNS int4 LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN context ->> 'origin' = 'outside' THEN NULL
                WHEN {hstore}.fetchval(before, 'write_date') IS DISTINCT FROM {hstore}.fetchval(after, 'write_date')
                     OR {hstore}.fetchval(before, 'write_uid') IS DISTINCT FROM {hstore}.fetchval(after, 'write_uid')
                THEN {hstore}.fetchval(after, 'write_uid')
                ELSE context ->> 'user' END::int4
$$;

CREATE OR REPLACE FUNCTION compliance_audit_record() RETURNS trigger LANGUAGE plpgsql
    SET search_path = {path} SET datestyle = 'ISO' SET extra_float_digits = '1'
    SET plan_cache_mode = 'force_generic_plan' AS $$
DECLARE
    context jsonb := compliance_audit_context();
    model text := TG_ARGV[0];
    ignored text[] := TG_ARGV[1];
    masked text[] := TG_ARGV[2];
    digested text[] := TG_ARGV[3];
    named text := TG_ARGV[4];
    condition text := TG_ARGV[5];
    kept int4[];
BEGIN
    IF condition <> '' THEN
        EXECUTE format('SELECT COALESCE(array_agg(id), ''{}'') FROM (%s) %I WHERE %s',
                       CASE TG_OP WHEN 'INSERT' THEN 'TABLE new_rows' ELSE 'TABLE old_rows' END,
                       TG_TABLE_NAME, condition)
           INTO kept;
    END IF;
    IF TG_OP = 'INSERT' THEN
        INSERT INTO compliance_audit_log
               (operation, model, res_id, name, company_id, user_id, real_user_id, origin, address, session, changes)
        SELECT 'create', model, (after -> 'id')::int4, after -> named, (after -> 'company_id')::int4,
               CASE WHEN context ->> 'origin' <> 'outside'
                    THEN COALESCE(after -> 'create_uid', context ->> 'user') END::int4,
               (context ->> 'real_user')::int4,
               context ->> 'origin', context ->> 'address', context ->> 'session',
               (SELECT jsonb_object_agg(key, jsonb_build_array(
                           NULL, compliance_audit_value(value, key, masked, digested)))
                  FROM each(after - ignored) WHERE value IS NOT NULL)
          FROM (SELECT hstore(fresh) AS after FROM new_rows fresh
                 WHERE kept IS NULL OR id IN (SELECT unnest(kept))) rows;
    ELSE
        INSERT INTO compliance_audit_log
               (operation, model, res_id, name, company_id, user_id, real_user_id, origin, address, session, changes)
        SELECT 'unlink', model, (before -> 'id')::int4, before -> named, (before -> 'company_id')::int4,
               (context ->> 'user')::int4, (context ->> 'real_user')::int4,
               context ->> 'origin', context ->> 'address', context ->> 'session',
               (SELECT jsonb_object_agg(key, jsonb_build_array(
                           compliance_audit_value(value, key, masked, digested), NULL))
                  FROM each(before - ignored) WHERE value IS NOT NULL)
          FROM (SELECT hstore(stale) AS before FROM old_rows stale
                 WHERE kept IS NULL OR id IN (SELECT unnest(kept))) rows;
    END IF;
    RETURN NULL;
END $$;

-- Runs for every changed record, step by step: for a saved form that is cheaper than a query over all rows of the
-- statement. It has no settings of its own, which PostgreSQL would set and put back for every row: names say where, and
-- sessions that write dates or numbers in another way give that up until their transaction ends.
CREATE OR REPLACE FUNCTION compliance_audit_record_update() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before {hstore}.hstore;
    after {hstore}.hstore;
    difference {hstore}.hstore;
    keys text[];
    masked text[];
    digested text[];
    context jsonb;
    changes jsonb := '{}';
    key text;
    record_id int4;
    kept boolean;
BEGIN
    IF current_setting('datestyle') NOT LIKE 'ISO%' OR current_setting('extra_float_digits') NOT IN ('1', '2', '3') THEN
        PERFORM set_config('datestyle', 'ISO', true), set_config('extra_float_digits', '1', true);
    END IF;
    IF TG_ARGV[5] <> '' THEN
        EXECUTE format('SELECT EXISTS (SELECT FROM (SELECT ($1).* UNION ALL SELECT ($2).*) %I WHERE %s)',
                       TG_TABLE_NAME, TG_ARGV[5])
           INTO kept USING OLD, NEW;
        IF NOT kept THEN
            RETURN NULL;
        END IF;
    END IF;
    before := {hstore}.hstore(OLD);
    after := {hstore}.hstore(NEW);
    difference := {hstore}.delete({hstore}.delete(after, before), TG_ARGV[1]::text[]);
    keys := {hstore}.akeys(difference);
    IF OLD.id <> NEW.id THEN
        changes := jsonb_build_object('id', jsonb_build_array(OLD.id::text, NEW.id::text));
    ELSIF keys = '{}' THEN
        RETURN NULL;
    END IF;
    masked := TG_ARGV[2];
    digested := TG_ARGV[3];
    FOREACH key IN ARRAY keys LOOP
        changes := changes || jsonb_build_object(key, jsonb_build_array(
            {schema}.compliance_audit_value({hstore}.fetchval(before, key), key, masked, digested),
            {schema}.compliance_audit_value({hstore}.fetchval(difference, key), key, masked, digested)));
    END LOOP;
    context := {schema}.compliance_audit_context();
    -- Whoever gives a record another id does not part it from its history.
    FOREACH record_id IN ARRAY CASE WHEN OLD.id = NEW.id THEN ARRAY[NEW.id] ELSE ARRAY[OLD.id, NEW.id] END LOOP
        INSERT INTO {schema}.compliance_audit_log
               (operation, model, res_id, name, company_id, user_id, real_user_id, origin, address, session, changes)
        VALUES ('write', TG_ARGV[0], record_id, {hstore}.fetchval(after, TG_ARGV[4]),
                {hstore}.fetchval(after, 'company_id')::int4,
                {schema}.compliance_audit_writer(context, before, after), (context ->> 'real_user')::int4,
                context ->> 'origin', context ->> 'address', context ->> 'session', changes);
    END LOOP;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION compliance_audit_record_truncate() RETURNS trigger LANGUAGE plpgsql
    SET search_path = {path} AS $$
DECLARE
    context jsonb := compliance_audit_context();
BEGIN
    INSERT INTO compliance_audit_log (operation, model, user_id, real_user_id, origin, address, session)
    VALUES ('truncate', TG_ARGV[0], (context ->> 'user')::int4, (context ->> 'real_user')::int4,
            context ->> 'origin', context ->> 'address', context ->> 'session');
    RETURN NULL;
END $$;

-- Arguments: model, field, column of the record, column of the linked record, table of the model, condition, column of
-- the record's company (empty: it has none).
-- An UPDATE of links, as when partners are merged, takes the old ones away and adds the new ones.
CREATE OR REPLACE FUNCTION compliance_audit_record_relation() RETURNS trigger LANGUAGE plpgsql
    SET search_path = {path} SET plan_cache_mode = 'force_generic_plan' AS $$
DECLARE
    context jsonb := compliance_audit_context();
    ids text := CASE TG_OP WHEN 'INSERT' THEN format('SELECT %I FROM new_rows', TG_ARGV[2])
                           WHEN 'DELETE' THEN format('SELECT %I FROM old_rows', TG_ARGV[2])
                           ELSE format('SELECT %1$I FROM old_rows UNION SELECT %1$I FROM new_rows', TG_ARGV[2]) END;
    kept int4[];
    companies hstore;
BEGIN
    IF TG_ARGV[5] <> '' THEN
        EXECUTE format('SELECT COALESCE(array_agg(id), ''{}'') FROM %I WHERE id IN (%s) AND (%s)', TG_ARGV[4], ids,
                       TG_ARGV[5])
           INTO kept;
    END IF;
    IF TG_ARGV[6] <> '' THEN
        EXECUTE format('SELECT hstore(array_agg(id::text), array_agg(%I::text)) FROM %I WHERE id IN (%s)', TG_ARGV[6],
                       TG_ARGV[4], ids)
           INTO companies;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO compliance_audit_log
               (operation, model, res_id, company_id, user_id, real_user_id, origin, address, session, changes)
        SELECT 'write', TG_ARGV[0], res_id, (companies -> res_id::text)::int4, (context ->> 'user')::int4,
               (context ->> 'real_user')::int4, context ->> 'origin', context ->> 'address', context ->> 'session',
               jsonb_build_object(TG_ARGV[1], jsonb_build_array(string_agg(linked -> TG_ARGV[3], ','), NULL))
          FROM (SELECT linked, (linked -> TG_ARGV[2])::int4 AS res_id
                  FROM (SELECT hstore(stale.*) AS linked FROM old_rows stale) links) rows
         WHERE kept IS NULL OR res_id IN (SELECT unnest(kept))
      GROUP BY res_id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO compliance_audit_log
               (operation, model, res_id, company_id, user_id, real_user_id, origin, address, session, changes)
        SELECT 'write', TG_ARGV[0], res_id, (companies -> res_id::text)::int4, (context ->> 'user')::int4,
               (context ->> 'real_user')::int4, context ->> 'origin', context ->> 'address', context ->> 'session',
               jsonb_build_object(TG_ARGV[1], jsonb_build_array(NULL, string_agg(linked -> TG_ARGV[3], ',')))
          FROM (SELECT linked, (linked -> TG_ARGV[2])::int4 AS res_id
                  FROM (SELECT hstore(fresh.*) AS linked FROM new_rows fresh) links) rows
         WHERE kept IS NULL OR res_id IN (SELECT unnest(kept))
      GROUP BY res_id;
    END IF;
    RETURN NULL;
END $$;
"""

# How many triggers protect the trail: one on each table, and the one that lets nothing but redactions through.
GUARD_COUNT = 4


def create(cr):
    """Create what is missing and renew the functions."""
    cr.execute(EXTENSION)
    cr.execute(TABLES)
    for statements in (FUNCTIONS, GUARDS):
        cr.execute(_complete(cr, statements))
    cr.execute(GUARD.format(table="compliance_audit_log", events="DELETE OR TRUNCATE"))  # pylint: disable=sql-injection
    for table in ("compliance_audit_seal", "compliance_audit_leaf"):
        cr.execute(GUARD.format(table=table, events="UPDATE OR DELETE OR TRUNCATE"))  # pylint: disable=sql-injection


def find_changed_functions(cr):
    """Names of the functions that are missing, or do something else than they were made for.

    :return: list, empty if everything is as ``create`` left it
    """
    text = _complete(cr, FUNCTIONS + GUARDS)
    expected = dict(re.findall(r"CREATE OR REPLACE FUNCTION (\w+)\(.*?AS \$\$(.*?)\$\$", text, re.DOTALL))
    cr.execute(
        "SELECT proname, prosrc FROM pg_proc WHERE proname = ANY(%s) AND pronamespace = current_schema()::regnamespace",
        (list(expected),),
    )
    bodies = dict(cr.fetchall())
    return sorted(name for name, body in expected.items() if bodies.get(name) != body)


def _complete(cr, statements):
    """Statements that name the schema of the tables, that of hstore's functions, and a path on which temporary tables
    come after both.
    """
    cr.execute(
        "SELECT quote_ident(current_schema()), quote_ident(nspname) FROM pg_extension"
        " JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'hstore'"
    )
    schema, hstore = cr.fetchone()
    path = ", ".join([*dict.fromkeys((schema, hstore)), "pg_temp"])
    for name, value in {"path": path, "schema": schema, "hstore": hstore}.items():
        statements = statements.replace(f"{{{name}}}", value)
    return statements
