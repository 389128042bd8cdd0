"""Tells without looking at any file whether one may have changed, by Linux's inotify.

What it cannot vouch for (other systems, network folders, no watches left) is looked at
by `stat` as ever, see `disk`; what a change means is for `catalogue` to find out.

Bare ctypes: packages for inotify wait for events and parse them. Here one that is not
there has to cost nothing and none is ever read, and `statfs` is needed besides.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import select
import sys
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator

# linux/inotify.h
_MODIFY, _ATTRIB = 0x2, 0x4
_MOVED_FROM, _MOVED_TO, _CREATE, _DELETE = 0x40, 0x80, 0x100, 0x200
_DELETE_SELF, _MOVE_SELF = 0x400, 0x800
_MASK_ADD = 0x20000000

#: What can put another file in the place of the one that was there.
_NAMES = _ATTRIB | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE | _DELETE_SELF | _MOVE_SELF

#: File systems nobody but this machine writes to (linux/magic.h): ext, XFS, Btrfs, tmpfs,
#: overlayfs, ZFS, F2FS, bcachefs, ramfs, SquashFS, EROFS. Elsewhere changes raise no events.
_LOCAL = frozenset(
    {0xEF53, 0x58465342, 0x9123683E, 0x01021994, 0x794C7630, 0x2FC12FC1}
    | {0xF2F52010, 0xCA451A4E, 0x858458F6, 0x73717368, 0xE0F5E1E2}
)
#: More than any system follows on its way to a file.
_MAX_LINKS = 40


class Changes:
    """Counts changes of the paths it follows; may be used from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._descriptor: int | None = None
        self._poll: select.poll | None = None
        self._closer: weakref.finalize[[int], Changes] | None = None
        self._closed = False

    def count(self) -> int:
        """A number that has grown if anything followed has changed; it may grow for nothing."""
        with self._lock:
            if self._poll is not None and self._descriptor is not None and self._poll.poll(0):
                # What an event says is of no interest, nor is one of an overflow: all is looked at.
                os.read(self._descriptor, 65536)
                self._count += 1
            return self._count

    def follow(self, paths: Iterable[str]) -> bool:
        """Whether every change of these absolute paths, there or not, will be counted from now on.

        Changes by way of a memory map are the exception: they raise no events.
        """
        with self._lock:
            descriptor = self._open()
        if descriptor is None:
            return False
        masks: dict[str, int] = {}
        read_link = functools.cache(_read_link)
        try:
            for path in paths:
                end = ""
                for end in _walk(path, read_link):
                    masks.setdefault(end, _NAMES)
                masks[end] = _NAMES | _MODIFY
            return all(_is_local(path) and _add(descriptor, path, masks[path]) for path in masks)
        except ValueError:
            return False  # A reference may be a text that can be no file's name.

    def close(self) -> None:
        """Follow nothing any more."""
        with self._lock:
            self._closed = True
            self._count += 1
            self._descriptor = self._poll = None
            if self._closer is not None:
                self._closer()

    def _open(self) -> int | None:
        if self._descriptor is None and not self._closed and sys.platform == "linux":
            descriptor = _libc().inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
            if descriptor < 0:
                return None
            self._descriptor = descriptor
            self._closer = weakref.finalize(self, os.close, descriptor)
            self._poll = select.poll()
            self._poll.register(descriptor, select.POLLIN)
        return self._descriptor


def _walk(path: str, read_link: Callable[[str], str | None]) -> Iterator[str]:
    """Every folder and link on the way to `path`, and what is at its end."""
    pending, at, links = path.split("/")[::-1], "/", 0
    yield at
    while pending:
        part = pending.pop()
        if part == "..":
            at = os.path.dirname(at)  # noqa: PTH120
        if part in ("", ".", ".."):
            continue
        step = os.path.join(at, part)  # noqa: PTH118
        yield step
        target = read_link(step)
        if target is None or links == _MAX_LINKS:
            at = step
            continue
        links += 1
        at = "/" if target.startswith("/") else at
        pending += target.split("/")[::-1]


def _read_link(path: str) -> str | None:
    try:
        return os.readlink(path)  # noqa: PTH115
    except OSError:
        return None


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _add(descriptor: int, path: str, mask: int) -> bool:
    # One file may be on several paths: what is asked of it adds up.
    found = _libc().inotify_add_watch(descriptor, os.fsencode(path), mask | _MASK_ADD)
    return found >= 0 or _is_absent()


def _is_local(path: str) -> bool:
    answer = ctypes.create_string_buffer(256)
    if _libc().statfs(os.fsencode(path), answer) != 0:
        return _is_absent()
    return int.from_bytes(answer.raw[:4], sys.byteorder) in _LOCAL


def _is_absent() -> bool:
    # It is its folder that tells when it comes.
    return ctypes.get_errno() in (errno.ENOENT, errno.ENOTDIR)
