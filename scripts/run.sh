#!/usr/bin/env bash
# Serves a real Odoo with the add-ons of this project; Ctrl-C stops everything it started.
# Environment: PORT (8069), UI_LANG (zh_CN starts in Chinese), CRM_COMPLIANCE_DB (crm_compliance).
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$ROOT/scripts/postgres.sh"
. "$ROOT/scripts/odoo_conf.sh"

PORT=${PORT:-8069}
DB=${CRM_COMPLIANCE_DB:-crm_compliance}
UI_LANG=${UI_LANG:-}
case $PORT in *[!0-9]* | '') die "PORT must be a number, not '$PORT'." ;; esac
case $UI_LANG in '' | [a-z][a-z]_[A-Z][A-Z]) ;; *) die "LANG must be a language code such as zh_CN, not '$UI_LANG'." ;; esac

"$ROOT/scripts/setup.sh"
port_free "$PORT" || die "Port $PORT is used by another program: stop that, or choose another port with 'make run PORT=8070'."

SERVER=
finish() {
    trap - EXIT INT TERM
    if [ -n "$SERVER" ] && kill -0 "$SERVER" 2>/dev/null; then
        kill -INT "$SERVER" 2>/dev/null || true
        wait "$SERVER" 2>/dev/null || true
    fi
    pg_stop
    say "Stopped. The data stay in $DATA."
}
trap finish EXIT
trap 'exit 0' INT
trap 'exit 143' TERM

[ -n "${PGHOST:-}" ] || pg_start "$DATA/postgres"
CONF=$DATA/odoo.conf
odoo_conf "$CONF" "$DATA/filestore" "http_port = $PORT" "with_demo = True" "db_name = $DB" "dbfilter = ^$DB\$" \
    "logfile = $DATA/odoo.log"
fingerprint=$(cd "$ROOT/addons" && find . -type f -not -name '*.pyc' -print0 | sort -z | xargs -0 sha256sum | sha256sum)

server_once() { odoo -c "$CONF" "$@" --stop-after-init --no-http; }

# Created under another name first: a database that was interrupted half way must not look finished.
create_database() {
    dropdb --if-exists --force "$DB-new" && createdb "$DB-new" &&
        server_once -d "$DB-new" -i crm_compliance,sale_management &&
        psql -q -d postgres -c "ALTER DATABASE \"$DB-new\" RENAME TO \"$DB\"" &&
        { [ ! -d "$DATA/filestore/filestore/$DB-new" ] || mv -T "$DATA/filestore/filestore/$DB-new" "$DATA/filestore/filestore/$DB"; }
}

speak() {
    odoo i18n loadlang -c "$CONF" -d "$DB" -l "$UI_LANG" &&
        odoo shell -c "$CONF" -d "$DB" --no-http <<PYTHON
env["res.users"].with_context(active_test=False).search([]).partner_id.write({"lang": "$UI_LANG"})
env["ir.default"].set("res.partner", "lang", "$UI_LANG")
env.cr.commit()
PYTHON
}

if ! db_exists "$DB"; then
    step "Creating the database with demo data (about a minute)" create_database || die "The database could not be created; the log is $DATA/odoo.log."
elif [ "$(cat "$DATA/$DB.fingerprint" 2>/dev/null)" != "$fingerprint" ]; then
    step "Upgrading the add-ons" server_once -d "$DB" -i sale_management -u crm_compliance || die "The add-ons could not be upgraded; the log is $DATA/odoo.log."
fi
printf '%s' "$fingerprint" >"$DATA/$DB.fingerprint"
if [ -n "$UI_LANG" ] && [ "$(cat "$DATA/$DB.lang" 2>/dev/null)" != "$UI_LANG" ]; then
    step "Loading $UI_LANG" speak || die "The language $UI_LANG could not be loaded; the log is $DATA/odoo.log."
    printf '%s' "$UI_LANG" >"$DATA/$DB.lang"
fi

# What prints PDFs fetches their styles from the server itself, whatever address people know it by.
psql -q -d "$DB" -c "INSERT INTO ir_config_parameter (key, value) VALUES ('report.url', 'http://127.0.0.1:$PORT')
    ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value"
odoo -c "$CONF" -d "$DB" 2>/dev/null &
SERVER=$!
for _ in $(seq 300); do
    port_free "$PORT" || break
    kill -0 "$SERVER" 2>/dev/null || { tail -n 20 "$DATA/odoo.log" >&2; die "Odoo stopped; the log is $DATA/odoo.log."; }
    sleep 0.1
done

cat >&2 <<TEXT

  Odoo with CRM Compliance:  http://localhost:$PORT

    administrator         admin / admin
    compliance manager    manager / manager
    compliance officer    officer / officer
    sales                 sales / sales
    accountant            accountant / accountant
    auditor               auditor / auditor
    customer (portal)     customer / customer

  Data: $DATA   Log: $DATA/odoo.log   Stop: Ctrl-C
TEXT
wait "$SERVER"
