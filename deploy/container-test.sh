#!/usr/bin/env bash
# Builds the image and tries it where no container daemon and no image registry is at hand:
# the base image is made by debootstrap, buildah builds in a chroot, and enter-image.sh runs it.
# Needs root, debootstrap and buildah. KEEP=1 keeps the work folder for a second, faster run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { echo "container-test: $*" >&2; }

for tool in debootstrap buildah; do
    if ! command -v "$tool" >/dev/null || [ "$(id -u)" != 0 ]; then
        say "needs root, debootstrap and buildah; as root: apt-get install debootstrap buildah"
        exit 3
    fi
done

work=${WORK:-$PWD/.setup/container}
base=$work/base
mkdir -p "$work"
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
export CONTAINERS_STORAGE_CONF=$work/storage.conf
printf '[storage]\ndriver = "vfs"\ngraphroot = "%s"\nrunroot = "%s"\n' \
    "$work/graph" "$work/run" >"$CONTAINERS_STORAGE_CONF"

container=
finish() {
    if [ -n "$container" ]; then buildah rm "$container" >/dev/null; fi
    if [ -z "${KEEP:-}" ]; then
        buildah rmi --all --force >/dev/null 2>&1 || true
        rm -rf "$work"
    fi
}
trap finish EXIT

# Where packages come through a mirror or a proxy, its address and its certificate are settings
# of this machine: the build sees them read-only, and the image does not hold them.
mounts=()
certificates=$(realpath "${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}")
if [ -r "$certificates" ]; then
    printf '[global]\ncert = /run/certificates.crt\n' >"$work/pip.conf"
    if index=$(python3 -m pip config get global.index-url 2>/dev/null); then
        echo "index-url = $index" >>"$work/pip.conf"
    fi
    mounts=(--volume "$certificates:/run/certificates.crt:ro" --volume "$work/pip.conf:/etc/pip.conf:ro")
fi

if [ ! -e "$base.made" ]; then
    say "making the base image"
    rm -rf "$base"
    debootstrap --variant=minbase trixie "$base" >"$work/debootstrap.log" ||
        { tail -20 "$work/debootstrap.log" >&2; exit 1; }
    # The official image has these as well, and Chromium's updates come this way.
    sed -n 's#^\(deb .*/debian\) trixie main$#\1-security trixie-security main#p' \
        "$base/etc/apt/sources.list" >"$base/etc/apt/sources.list.d/security.list"
    touch "$base.made"
fi
if ! buildah inspect --type image docker.io/library/debian:trixie-slim >/dev/null 2>&1; then
    from=$(buildah from scratch)
    buildah copy --quiet "$from" "$base" / >/dev/null
    buildah commit --quiet --rm "$from" docker.io/library/debian:trixie-slim >/dev/null
fi

say "building the image"
buildah bud --format docker --pull-never "${mounts[@]}" --tag htmlcard-test . >"$work/build.log" 2>&1 ||
    { tail -40 "$work/build.log" >&2; exit 1; }

container=$(buildah from --pull-never htmlcard-test)
root=$(buildah mount "$container")
inside() { unshare --mount --pid --fork sh deploy/enter-image.sh "$root" "$@"; }

say "$(inside chromium-headless-shell --version)"
say "$(inside python3 -c 'import htmlcard; print("htmlcard", htmlcard.__version__)')"
say "$(inside python3 -c 'from htmlcard.browser.binary import find_chromium; print(find_chromium(None))')"
# Chromium's own sandbox, in a network namespace of its own, under the profile of compose.yaml.
inside unshare --map-current-user --net -- chromium-headless-shell --dump-dom \
    'data:text/html,<p>drawn</p>' 2>"$work/chromium.log" | grep -q drawn ||
    { tail -20 "$work/chromium.log" >&2; exit 1; }
say "Chromium's sandbox works"
inside htmlcard render article -p title="From the container" -o - >"$work/card.png"
"${PYTHON:-python3}" - "$work/card.png" <<'PYTHON'
import struct, sys
data = open(sys.argv[1], "rb").read()
size = struct.unpack(">II", data[16:24])
assert data[:8] == b"\x89PNG\r\n\x1a\n" and size == (1200, 630), (len(data), data[:24])
print(f"container-test: a card of {len(data)} bytes, {size[0]}x{size[1]} px", file=sys.stderr)
PYTHON
# The image's own health check, and a stop as a container daemon asks for it.
PORT=${PORT:-18080} inside sh -c 'htmlcard serve & service=$!
    for _ in $(seq 60); do
        sleep 0.5
        if python3 -c "import urllib.request as u; u.urlopen(\"http://127.0.0.1:$PORT/livez\", timeout=4)" 2>/dev/null
        then kill -TERM $service; wait $service; exit; fi
    done
    exit 1' >"$work/serve.log" 2>&1 || { tail -20 "$work/serve.log" >&2; exit 1; }
say "the service started, was well, and stopped when asked"
say "passed"
