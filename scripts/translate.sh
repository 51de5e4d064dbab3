#!/usr/bin/env bash
# Brings the terms of the add-ons up to date: exports them from a throwaway database, merges the translations there are.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$ROOT/scripts/throwaway.sh"

"$ROOT/scripts/setup.sh" --test
throwaway i18n ""

# The modules 'make test' installs too: what they add to our models is exported with them.
install() {
    createdb terms && odoo -c "$ODOO_CONF" -d terms -i crm,account,portal,rating,resource,sale_management,crm_compliance \
        --stop-after-init --no-http
}
export_terms() { odoo i18n export -c "$ODOO_CONF" -d terms -l pot -o "$WORK/$1.pot" -- "$1"; }
step "Installing the add-ons" install
for folder in "$ROOT"/addons/*/; do
    addon=$(basename "$folder")
    step "Exporting the terms of $addon" export_terms "$addon"
    "$PYTHON" "$ROOT/scripts/merge_translations.py" "$WORK/$addon.pot" "$folder/i18n"
done
