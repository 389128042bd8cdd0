"""The fastest tier: a capped number of bytes in memory, least recently used out first.

Used by one event loop only, never awaits. Next door: `disk` (slower, survives
restarts) and `tiers` (both together).
"""

from __future__ import annotations

from collections import OrderedDict

from htmlcard.cache.entry import CacheEntry

#: What an entry costs beside its picture: object, texts, dictionary slot (measured, rounded up).
ENTRY_OVERHEAD_BYTES = 1024


class MemoryTier:
    """Entries by identity, at most `limit_bytes` of them, overhead included."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.used_bytes = 0
        self._entries: OrderedDict[str, CacheEntry] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, identity: str) -> CacheEntry | None:
        """The entry, which counts as used now."""
        entry = self._entries.get(identity)
        if entry is not None:
            self._entries.move_to_end(identity)
        return entry

    def put(self, entry: CacheEntry) -> None:
        """Store or replace; an entry larger than the whole tier is not kept."""
        self.remove(entry.identity)
        cost = _cost_bytes(entry)
        if cost > self.limit_bytes:
            return
        self._entries[entry.identity] = entry
        self.used_bytes += cost
        while self.used_bytes > self.limit_bytes:
            _, oldest = self._entries.popitem(last=False)
            self.used_bytes -= _cost_bytes(oldest)

    def remove(self, identity: str) -> bool:
        entry = self._entries.pop(identity, None)
        if entry is None:
            return False
        self.used_bytes -= _cost_bytes(entry)
        return True

    def evict_template(self, name: str) -> int:
        """Remove all cards of a template; how many there were."""
        gone = [entry.identity for entry in self._entries.values() if entry.template == name]
        for identity in gone:
            self.remove(identity)
        return len(gone)

    def clear(self) -> int:
        """Remove everything; how many entries there were."""
        count = len(self._entries)
        self._entries.clear()
        self.used_bytes = 0
        return count


def _cost_bytes(entry: CacheEntry) -> int:
    return len(entry.data) + ENTRY_OVERHEAD_BYTES
