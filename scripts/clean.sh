#!/usr/bin/env bash
# Removes the database and files of 'make run', after asking; downloads stay in the cache.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$ROOT/scripts/postgres.sh"

pg_running "$DATA/postgres" >/dev/null && die "'make run' is running: stop it with Ctrl-C first."
if [ -d "$DATA" ] && [ "${YES:-}" != 1 ]; then
    [ -t 0 ] || die "This deletes the database in $DATA: say 'make clean YES=1' if you mean it."
    read -r -p "Delete the database and files in $DATA? [y/N] " answer
    [ "$answer" = y ] || die "Nothing was deleted."
fi
rm -rf "$DATA"
find "$ROOT" -name __pycache__ -type d -prune -exec rm -rf {} +
rm -rf "$ROOT/.pytest_cache" "$ROOT/.ruff_cache"
say "Deleted. Downloads stay in $CACHE."
