#!/usr/bin/env bash
# with_database.sh shell | load FILE: works on the database of 'make run', starting the cluster if it is not running.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$ROOT/scripts/postgres.sh"
. "$ROOT/scripts/odoo_conf.sh"

WHAT=${1:?}
DB=${CRM_COMPLIANCE_DB:-crm_compliance}
CONF=$DATA/odoo-$WHAT.conf
if [ "$WHAT" = load ]; then
    [ -n "${2:-}" ] || die "Which file? make load FILE=history.csv"
    [ -f "$2" ] || die "There is no file $2."
    FILE=$(realpath "$2")
fi
"$ROOT/scripts/setup.sh"
if [ -z "${PGHOST:-}" ]; then
    if running=$(pg_running "$DATA/postgres"); then
        export PGHOST=$running PGUSER=odoo PGPORT=5432
    else
        trap pg_stop EXIT
        pg_start "$DATA/postgres"
    fi
fi
db_exists "$DB" || die "There is no database yet: run 'make run' once."
odoo_conf "$CONF" "$DATA/filestore" "db_name = $DB" "log_level = warn"
case $WHAT in
    shell) odoo shell -c "$CONF" -d "$DB" --no-http ;;
    load) "$PYTHON" "$ROOT/scripts/load_history.py" -c "$CONF" -d "$DB" "$FILE" ;;
esac
