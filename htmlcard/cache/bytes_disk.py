"""How diskcache keeps keys and values here: text keys, bytes values, no pickle at all.

diskcache unpickles whatever its database calls a pickle (CVE-2025-69872), opens
whatever path it names and deletes it on eviction. Here a planted row is refused.
"""

from __future__ import annotations

import errno
import os
import re
import sqlite3
import stat
from contextlib import suppress
from pathlib import Path

import diskcache
from diskcache.core import MODE_BINARY, MODE_RAW

from htmlcard.cache.entry import MAX_ENTRY_BYTES, BadEntry
from htmlcard.cache.trouble import DiskFailed, trouble_of

#: The only names ever read or deleted.
VALUE_NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{30}\.val")
#: All of them, for `glob`.
VALUE_FILES = "??/*.val"

_FOLDER_MODE = 0o700
_FILE_MODE = 0o600


class BytesDisk(diskcache.Disk):  # type: ignore[misc]  # diskcache is untyped
    """Refuses by `BadEntry`, which diskcache lets through to the caller."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)
        #: While cards are written together: their new files by key, and those to go afterwards.
        self._prepared: dict[str, str] = {}
        self._outdated: list[str] | None = None

    def put(self, key: object) -> tuple[str, bool]:
        if type(key) is not str:
            raise TypeError(f"cache keys are text, not {type(key).__name__}")
        return key, True

    def get(self, key: object, raw: object) -> str:
        if not raw or type(key) is not str:
            raise BadEntry("the database holds a key that is no text")
        return key

    def store(
        self, value: object, read: bool, key: object = None
    ) -> tuple[int, int, str | None, sqlite3.Binary | None]:
        if type(value) is not bytes or read:
            raise TypeError(f"cache values are bytes, not {type(value).__name__}")
        if len(value) < self.min_file_size:
            return 0, MODE_RAW, None, sqlite3.Binary(value)
        filename = self._prepared.get(str(key))
        if filename is None:
            raise ValueError("a value must be prepared before its row is written")
        return len(value), MODE_BINARY, filename, None

    def fetch(self, mode: int, filename: str | None, value: object, read: bool) -> bytes | None:
        """The stored bytes. With `read`, None and no look at the value: that is how `store`
        next door marks an entry as used."""
        if read:
            return None
        if mode == MODE_RAW and type(value) is bytes:
            return value
        if mode == MODE_BINARY and filename is not None:
            return self._read_value(filename)
        raise BadEntry(f"the database holds a value that is not plain bytes (mode {mode})")

    def filename(self, key: object = None, value: object = None) -> tuple[str, str]:
        """A new name, relative to the cache's folder and absolute.

        In one of 256 folders, which stay: diskcache's own 65,536 come and go, and to make one costs
        more than writing a card.
        """
        name = os.urandom(16).hex()
        filename = f"{name[:2]}/{name[2:]}.val"
        return filename, str(Path(self._directory, filename))

    def prepare(self, key: str, value: bytes) -> None:
        """Write a value's file, if it is to have one; `commit` or `roll_back` must follow."""
        if self._outdated is None:
            self._outdated = []
        if len(value) >= self.min_file_size:
            filename = self._prepared[key] = self.filename()[0]
            self._write_value(filename, value)

    def commit(self) -> None:
        """The rows of what was prepared are written: old files may go."""
        outdated, self._outdated = self._outdated or [], None
        self._prepared.clear()
        for filename in outdated:
            self.remove(filename)

    def roll_back(self) -> None:
        """The rows of what was prepared are not written: old files stay, the new ones go."""
        prepared = [*self._prepared.values()]
        self._outdated = None
        self._prepared.clear()
        for filename in prepared:
            self.remove(filename)

    def remove(self, file_path: str) -> None:
        """Delete a value's file. diskcache would within a transaction that may yet fail: what is
        prepared keeps it from that."""
        if not VALUE_NAME.fullmatch(file_path):
            return
        if self._outdated is not None:
            self._outdated.append(file_path)
            return
        with suppress(OSError):
            Path(self._directory, file_path).unlink()

    def _write_value(self, filename: str, value: bytes) -> None:
        path = Path(self._directory, filename)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        try:
            descriptor = os.open(path, flags, _FILE_MODE)
        except FileNotFoundError:
            path.parent.mkdir(_FOLDER_MODE, exist_ok=True)
            descriptor = os.open(path, flags, _FILE_MODE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(value)

    def _read_value(self, filename: str) -> bytes:
        if not VALUE_NAME.fullmatch(filename):
            raise BadEntry("the database names a file outside the cache")
        try:
            # Links and pipes are none of ours: not followed, not waited for.
            descriptor = os.open(
                Path(self._directory, filename), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
            )
            with os.fdopen(descriptor, "rb") as file:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_ENTRY_BYTES:
                    raise BadEntry("a value is not a plain file of a card's size")
                return file.read()
        except FileNotFoundError:
            raise  # diskcache takes it for what it mostly is: evicted a moment ago.
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise BadEntry("a value is a symbolic link") from error
            # Any other OSError would look like a plain miss to diskcache's caller.
            raise DiskFailed(trouble_of(error), str(error)) from error
