"""Looks cards up on the disk, together where they are asked for together, and never for long.

Two hundred who ask in one moment would be two hundred hand-overs between threads, and those cost
more than the reading. Who asks for what is being looked up already gets the same answer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from htmlcard.cache.breaker import Breaker, BreakerState
from htmlcard.cache.entry import CacheEntry
from htmlcard.cache.store import CardStore
from htmlcard.cache.trouble import DiskFailed, Trouble
from htmlcard.cache.workers import Workers

_THREADS = 2
#: Handed over at once; both threads should have something to do.
_TOGETHER = 16
#: A busy disk answers them all; of a disk that hangs, what has not begun is taken back.
_LIMIT = 512
#: How long a look-up may wait its turn while others are answered: less than drawing the card.
_PATIENCE_S = 0.25
_BREAKER_LIMIT = 3
_BREAKER_PAUSE_S = 3.0


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

    `on_failure` is told an identity and why: of each card that was refused, and once of what kept
    those asked for together from being read.
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
        #: For as long as this grows the disk is busy, and does not hang. Several threads count: a
        #: number that is lost now and then is no harm.
        self._cards_read = 0

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
            lookups = asked[start : start + _TOGETHER]
            task = asyncio.create_task(self._look_up(lookups))
            self._tasks.add(task)
            task.add_done_callback(partial(self._finish, lookups))

    def _finish(self, lookups: Sequence[_Lookup], task: asyncio.Task[None]) -> None:
        """Nobody waits for ever, whatever became of the task."""
        self._tasks.discard(task)
        for lookup in lookups:
            self._answer(lookup, None)

    def _answer(self, lookup: _Lookup, entry: CacheEntry | None) -> None:
        if self._under_way.get(lookup.identity) is lookup:
            del self._under_way[lookup.identity]
        lookup.answer(entry)

    async def _look_up(self, lookups: Sequence[_Lookup]) -> None:
        found: dict[str, CacheEntry | None] = {}
        failed: dict[str, DiskFailed] = {}
        try:
            await self._read(lookups, found, failed)
        except DiskFailed as error:
            failed[lookups[0].identity] = error
        # What was read before it came to nothing counts all the same.
        for lookup in lookups:
            self._answer(lookup, found.get(lookup.identity))
        # A copy: after a time-out the thread may still be at its last card.
        for identity, failure in failed.copy().items():
            self._on_failure(identity, failure)

    async def _read(
        self,
        lookups: Sequence[_Lookup],
        found: dict[str, CacheEntry | None],
        failed: dict[str, DiskFailed],
    ) -> None:
        """Fill `found` and `failed`; raises DiskFailed where the disk answers nobody in time."""
        work = self._workers.submit(partial(self._read_in_turn, lookups, found, failed))
        if work is None:
            raise DiskFailed(Trouble.BUSY, "too many look-ups at once")
        try:
            await self._wait_for(asyncio.wrap_future(work))
        except TimeoutError as error:
            self._breaker.record(success=False, now_s=time.monotonic())
            raise DiskFailed(Trouble.SLOW, str(error)) from error
        if not failed:
            self._breaker.record(success=True, now_s=time.monotonic())
        elif any(failure.trouble in (Trouble.LOCKED, Trouble.IO) for failure in failed.values()):
            self._breaker.record(success=False, now_s=time.monotonic())

    def _read_in_turn(
        self,
        lookups: Sequence[_Lookup],
        found: dict[str, CacheEntry | None],
        failed: dict[str, DiskFailed],
    ) -> None:
        """In a thread, one after the other; none after the disk itself has failed."""
        for lookup in lookups:
            if lookup.given_up:
                return
            try:
                found[lookup.identity] = self._store.get(lookup.identity)
            except DiskFailed as error:
                failed[lookup.identity] = error
                if error.trouble is not Trouble.REJECTED:
                    return
            self._cards_read += 1

    async def _wait_for(self, reading: asyncio.Future[None]) -> None:
        """Until it is read; `TimeoutError` where the disk reads nothing, or far too slowly."""
        give_up_s = time.monotonic() + _PATIENCE_S
        try:
            while True:
                before = self._cards_read
                done, _ = await asyncio.wait({reading}, timeout=self._budget_s)
                if done:
                    return reading.result()
                if self._cards_read == before:
                    raise TimeoutError(f"no answer to anybody in {self._budget_s} s")
                if time.monotonic() >= give_up_s:
                    raise TimeoutError(f"no answer in {_PATIENCE_S} s")
        finally:
            reading.cancel()
