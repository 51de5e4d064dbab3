#!/usr/bin/env bash
# The long form of tests/audit_storm.py on throwaway clusters: eight writers at once, then fifty crashes.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$ROOT/scripts/postgres.sh"
. "$ROOT/scripts/odoo_conf.sh"

"$ROOT/scripts/setup.sh"
WORK=$(mktemp -d "${TMPDIR:-/tmp}/crmc-storm.XXXXXX")
chmod 755 "$WORK"
finish() {
    trap - EXIT
    pg_stop immediate
    rm -rf "$WORK"
}
trap finish EXIT
trap 'exit 130' INT TERM

unset PGHOST PGUSER PGPORT
pg_start "$WORK/postgres" "$PG_OPTIONS_FAST"
export ODOO_CONF=$WORK/odoo.conf
odoo_conf "$ODOO_CONF" "$WORK/filestore" "with_demo = True" "log_level = warn"
prepare() { createdb storm && odoo -c "$ODOO_CONF" -d storm -i crm_compliance --stop-after-init --no-http; }
step "Preparing a database" prepare
cd "$ROOT"
"$PYTHON" tests/audit_storm.py storm --database storm --writers 8 --seconds 120
"$PYTHON" tests/audit_storm.py crash --database storm --writers 4 --rounds 50
