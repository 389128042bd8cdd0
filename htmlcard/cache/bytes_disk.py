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

#: What `diskcache.Disk.filename` makes; the only names ever read or deleted.
VALUE_NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{28}\.val")

_FOLDER_MODE = 0o700
_FILE_MODE = 0o600
_WRITE_TRIES = 10


class BytesDisk(diskcache.Disk):  # type: ignore[misc]  # diskcache is untyped
    """Refuses by `BadEntry`, which diskcache lets through to the caller."""

    _unsettled: str | None = None

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
        filename: str = self.filename()[0]
        self._unsettled = filename
        self._write_value(filename, value)
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

    def remove(self, file_path: str) -> None:
        if VALUE_NAME.fullmatch(file_path):
            super().remove(file_path)

    def discard_unsettled(self) -> None:
        """Delete the file of a value whose row was not written."""
        if self._unsettled is not None:
            self.remove(self._unsettled)
            self._unsettled = None

    def _write_value(self, filename: str, value: bytes) -> None:
        path = Path(self._directory, filename)
        for attempt in range(_WRITE_TRIES):
            for folder in (path.parent.parent, path.parent):
                with suppress(FileExistsError):
                    folder.mkdir(_FOLDER_MODE)
            try:
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
            except FileNotFoundError:
                # Another process has just removed the folder with its last value.
                if attempt == _WRITE_TRIES - 1:
                    raise
                continue
            with os.fdopen(descriptor, "wb") as file:
                file.write(value)
            return

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
