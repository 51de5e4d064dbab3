#!/usr/bin/env bash
# Runs all tests on a throwaway cluster: one template database, copied for every worker. Arguments go to pytest.
# The databases build on each other: Odoo without Sales (base), with Sales (sales), with our add-ons (template).
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$ROOT/scripts/throwaway.sh"

"$ROOT/scripts/setup.sh" --test
throwaway test "" "with_demo = True"
export BASE_DB=base SALES_DB=sales TEMPLATE_DB=template

prepare_base() { createdb "$BASE_DB" && odoo -c "$ODOO_CONF" -d "$BASE_DB" -i crm,account,portal,rating,resource --stop-after-init --no-http; }
prepare_sales() {
    createdb -T "$BASE_DB" "$SALES_DB" &&
        odoo -c "$ODOO_CONF" -d "$SALES_DB" -i sale_management --stop-after-init --no-http &&
        share_filestore "$BASE_DB" "$SALES_DB"
}
# The bridges to what is there come along by themselves.
prepare_template() {
    createdb -T "$SALES_DB" "$TEMPLATE_DB" &&
        odoo -c "$ODOO_CONF" -d "$TEMPLATE_DB" -i crm_compliance --stop-after-init --no-http &&
        odoo i18n loadlang -c "$ODOO_CONF" -d "$TEMPLATE_DB" -l zh_CN &&
        share_filestore "$SALES_DB" "$TEMPLATE_DB"
}
# share_filestore FROM TO: a copied database refers to files that lie in the original's folder; the workers in turn use
# the template's.
share_filestore() {
    local files=$WORK/filestore/filestore
    mkdir -p "$files/$2" && cp -aln "$files/$1/." "$files/$2/"
}
step "Preparing a database with Odoo's demo data" prepare_base
step "Installing Sales into a copy of it" prepare_sales
step "Installing the add-ons into a copy of that" prepare_template

cd "$ROOT"
started=$SECONDS
status=0
# The order is ours (tests/conftest.py): xdist would begin the longest ones last.
"$PYTHON" -m pytest -n "${TEST_JOBS:-2}" --dist loadscope --no-loadscope-reorder --durations=40 \
    --odoo-config="$ODOO_CONF" --odoo-database="$TEMPLATE_DB" \
    --odoo-http "$@" || status=$?
say "Tests took $((SECONDS - started)) s."
exit "$status"
