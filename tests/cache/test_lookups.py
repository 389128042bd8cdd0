"""Look-ups share what they ask for, and nothing else: not failures, not a caller's hanging up."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from htmlcard.cache.entry import CacheEntry
from htmlcard.cache.lookups import Lookups
from htmlcard.cache.store import CardStore
from htmlcard.cache.trouble import DiskFailed, Trouble

from .conftest import MakeEntry


class CountedStore(CardStore):
    """A true one that counts its reads, and can be stopped in the midst of one."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, 20_000_000)
        self.reads: list[str] = []
        self.takes_s = 0.0
        self.reading = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()

    def get(self, identity: str) -> CacheEntry | None:
        self.reads.append(identity)
        found = super().get(identity)
        time.sleep(self.takes_s)
        self.reading.set()
        assert self.go_on.wait(30)
        return found


@pytest.fixture
def store(folder: Path) -> CountedStore:
    store = CountedStore(folder)
    store.open()
    return store


@pytest.fixture
def failures() -> list[tuple[str, Trouble]]:
    return []


@pytest.fixture
async def lookups(
    store: CountedStore, failures: list[tuple[str, Trouble]]
) -> AsyncIterator[Lookups]:
    def note(identity: str, error: DiskFailed) -> None:
        failures.append((identity, error.trouble))

    lookups = Lookups(store, 20.0, note)
    lookups.start()
    yield lookups
    store.takes_s = 0.0
    store.go_on.set()
    await lookups.aclose(5.0)
    store.close_here()


async def _until_reading(store: CountedStore) -> None:
    assert await asyncio.to_thread(store.reading.wait, 30)


async def test_a_card_is_read_once_for_all_who_ask_at_once(
    lookups: Lookups, store: CountedStore, make_entry: MakeEntry
) -> None:
    """A link goes viral just after a restart: one read, not a thousand."""
    entries = [make_entry(number) for number in range(40)]
    for entry in entries:
        store.put(entry)
    wanted = [entries[number % 40] for number in range(200)]
    found = await asyncio.gather(*(lookups.find(entry.identity) for entry in wanted))
    assert found == wanted
    assert sorted(store.reads) == sorted(entry.identity for entry in entries)


async def test_who_comes_while_it_is_read_gets_the_same(
    lookups: Lookups, store: CountedStore, make_entry: MakeEntry
) -> None:
    entry = make_entry()
    store.put(entry)
    store.go_on.clear()
    first = asyncio.create_task(lookups.find(entry.identity))
    await _until_reading(store)
    second = asyncio.create_task(lookups.find(entry.identity))
    await asyncio.sleep(0)
    store.go_on.set()
    assert await asyncio.gather(first, second) == [entry, entry]
    assert len(store.reads) == 1


async def test_who_hangs_up_takes_nothing_away_from_the_others(
    lookups: Lookups, store: CountedStore, make_entry: MakeEntry
) -> None:
    """Crawlers hang up all the time."""
    entry = make_entry()
    store.put(entry)
    store.go_on.clear()
    asked = [asyncio.create_task(lookups.find(entry.identity)) for _ in range(3)]
    await _until_reading(store)
    asked[0].cancel()
    await asyncio.sleep(0)
    store.go_on.set()
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(found[0], asyncio.CancelledError)
    assert found[1:] == [entry, entry]


async def test_after_a_change_nobody_shares_what_was_read_before_it(
    lookups: Lookups, store: CountedStore, make_entry: MakeEntry
) -> None:
    """A card taken down must not be handed to who asks afterwards."""
    entry = make_entry()
    store.put(entry)
    store.go_on.clear()
    before = asyncio.create_task(lookups.find(entry.identity))
    await _until_reading(store)
    await asyncio.to_thread(store.remove, entry.identity)
    lookups.part()
    after = asyncio.create_task(lookups.find(entry.identity))
    await asyncio.sleep(0)
    store.go_on.set()
    assert await before == entry
    assert await after is None


async def test_a_damaged_card_costs_its_neighbors_nothing(
    lookups: Lookups,
    store: CountedStore,
    failures: list[tuple[str, Trouble]],
    folder: Path,
    make_entry: MakeEntry,
) -> None:
    """They are read together, and are not to blame."""
    store.put(make_entry(1))
    (value,) = folder.glob("??/*.val")  # noqa: ASYNC240 - nothing else runs
    value.write_bytes(value.read_bytes()[:-1] + b"?")
    others = [make_entry(number) for number in (0, 2)]
    for entry in others:
        store.put(entry)
    identities = [make_entry(number).identity for number in range(3)]
    assert await asyncio.gather(*map(lookups.find, identities)) == [others[0], None, others[1]]
    assert failures == [(identities[1], Trouble.REJECTED)]


async def test_what_is_looked_up_at_the_end_is_a_miss(
    lookups: Lookups, store: CountedStore, make_entry: MakeEntry
) -> None:
    """Who shuts down waits for no disk, and leaves nobody waiting."""
    entry = make_entry()
    store.put(entry)
    store.go_on.clear()
    asked = asyncio.create_task(lookups.find(entry.identity))
    await _until_reading(store)
    await lookups.aclose(0.01)
    assert await asyncio.wait_for(asked, 30) is None


async def test_a_slow_disk_is_waited_for_as_long_as_it_answers_anybody(
    lookups: Lookups,
    store: CountedStore,
    failures: list[tuple[str, Trouble]],
    make_entry: MakeEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Cards that are read together take longer than the budget of one: that is no hanging disk."""
    monkeypatch.setattr("htmlcard.cache.lookups._PATIENCE_S", 60.0)
    entries = [make_entry(number) for number in range(20)]
    store.put(*entries)
    store.takes_s, lookups._budget_s = 0.1, 0.8
    assert await asyncio.gather(*(lookups.find(entry.identity) for entry in entries)) == entries
    assert failures == []


async def test_what_was_read_before_the_disk_hung_is_answered(
    lookups: Lookups,
    store: CountedStore,
    failures: list[tuple[str, Trouble]],
    make_entry: MakeEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One bad sector must not cost those who were read with it."""
    entries = [make_entry(number) for number in range(3)]
    store.put(*entries)
    get = store.get

    def hang_at_the_second(identity: str) -> CacheEntry | None:
        if identity == entries[1].identity:
            store.go_on.clear()
        return get(identity)

    monkeypatch.setattr(store, "get", hang_at_the_second)
    lookups._budget_s = 0.5
    found = await asyncio.gather(*(lookups.find(entry.identity) for entry in entries))
    assert found == [entries[0], None, None]
    assert [trouble for _, trouble in failures] == [Trouble.SLOW]
    store.go_on.set()
    monkeypatch.undo()
    assert await lookups.find(entries[2].identity) == entries[2]


async def test_nobody_waits_for_ever_where_reporting_fails(
    store: CountedStore, make_entry: MakeEntry
) -> None:
    """A log on a broken pipe must not hang whoever asks for a card from then on."""

    def report(identity: str, error: DiskFailed) -> None:
        raise OSError("broken pipe")

    entry = make_entry()
    store.put(entry)
    lookups = Lookups(store, 0.2, report)
    lookups.start()
    store.go_on.clear()
    asked = [lookups.find(make_entry(number).identity) for number in range(3)]
    with contextlib.suppress(OSError):
        assert await asyncio.wait_for(asyncio.gather(*asked), 30) == [None] * 3
    store.go_on.set()
    lookups._budget_s = 20.0
    assert await asyncio.wait_for(lookups.find(entry.identity), 30) == entry
    await lookups.aclose(5.0)
