"""Looks cards up on the disk, together where they are asked for together, and never for long.

Two hundred who ask in one moment would be two hundred hand-overs between threads, and those cost
more than the reading. Who asks for what is being looked up already gets the same answer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from htmlcard.cache.breaker import Breaker, BreakerState
from htmlcard.cache.entry import CacheEntry
from htmlcard.cache.store import CardStore
from htmlcard.cache.trouble import DiskFailed, Trouble
from htmlcard.cache.workers import Workers

_THREADS = 2
#: Handed over at once: few enough to be read in a fraction of the budget, large cards or not.
_TOGETHER = 16
#: A busy disk answers them all; of a disk that hangs, what has not begun is taken back.
_LIMIT = 32
#: How long a look-up may wait its turn while others are answered: less than drawing the card.
_PATIENCE_S = 0.25
_BREAKER_LIMIT = 3
_BREAKER_PAUSE_S = 3.0

T = TypeVar("T")


@dataclass(eq=False, slots=True)
class _Lookup:
    identity: str
    callers: list[asyncio.Future[CacheEntry | None]] = field(default_factory=list)
    given_up: bool = False

    def answer(self, entry: CacheEntry | None) -> None:
        self.given_up = True
        for caller in self.callers:
            if not caller.done():
                caller.set_result(entry)


class Lookups:
    """`find` has the entry within the budget, or None. Never raises; one event loop only.

    `on_failure` is told of each look-up that failed: its identity and why.
    """

    def __init__(
        self, store: CardStore, budget_s: float, on_failure: Callable[[str, DiskFailed], None]
    ) -> None:
        self._store = store
        self._budget_s = budget_s
        self._on_failure = on_failure
        self._workers = Workers(
            "cache-read", threads=_THREADS, limit=_LIMIT, at_exit=store.close_here
        )
        self._breaker = Breaker(_BREAKER_LIMIT, _BREAKER_PAUSE_S)
        self._asked: list[_Lookup] = []
        self._under_way: dict[str, _Lookup] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def breaker_state(self) -> BreakerState:
        return self._breaker.state

    def start(self) -> None:
        self._workers.start()

    async def find(self, identity: str) -> CacheEntry | None:
        """The entry, or None: within the budget, unless others are answered meanwhile."""
        lookup = self._under_way.get(identity)
        if lookup is None:
            if not self._breaker.allows(time.monotonic()):
                return None
            lookup = self._ask(identity)
        # Each has its own: whoever hangs up takes nothing away from the others.
        answer: asyncio.Future[CacheEntry | None] = asyncio.get_running_loop().create_future()
        lookup.callers.append(answer)
        return await answer

    def part(self) -> None:
        """From now on nobody shares what is being looked up: the disk has changed."""
        self._under_way.clear()

    async def aclose(self, timeout_s: float) -> None:
        """End the threads; what they are still at is a miss."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._workers.stop()
        await asyncio.to_thread(self._workers.join, timeout_s)

    def _ask(self, identity: str) -> _Lookup:
        lookup = self._under_way[identity] = _Lookup(identity)
        if not self._asked:
            # After all who can ask in this turn of the loop have done so.
            asyncio.get_running_loop().call_soon(self._hand_over)
        self._asked.append(lookup)
        return lookup

    def _hand_over(self) -> None:
        asked, self._asked = self._asked, []
        for start in range(0, len(asked), _TOGETHER):
            task = asyncio.create_task(self._look_up(asked[start : start + _TOGETHER]))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _look_up(self, lookups: Sequence[_Lookup]) -> None:
        found: dict[str, CacheEntry | DiskFailed | None] = {}
        try:
            found = await self._read(lookups)
        except DiskFailed as error:
            found = {lookups[0].identity: error}
        finally:
            for lookup in lookups:
                if self._under_way.get(lookup.identity) is lookup:
                    del self._under_way[lookup.identity]
                entry = found.get(lookup.identity)
                if isinstance(entry, DiskFailed):
                    self._on_failure(lookup.identity, entry)
                    entry = None
                lookup.answer(entry)

    async def _read(self, lookups: Sequence[_Lookup]) -> dict[str, CacheEntry | DiskFailed | None]:
        """What the disk has; raises DiskFailed where it answers nobody in time."""
        work = self._workers.submit(lambda: self._store.get_all(_still_wanted(lookups)))
        if work is None:
            raise DiskFailed(Trouble.BUSY, "too many look-ups at once")
        try:
            found = await self._wait_for(asyncio.wrap_future(work))
        except TimeoutError as error:
            self._breaker.record(success=False, now_s=time.monotonic())
            raise DiskFailed(Trouble.SLOW, str(error)) from error
        bad = (Trouble.LOCKED, Trouble.IO)
        failures = [entry for entry in found.values() if isinstance(entry, DiskFailed)]
        if not failures:
            self._breaker.record(success=True, now_s=time.monotonic())
        elif any(failure.trouble in bad for failure in failures):
            self._breaker.record(success=False, now_s=time.monotonic())
        return found

    async def _wait_for(self, reading: asyncio.Future[T]) -> T:
        """What is being read; `TimeoutError` where the disk reads nothing, or far too slowly."""
        give_up_s = time.monotonic() + _PATIENCE_S
        try:
            while True:
                others = self._workers.succeeded
                done, _ = await asyncio.wait({reading}, timeout=self._budget_s)
                if done:
                    return reading.result()
                if self._workers.succeeded == others:
                    raise TimeoutError(f"no answer to anybody in {self._budget_s} s")
                if time.monotonic() >= give_up_s:
                    raise TimeoutError(f"no answer in {_PATIENCE_S} s")
        finally:
            reading.cancel()


def _still_wanted(lookups: Sequence[_Lookup]) -> Iterator[str]:
    """For the thread that reads: it ends early where nobody waits any longer."""
    for lookup in lookups:
        if not lookup.given_up:
            yield lookup.identity
