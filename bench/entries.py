"""Does a hit cost more as the cache fills? Services with few and with many cards on disk.

The many are rows as diskcache writes them, without the pictures they name: a
million of those would be 100 GB, and what could be slow is the index over them.
"""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from bench.contestants import ContestantFailed, HtmlcardServer
from bench.figures import percentile
from bench.plan import Plan
from bench.processes import read_pss_bytes
from htmlcard.cache.store import CardStore

_SETTINGS = {"HTMLCARD_LANES": "1", "HTMLCARD_CACHE_BYTES": str(10**15)}
_CARDS = 50
#: In its first seconds a service prepares its fallback pictures, which takes a core for a while.
_SETTLE_S = 5.0
_BLOCK = 250

_FILL = """
WITH RECURSIVE counter(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < :count)
INSERT INTO Cache (key, raw, store_time, expire_time, access_time, access_count, tag,
                   size, mode, filename, value)
SELECT lower(hex(randomblob(32))), 1, :now - n, NULL, :now - n, 0, 'filler',
       100000, 2, printf('%02x/%030x.val', n & 255, n), NULL
FROM counter
"""


async def measure_entries(plan: Plan) -> list[dict[str, Any]]:
    """Hit latencies from memory and from disk, and memory, for each number of entries."""
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="htmlcard-bench-") as folder:
        caches = []
        for count in plan.entries:
            cache = Path(folder, str(count))
            started_s = time.perf_counter()
            _fill(cache, count)
            print(f"{count:,} entries: filled in {time.perf_counter() - started_s:.0f} s")
            caches.append(cache)
            found.append({"entries": count, "disk_bytes": (cache / "cache.db").stat().st_size})
        for tier, settings in (("disk", {"HTMLCARD_CACHE_MEMORY_BYTES": "0"}), ("memory", {})):
            await _measure_tier(tier, caches, {**_SETTINGS, **settings}, plan.entry_blocks, found)
    return found


def _fill(cache: Path, count: int) -> None:
    store = CardStore(cache, 10**15)
    store.open()
    store.close_here()
    with closing(sqlite3.connect(cache / "cache.db")) as database, database:
        database.execute(_FILL, {"count": count, "now": time.time()})


async def _measure_tier(
    tier: str,
    caches: Sequence[Path],
    settings: dict[str, str],
    blocks: int,
    found: list[dict[str, Any]],
) -> None:
    servers = [HtmlcardServer(settings, cache=cache) for cache in caches]
    latencies_ms: list[list[float]] = [[] for _ in servers]
    try:
        for server, figures in zip(servers, found, strict=True):
            await server.start()
            figures[f"{tier}_start_s"] = server.first_card_s
            for number in range(_CARDS):
                await server.draw("flat", number, "png")
        await asyncio.sleep(_SETTLE_S)
        for block in range(blocks + 1):
            for server, measured in zip(servers, latencies_ms, strict=True):
                if block:
                    measured += await _measure_block(server, tier)
                else:
                    await _ask_all(server)
        for server, measured, figures in zip(servers, latencies_ms, found, strict=True):
            figures[f"{tier}_p50_ms"] = percentile(measured, 0.5)
            figures[f"{tier}_p99_ms"] = percentile(measured, 0.99)
            figures[f"{tier}_pss_bytes"] = read_pss_bytes(server.processes())
    finally:
        for server in servers:
            await server.stop()


async def _ask_all(server: HtmlcardServer) -> None:
    """Warm up. A disk that is slow for a moment counts as a miss, and the card is drawn anew."""
    for turn in range(_BLOCK):
        await server.ask(server.card_url("flat", turn % _CARDS, "png"))


async def _measure_block(server: HtmlcardServer, tier: str) -> list[float]:
    taken_ms = []
    for turn in range(_BLOCK):
        started_s = time.perf_counter()
        answer = await server.ask(server.card_url("flat", turn % _CARDS, "png"))
        taken_ms.append((time.perf_counter() - started_s) * 1000)
        if "hit" not in answer.cache_status:
            raise ContestantFailed(f"htmlcard: no hit from {tier}: {answer.cache_status}")
    return taken_ms
