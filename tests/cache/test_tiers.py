"""Memory in front of the disk: found again, promoted, purged for good."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from htmlcard.cache.tiers import CardCache, Purged, Tier

_MEMORY_BYTES = 3_000_000
_DISK_BYTES = 20_000_000


@pytest.fixture
async def cache(folder: Path) -> AsyncIterator[CardCache]:
    async with CardCache(folder, memory_bytes=_MEMORY_BYTES, disk_bytes=_DISK_BYTES) as cache:
        yield cache


def _again(folder: Path) -> CardCache:
    return CardCache(folder, memory_bytes=_MEMORY_BYTES, disk_bytes=_DISK_BYTES)


async def test_a_card_is_found_at_once_after_it_was_put(cache: CardCache, make_entry) -> None:
    """The hot path may not wait, not even for the write of its own card."""
    entry = make_entry()
    cache.put(entry)
    assert cache.find_now(entry.identity) is entry
    assert await cache.find(entry.identity) == (entry, Tier.MEMORY)


async def test_closing_writes_what_waits_and_a_restart_promotes_it(
    cache: CardCache, folder: Path, make_entry
) -> None:
    """A deploy right after a burst must not lose the burst."""
    for number in range(20):
        cache.put(make_entry(number))
    await cache.aclose()
    async with _again(folder) as after:
        identity = make_entry(7).identity
        assert after.find_now(identity) is None
        found = await after.find(identity)
        assert found is not None
        assert found[1] is Tier.DISK
        assert after.find_now(identity) is found[0]


async def test_a_purge_reaches_both_tiers_in_order(
    cache: CardCache, folder: Path, make_entry
) -> None:
    """A write that still waits when the purge comes must not bring the card back."""
    for number in range(10):
        cache.put(make_entry(number))
    cache.put(make_entry(99, template="event"))
    assert await cache.evict_template("article") == Purged(10, complete=True)
    assert await cache.find(make_entry(3).identity) is None
    assert await cache.remove(make_entry(99).identity) == Purged(1, complete=True)
    cache.put(make_entry(1))
    assert await cache.clear() == Purged(1, complete=True)
    await cache.aclose()
    async with _again(folder) as after:
        for number in (1, 3, 99):
            assert await after.find(make_entry(number).identity) is None


async def test_a_read_under_way_does_not_bring_a_purged_card_back(
    cache: CardCache, folder: Path, make_entry
) -> None:
    """Takedowns must hold also against the request that came a millisecond earlier."""
    for number in range(30):
        cache.put(make_entry(number))
    await cache.aclose()
    async with _again(folder) as after:
        looks = [asyncio.create_task(after.find(make_entry(n).identity)) for n in range(30)]
        await asyncio.sleep(0)
        await after.clear()
        await asyncio.gather(*looks)
        assert [n for n in range(30) if after.find_now(make_entry(n).identity)] == []


async def test_a_read_during_a_purge_does_not_bring_the_card_back(
    cache: CardCache, folder: Path, make_entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks while the disk forgets may still see the card; nobody may afterwards."""
    cache.put(make_entry())
    await cache.aclose()
    async with _again(folder) as after:
        assert after._disk is not None
        after._disk._lookups._budget_s = 20.0
        store, may_go_on = after._disk._store, threading.Event()
        clear = store.clear
        monkeypatch.setattr(store, "clear", lambda: may_go_on.wait(30) and clear())
        purge = asyncio.create_task(after.clear())
        await asyncio.sleep(0)
        assert await after.find(make_entry().identity), "it is there until it is gone"
        may_go_on.set()
        assert await purge == Purged(1, complete=True)
        assert after.find_now(make_entry().identity) is None
        assert await after.find(make_entry().identity) is None


async def test_a_read_under_way_does_not_hide_a_newer_card(
    cache: CardCache, folder: Path, make_entry
) -> None:
    """The disk's old picture must not replace one drawn while it was read."""
    cache.put(make_entry(mark="old"))
    await cache.aclose()
    async with _again(folder) as after:
        look = asyncio.create_task(after.find(make_entry().identity))
        await asyncio.sleep(0)
        after.put(make_entry(mark="new"))
        found = await look
        assert found is not None
        assert found[0].fingerprint == "new"
        kept = after.find_now(make_entry().identity)
        assert kept is not None
        assert kept.fingerprint == "new"


async def test_cards_hot_in_memory_stay_on_the_disk(folder: Path, make_entry) -> None:
    """The disk sees no reads of the hottest cards, and must not evict them for that."""
    async with CardCache(folder, memory_bytes=_MEMORY_BYTES, disk_bytes=1_000_000) as cache:
        hot = make_entry(0)
        cache.put(hot)
        for number in range(1, 60):
            assert cache.find_now(hot.identity)
            cache.put(make_entry(number))
    async with _again(folder) as after:
        assert await after.find(hot.identity)
        assert await after.find(make_entry(2).identity) is None


async def test_a_damaged_card_is_a_miss_once_and_then_gone(
    cache: CardCache, folder: Path, make_entry
) -> None:
    """A bad value must not be read and refused at every request."""
    cache.put(make_entry())
    await cache.aclose()
    (value,) = folder.glob("??/*.val")  # noqa: ASYNC240 - nothing else runs
    value.write_bytes(value.read_bytes()[:-1] + b"?")
    async with _again(folder) as after:
        assert await after.find(make_entry().identity) is None
        # Behind the removal in the writer's queue.
        await after.remove("f" * 64)
        assert await after.find(make_entry().identity) is None
        assert after.state()["disk"]["troubles"] == {"rejected": 1}
    assert not value.exists()


async def test_without_a_usable_folder_the_memory_tier_serves(tmp_path: Path, make_entry) -> None:
    """A wrong path in the settings costs the disk tier alone, and /health tells."""
    (tmp_path / "file").write_text("in the way")
    async with _again(tmp_path / "file" / "cards") as cache:
        cache.put(make_entry())
        assert await cache.find(make_entry().identity)
        assert await cache.find(make_entry(1).identity) is None
        assert await cache.clear() == Purged(1, complete=False)
        disk = cache.state()["disk"]
        assert disk["state"] == "unavailable"
        assert "file/cards" in disk["reason"]


async def test_without_a_folder_there_is_no_disk_tier(make_entry) -> None:
    """One card on the command line needs no cache folder."""
    async with CardCache(None, memory_bytes=_MEMORY_BYTES, disk_bytes=0) as cache:
        cache.put(make_entry())
        assert await cache.find(make_entry().identity)
        assert await cache.find(make_entry(1).identity) is None
        assert await cache.remove(make_entry().identity) == Purged(1, complete=True)
        assert cache.state()["disk"] == {"state": "off"}


async def test_a_card_is_found_on_its_way_to_the_disk(folder: Path, make_entry) -> None:
    """Without memory, or pushed out of it in the same moment, it would be drawn twice."""
    async with CardCache(folder, memory_bytes=0, disk_bytes=_DISK_BYTES) as cache:
        entry = make_entry()
        cache.put(entry)
        assert await cache.find(entry.identity) == (entry, Tier.DISK)
        assert await cache.remove(entry.identity) == Purged(1, complete=True)
        assert await cache.find(entry.identity) is None
        assert cache._disk is not None
        assert cache._disk._on_the_way == {}


async def test_cards_of_a_busy_moment_are_written_together(
    cache: CardCache, make_entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction costs as much as a card, and takes its time from those being drawn."""
    assert cache._disk is not None
    together: list[int] = []
    store = cache._disk._store
    put = store.put
    monkeypatch.setattr(
        store, "put", lambda *all, used: together.append(len(all)) or put(*all, used=used)
    )
    for number in range(40):
        cache.put(make_entry(number))
    await cache.aclose()
    assert together == [16, 16, 8]


async def test_a_flood_of_writes_is_dropped_not_piled_up(cache: CardCache, make_entry) -> None:
    """Cards come faster than a slow disk takes them: memory must stay bounded."""
    for number in range(600):
        cache.put(make_entry(number, size_bytes=100_000))
    assert cache._disk is not None
    assert 30_000_000 < cache._disk._backlog_bytes <= 32 * 1024 * 1024
    disk = cache.state()["disk"]
    assert disk["troubles"]["backlog"] > 0


async def test_two_hundred_readers_at_once_never_fail(
    cache: CardCache, folder: Path, make_entry
) -> None:
    """Whatever the disk has no time for is a miss, and no card is another's."""
    for number in range(50):
        cache.put(make_entry(number))
    await cache.aclose()
    async with _again(folder) as after:
        looks = [after.find(make_entry(number % 50).identity) for number in range(200)]
        found = await asyncio.gather(*looks)
        right = [
            f is None or f[0].identity == make_entry(n % 50).identity for n, f in enumerate(found)
        ]
        assert all(right)
        assert any(found)
