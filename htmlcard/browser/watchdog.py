"""Judges the browsers apart from any request, so that no crawler is the one to find one gone.

It looks at the process table for what is stopped or dead, and has idle lanes draw: a few pixels
every three seconds, a card now and then. What fails that is retired; `supervisor` opens another.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import structlog

from htmlcard.browser.lane import PROBE_DOCUMENT, Lane, LaneState
from htmlcard.browser.launchpad import Launchpad
from htmlcard.card import ImageFormat
from htmlcard.errors import RenderFailed

log = structlog.get_logger()

LOOK_EVERY_S = 0.25
#: An idle lane draws a few pixels so long after it was last seen to work. What it may take is
#: far more than it does: a machine that is busy must not lose its browsers for it.
PULSE_EVERY_S = 3.0
PULSE_TIMEOUT_S = 2.0
#: And a card this long after its last: readiness is about cards.
PROBE_EVERY_S = 15.0
#: Memory is looked at seldom: it costs tens of milliseconds.
WEIGH_EVERY_S = 20.0
#: A driver that no lane needs any more holds more memory than a browser with its page; another one
#: takes half a second to start. Where a lane was lost, more may be.
DRIVER_IDLE_S = 30.0
#: A card that is still being drawn after this is looked at: what it takes, and from whom.
_LONG_BUSY_S = 0.5
#: A process that is being continued is seen stopped once, perhaps; not twice.
_STOPPED_SIGHTINGS = 2


class Herd(Protocol):
    """What this module needs of a supervisor."""

    @property
    def lanes(self) -> Sequence[Lane]: ...
    @property
    def needs_driver(self) -> bool: ...
    @property
    def max_process_bytes(self) -> int: ...
    def inspect(self, lane: Lane) -> None: ...
    def note_weight(self, lane: Lane, size_bytes: int) -> None: ...


class Watchdog:
    """Runs until cancelled. `on_free` is told of lanes that can be had again after a look."""

    def __init__(self, herd: Herd, launchpad: Launchpad, on_free: Callable[[], None]) -> None:
        self._herd = herd
        self._launchpad = launchpad
        self._on_free = on_free
        self._weighed_s = time.monotonic()
        self._driver_sightings = 0
        self._driver_needed_s = time.monotonic()
        self._sightings: dict[Lane, int] = {}
        self._drawing: set[asyncio.Task[None]] = set()
        self._listing: asyncio.Task[None] | None = None

    async def run(self) -> None:
        try:
            while True:
                await asyncio.sleep(LOOK_EVERY_S)
                try:
                    self._look()
                except Exception:
                    log.exception("watching the browsers failed in a way nobody thought of")
        finally:
            tasks = [*self._drawing, *([self._listing] if self._listing else [])]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _look(self) -> None:
        """One look at everything; what takes longer than a moment goes on by itself."""
        self._look_at_driver()
        sightings, self._sightings = self._sightings, {}
        for lane in [*self._herd.lanes]:
            if lane.processes.is_stopped():
                self._sightings[lane] = sightings.get(lane, 0) + 1
                if self._sightings[lane] >= _STOPPED_SIGHTINGS:
                    lane.retire("stopped")
            elif lane.state is LaneState.IDLE:
                self._look_at_idle(lane)
            else:
                self._look_at_busy(lane)
        if self._listing is None or self._listing.done():
            self._listing = self._list_processes()

    def _look_at_driver(self) -> None:
        if self._herd.needs_driver:
            self._driver_needed_s = time.monotonic()
        elif time.monotonic() - self._driver_needed_s > DRIVER_IDLE_S:
            self._launchpad.end_driver()
        if not self._launchpad.driver_is_lost():
            self._driver_sightings = 0
            return
        self._driver_sightings += 1
        if self._driver_sightings >= _STOPPED_SIGHTINGS:
            self._end_driver()

    def _end_driver(self) -> None:
        """The last rung: whoever opens a browser takes a new driver."""
        self._driver_sightings = 0
        self._launchpad.end_driver()
        for lane in [lane for lane in self._herd.lanes if lane.needs_driver]:
            lane.retire("driver")

    def _look_at_busy(self, lane: Lane) -> None:
        lane.note_cpu()
        if not _is_long_busy(lane):
            return
        if lane.processes.largest_bytes() > self._herd.max_process_bytes:
            # Seconds before the deadline would, and before the system ends something else.
            lane.retire("memory")

    def _look_at_idle(self, lane: Lane) -> None:
        now_s = time.monotonic()
        if now_s - lane.last_success_s > PROBE_EVERY_S:
            draw = self._probe
        elif now_s - lane.seen_well_s > PULSE_EVERY_S:
            draw = self._pulse
        else:
            return
        lane.claim()  # At once: the pool may not give it away before the task begins.
        task = asyncio.create_task(self._draw(lane, draw))
        self._drawing.add(task)
        task.add_done_callback(self._drawing.discard)

    async def _draw(self, lane: Lane, draw: Callable[[Lane], Awaitable[None]]) -> None:
        try:
            with contextlib.suppress(RenderFailed):
                await draw(lane)
        finally:
            self._herd.inspect(lane)
            self._on_free()
        if lane.retired_for == "hung" and not self._herd.lanes:
            # Nobody answers: the browsers, or the one driver that all of them speak through.
            self._end_driver()

    async def _pulse(self, lane: Lane) -> None:
        await lane.pulse(asyncio.get_running_loop().time() + PULSE_TIMEOUT_S)

    async def _probe(self, lane: Lane) -> None:
        deadline_s = asyncio.get_running_loop().time() + PULSE_TIMEOUT_S
        await lane.shoot(PROBE_DOCUMENT, ImageFormat.PNG, 2**20, deadline_s)

    def _list_processes(self) -> asyncio.Task[None] | None:
        """Weigh all lanes when it is time, and list the processes of those that have changed."""
        lanes = [*self._herd.lanes]
        weigh = time.monotonic() - self._weighed_s > WEIGH_EVERY_S
        if weigh:
            self._weighed_s = time.monotonic()
        else:
            lanes = [lane for lane in lanes if _is_list_old(lane)]

        async def work() -> None:
            for lane in lanes:
                if weigh:
                    size_bytes = await asyncio.to_thread(lane.memory_bytes)
                    self._herd.note_weight(lane, size_bytes)
                else:
                    await asyncio.to_thread(lane.processes.refresh)

        return asyncio.create_task(work()) if lanes else None


def _is_long_busy(lane: Lane) -> bool:
    busy_s = time.monotonic() - lane.busy_since_s
    return lane.state is LaneState.BUSY and busy_s > _LONG_BUSY_S


def _is_list_old(lane: Lane) -> bool:
    """Whether processes have gone, or may have come: documents with scripts get one of theirs."""
    processes = lane.processes
    return processes.outdated or (_is_long_busy(lane) and processes.listed_s < lane.busy_since_s)
