"""The diskcache database under a cache folder: looked over, opened, or set aside when damaged.

Whoever may write into the folder may plant anything in the database, and a
killed machine may leave half of it. Reading and writing cards: `store`.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import diskcache
import structlog
from diskcache.core import DBNAME, DEFAULT_SETTINGS, METADATA

from htmlcard.cache.bytes_disk import BytesDisk
from htmlcard.cache.trouble import DiskFailed, Trouble, trouble_of

#: Half the time a reader has: a locked database must not use up a whole look-up.
_READ_LOCK_S = 0.02
_WRITE_LOCK_S = 0.5
_OPEN_LOCK_S = 1.0

_SETTINGS = {
    **DEFAULT_SETTINGS,
    # Purging a template must not read every row.
    "tag_index": 1,
    # Two at each write are enough when cards are of a size; `store` sees to the rest.
    "cull_limit": 2,
    # 2 MB each: rows are small, pictures lie in files beside.
    "sqlite_cache_size": 512,
    # Mapped, a database cut short by someone else ends the whole process (SIGBUS).
    "sqlite_mmap_size": 0,
    "disk_min_file_size": 16 * 1024,
}
_COLUMNS = (
    "rowid, key, raw, store_time, expire_time, access_time, access_count,"
    " tag, size, mode, filename, value"
)

_log = structlog.get_logger(__name__)


class Database:
    """Two views of one diskcache folder. diskcache keeps one connection per thread in each.

    `reader` gives up on a lock early, and does not mark entries as used: that
    would make every hit a write transaction. `writer` evicts the least recently used.
    """

    def __init__(self, folder: Path, size_limit_bytes: int) -> None:
        def view(timeout_s: float, policy: str) -> diskcache.Cache:
            return diskcache.Cache(
                folder,
                timeout=timeout_s,
                disk=BytesDisk,
                **{**_SETTINGS, "size_limit": size_limit_bytes, "eviction_policy": policy},
            )

        self.path = folder / DBNAME
        self.reader = view(_READ_LOCK_S, "none")
        self.writer = view(_WRITE_LOCK_S, "least-recently-used")
        self._inode = _inode(self.path)

    @property
    def disk(self) -> BytesDisk:
        disk: BytesDisk = self.writer.disk
        return disk

    def is_in_place(self) -> bool:
        """False once the file was deleted, replaced or set aside under our open connections."""
        return _inode(self.path) == self._inode

    def close_here(self) -> None:
        """Close the connections of the calling thread."""
        self.reader.close()
        self.writer.close()


def open_database(folder: Path, size_limit_bytes: int) -> Database:
    """The database of `folder`, made where there is none, fresh where it was damaged.

    Raises `DiskFailed` where the folder cannot be used now.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(folder):
            for _ in range(2):
                problem = _find_damage(folder / DBNAME)
                if problem is None:
                    try:
                        return Database(folder, size_limit_bytes)
                    except (sqlite3.OperationalError, OSError):
                        raise
                    except Exception as error:
                        # diskcache trusts what it finds and fails in any way it likes.
                        problem = repr(error)
                _set_aside(folder, problem)
    except (sqlite3.Error, OSError) as error:
        raise DiskFailed(
            trouble_of(error), f"cannot open the cache in {folder}: {error}"
        ) from error
    raise DiskFailed(Trouble.DAMAGED, f"the database in {folder} is damaged and stays so")


def _find_damage(path: Path) -> str | None:
    """What is wrong with the database, None where nothing is. Raises where it cannot be told."""
    if not path.exists():
        return None
    try:
        with closing(
            sqlite3.connect(path, timeout=_OPEN_LOCK_S, isolation_level=None)
        ) as connection:
            # diskcache would wait a minute for a lock.
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
            # One snapshot of what others may be writing to.
            connection.execute("BEGIN")
            return _look_over(connection)
    except sqlite3.DatabaseError as error:
        if trouble_of(error) is not Trouble.DAMAGED:
            raise
        return str(error)


def _look_over(connection: sqlite3.Connection) -> str | None:
    ((verdict,),) = connection.execute("PRAGMA quick_check(1)").fetchall()
    if verdict != "ok":
        return str(verdict)
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    settings: dict[object, object] = {}
    if "Settings" in tables:
        settings = dict(connection.execute("SELECT key, value FROM Settings").fetchall())
        # diskcache puts these into PRAGMA statements and attributes of its own.
        unknown = settings.keys() - DEFAULT_SETTINGS.keys() - METADATA.keys()
        if unknown:
            return f"unknown settings {sorted(map(str, unknown))}"
    if "Cache" in tables:
        connection.execute(f"SELECT {_COLUMNS} FROM Cache LIMIT 0")  # noqa: S608 - a constant
        (totals,) = connection.execute("SELECT COUNT(*), COALESCE(SUM(size), 0) FROM Cache")
        # The cap is kept by these two, which triggers maintain.
        if totals != (settings.get("count"), settings.get("size")):
            return "totals that do not fit the rows"
    return None


def _set_aside(folder: Path, problem: str) -> None:
    """Rename the database for whoever wants to look into it, and forget the one before."""
    stem = f"{DBNAME}.broken-"
    for old in folder.glob(f"{stem}*"):
        old.unlink(missing_ok=True)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    # A write-ahead log left behind would be replayed into the fresh database.
    for suffix in ("", "-wal", "-shm", "-journal"):
        with suppress(FileNotFoundError):
            (folder / f"{DBNAME}{suffix}").rename(folder / f"{stem}{stamp}{suffix}")
    _log.warning(
        "cache_set_aside",
        problem=problem,
        kept_as=str(folder / f"{stem}{stamp}"),
        effect="the cache starts empty",
    )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    # Two services that start at once must not set aside each other's fresh database.
    descriptor = os.open(folder / "opening.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        until_s = time.monotonic() + _OPEN_LOCK_S
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until_s:
                    raise DiskFailed(
                        Trouble.LOCKED, f"another process keeps opening the cache in {folder}"
                    ) from None
                time.sleep(0.01)
        yield
    finally:
        os.close(descriptor)


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
