"""Cards in a real folder: found again, kept within the cap, never wrong."""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from htmlcard.cache import database
from htmlcard.cache.bytes_disk import BytesDisk
from htmlcard.cache.store import CardStore
from htmlcard.cache.trouble import DiskFailed, Trouble

_LIMIT_BYTES = 2_000_000


@pytest.fixture
def store(folder: Path) -> Iterator[CardStore]:
    store = CardStore(folder, _LIMIT_BYTES)
    store.open()
    yield store
    store.close_here()


def _values(folder: Path) -> list[Path]:
    return list(folder.glob("??/*.val"))


@pytest.mark.parametrize("size_bytes", [0, 1, 16_000, 17_000, 120_000])
def test_a_card_survives_a_restart(store: CardStore, folder: Path, make_entry, size_bytes) -> None:
    """A deploy must not draw every card anew; small values lie in the database, large beside."""
    entry = make_entry(size_bytes=size_bytes)
    store.put(entry)
    store.close_here()
    again = CardStore(folder, _LIMIT_BYTES)
    again.open()
    assert again.get(entry.identity) == entry
    again.close_here()


def test_an_edited_template_replaces_its_picture_in_place(
    store: CardStore, folder: Path, make_entry
) -> None:
    """Old pictures must leave the disk with the edit, not when the cap is reached."""
    store.put(make_entry(mark="old"))
    store.put(make_entry(mark="new"))
    found = store.get(make_entry().identity)
    assert found is not None
    assert found.fingerprint == "new"
    assert len(_values(folder)) == 1
    assert store.entries == 1


def test_cards_written_together_are_there_or_none_of_them(
    store: CardStore, folder: Path, make_entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a full disk stops halfway leaves neither rows without files nor files without rows."""
    store.put(*map(make_entry, range(5)))
    assert [store.get(make_entry(number).identity) is None for number in range(6)] == [
        *[False] * 5,
        True,
    ]
    write = BytesDisk._write_value

    def write_but_the_last(disk: BytesDisk, filename: str, value: bytes) -> None:
        write(disk, filename, value[:1000] if b"the last" in value else value)
        if b"the last" in value:
            raise OSError(errno.ENOSPC, "the disk is full")

    monkeypatch.setattr(BytesDisk, "_write_value", write_but_the_last)
    with pytest.raises(DiskFailed, match="full"):
        store.put(*map(make_entry, range(3, 9)), make_entry(9, mark="the last"))
    assert len(_values(folder)) == 5
    assert all(store.get(make_entry(number).identity) for number in range(5))
    store.put(make_entry(5))
    assert store.entries == len(_values(folder)) == 6


def test_what_a_failed_commit_was_to_replace_stays(
    store: CardStore, folder: Path, make_entry
) -> None:
    """Else a full disk would cost the old pictures, which are all there is to show then."""
    store.put(*(make_entry(number, mark="old") for number in range(3)))
    with closing(sqlite3.connect(folder / "cache.db", isolation_level=None)) as other:
        other.execute(
            "CREATE TRIGGER fails BEFORE UPDATE ON Cache WHEN NEW.key LIKE '%2' "
            "BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
        with pytest.raises(DiskFailed):
            store.put(*(make_entry(number, mark="new") for number in range(3)))
        other.execute("DROP TRIGGER fails")
    found = [store.get(make_entry(number).identity) for number in range(3)]
    assert [entry and entry.fingerprint for entry in found] == ["old"] * 3
    assert len(_values(folder)) == 3
    store.put(*(make_entry(number, mark="new") for number in range(3)))
    assert len(_values(folder)) == 3


def test_folders_and_files_are_the_owner_s_alone(
    store: CardStore, folder: Path, make_entry
) -> None:
    """What others can write into the cache we would serve."""
    store.put(make_entry())
    (value,) = _values(folder)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder, value.parent, value)]
    assert modes == [0o700, 0o700, 0o600]


@pytest.mark.parametrize("damage", ["cut", "emptied", "flipped", "swapped", "deleted"])
def test_a_damaged_value_file_is_never_a_picture(
    store: CardStore, folder: Path, make_entry, damage: str
) -> None:
    """A broken picture would go out under a year of Cache-Control."""
    store.put(make_entry(1))
    (value,) = _values(folder)
    store.put(make_entry(2))
    (other,) = set(_values(folder)) - {value}
    raw = bytearray(value.read_bytes())
    if damage == "cut":
        value.write_bytes(raw[: len(raw) // 2])
    elif damage == "emptied":
        value.write_bytes(b"")
    elif damage == "flipped":
        raw[len(raw) // 2] ^= 1
        value.write_bytes(raw)
    elif damage == "swapped":
        value.write_bytes(other.read_bytes())
    else:
        value.unlink()
    if damage == "deleted":
        assert store.get(make_entry(1).identity) is None
    else:
        with pytest.raises(DiskFailed) as caught:
            store.get(make_entry(1).identity)
        assert caught.value.trouble is Trouble.REJECTED
    assert store.get(make_entry(2).identity)


def test_the_least_recently_used_leaves_first(store: CardStore, make_entry) -> None:
    """By use, not by age: the oldest card may be the home page's."""
    favorites = [make_entry(number).identity for number in (3, 7)]
    for number in range(20):
        store.put(make_entry(number))
    for number in range(20, 50):
        store.put(make_entry(number), used=favorites)
    present = {n for n in range(50) if store.get(make_entry(n).identity) is not None}
    assert {3, 7} <= present
    assert {49, 48, 47} <= present
    assert not present & set(range(3))


def test_reading_alone_does_not_write(store: CardStore, folder: Path, make_entry) -> None:
    """A hit that were a write transaction would stall behind every other writer."""
    store.put(make_entry())
    log = folder / "cache.db-wal"
    before = log.stat().st_size, log.stat().st_mtime_ns
    for _ in range(50):
        assert store.get(make_entry().identity)
    assert (log.stat().st_size, log.stat().st_mtime_ns) == before


def _bytes_on_disk(folder: Path) -> int:
    return (folder / "cache.db").stat().st_size + sum(p.stat().st_size for p in _values(folder))


def test_the_cap_holds_after_every_write(store: CardStore, folder: Path, make_entry) -> None:
    """Small cards and then large ones: evicting one for one would not be enough."""
    for number in range(150):
        store.put(make_entry(number, size_bytes=17_000))
    for number in range(150, 170):
        store.put(make_entry(number, size_bytes=230_000))
        # The database file shrinks a little later than its contents.
        assert _bytes_on_disk(folder) <= _LIMIT_BYTES + 64 * 1024
        assert store.used_bytes <= _LIMIT_BYTES
    assert store.used_bytes == pytest.approx(_bytes_on_disk(folder), rel=0.1)


def test_the_cap_holds_under_parallel_writers(
    folder: Path, make_entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several services may share one folder; each evicts for all."""
    # Each write waits for the others', which on a busy disk takes longer than a service would.
    monkeypatch.setattr(database, "_WRITE_LOCK_S", 60.0)
    openers = [CardStore(folder, _LIMIT_BYTES) for _ in range(3)]

    def write(writer: int) -> None:
        store = openers[writer]
        store.open()
        for number in range(40):
            store.put(make_entry(writer * 1000 + number))
        store.close_here()

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(write, range(3)))
    # Each may be one card ahead of its own eviction.
    assert _bytes_on_disk(folder) <= _LIMIT_BYTES + 3 * 60_000
    assert _bytes_on_disk(folder) >= _LIMIT_BYTES // 2


def test_purging_a_template_takes_the_files_along(
    store: CardStore, folder: Path, make_entry
) -> None:
    """What an operator purges must be gone from the disk, and nothing else."""
    for number in range(5):
        store.put(make_entry(number))
    store.put(make_entry(9, template="event"))
    assert store.evict_template("article") == 5
    assert len(_values(folder)) == 1
    assert store.remove(make_entry(9).identity)
    assert not store.remove(make_entry(9).identity)
    assert store.entries == 0
    assert _values(folder) == []


def test_a_write_that_fails_leaves_no_file(store: CardStore, folder: Path, make_entry) -> None:
    """Files without a row are in no count, so failing writes would fill the disk unseen."""
    store.put(make_entry(1))
    with closing(sqlite3.connect(folder / "cache.db")) as connection:
        # The database takes no row any more, as on a full disk.
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON Cache BEGIN SELECT RAISE(FAIL, 'full'); END"
        )
    with pytest.raises(DiskFailed):
        store.put(make_entry(2))
    assert len(_values(folder)) == 1
    assert store.get(make_entry(1).identity)


def test_files_left_by_killed_writers_are_swept(store: CardStore, folder: Path, make_entry) -> None:
    """A year of crashes must not fill the disk; a write under way elsewhere must not be lost."""
    store.put(make_entry(1))
    (kept,) = _values(folder)
    orphan = kept.with_name("0" * 30 + ".val")
    young = kept.with_name("1" * 30 + ".val")
    foreign = kept.with_name("notes.val")
    for path in (orphan, young, foreign):
        path.write_bytes(b"half a picture")
    long_ago_s = time.time() - 3600
    for path in (kept, orphan, foreign):
        os.utime(path, (long_ago_s, long_ago_s))
    assert store.sweep() == 1
    assert [path.exists() for path in (kept, orphan, young, foreign)] == [True, False, True, True]


def test_a_folder_that_cannot_be_made_is_one_kind_of_failure(tmp_path: Path) -> None:
    """The service starts without a disk cache then, and says why."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DiskFailed, match=os.strerror(errno.ENOTDIR)):
        CardStore(tmp_path / "file" / "cards", _LIMIT_BYTES).open()
