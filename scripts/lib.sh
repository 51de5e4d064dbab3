# shellcheck shell=bash
# Shared by every script of this folder: where things live, how to speak to the user.
# Sourced, never run.

set -euo pipefail
export LC_ALL=C.UTF-8
unset PYTHONHOME PYTHONSTARTUP

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

if [ "$(id -u)" = 0 ]; then
    # PostgreSQL refuses to run as root and its user cannot enter /root.
    CACHE=${CRM_COMPLIANCE_CACHE:-/var/cache/crm_compliance}
    DATA=${CRM_COMPLIANCE_HOME:-/var/lib/crm_compliance}
else
    CACHE=${CRM_COMPLIANCE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/crm_compliance}
    DATA=${CRM_COMPLIANCE_HOME:-${XDG_DATA_HOME:-$HOME/.local/share}/crm_compliance}
fi
VENV=$CACHE/venv
PYTHON=$VENV/bin/python
ODOO_ROOT=$CACHE/odoo
ODOO_PYTHONPATH=${ODOO_HOME:-$ODOO_ROOT/usr/lib/python3/dist-packages}
export PYTHONPATH=$ODOO_PYTHONPATH

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }
die() { printf '%s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# step "what is being done" command...: one line with the seconds it took; the command's own output only if it fails.
step() {
    local title=$1 log pid started=$SECONDS
    shift
    log=$(mktemp)
    "$@" >"$log" 2>&1 &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        [ -t 2 ] && printf '\r  %-62s %3ds' "$title" $((SECONDS - started)) >&2
        sleep 0.2
    done
    if wait "$pid"; then
        [ -t 2 ] && printf '\r' >&2
        printf '  %-62s %3ds\n' "$title" $((SECONDS - started)) >&2
        rm -f "$log"
    else
        printf '\n  %s: failed\n' "$title" >&2
        tail -n 25 "$log" >&2
        rm -f "$log"
        return 1
    fi
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        die "'$*' needs an administrator: run it as root once, or install sudo."
    fi
}

# apt_need PACKAGE...: installs the Debian packages that are missing.
apt_need() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} = 0 ] && return
    have apt-get || die "Please install ${missing[*]} with your system's package manager; only Debian's is known here."
    apt_install() {
        as_root apt-get update -qq || true
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
    }
    step "Installing ${missing[*]}" apt_install "${missing[@]}" ||
        die "Could not install ${missing[*]}: is the machine online, and may you use sudo?"
}

# apt_wish "what is missing without" PACKAGE...: like apt_need, for what the rest works without. Where it cannot be had,
# one sentence says so, and it is tried again on another day.
apt_wish() {
    local without=$1
    shift
    local tried=$CACHE/$1.tried
    dpkg-query -W -f '${Status}\n' "$@" 2>/dev/null | grep -c 'ok installed' | grep -qx "$#" && return
    if [ "$(cat "$tried" 2>/dev/null)" != "$(date +%F)" ]; then
        (apt_need "$@") && return
        date +%F >"$tried"
    fi
    say "$without: install $* to have it."
}

odoo() { "$PYTHON" -m odoo "$@"; }

port_free() {
    ! "$PYTHON" -c 'import socket, sys; socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1)' "$1" 2>/dev/null
}
