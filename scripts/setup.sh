#!/bin/sh
# Virtual environment, locked dependencies, htmlcard itself, Chromium and fonts.
# Called by `make setup`. May be interrupted and repeated at any point: a stamp is
# written only after its step has succeeded, and a step with a fresh stamp is skipped.
set -eu
cd "$(dirname "$0")/.."

venv=.venv
log=.setup/log
mkdir -p .setup

say() { echo "set-up: $*" >&2; }

fail() {
    say "$*"
    exit 1
}

# Quiet while all is well, the whole log when it is not.
quietly() {
    if ! "$@" >"$log" 2>&1; then
        cat "$log" >&2
        fail "failed: $*"
    fi
}

# Version managers put commands on PATH that do not run, so each is tried.
runs() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

can_make_venv() {
    "$1" -c 'import ensurepip, venv' >/dev/null 2>&1
}

find_python() {
    incomplete=
    for name in ${PYTHON:-python3.14 python3.13 python3.12 python3.11 python3 python}; do
        runs "$name" || continue
        can_make_venv "$name" && echo "$name" && return
        [ -n "$incomplete" ] || incomplete=$name
    done
    [ -n "$incomplete" ] ||
        fail "no Python >= 3.11 found${PYTHON:+ (PYTHON is $PYTHON)}; install one, or name it: make setup PYTHON=/path/to/python3"
    # Debian and Ubuntu keep ensurepip in a package of its own.
    package=$("$incomplete" -c 'import sys; print("python3.%d-venv" % sys.version_info[1])')
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "installing $package"
        export DEBIAN_FRONTEND=noninteractive
        apt-get update >"$log" 2>&1 || true
        quietly apt-get -o DPkg::Lock::Timeout=120 install -y "$package"
        can_make_venv "$incomplete" && echo "$incomplete" && return
    fi
    fail "$incomplete cannot make virtual environments: its ensurepip is missing. As root: apt-get install $package"
}

make_environment() {
    # Scripts in a virtual environment name its folder, so a copied one is of no use.
    if [ "$(cat "$venv/place" 2>/dev/null || pwd)" = "$(pwd)" ]; then
        if [ -x "$venv/bin/python" ] && [ -e "$venv/dependencies" ]; then return; fi
        if "$venv/bin/python" -m pip --version >/dev/null 2>&1; then return; fi
    fi
    python=$(find_python)
    say "making $venv with $("$python" --version)"
    quietly "$python" -m venv --clear "$venv"
    pwd >"$venv/place"
}

# Is $1 there and no older than any of the others?
is_fresh() {
    stamp=$1
    shift
    [ -e "$stamp" ] || return 1
    for source in "$@"; do
        if [ "$source" -nt "$stamp" ]; then return 1; fi
    done
}

install_dependencies() {
    is_fresh "$venv/dependencies" requirements-dev.lock && return
    say "installing the locked dependencies"
    quietly "$venv/bin/python" -m pip install --disable-pip-version-check --no-input \
        --require-hashes -r requirements-dev.lock
    touch "$venv/dependencies"
}

install_htmlcard() {
    is_fresh "$venv/project" "$venv/dependencies" pyproject.toml && return
    say "installing htmlcard"
    quietly "$venv/bin/python" -m pip install --disable-pip-version-check --no-input \
        --no-deps --no-build-isolation -e .
    touch "$venv/project"
}

install_browser() {
    if [ -n "${HTMLCARD_CHROMIUM:-}" ]; then
        "$venv/bin/python" -m htmlcard.browser.install "$HTMLCARD_CHROMIUM" >/dev/null
        return
    fi
    # A browser may be removed behind our back, so the stamp holds its path.
    if is_fresh "$venv/chromium" "$venv/dependencies" && [ -x "$(cat "$venv/chromium")" ]; then
        return
    fi
    chromium=$("$venv/bin/python" -m htmlcard.browser.install)
    echo "$chromium" >"$venv/chromium"
}

make_environment
install_dependencies
install_htmlcard
install_browser
