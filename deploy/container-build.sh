#!/bin/sh
# Builds the image named $1 with whichever builder is there and works.
set -eu
cd "$(dirname "$0")/.."

if docker info >/dev/null 2>&1; then
    exec docker build --tag "$1" .
elif command -v podman >/dev/null; then
    exec podman build --format docker --tag "$1" .
elif command -v buildah >/dev/null; then
    exec buildah bud --format docker --tag "$1" .
fi
echo "container: no working docker, podman or buildah here; install one, or start the docker daemon" >&2
exit 3
