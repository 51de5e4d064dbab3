# shellcheck shell=bash
# A private PostgreSQL cluster with a socket of its own. Sourced after lib.sh; PGHOST set = use that server instead.

PG_OPTIONS_FAST="-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c wal_level=minimal -c max_wal_senders=0"

pg_bin() {
    local initdb
    initdb=$(find /usr/lib/postgresql -path '*/bin/initdb' 2>/dev/null | sort -V | tail -n 1)
    [ -n "$initdb" ] || initdb=$(command -v initdb) || die "PostgreSQL is missing: install Debian's package 'postgresql', or set PGHOST to a server."
    dirname "$(readlink -f "$initdb")"
}

# PostgreSQL refuses root; Debian's package brings the user 'postgres' for that case. A session of its own
# keeps Ctrl-C away from it, so that the database stops last.
pg_as() {
    if [ "$(id -u)" = 0 ]; then
        setsid --wait runuser -u postgres -- "$@"
    else
        setsid --wait "$@"
    fi
}

# pg_start FOLDER [server options]: creates the cluster on first use, starts it, exports PGHOST and PGUSER.
pg_start() {
    local folder=$1 options=${2:-} bin
    bin=$(pg_bin)
    [ "$(id -u)" != 0 ] || id postgres >/dev/null 2>&1 || die "PostgreSQL cannot run as root and there is no user 'postgres': install Debian's package 'postgresql'."
    PG_FOLDER=$folder
    if [ ! -f "$folder/data/PG_VERSION" ]; then
        mkdir -p "$folder"
        [ "$(id -u)" != 0 ] || chown postgres "$folder"
        step "Creating the database cluster" pg_as "$bin/initdb" -D "$folder/data" -U odoo --auth=trust \
            --encoding=UTF8 --locale=C.UTF-8 --no-sync
    fi
    # A socket path may have 107 bytes at most, however deep the project lies.
    PG_SOCKETS=$(mktemp -d /tmp/crmc-pg.XXXXXX)
    chmod 755 "$PG_SOCKETS"
    [ "$(id -u)" != 0 ] || chown postgres "$PG_SOCKETS"
    if pg_as "$bin/pg_ctl" -D "$folder/data" status >/dev/null 2>&1; then
        die "The database in $folder is already running: another 'make run' uses it."
    fi
    pg_as "$bin/pg_ctl" -D "$folder/data" -l "$folder/data/server.log" -w -t 60 start -o \
        "-c listen_addresses='' -c unix_socket_directories='$PG_SOCKETS' -c jit=off -c shared_buffers=512MB -c work_mem=32MB -c maintenance_work_mem=256MB -c max_connections=100 $options" \
        >/dev/null || { tail -n 5 "$folder/data/server.log" >&2; die "The database in $folder does not start."; }
    export PGHOST=$PG_SOCKETS PGUSER=odoo PGPORT=5432
    unset PGPASSWORD PGDATABASE
}

pg_stop() {
    [ -n "${PG_FOLDER:-}" ] || return 0
    pg_as "$(pg_bin)/pg_ctl" -D "$PG_FOLDER/data" -m "${1:-fast}" -w stop >/dev/null 2>&1 || true
    rm -rf "$PG_SOCKETS"
}

db_exists() { [ "$(psql -d postgres -Atc "SELECT 1 FROM pg_database WHERE datname = '$1'")" = 1 ]; }

# pg_running FOLDER: prints the socket folder of the cluster if it is running.
pg_running() {
    [ -f "$1/data/postmaster.pid" ] || return 1
    local sockets
    sockets=$(sed -n 5p "$1/data/postmaster.pid")
    psql -h "$sockets" -U odoo -d postgres -Atc 'SELECT 1' >/dev/null 2>&1 && echo "$sockets"
}
