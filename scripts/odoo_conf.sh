# shellcheck shell=bash
# Writes the server's configuration file. Sourced after lib.sh.

# odoo_conf FILE DATA_FOLDER [line...]
odoo_conf() {
    local file=$1 data=$2
    shift 2
    mkdir -p "$data"
    {
        echo "[options]"
        echo "addons_path = $ROOT/addons"
        echo "data_dir = $data"
        echo "list_db = False"
        echo "max_cron_threads = 1"
        echo "http_interface = 127.0.0.1"
        printf '%s\n' "$@"
    } >"$file"
}
