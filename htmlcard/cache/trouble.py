"""What may be wrong with a disk: a bounded set of kinds, counted and logged sparingly.

The only place that reads the error codes of SQLite and the operating system.
"""

from __future__ import annotations

import errno
import sqlite3
import time
from collections import Counter
from enum import StrEnum

import diskcache
import structlog

from htmlcard.errors import HtmlcardError

_LOG_EVERY_S = 60.0
_log = structlog.get_logger(__name__)


class Trouble(StrEnum):
    """Fit for a metric's label."""

    SLOW = "slow"
    BUSY = "busy"
    BACKLOG = "backlog"
    TOO_LARGE = "too_large"
    LOCKED = "locked"
    FULL = "full"
    DENIED = "denied"
    MISSING = "missing"
    DAMAGED = "damaged"
    REJECTED = "rejected"
    IO = "io"


class DiskFailed(HtmlcardError):  # noqa: N818 - reads like its sisters in htmlcard.errors
    """The disk could not do it; never leaves this package."""

    def __init__(self, trouble: Trouble, detail: str) -> None:
        super().__init__(f"{trouble}: {detail}")
        self.trouble = trouble


#: Primary result codes, https://www.sqlite.org/rescode.html
_BY_SQLITE_CODE = {
    sqlite3.SQLITE_BUSY: Trouble.LOCKED,
    sqlite3.SQLITE_LOCKED: Trouble.LOCKED,
    sqlite3.SQLITE_PROTOCOL: Trouble.LOCKED,
    sqlite3.SQLITE_FULL: Trouble.FULL,
    sqlite3.SQLITE_READONLY: Trouble.DENIED,
    sqlite3.SQLITE_PERM: Trouble.DENIED,
    sqlite3.SQLITE_AUTH: Trouble.DENIED,
    sqlite3.SQLITE_CANTOPEN: Trouble.MISSING,
    sqlite3.SQLITE_CORRUPT: Trouble.DAMAGED,
    sqlite3.SQLITE_NOTADB: Trouble.DAMAGED,
    # A table or column is not there: no database of ours.
    sqlite3.SQLITE_ERROR: Trouble.DAMAGED,
}

_BY_ERRNO = {
    errno.ENOSPC: Trouble.FULL,
    errno.EDQUOT: Trouble.FULL,
    errno.EROFS: Trouble.DENIED,
    errno.EACCES: Trouble.DENIED,
    errno.EPERM: Trouble.DENIED,
    errno.ENOENT: Trouble.MISSING,
    errno.ENOTDIR: Trouble.MISSING,
}


def trouble_of(error: BaseException) -> Trouble:
    """The kind of an exception of diskcache, SQLite or the operating system."""
    if isinstance(error, diskcache.Timeout):
        # diskcache says "timeout" whatever kept it from beginning a transaction.
        cause = error.__context__
        return Trouble.LOCKED if cause is None else trouble_of(cause)
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_IOERR)
        return _BY_SQLITE_CODE.get(code & 0xFF, Trouble.IO)
    if isinstance(error, OSError):
        return _BY_ERRNO.get(error.errno or 0, Trouble.IO)
    return Trouble.DAMAGED


class Troubles:
    """Counts every trouble, logs each kind at most once a minute. One event loop only."""

    def __init__(self) -> None:
        self.counts: Counter[Trouble] = Counter()
        self._log_at_s: dict[Trouble, float] = {}

    def note(self, trouble: Trouble, doing: str, detail: str = "") -> None:
        self.counts[trouble] += 1
        now_s = time.monotonic()
        if now_s < self._log_at_s.get(trouble, 0.0):
            return
        self._log_at_s[trouble] = now_s + _LOG_EVERY_S
        _log.warning(
            "cache_disk_trouble",
            kind=trouble.value,
            doing=doing,
            detail=detail,
            count=self.counts[trouble],
            effect="cards are drawn anew instead",
        )
