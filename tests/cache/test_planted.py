"""Whoever can write into the cache folder must gain nothing but a miss."""

from __future__ import annotations

import os
import pickle
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import diskcache
import pytest

from htmlcard.cache.bytes_disk import BytesDisk
from htmlcard.cache.entry import BadEntry, encode_entry
from htmlcard.cache.store import CardStore
from htmlcard.cache.trouble import DiskFailed, Trouble

_LIMIT_BYTES = 10_000_000


class Canary:
    """A pickle that leaves a file behind when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


@pytest.fixture
def store(folder: Path) -> Iterator[CardStore]:
    store = CardStore(folder, _LIMIT_BYTES)
    store.open()
    yield store
    store.close_here()


def _sql(folder: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(folder / "cache.db", timeout=5)) as connection:
        assert connection.execute(statement, values).rowcount == 1
        connection.commit()


def _value_file(folder: Path) -> Path:
    (path,) = folder.glob("??/*.val")
    return path


def _rejected(store: CardStore, identity: str) -> None:
    with pytest.raises(DiskFailed) as caught:
        store.get(identity)
    assert caught.value.trouble is Trouble.REJECTED


def test_the_canary_works(tmp_path: Path) -> None:
    """If the bait were harmless, the tests below would prove nothing."""
    canary = Canary(tmp_path / "canary")
    pickle.loads(pickle.dumps(canary))
    assert canary.path.exists()


@pytest.mark.parametrize("where", ["database", "file"])
def test_a_pickled_value_is_refused(
    store: CardStore, folder: Path, tmp_path: Path, make_entry, where: str
) -> None:
    """CVE-2025-69872: diskcache runs any pickle its database points to."""
    entry = make_entry()
    store.put(entry)
    canary = Canary(tmp_path / "canary")
    if where == "file":
        _value_file(folder).write_bytes(pickle.dumps(canary))
        _sql(folder, "UPDATE Cache SET mode = 4")
    else:
        row = pickle.dumps(canary)
        _sql(folder, "UPDATE Cache SET mode = 4, filename = NULL, value = ?", row)
    _rejected(store, entry.identity)
    assert not canary.path.exists()


def test_a_pickled_key_is_never_loaded(
    store: CardStore, folder: Path, tmp_path: Path, make_entry
) -> None:
    """Keys are unpickled wherever diskcache lists them; every use of ours must pass it by."""
    store.put(make_entry())
    canary = Canary(tmp_path / "canary")
    _sql(folder, "UPDATE Cache SET key = ?, raw = 0", pickle.dumps(canary))
    assert store.get(make_entry().identity) is None
    with closing(diskcache.Cache(folder, disk=BytesDisk)) as listing, pytest.raises(BadEntry):
        list(listing)
    store.put(make_entry())
    store.sweep()
    assert store.evict_template("article") == 2
    assert not canary.path.exists()


def test_nothing_can_be_stored_as_a_pickle(folder: Path) -> None:
    """A value that is no bytes must fail loudly here, not be pickled quietly."""
    with closing(diskcache.Cache(folder, disk=BytesDisk)) as cache:
        for key, value in (("key", {"a": 1}), ("key", "text"), (("a", 1), b"bytes"), (1, b"bytes")):
            with pytest.raises(TypeError):
                cache.set(key, value)


@pytest.mark.parametrize("value", ["text", 5, None])
def test_a_plain_value_that_is_no_bytes_is_refused(
    store: CardStore, folder: Path, make_entry, value: object
) -> None:
    """SQLite gives back whatever type was put there."""
    store.put(make_entry(size_bytes=100))
    _sql(folder, "UPDATE Cache SET value = ?", value)
    _rejected(store, make_entry().identity)


def test_no_file_outside_the_cache_is_read_or_deleted(
    store: CardStore, folder: Path, tmp_path: Path, make_entry
) -> None:
    """A planted file name would otherwise delete any file of ours on the next purge."""
    entry = make_entry()
    store.put(entry)
    outside = tmp_path / "precious"
    outside.write_bytes(encode_entry(entry))
    _sql(folder, "UPDATE Cache SET filename = ?", "../precious")
    _rejected(store, entry.identity)
    assert store.clear() == 1
    assert outside.exists()


@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_links_are_not_followed_and_pipes_not_waited_for(
    store: CardStore, folder: Path, tmp_path: Path, make_entry, kind: str
) -> None:
    """A named pipe in place of a value would hang a reader for ever."""
    entry = make_entry()
    store.put(entry)
    value = _value_file(folder)
    original = value.rename(tmp_path / "original")
    if kind == "link":
        value.symlink_to(original)
    else:
        os.mkfifo(value)
    _rejected(store, entry.identity)


def test_settings_that_are_not_ours_make_the_database_suspect(folder: Path, make_entry) -> None:
    """diskcache writes setting names into PRAGMA statements and over its own attributes."""
    first = CardStore(folder, _LIMIT_BYTES)
    first.open()
    first.put(make_entry())
    first.close_here()
    _sql(folder, "INSERT INTO Settings VALUES ('sqlite_writable_schema', 1)")
    second = CardStore(folder, _LIMIT_BYTES)
    second.open()
    assert second.get(make_entry().identity) is None
    second.close_here()
    assert list(folder.glob("cache.db.broken-*"))


@pytest.mark.parametrize("total", ["many", -(10**12)])
def test_planted_totals_do_not_lift_the_cap(folder: Path, make_entry, total: object) -> None:
    """diskcache evicts by a total kept in the database: a negative one would fill the disk."""
    first = CardStore(folder, 1_000_000)
    first.open()
    first.put(make_entry())
    first.close_here()
    _sql(folder, "UPDATE Settings SET value = ? WHERE key = 'size'", total)
    second = CardStore(folder, 1_000_000)
    second.open()
    for number in range(40):
        second.put(make_entry(number))
    assert second.entries < 20
    assert 0 < second.used_bytes <= 1_000_000
    second.close_here()
