"""The card cache: memory in front of the disk.

Next door: `keys` (what to ask for), `flight` (one render per key) and the two
tiers, `memory` and `disk`. What a fingerprint is worth is the caller's judgment.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from htmlcard.cache.disk import DiskTier
from htmlcard.cache.entry import CacheEntry
from htmlcard.cache.memory import MemoryTier


class Tier(StrEnum):
    """Where an entry was found; fit for a metric's label."""

    MEMORY = "memory"
    DISK = "disk"


@dataclass(frozen=True, slots=True)
class Purged:
    """`removed` cards; not `complete` where the disk did not (yet) do its part: ask again."""

    removed: int
    complete: bool


class CardCache:
    """Entries by identity. Looking and storing never fail: at worst they miss and forget.

    Without a `folder` there is the memory tier alone. One event loop only.
    """

    def __init__(self, folder: Path | None, *, memory_bytes: int, disk_bytes: int) -> None:
        self._memory = MemoryTier(memory_bytes)
        self._disk = None if folder is None else DiskTier(folder, disk_bytes)
        self._purges = 0

    async def __aenter__(self) -> CardCache:
        if self._disk is not None:
            await self._disk.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def find_now(self, identity: str) -> CacheEntry | None:
        """The entry if it is in memory: without waiting, for the hot path."""
        entry = self._memory.find(identity)
        if entry is not None and self._disk is not None:
            self._disk.mark_used(identity)
        return entry

    async def find(self, identity: str) -> tuple[CacheEntry, Tier] | None:
        """The entry and where it was; one from the disk is in memory afterwards."""
        entry = self.find_now(identity)
        if entry is not None:
            return entry, Tier.MEMORY
        if self._disk is None:
            return None
        purges = self._purges
        found = await self._disk.get(identity)
        if purges != self._purges:
            # Read before or during the purge perhaps.
            return None
        newer = self._memory.find(identity)
        if newer is not None:
            return newer, Tier.MEMORY
        if found is None:
            return None
        self._memory.put(found)
        return found, Tier.DISK

    def put(self, entry: CacheEntry) -> None:
        """In memory at once, on the disk soon."""
        self._memory.put(entry)
        if self._disk is not None:
            self._disk.put(entry)

    async def remove(self, identity: str) -> Purged:
        """Forget one card."""
        return await self._purge(
            lambda: int(self._memory.remove(identity)), lambda disk: disk.remove(identity)
        )

    async def evict_template(self, name: str) -> Purged:
        """Forget all cards of a template."""
        return await self._purge(
            lambda: self._memory.evict_template(name), lambda disk: disk.evict_template(name)
        )

    async def clear(self) -> Purged:
        """Forget everything."""
        return await self._purge(self._memory.clear, lambda disk: disk.clear())

    async def _purge(
        self,
        here: Callable[[], int],
        there: Callable[[DiskTier], Awaitable[int | None]],
    ) -> Purged:
        self._purges += 1
        removed_here = here()
        removed_there = 0 if self._disk is None else await there(self._disk)
        # What was read from the disk meanwhile must not come back to life.
        self._purges += 1
        here()
        # Nearly all that is in memory is on the disk too: not to be counted twice.
        removed = max(removed_here, removed_there or 0)
        return Purged(removed, complete=removed_there is not None)

    def state(self) -> dict[str, Any]:
        """For health reports: entries, bytes, the disk's breaker and troubles. No I/O."""
        return {
            "memory": {
                "entries": len(self._memory),
                "bytes": self._memory.used_bytes,
                "limit_bytes": self._memory.limit_bytes,
            },
            "disk": {"state": "off"} if self._disk is None else self._disk.state(),
        }

    async def aclose(self) -> None:
        if self._disk is not None:
            await self._disk.aclose()
