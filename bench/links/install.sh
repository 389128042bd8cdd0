#!/bin/sh
# The other unfurlers from the npm registry, as the lock says; skipped while they are fresh.
# Nothing of theirs is built: a regular expression engine that one would like is optional.
set -eu
cd "$(dirname "$0")"

if [ node_modules/.package-lock.json -nt package-lock.json ]; then exit 0; fi
if ! command -v npm >/dev/null; then
    echo "bench-links: npm is not installed, and the other unfurlers come from its registry" >&2
    exit 3
fi
echo "bench-links: installing the other unfurlers" >&2
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
touch node_modules/.package-lock.json
