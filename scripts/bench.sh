#!/usr/bin/env bash
# Runs the benchmarks (BENCH=name for one) on a throwaway cluster; results in benchmarks/results.json.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$ROOT/scripts/postgres.sh"
. "$ROOT/scripts/odoo_conf.sh"

NAMES=${BENCH:-$(cd "$ROOT/benchmarks" && ls bench_*.py | sed 's/^bench_//; s/\.py$//')}
for name in $NAMES; do
    [ -f "$ROOT/benchmarks/bench_$name.py" ] || die "There is no benchmark '$name'; there are: $(cd "$ROOT/benchmarks" && ls bench_*.py | sed 's/^bench_//; s/\.py$//' | tr '\n' ' ')"
done
"$ROOT/scripts/setup.sh"
WORK=$(mktemp -d "${TMPDIR:-/tmp}/crmc-bench.XXXXXX")
chmod 755 "$WORK"
finish() {
    trap - EXIT
    pg_stop immediate
    rm -rf "$WORK"
}
trap finish EXIT
trap 'exit 130' INT TERM

unset PGHOST PGUSER PGPORT
pg_start "$WORK/postgres" "$PG_OPTIONS_FAST -c shared_buffers=2GB -c max_wal_size=8GB"
export ODOO_CONF=$WORK/odoo.conf TEMPLATE_DB=template BENCH_CACHE=$CACHE/bench
odoo_conf "$ODOO_CONF" "$WORK/filestore" "with_demo = True" "log_level = warn"
prepare() { createdb "$TEMPLATE_DB" && odoo -c "$ODOO_CONF" -d "$TEMPLATE_DB" -i crm_compliance --stop-after-init --no-http; }
step "Preparing a database" prepare
cd "$ROOT"
for name in $NAMES; do
    "$PYTHON" "benchmarks/bench_$name.py"
done
