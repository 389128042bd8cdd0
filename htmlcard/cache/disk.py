"""The disk tier: `store` with a time budget, so that no caller ever waits for a bad disk.

Whatever is wrong, a look-up is a miss and a write is dropped, counted in
`state()` and logged. Next door: `memory` (in front) and `tiers` (both together).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import structlog

from htmlcard.cache.entry import MAX_ENTRY_BYTES, CacheEntry
from htmlcard.cache.lookups import Lookups
from htmlcard.cache.store import CardStore
from htmlcard.cache.trouble import DiskFailed, Trouble, Troubles
from htmlcard.cache.workers import Workers

_WRITE_LIMIT = 128
_BACKLOG_BYTES = 32 * 1024 * 1024
_REOPEN_PAUSE_S = 5.0
_OPEN_WAIT_S = 2.0
_PURGE_WAIT_S = 5.0
#: How long a card may wait for others to be written with it, and how many of them are.
_GATHER_S = 0.05
_WRITTEN_TOGETHER = 16
_CLOSE_WAIT_S = 1.0
_JOIN_WAIT_S = 0.25
_USED_FLUSH_S = 5.0
_USED_LIMIT = 1024
_SWEEP_EVERY_S = 3600.0

#: A picture larger than this part of the cache would push too many others out.
_LARGEST_PART = 8

T = TypeVar("T")
_log = structlog.get_logger(__name__)


class DiskState(StrEnum):
    NEW = "new"
    OPENING = "opening"
    READY = "ready"
    UNAVAILABLE = "unavailable"
    CLOSED = "closed"


class DiskTier:
    """Entries by identity in a folder, shared with other processes; `async with` opens it.

    Never raises for the disk's sake. One event loop only.
    """

    def __init__(self, folder: Path, limit_bytes: int, *, read_budget_s: float = 0.04) -> None:
        self.limit_bytes = limit_bytes
        self._store = CardStore(folder, limit_bytes)
        self._lookups = Lookups(self._store, read_budget_s, self._lookup_failed)
        self._writer = Workers(
            "cache-write", threads=1, limit=_WRITE_LIMIT, at_exit=self._store.close_here
        )
        self._troubles = Troubles()
        self._state = DiskState.NEW
        self._reason = ""
        self._reopen_at_s = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self._backlog_bytes = 0
        self._unwritten: list[CacheEntry] = []
        #: What was put and is not on the disk yet, by identity.
        self._on_the_way: dict[str, CacheEntry] = {}
        self._write_timer: asyncio.TimerHandle | None = None
        self._used: dict[str, None] = {}
        self._flush_at_s = 0.0
        self._sweep_at_s = 0.0

    def __repr__(self) -> str:
        breaker = self._lookups.breaker_state
        return f"<DiskTier {self._state} writes={len(self._tasks)} breaker={breaker}>"

    async def __aenter__(self) -> DiskTier:
        self._lookups.start()
        self._writer.start()
        opening = self._open()
        await asyncio.wait({opening}, timeout=_OPEN_WAIT_S)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def get(self, identity: str) -> CacheEntry | None:
        """The entry, or None: within the read budget, unless others are answered meanwhile."""
        if not self._is_ready():
            return None
        entry = self._on_the_way.get(identity) or await self._lookups.find(identity)
        if entry is not None:
            self.mark_used(identity)
        return entry

    def put(self, entry: CacheEntry) -> None:
        """Store in the background; dropped where too much waits already."""
        cost_bytes = len(entry.data)
        largest_bytes = min(MAX_ENTRY_BYTES // 2, self.limit_bytes // _LARGEST_PART)
        if not self._is_ready():
            return
        if cost_bytes > largest_bytes:
            self._troubles.note(Trouble.TOO_LARGE, "write", f"{cost_bytes} > {largest_bytes} bytes")
            return
        if self._backlog_bytes + cost_bytes > _BACKLOG_BYTES:
            self._troubles.note(Trouble.BACKLOG, "write")
            return
        self._backlog_bytes += cost_bytes
        self._on_the_way[entry.identity] = entry
        self._unwritten.append(entry)
        if len(self._unwritten) >= _WRITTEN_TOGETHER:
            self._write()
        elif len(self._unwritten) == 1:
            self._write_timer = asyncio.get_running_loop().call_later(_GATHER_S, self._write)

    def _write(self) -> None:
        """Hand over what was put: together it is one transaction, which costs as much as a card."""
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None
        if not self._unwritten:
            return
        entries, self._unwritten = self._unwritten, []
        cost_bytes = sum(len(entry.data) for entry in entries)
        self._backlog_bytes -= cost_bytes
        put = partial(self._store.put, *entries, used=self._take_used())
        self._later(put, "write", cost_bytes, lambda: self._arrived(entries))
        if time.monotonic() > self._sweep_at_s:
            self._sweep_at_s = time.monotonic() + _SWEEP_EVERY_S
            self._later(self._store.sweep, "sweep")

    def _arrived(self, entries: list[CacheEntry]) -> None:
        """They are on the disk now, or never will be."""
        for entry in entries:
            if self._on_the_way.get(entry.identity) is entry:
                del self._on_the_way[entry.identity]

    def mark_used(self, identity: str) -> None:
        """Keep this entry from being evicted soon; also for hits in a faster tier.

        Collected and written together, or every hit would be a write.
        """
        if len(self._used) < _USED_LIMIT or identity in self._used:
            self._used.pop(identity, None)
            self._used[identity] = None
        if time.monotonic() > self._flush_at_s and self._state is DiskState.READY:
            self._later(partial(self._store.mark_used, self._take_used()), "mark used")

    async def remove(self, identity: str) -> bool | None:
        """Whether it was there; None where the disk could not (yet) do it."""
        return await self._purge(partial(self._store.remove, identity))

    async def evict_template(self, name: str) -> int | None:
        """How many cards of the template were removed; None where the disk could not (yet)."""
        return await self._purge(partial(self._store.evict_template, name))

    async def clear(self) -> int | None:
        """How many entries were removed; None where the disk could not (yet) do it."""
        return await self._purge(self._store.clear)

    def state(self) -> dict[str, Any]:
        """For health reports; no I/O. `entries` and `bytes` are as of our last write."""
        return {
            "state": self._state.value,
            "reason": self._reason,
            "entries": self._store.entries,
            "bytes": self._store.used_bytes,
            "limit_bytes": self.limit_bytes,
            "breaker": self._lookups.breaker_state.value,
            "waiting_writes": self._writer.outstanding + len(self._unwritten),
            "troubles": {kind.value: count for kind, count in self._troubles.counts.items()},
        }

    async def aclose(self) -> None:
        """Finish what is being written, for a second; what the disk does not take is lost."""
        self._write()
        if self._state is DiskState.READY and self._used:
            self._later(partial(self._store.mark_used, self._take_used()), "mark used")
        was_started = self._state is not DiskState.NEW
        self._become(DiskState.CLOSED)
        if not was_started:
            return
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=_CLOSE_WAIT_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        self._writer.stop()
        await asyncio.to_thread(self._writer.join, _JOIN_WAIT_S)
        await self._lookups.aclose(_JOIN_WAIT_S)

    def _become(self, state: DiskState, reason: str = "") -> None:
        if self._state is DiskState.CLOSED or (state, reason) == (self._state, self._reason):
            return
        self._state, self._reason = state, reason
        if state is DiskState.UNAVAILABLE:
            _log.warning("cache_disk_unavailable", reason=reason, retry_s=_REOPEN_PAUSE_S)

    def _is_ready(self) -> bool:
        """Also the place where a lost disk is tried again: without callers nobody needs it."""
        if self._state is DiskState.UNAVAILABLE and time.monotonic() >= self._reopen_at_s:
            self._open()
        return self._state is DiskState.READY

    def _open(self) -> asyncio.Task[None]:
        self._reopen_at_s = time.monotonic() + _REOPEN_PAUSE_S
        self._become(DiskState.OPENING)
        return self._spawn(self._finish_open())

    async def _finish_open(self) -> None:
        future = self._writer.submit(self._store.open)
        if future is None:
            self._become(DiskState.UNAVAILABLE, "earlier writes still hang")
            return
        try:
            await asyncio.wrap_future(future)
        except DiskFailed as error:
            self._troubles.note(error.trouble, "open", str(error))
            self._become(DiskState.UNAVAILABLE, str(error))
        else:
            self._become(DiskState.READY)

    def _lookup_failed(self, identity: str, error: DiskFailed) -> None:
        self._failed(error, "read")
        if error.trouble is Trouble.REJECTED and self._state is DiskState.READY:
            self._later(partial(self._store.remove, identity), "remove")

    def _failed(self, error: DiskFailed, doing: str) -> None:
        self._troubles.note(error.trouble, doing, str(error))
        if error.trouble in (Trouble.MISSING, Trouble.DAMAGED) and self._state is DiskState.READY:
            self._become(DiskState.UNAVAILABLE, str(error))

    def _later(
        self,
        work: Callable[[], Any],
        doing: str,
        cost_bytes: int = 0,
        afterwards: Callable[[], None] = lambda: None,
    ) -> None:
        future = self._writer.submit(work)
        if future is None:
            self._troubles.note(Trouble.BACKLOG, doing)
            afterwards()
            return
        self._backlog_bytes += cost_bytes
        self._spawn(self._settle(asyncio.wrap_future(future), doing, cost_bytes, afterwards))

    async def _settle(
        self,
        done: asyncio.Future[Any],
        doing: str,
        cost_bytes: int,
        afterwards: Callable[[], None] = lambda: None,
    ) -> None:
        try:
            await done
        except DiskFailed as error:
            self._failed(error, doing)
        finally:
            self._backlog_bytes -= cost_bytes
            afterwards()

    async def _purge(self, work: Callable[[], T]) -> T | None:
        self._write()  # Or what was put before would be there afterwards.
        self._on_the_way.clear()
        future = self._writer.submit(work) if self._is_ready() else None
        if future is None:
            return None
        # A purge is waited for, but never taken back: it must happen, be it late.
        done = asyncio.wrap_future(future)
        self._spawn(self._settle(done, "purge", 0))
        await asyncio.wait({done}, timeout=_PURGE_WAIT_S)
        self._lookups.part()  # They may have read what is gone now.
        if not done.done() or done.cancelled() or done.exception() is not None:
            return None
        return done.result()

    def _take_used(self) -> list[str]:
        used = list(self._used)
        self._used.clear()
        self._flush_at_s = time.monotonic() + _USED_FLUSH_S
        return used

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
