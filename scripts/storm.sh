#!/usr/bin/env bash
# The long form of tests/audit_storm.py on throwaway clusters: eight writers at once, then fifty crashes.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$ROOT/scripts/throwaway.sh"

"$ROOT/scripts/setup.sh"
throwaway storm "" "with_demo = True"
prepare() { createdb storm && odoo -c "$ODOO_CONF" -d storm -i crm_compliance --stop-after-init --no-http; }
step "Preparing a database" prepare
cd "$ROOT"
"$PYTHON" tests/audit_storm.py storm --database storm --writers 8 --seconds 120
"$PYTHON" tests/audit_storm.py crash --database storm --writers 4 --rounds 50
