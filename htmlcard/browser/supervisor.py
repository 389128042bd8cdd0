"""Keeps the lanes coming: opens them, replaces the dead and the worn, probes the idle.

Nothing on a request's path waits for it. A worn lane works on until its
replacement has drawn its first card.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Self

import structlog

from htmlcard.browser.lane import PROBE_DOCUMENT, Lane, LaneState
from htmlcard.browser.launchpad import Launchpad
from htmlcard.card import ImageFormat
from htmlcard.errors import BrowserUnavailable, RenderFailed

log = structlog.get_logger()

#: Pauses before the next try, by the number of tries that failed in a row.
BACKOFF_S = (0.0, 0.1, 0.5, 1.0, 2.0, 4.0)
#: With this many failures in a row and no lane alive, callers are told at once.
HOPELESS_AFTER = 4
#: So many failures in a row without a lane alive cast doubt on the driver.
DRIVER_DOUBTED_AFTER = 3
#: An idle lane is probed this long after its last success; a probe may take so long.
PROBE_EVERY_S = 15.0
PROBE_TIMEOUT_S = 2.0
WATCH_EVERY_S = 1.0
#: Memory is looked at seldom: it costs tens of milliseconds.
WEIGH_EVERY_S = 20.0


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
        self._work = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._closing = False

    @property
    def hopeless(self) -> bool:
        """No lane lives, and opening one has failed again and again."""
        enough = HOPELESS_AFTER if self._launchpad.found_browser else 1
        return not self.lanes and self._failures >= enough

    async def __aenter__(self) -> Self:
        # Two openers at the most: launching more at once only makes each slower.
        openers = [asyncio.create_task(self._keep_opening()) for _ in range(min(2, self._wanted))]
        self._tasks = [*openers, asyncio.create_task(self._watch())]
        self._work.set()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing = True
        self._work.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for lane in [*self.lanes]:
            lane.retire("shutdown")

    def inspect(self, lane: Lane) -> None:
        """Look at a lane that has just worked: is it worn?"""
        self.last_success_s = max(self.last_success_s or 0.0, lane.last_success_s)
        if lane.cards >= self._cards_per_lane:
            self._replace(lane, "cards")

    def _replace(self, lane: Lane, reason: str) -> None:
        if lane in self.lanes and lane not in self._worn:
            self._worn.add(lane)
            self._count_restart(reason)
            self._work.set()

    def _missing(self) -> int:
        # Cards wait while no lane lives: the first comes sooner where it starts alone.
        alone = not self.lanes and not self._failures
        wanted = 1 if alone else self._wanted
        return wanted - (len(self.lanes) - len(self._worn)) - self._opening

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
            await asyncio.sleep(BACKOFF_S[min(self._failures, len(BACKOFF_S) - 1)])
            lane = await self._launchpad.open_lane()
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
        lane.watch(self._on_retired)
        await self._drop_one_worn()
        self._on_change()

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
        if self._closing or lane.retired_for == "worn":
            return
        self._count_restart(lane.retired_for or "unknown")
        self._work.set()
        if not self._launchpad.driver_is_well():
            for orphan in [*self.lanes]:
                orphan.retire("driver")

    def _count_restart(self, reason: str) -> None:
        self.restarts[reason] = self.restarts.get(reason, 0) + 1
        self._on_restart(reason)

    async def _watch(self) -> None:
        """Probe idle lanes, weigh all, and see to it that none is missing."""
        weighed_s = time.monotonic()
        while not self._closing:
            await asyncio.sleep(WATCH_EVERY_S)
            try:
                await self._probe_idle()
                if time.monotonic() - weighed_s > WEIGH_EVERY_S:
                    weighed_s = time.monotonic()
                    await self._weigh()
            except Exception:
                log.exception("watching the browsers failed in a way nobody thought of")
            self._work.set()

    async def _probe_idle(self) -> None:
        for lane in [*self.lanes]:
            idle_s = time.monotonic() - lane.last_success_s
            if lane.state is LaneState.IDLE and idle_s > PROBE_EVERY_S:
                await self._probe(lane)

    async def _probe(self, lane: Lane) -> None:
        deadline_s = asyncio.get_running_loop().time() + PROBE_TIMEOUT_S
        with contextlib.suppress(RenderFailed):
            await lane.shoot(PROBE_DOCUMENT, ImageFormat.PNG, 2**20, deadline_s)
        self.inspect(lane)
        self._on_change()

    async def _weigh(self) -> None:
        for lane in [*self.lanes]:
            size_bytes = await asyncio.to_thread(lane.memory_bytes)
            if size_bytes > self._lane_memory_bytes:
                self._replace(lane, "memory")
