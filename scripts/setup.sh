#!/usr/bin/env bash
# Installs what is missing: Odoo 19, PostgreSQL, the Python environment, what prints PDFs; with --test also the browser.
# Everything downloaded is kept in the cache folder, so that a second call is instant and needs no network.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

WITH_TESTS=${1:-}
mkdir -p "$CACHE" "$DATA" 2>/dev/null || die "Cannot write to $CACHE and $DATA: set CRM_COMPLIANCE_CACHE and CRM_COMPLIANCE_HOME."

fresh() { [ "$(cat "$CACHE/$1.stamp" 2>/dev/null)" = "$2" ]; }
stamp() { printf '%s' "$2" >"$CACHE/$1.stamp"; }

# --- Python -----------------------------------------------------------------------------------------------
python_base() {
    have python3 && python3 -c 'import sys, ensurepip, venv; assert sys.version_info >= (3, 10)' 2>/dev/null && return
    apt_need python3 python3-venv
    python3 -c 'import sys; assert sys.version_info >= (3, 10)' 2>/dev/null || die "Odoo 19 needs Python 3.10 or newer."
}

python_packages() {
    [ -x "$PYTHON" ] || python3 -m venv "$VENV"
    "$PYTHON" -m pip install --quiet --no-input --upgrade -c "$ROOT/scripts/constraints.txt" -r "$ROOT/scripts/requirements.txt"
}

# --- Odoo -------------------------------------------------------------------------------------------------
# Debian packages Odoo 19 in unstable only. The package is unpacked, not installed, and apt works on a source list
# and folders of its own, so that the machine's own packages stay those of its release.
apt_aside() {
    local suite=$1 repo
    shift
    # shellcheck disable=SC2016  # apt's own placeholder
    repo=$(apt-get indextargets --format '$(REPO_URI)' | grep -v -- -security | sort -u | head -n 1)
    [ -n "$repo" ] || { echo "apt knows no Debian mirror"; return 1; }
    mkdir -p "$CACHE/apt/$suite/lists/partial" "$CACHE/apt/$suite/cache/archives/partial"
    echo "deb $repo $suite main" >"$CACHE/apt/$suite/sources.list"
    local options=(-qq -o "Dir::Etc::sourcelist=$CACHE/apt/$suite/sources.list" -o Dir::Etc::sourceparts=-
        -o "Dir::State::lists=$CACHE/apt/$suite/lists" -o "Dir::Cache=$CACHE/apt/$suite/cache"
        -o APT::Sandbox::User="$(id -un)")
    apt-get "${options[@]}" update && (cd "$CACHE/apt/$suite" && apt-get "${options[@]}" download "$@")
}

odoo_download() {
    rm -rf "$CACHE/apt"
    apt_aside sid odoo-19 libjs-jquery libjs-jquery-form libjs-underscore \
        fonts-montserrat fonts-roboto-unhinted fonts-ocr-b || return 1
    # Odoo links to file names that only the older release of these two still has.
    apt_aside bookworm fonts-font-awesome fonts-inconsolata
}

odoo_unpack() {
    rm -rf "$ODOO_ROOT" "$ODOO_ROOT.new"
    local package
    for package in "$CACHE"/apt/*/*.deb; do
        dpkg-deb -x "$package" "$ODOO_ROOT.new" || return 1
    done
    # Debian leaves this one out; without it every browser test logs an error.
    local selfie=$ODOO_ROOT.new/usr/lib/python3/dist-packages/odoo/addons/mail/static/lib/selfie_segmentation
    mkdir -p "$selfie" && touch "$selfie/selfie_segmentation.js"
    # The absolute links of the package point into the machine's /usr/share.
    find "$ODOO_ROOT.new" -type l -lname '/usr/*' | while IFS= read -r link; do
        ln -sfrn "$ODOO_ROOT.new$(readlink "$link")" "$link"
    done
    local dangling
    dangling=$(find "$ODOO_ROOT.new" -xtype l | head -n 5)
    [ -z "$dangling" ] || { printf 'links to nowhere:\n%s\n' "$dangling"; return 1; }
    mv "$ODOO_ROOT.new" "$ODOO_ROOT"
}

say "Checking the tools (kept in $CACHE)"
python_base
wanted=$(cat "$ROOT/scripts/requirements.txt" "$ROOT/scripts/constraints.txt" | sha256sum)
if ! fresh python "$wanted" || [ ! -x "$PYTHON" ]; then
    step "Installing Odoo's Python packages" python_packages || die "The Python packages could not be installed: is the machine online?"
    stamp python "$wanted"
fi

if [ -n "${ODOO_HOME:-}" ]; then
    [ -d "$ODOO_HOME/odoo" ] || die "ODOO_HOME=$ODOO_HOME holds no Odoo: it must be the folder that contains 'odoo/'."
elif ! fresh odoo 19.0-3; then
    have apt-get || die "No Odoo 19 found: set ODOO_HOME to a checkout of Odoo 19.0 (only Debian's package can be fetched automatically)."
    have dpkg-deb || die "dpkg-deb is missing: it unpacks Odoo."
    step "Downloading Odoo 19 (about 130 MB)" odoo_download || die "Odoo 19 could not be downloaded: is the machine online?"
    step "Unpacking Odoo 19" odoo_unpack || die "Odoo 19 could not be unpacked."
    stamp odoo 19.0-3
fi

# --- PostgreSQL, PDF, browser -----------------------------------------------------------------------------
if [ -z "${PGHOST:-}" ] && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && ! have initdb; then
    apt_need postgresql postgresql-contrib
fi
have wkhtmltopdf || apt_wish "PDFs cannot be printed here" wkhtmltopdf
# Without a font that has them, Chinese characters are printed as boxes.
[ -n "$(fc-list :lang=zh family 2>/dev/null)" ] || apt_wish "PDFs cannot show Chinese" fonts-noto-cjk
if [ "$WITH_TESTS" = --test ]; then
    have chromium || have google-chrome || apt_need chromium
    apt_need fonts-noto-cjk
fi
