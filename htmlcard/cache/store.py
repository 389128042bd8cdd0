"""Cards in a folder, by blocking calls that take as long as the disk takes.

Everything raises `DiskFailed` and nothing else. The time budget, the threads and
the patience belong to `lookups` and `disk`; the state of the database file to `database`.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import diskcache

from htmlcard.cache.bytes_disk import VALUE_FILES, VALUE_NAME
from htmlcard.cache.database import Database, open_database
from htmlcard.cache.entry import BadEntry, CacheEntry, encode_entry, parse_entry
from htmlcard.cache.trouble import DiskFailed, Trouble, trouble_of

#: Younger files may belong to a write another process has under way.
_ORPHAN_AGE_S = 600.0


class CardStore:
    """Entries by identity, about `size_limit_bytes` of them, least recently used out first.

    `get` may run in several threads at once; all else belongs to one thread.
    """

    def __init__(self, folder: Path, size_limit_bytes: int) -> None:
        self.folder = folder
        self.size_limit_bytes = size_limit_bytes
        #: As of the last write: entries and bytes on the disk.
        self.entries = 0
        self.used_bytes = 0
        self._database: Database | None = None
        self._mine = threading.local()

    def open(self) -> None:
        """Open, or open anew after the files were lost or damaged."""
        self._database = None
        with _only_disk_failed():
            database = open_database(self.folder, self.size_limit_bytes)
            self._use_here(database)
            self._database = database
            self._count(database)

    def close_here(self) -> None:
        """Close what the calling thread has open; the next call opens it again."""
        mine: Database | None = getattr(self._mine, "database", None)
        if mine is not None:
            with _only_disk_failed():
                mine.close_here()
            self._mine.database = None

    def get(self, identity: str) -> CacheEntry | None:
        """The entry, checked; `Trouble.REJECTED` where a value is there but no such entry."""
        with _only_disk_failed():
            raw = self._opened().reader.get(identity)
            return None if raw is None else parse_entry(raw, identity)

    def put(self, *entries: CacheEntry, used: Iterable[str] = ()) -> None:
        """Store or replace, in one transaction: all of them or none.

        `used` goes to `mark_used` first, for a write may evict.
        """
        self.mark_used(used)
        newest = {entry.identity: entry for entry in entries}
        with self._writing() as database:
            try:
                values = {identity: encode_entry(entry) for identity, entry in newest.items()}
                # Before the lock is taken, which others may wait for.
                for identity, value in values.items():
                    database.disk.prepare(identity, value)
                with database.writer.transact():
                    for identity, value in values.items():
                        database.writer.set(identity, value, tag=newest[identity].template)
            except BaseException:
                database.disk.roll_back()
                raise
            database.disk.commit()
            if database.writer.volume() > self.size_limit_bytes:
                database.writer.cull()

    def mark_used(self, identities: Iterable[str]) -> None:
        """Note that these were used just now, in this order, in one transaction."""
        pending = list(identities)
        if not pending:
            return
        with self._writing() as database, database.writer.transact():
            for identity in pending:
                database.writer.get(identity, read=True)

    def remove(self, identity: str) -> bool:
        with self._writing() as database:
            removed: bool = database.writer.delete(identity)
            return removed

    def evict_template(self, name: str) -> int:
        with self._writing() as database:
            count: int = database.writer.evict(name)
            return count

    def clear(self) -> int:
        with self._writing() as database:
            count: int = database.writer.clear()
            return count

    def sweep(self) -> int:
        """Delete value files without a row, left by killed writers; how many there were."""
        with _only_disk_failed():
            database = self._opened()
            old_enough_s = time.time() - _ORPHAN_AGE_S
            found = [
                path
                for path in self.folder.glob(VALUE_FILES)
                if VALUE_NAME.fullmatch(path.relative_to(self.folder).as_posix())
                and _is_older(path, old_enough_s)
            ]
            # Asked after the search: what is old and has no row now will never get one.
            with closing(sqlite3.connect(database.path)) as connection:
                rows = connection.execute("SELECT filename FROM Cache").fetchall()
            kept = {filename for (filename,) in rows}
            orphans = [
                path for path in found if path.relative_to(self.folder).as_posix() not in kept
            ]
            for path in orphans:
                database.disk.remove(path.relative_to(self.folder).as_posix())
            return len(orphans)

    def _opened(self) -> Database:
        database = self._database
        if database is None or not database.is_in_place():
            raise DiskFailed(Trouble.MISSING, f"the database in {self.folder} is gone")
        self._use_here(database)
        return database

    def _use_here(self, database: Database) -> None:
        # SQLite's connections belong to threads; the old ones go when a thread comes by.
        if getattr(self._mine, "database", None) is not database:
            self.close_here()
            self._mine.database = database

    @contextmanager
    def _writing(self) -> Iterator[Database]:
        with _only_disk_failed():
            database = self._opened()
            try:
                yield database
                self._count(database)
            except BaseException:
                # diskcache does not roll back where COMMIT fails: the lock could stay held.
                database.writer.close()
                raise

    def _count(self, database: Database) -> None:
        self.entries = len(database.writer)
        self.used_bytes = database.writer.volume()


def _is_older(path: Path, time_s: float) -> bool:
    """Not where another process has just removed it."""
    try:
        return path.lstat().st_mtime < time_s
    except FileNotFoundError:
        return False


@contextmanager
def _only_disk_failed() -> Iterator[None]:
    try:
        yield
    except DiskFailed:
        raise
    except BadEntry as error:
        raise DiskFailed(Trouble.REJECTED, str(error)) from error
    except (diskcache.Timeout, sqlite3.Error, OSError) as error:
        raise DiskFailed(trouble_of(error), repr(error)) from error
    except Exception as error:
        # diskcache computes with what the database holds: a planted text where a
        # number belongs is a TypeError.
        raise DiskFailed(Trouble.DAMAGED, repr(error)) from error
