# shellcheck shell=bash
# A database cluster and a configuration of Odoo that are gone when the script ends. Sourced after lib.sh.
. "$ROOT/scripts/postgres.sh"
. "$ROOT/scripts/odoo_conf.sh"

# throwaway NAME "server options" [line of odoo.conf...]: starts the cluster; sets WORK, the folder, and ODOO_CONF.
throwaway() {
    WORK=$(mktemp -d "${TMPDIR:-/tmp}/crmc-$1.XXXXXX")
    chmod 755 "$WORK"
    trap throw_away EXIT
    trap 'exit 130' INT TERM
    unset PGHOST PGUSER PGPORT
    pg_start "$WORK/postgres" "$PG_OPTIONS_FAST $2"
    export ODOO_CONF=$WORK/odoo.conf
    odoo_conf "$ODOO_CONF" "$WORK/filestore" "log_level = warn" "${@:3}"
}

throw_away() {
    trap - EXIT
    pg_stop immediate
    rm -rf "$WORK"
}
