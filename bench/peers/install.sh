#!/bin/sh
# The peers from the npm registry, as the lock says; skipped while they are fresh.
# Without npm the benchmark goes on without them and says so in its report.
set -eu
cd "$(dirname "$0")"

if [ node_modules/.package-lock.json -nt package-lock.json ]; then exit 0; fi
if ! command -v npm >/dev/null; then
    echo "bench: npm is not installed, so the peers from its registry are left out" >&2
    exit 0
fi
echo "bench: installing the peers" >&2
npm ci --no-audit --no-fund --loglevel=error
touch node_modules/.package-lock.json
