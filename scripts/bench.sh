#!/usr/bin/env bash
# Runs the benchmarks (BENCH=name for one) on a throwaway cluster; results in benchmarks/results.json.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$ROOT/scripts/throwaway.sh"

NAMES=${BENCH:-$(cd "$ROOT/benchmarks" && ls bench_*.py | sed 's/^bench_//; s/\.py$//')}
for name in $NAMES; do
    [ -f "$ROOT/benchmarks/bench_$name.py" ] || die "There is no benchmark '$name'; there are: $(cd "$ROOT/benchmarks" && ls bench_*.py | sed 's/^bench_//; s/\.py$//' | tr '\n' ' ')"
done
"$ROOT/scripts/setup.sh"
throwaway bench "-c shared_buffers=2GB -c max_wal_size=8GB" "with_demo = True"
export TEMPLATE_DB=template BENCH_CACHE=$CACHE/bench
prepare() { createdb "$TEMPLATE_DB" && odoo -c "$ODOO_CONF" -d "$TEMPLATE_DB" -i crm_compliance --stop-after-init --no-http; }
step "Preparing a database" prepare
cd "$ROOT"
for name in $NAMES; do
    "$PYTHON" "benchmarks/bench_$name.py"
done
