"""A damaged database is set aside, and the start goes on."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from htmlcard.cache.store import CardStore

_LIMIT_BYTES = 10_000_000


def _noise(path: Path) -> None:
    path.write_bytes(os.urandom(path.stat().st_size))


def _noise_in_the_middle(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(16 * 1024))


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _emptied(path: Path) -> None:
    os.truncate(path, 0)


def _another_program(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE Cache (something TEXT)")
        connection.commit()


def _is_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _filled(folder: Path, make_entry) -> Path:
    store = CardStore(folder, _LIMIT_BYTES)
    store.open()
    for number in range(30):
        store.put(make_entry(number, size_bytes=3_000))
    store.close_here()
    return folder / "cache.db"


@pytest.mark.parametrize("damage", [_noise, _noise_in_the_middle, _cut, _another_program])
def test_a_damaged_database_is_set_aside(
    folder: Path, make_entry, damage: Callable[[Path], None]
) -> None:
    """A service that does not start for its cache's sake is worse than one without a cache."""
    damage(_filled(folder, make_entry))
    store = CardStore(folder, _LIMIT_BYTES)
    store.open()
    assert store.get(make_entry(1).identity) is None
    store.put(make_entry(1))
    assert store.get(make_entry(1).identity)
    store.close_here()
    assert len(list(folder.glob("cache.db.broken-*Z"))) == 1


def test_an_emptied_database_is_used_as_a_fresh_one(folder: Path, make_entry) -> None:
    """No bytes are a sound SQLite database: nothing to set aside, and no stale card."""
    _emptied(_filled(folder, make_entry))
    store = CardStore(folder, _LIMIT_BYTES)
    store.open()
    assert store.get(make_entry(1).identity) is None
    store.put(make_entry(1))
    assert store.get(make_entry(1).identity)
    store.close_here()


def test_only_the_last_damaged_database_is_kept(folder: Path, make_entry) -> None:
    """A disk that keeps breaking must not fill up with the evidence."""
    stale = folder / "cache.db.broken-20200101T000000Z"
    path = _filled(folder, make_entry)
    stale.write_bytes(b"an earlier one")
    _noise(path)
    store = CardStore(folder, _LIMIT_BYTES)
    store.open()
    store.close_here()
    (kept,) = folder.glob("cache.db.broken-*Z")
    assert kept != stale


def test_damage_while_running_is_mended_by_opening_again(folder: Path, make_entry) -> None:
    """Nobody restarts a card service at night because its cache broke."""
    store = CardStore(folder, _LIMIT_BYTES)
    store.open()
    store.put(make_entry(1))
    (folder / "cache.db").unlink()
    store.open()
    store.put(make_entry(2))
    assert store.get(make_entry(2).identity)
    store.close_here()
