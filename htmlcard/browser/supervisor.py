"""Keeps the lanes coming: opens them, replaces the dead and the worn, sees the dead off.

Nothing on a request's path waits for it. A worn lane works on until its
replacement has drawn its first card. Which of them are well, `watchdog` finds out.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable
from typing import Self

import structlog

from htmlcard.browser.breaker import DeathBreaker
from htmlcard.browser.lane import Lane, LaneState
from htmlcard.browser.launchpad import Launchpad
from htmlcard.browser.watchdog import Watchdog
from htmlcard.card import Document
from htmlcard.errors import BrowserUnavailable, RenderFailed

log = structlog.get_logger()

#: Pauses before the next try, by the number of tries that failed in a row.
BACKOFF_S = (0.0, 0.1, 0.5, 1.0, 2.0, 4.0)
#: With this many failures in a row and no lane alive, callers are told at once.
HOPELESS_AFTER = 4
#: So many failures in a row without a lane alive cast doubt on the driver.
DRIVER_DOUBTED_AFTER = 3
#: A browser over its memory is replaced after the card; at so many times that, in the midst of it.
MEMORY_IN_CARD = 2
#: Deaths of browsers, within `breaker.WINDOW_S`, of which the pool and each lane may have so many
#: before callers are told. One lane that dies with every card reaches that in ten seconds.
DEATHS_ALLOWED = 4
DEATHS_ALLOWED_PER_LANE = 4
#: Browsers that die within so long of each other die of the same.
TOGETHER_S = 1.0
SHARED_DEATHS = frozenset({"crash", "stopped", "driver"})
#: What a browser dies of by itself, or is killed by from outside; not by a card that hangs, and
#: not by our own planning.
DEATHS = frozenset({"crash", "failure", "stopped", "hung", "driver"})
#: Openers take their time while browsers die as soon as they are there.
OPEN_BREAKER_PAUSE_S = 1.0
#: How long the first lane has the machine to itself. A launch beside it makes the first card, which
#: is drawn both ways, take four times as long.
FIRST_ALONE_S = 0.5
#: How long a new browser may take for its first true card, which nobody waits for.
WARM_UP_S = 3.0
#: A killed browser is gone in milliseconds; one that is not is killed again, so often.
KILL_WAITS_S = (0.5, 0.5, 1.0, 1.0)


class Supervisor:
    """Owns the lanes of a pool."""

    def __init__(
        self,
        launchpad: Launchpad,
        *,
        lanes: int,
        cards_per_lane: int,
        lane_memory_bytes: int,
        on_change: Callable[[], None],
        on_restart: Callable[[str], None],
    ) -> None:
        self.lanes: list[Lane] = []
        self.last_error: str | None = None
        self.restarts: dict[str, int] = {}
        self.last_success_s: float | None = None
        self._launchpad = launchpad
        self._wanted = lanes
        self._cards_per_lane = cards_per_lane
        self._lane_memory_bytes = lane_memory_bytes
        self._on_change = on_change
        self._on_restart = on_restart
        self._failures = 0
        self._opening = 0
        self._worn: set[Lane] = set()
        self.breaker = DeathBreaker(DEATHS_ALLOWED + DEATHS_ALLOWED_PER_LANE * lanes)
        self._obituaries: deque[tuple[float, Document | None]] = deque(maxlen=16)
        self._farewells: set[asyncio.Task[None]] = set()
        self._work = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._closing = False
        self._first_alone = False

    @property
    def wanted(self) -> int:
        """How many lanes there should be."""
        return self._wanted

    @property
    def max_process_bytes(self) -> int:
        """What one process of a browser may hold in the midst of a card."""
        return MEMORY_IN_CARD * self._lane_memory_bytes

    @property
    def needs_driver(self) -> bool:
        """Whether a lane is being opened, or will be now, or goes on needing what opened it."""
        missing = self._missing() > 0 or self._opening > 0
        return missing or any(lane.needs_driver for lane in self.lanes)

    @property
    def hopeless(self) -> bool:
        """No lane lives, and opening one has failed again and again."""
        enough = HOPELESS_AFTER if self._launchpad.found_browser else 1
        return not self.lanes and self._failures >= enough

    @property
    def refusal(self) -> str | None:
        """Why no card can be drawn now, nor soon; None where it can."""
        if self.hopeless:
            return self.last_error or "no browser is running"
        if self.breaker.open_for_s:
            return "the browsers die again and again; look into the log for the reason"
        return None

    async def __aenter__(self) -> Self:
        # Two openers at the most: launching more at once only makes each slower.
        openers = [asyncio.create_task(self._keep_opening()) for _ in range(min(2, self._wanted))]
        watchdog = Watchdog(self, self._launchpad, self._on_change)
        self._tasks = [*openers, asyncio.create_task(watchdog.run())]
        self._work.set()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing = True
        self._work.set()
        for task in self._tasks:
            task.cancel()
        for task in self._farewells:
            task.cancel()
        await asyncio.gather(*self._tasks, *self._farewells, return_exceptions=True)
        for lane in [*self.lanes]:
            lane.retire("shutdown")

    def inspect(self, lane: Lane) -> None:
        """Look at a lane that has just worked: is it worn?"""
        self.last_success_s = max(self.last_success_s or 0.0, lane.last_success_s)
        if lane.cards >= self._cards_per_lane:
            self._replace(lane, "cards")

    def bury_dead(self) -> None:
        """Retire at once what is dead, though nobody has been told of it yet."""
        for lane in [*self.lanes]:
            idle = lane.state is LaneState.IDLE
            if lane.processes.is_dead() or (idle and lane.processes.has_lost_one()):
                lane.retire("crash")

    def others_died(self, document: Document) -> bool:
        """Whether browsers have just died under other cards, or idle: then it is none's fault."""
        since_s = time.monotonic() - TOGETHER_S
        return any(died_s > since_s and other is not document for died_s, other in self._obituaries)

    def note_weight(self, lane: Lane, size_bytes: int) -> None:
        """Memory of a lane's browser: has it grown too large?"""
        if size_bytes > self._lane_memory_bytes:
            self._replace(lane, "memory")

    def _replace(self, lane: Lane, reason: str) -> None:
        if lane in self.lanes and lane not in self._worn:
            self._worn.add(lane)
            self._count_restart(reason)
            self._work.set()

    def _missing(self) -> int:
        # Cards wait while no lane lives: the first comes sooner where it starts alone, and so do
        # they where it draws alone.
        alone = not self.lanes and not self._failures
        alone |= self._first_alone
        wanted = 1 if alone else self._wanted
        # The worn draw on and can wait: two launches at once would be felt by every card.
        return wanted - len(self.lanes) + min(1, len(self._worn)) - self._opening

    async def _keep_opening(self) -> None:
        # Cancelling alone does not end it: Playwright can turn that into a failure of its own.
        while not self._closing:
            await self._work.wait()
            if self._missing() <= 0:
                self._work.clear()
                continue
            try:
                await self._open_one()
            except Exception as error:
                # Whatever it is, lanes must go on coming.
                log.exception("opening a browser failed in a way nobody thought of")
                self._note_failure(error)

    async def _open_one(self) -> None:
        self._opening += 1
        try:
            pause_s = BACKOFF_S[min(self._failures, len(BACKOFF_S) - 1)]
            if self.breaker.open_for_s:
                pause_s = max(pause_s, OPEN_BREAKER_PAUSE_S)
            await asyncio.sleep(pause_s)
            lane = await self._launchpad.open_lane()
            await self._warm_up(lane)
        except BrowserUnavailable as error:
            log.warning("no browser", error=str(error), failures=self._failures + 1)
            self._note_failure(error)
            if not self.lanes and self._failures % DRIVER_DOUBTED_AFTER == 0:
                await self._launchpad.discard_driver()
            return
        finally:
            self._opening -= 1
            self._work.set()  # The other opener may have found nothing to do meanwhile.
        self._failures = 0
        self.last_error = None
        self.last_success_s = time.monotonic()
        self.lanes.append(lane)
        if len(self.lanes) == 1 < self._wanted:
            self._first_alone = True
            asyncio.get_running_loop().call_later(FIRST_ALONE_S, self._end_alone)
        lane.watch(self._on_retired)
        await self._drop_one_worn()
        self._on_change()

    async def _warm_up(self, lane: Lane) -> None:
        """Have it draw what was drawn last: whoever drew first would wait for fonts and code.

        Only in place of a worn one, which draws on meanwhile: where a lane is missing, cards wait
        for it. And not after a failure, which may have been this one: no card may keep lanes from
        coming.

        Raises:
            BrowserUnavailable: it did not survive that.
        """
        drawn = [other for other in self.lanes if other.last_shot is not None]
        if self._failures or len(self.lanes) < self._wanted or not drawn:
            return
        shot = max(drawn, key=lambda other: other.last_success_s).last_shot
        assert shot is not None
        document, format, limit_bytes = shot
        deadline_s = asyncio.get_running_loop().time() + WARM_UP_S
        try:
            await lane.shoot(document, format, limit_bytes, deadline_s)
        except RenderFailed as error:
            if lane.state is LaneState.RETIRED:
                raise BrowserUnavailable(
                    f"a new browser did not survive a card of {document.template!r}: {error}"
                ) from error
        lane.cards = 0

    def _end_alone(self) -> None:
        # A flag, for a timer and a clock need not agree on when it is time.
        self._first_alone = False
        self._work.set()

    def _note_failure(self, error: Exception) -> None:
        self._failures += 1
        self.last_error = str(error)
        self._on_change()

    async def _drop_one_worn(self) -> None:
        """The replacement is there: let a worn lane finish its card, then end it."""
        if not self._worn:
            return
        lane = self._worn.pop()
        with contextlib.suppress(ValueError):
            self.lanes.remove(lane)
        try:
            await lane.rest()
        finally:
            lane.retire("worn")

    def _on_retired(self, lane: Lane) -> None:
        self._worn.discard(lane)
        if lane in self.lanes:
            self.lanes.remove(lane)
        if self._closing:
            return
        farewell = asyncio.create_task(self._see_off(lane))
        self._farewells.add(farewell)
        farewell.add_done_callback(self._farewells.discard)
        if lane.retired_for == "worn":
            return
        self._count_restart(lane.retired_for or "unknown")
        if lane.retired_for in DEATHS:
            self.breaker.note_death(lane.template)
        if lane.retired_for in SHARED_DEATHS:
            self._obituaries.append((time.monotonic(), lane.document))
        self._work.set()
        if not self._launchpad.driver_is_well():
            for orphan in [lane for lane in self.lanes if lane.needs_driver]:
                orphan.retire("driver")
        if self.breaker.open_for_s:
            self._on_change()  # Those who wait need not wait any longer to hear it.

    async def _see_off(self, lane: Lane) -> None:
        """See to it that a killed browser goes; nobody waits for that."""
        for wait_s in KILL_WAITS_S:
            await asyncio.sleep(wait_s)
            if await asyncio.to_thread(lane.processes.is_gone):
                return
            lane.processes.kill()
        log.error("a browser does not die", lane=lane.number, group=lane.group_id)

    def _count_restart(self, reason: str) -> None:
        self.restarts[reason] = self.restarts.get(reason, 0) + 1
        self._on_restart(reason)
