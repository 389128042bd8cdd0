"""Reading below a template root, never outside it, remembering what was looked at.

A `Watch` holds the state of every file and folder a template was made from,
also of those that were missing; `catalogue` asks it whether anything changed.
"""

from __future__ import annotations

import codecs
import os
import stat
import time
from collections.abc import Collection, Iterator
from pathlib import Path

Signature = tuple[int, int, int, int]

#: What is far larger goes through the pipe to the browser so slowly that all other cards wait.
MAX_FILE_BYTES = 8_000_000
MAX_TEXT_BYTES = 2_000_000
_MAX_FILES = 2000
#: Two writes within one tick of the file system's clock look alike, so what was written
#: this recently is read once more. Ticks are 1-10 ms on Linux.
_TICK_NS = 30_000_000

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class Unreadable(Exception):  # noqa: N818 - reads as English; never leaves this package
    """A file that exists, but must or can not be read; the text says why."""


class Watch:
    """Paths with their signatures: modification and change time, size, inode; None if absent."""

    def __init__(self) -> None:
        self._signatures: dict[str, Signature | None] = {}
        self._unsettled = False

    def note(self, path: Path) -> Signature | None:
        """Looks at `path` and remembers it; None where there is nothing."""
        key = str(path)
        signature = _find_signature(key)
        self._signatures.setdefault(key, signature)
        if signature is not None:
            age_ns = time.time_ns() - max(signature[:2])
            self._unsettled = self._unsettled or 0 <= age_ns < _TICK_NS
        return signature

    def is_current(self) -> bool:
        """Whether everything still is as it was when it was noted."""
        if self._unsettled:
            return False
        return all(_find_signature(key) == seen for key, seen in self._signatures.items())

    @property
    def paths(self) -> Collection[str]:
        return self._signatures.keys()

    def __len__(self) -> int:
        return len(self._signatures)


def _find_signature(path: str) -> Signature | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - a Path object would double the cost per request
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


def read_file(root: Path, path: Path, watch: Watch, limit_bytes: int) -> bytes | None:
    """The content of a regular file below `root`, or None where there is none.

    Raises Unreadable for links out of `root`, devices, oversize and I/O errors.
    """
    if watch.note(path) is None:
        return None
    real = resolve_inside(root, path)
    try:
        # No link is followed any more, and a pipe put there meanwhile cannot block.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(real, flags)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise Unreadable("is not a regular file")
            data = file.read(limit_bytes + 1)
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}") from error
    if len(data) > limit_bytes:
        raise Unreadable(f"is over {limit_bytes:,} bytes; make it smaller")
    return data


def resolve_inside(root: Path, path: Path) -> Path:
    """The real path of `path`. Raises Unreadable where that is outside the real `root`."""
    try:
        real = path.resolve(strict=True)
        inside = real.is_relative_to(root.resolve())
    except (OSError, RuntimeError) as error:
        raise Unreadable("is a link that leads nowhere") from error
    if not inside:
        raise Unreadable("is a link out of the template root; copy the file instead")
    return real


def list_files(
    root: Path, folder: Path, watch: Watch, without: Path | None = None
) -> Iterator[Path]:
    """Every file below `folder`, sorted; hidden ones and editors' backups are left out.

    So is the folder `without`.

    Raises Unreadable for links out of `root` and for absurdly many files.
    """
    count = 0
    pending, seen = [folder], set()
    while pending:
        current = pending.pop()
        if watch.note(current) is None:
            continue
        real = resolve_inside(root, current)
        if real in seen:
            continue
        seen.add(real)
        try:
            children = sorted(current.iterdir())
        except OSError as error:
            raise Unreadable(f"cannot be listed: {error.strerror}") from error
        for child in children:
            if child.name.startswith(".") or child.name.endswith("~") or child == without:
                continue
            if any("\ud800" <= char <= "\udfff" for char in child.name):
                continue  # bytes that are no text: no URL can name it
            count += 1
            if count > _MAX_FILES:
                raise Unreadable(f"has over {_MAX_FILES} files")
            if child.is_dir():
                pending.append(child)
            else:
                yield child


def decode(data: bytes) -> str:
    """Text in UTF-8, with or without BOM, or in UTF-16 with one; line ends become `\\n`.

    Raises Unreadable with the line of the first bad byte.
    """
    encoding = "utf-8"
    for bom, name in _BOMS:
        if data.startswith(bom):
            data, encoding = data[len(bom) :], name
            break
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable(f"is not {encoding.upper()} text (line {line}); save it as such") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")
