#!/usr/bin/env bash
# Checks style: ruff, pylint with the rules for Odoo, XML, README. Runs all checks and fails if one of them does.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

"$ROOT/scripts/setup.sh"
cd "$ROOT"
status=0
check() {
    local title=$1
    shift
    if "$@"; then
        say "$title: fine"
    else
        say "$title: see above"
        status=1
    fi
}

check "Python style" "$PYTHON" -m ruff check --quiet --output-format concise .
check "Python layout" "$PYTHON" -m ruff format --quiet --check --output-format concise .
# A model too large for one file is split by subject, on purpose.
check "Rules for Odoo" "$PYTHON" -m pylint --disable=consider-merging-classes-inherited addons/*/
check "XML" "$PYTHON" scripts/check_xml.py addons
check "README.rst" "$PYTHON" scripts/readme.py --check addons/*/
check "Links of the documentation" "$PYTHON" scripts/check_links.py ./*.md docs addons/*/readme addons/*/static/description
exit "$status"
