#!/bin/sh
# Runs a command in the root file system $1 as the image's user, as `compose.yaml` would:
# no capabilities, no new privileges, the seccomp profile, and only /tmp and the cache writable.
# A plain chroot will not do: the kernel forbids user namespaces there, and with them Chromium's
# sandbox. Call it by `unshare --mount --pid --fork`, so that it leaves nothing behind.
set -eu
root=$1
here=$(cd "$(dirname "$0")" && pwd)
shift

mount --make-rprivate /
mount --bind "$root" "$root"
mkdir -p "$root/mnt/old"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o uid=10001,gid=10001 tmpfs "$root/home/htmlcard"
mount --bind "$root/var/cache/htmlcard" "$root/var/cache/htmlcard"
cp "$here/confine.py" "$here/seccomp.json" "$root/tmp/"
cd "$root"
pivot_root . mnt/old
umount -l /mnt/old
mount -o remount,ro,bind /
cd /home/htmlcard

exec env -i HOME=/home/htmlcard PATH=/opt/htmlcard/bin:/usr/bin:/bin \
    HOST=127.0.0.1 PORT="${PORT:-8080}" HTMLCARD_CACHE_DIR=/var/cache/htmlcard \
    setpriv --reuid 10001 --regid 10001 --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all \
    python3 /tmp/confine.py /tmp/seccomp.json "$@"
