"""All lanes: who draws next, who waits, who is told no.

`_assign` decides, without awaiting; all I/O happens elsewhere. `supervisor.py`
keeps the lanes coming. First come first served, but for templates that would
hold all lanes: see `_next_ticket`.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import structlog

from htmlcard.browser.inspection.facts import Inspection
from htmlcard.browser.lane import Lane, LaneState
from htmlcard.browser.launchpad import Launchpad
from htmlcard.browser.supervisor import Supervisor
from htmlcard.card import Document, ImageFormat, Shot
from htmlcard.errors import (
    BrowserFailed,
    BrowserUnavailable,
    DeadlineExceeded,
    QueueFull,
    RenderFailed,
)

log = structlog.get_logger()

#: A browser that died under a card gets no second one unless this much time is left.
RETRY_FLOOR_S = 0.5
#: Whoever waited so long that a usual card (times this) cannot be done any more is told so,
#: instead of costing a healthy browser its life at the deadline.
_RESERVE_CARDS = 3.0
_MIN_RESERVE_S = 0.1
_CLOSING = "the browsers are being closed; ask again once the service is back"
#: Weight of the latest card in the moving average of drawing times.
_AVERAGE_WEIGHT = 0.1


@dataclass(slots=True, eq=False)
class _Ticket:
    """One caller's place in the queue."""

    document: Document
    lane: asyncio.Future[Lane]
    since_s: float


class BrowserPool:
    """Draws documents on a fixed number of lanes, with a bounded queue."""

    def __init__(
        self,
        launchpad: Launchpad,
        *,
        lanes: int,
        queue: int,
        cards_per_lane: int,
        lane_memory_bytes: int,
        on_restart: Callable[[str], None] = lambda reason: None,
    ) -> None:
        self.launchpad = launchpad
        self._queue = queue
        self._usual_s = 0.05
        self._closing = False
        self._waiting: deque[_Ticket] = deque()
        #: Templates whose last card was no browser's end, with the version it was.
        self._trusted: dict[str, str] = {}
        self._supervisor = Supervisor(
            launchpad,
            lanes=lanes,
            cards_per_lane=cards_per_lane,
            lane_memory_bytes=lane_memory_bytes,
            on_change=self._assign,
            on_restart=on_restart,
        )

    def __repr__(self) -> str:
        lanes = self._supervisor.lanes
        busy = sum(map(_is_busy, lanes))
        return f"<BrowserPool busy={busy} idle={len(lanes) - busy} queued={len(self._waiting)}>"

    @property
    def queue_depth(self) -> int:
        return len(self._waiting)

    @property
    def queue_age_s(self) -> float:
        """How long the first in the queue has waited."""
        if not self._waiting:
            return 0.0
        return asyncio.get_running_loop().time() - self._waiting[0].since_s

    @property
    def supervisor(self) -> Supervisor:
        return self._supervisor

    async def __aenter__(self) -> Self:
        await self.launchpad.__aenter__()
        await self._supervisor.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing = True
        for ticket in self._waiting:
            if not ticket.lane.done():
                ticket.lane.set_exception(BrowserUnavailable(_CLOSING))
        self._waiting.clear()
        await self._supervisor.__aexit__(None, None, None)
        await self.launchpad.__aexit__(None, None, None)

    async def shoot(
        self,
        document: Document,
        format: ImageFormat,
        limit_bytes: int,
        deadline_s: float,
        *,
        overtime_s: float = 0.0,
    ) -> Shot:
        """Draw a document by a deadline of the event loop's clock.

        One that is being drawn then may have `overtime_s` more. None is begun that late: under a
        load that does not end, lanes would draw only for callers who have gone.

        A browser that dies under it is no fault of the document: where time
        allows, it is drawn once more on another lane.

        Raises:
            QueueFull: more cards wait than the queue holds.
            BrowserUnavailable: no browser is there, and none is coming.
            BrowserFailed: the browser failed.
            DeadlineExceeded: the time was up, waiting or drawing.
        """

        async def shoot_once() -> Shot:
            return await self._shoot_once(document, format, limit_bytes, deadline_s, overtime_s)

        try:
            return await shoot_once()
        except BrowserFailed as error:
            if deadline_s - asyncio.get_running_loop().time() < RETRY_FLOOR_S:
                raise
            lanes_lost = error.lanes_lost
        try:
            return await shoot_once()
        except RenderFailed as error:
            error.lanes_lost += lanes_lost
            raise

    async def inspect(self, document: Document, deadline_s: float) -> Inspection:
        """Draw a document and look into it, by a deadline; raises what `shoot` does."""
        lane = await self._get_lane(document, deadline_s)
        try:
            return await lane.inspect(document, deadline_s)
        finally:
            self._supervisor.inspect(lane)
            self._assign()

    async def _shoot_once(
        self,
        document: Document,
        format: ImageFormat,
        limit_bytes: int,
        deadline_s: float,
        overtime_s: float,
    ) -> Shot:
        loop = asyncio.get_running_loop()
        left_s = deadline_s - loop.time()
        if left_s <= 0:
            raise DeadlineExceeded("the time was up before a browser was asked for")
        reserve_s = max(_MIN_RESERVE_S, _RESERVE_CARDS * self._usual_s)
        lane = await self._get_lane(document, deadline_s - min(reserve_s, left_s / 2))
        started_s = loop.time()
        try:
            shot = await lane.shoot(document, format, limit_bytes, deadline_s + overtime_s)
            self._usual_s += _AVERAGE_WEIGHT * (loop.time() - started_s - self._usual_s)
            self._trusted[document.template] = document.fingerprint
            return shot
        except RenderFailed as error:
            if error.lanes_lost:
                self._find_blame(document, error)
            raise
        finally:
            self._supervisor.inspect(lane)
            self._assign()

    def _find_blame(self, document: Document, error: RenderFailed) -> None:
        """A browser was lost over a document; not by it, where others died in the same moment."""
        self._supervisor.bury_dead()  # Or the next try would be drawn on another dead one.
        if self._supervisor.others_died(document):
            error.lanes_lost = 0
        else:
            self._trusted.pop(document.template, None)

    async def _get_lane(self, document: Document, deadline_s: float) -> Lane:
        if self._closing:
            raise BrowserUnavailable(_CLOSING)
        if refusal := self._supervisor.refusal:
            raise BrowserUnavailable(refusal)
        loop = asyncio.get_running_loop()
        ticket = _Ticket(document, loop.create_future(), loop.time())
        self._waiting.append(ticket)
        self._assign()
        if not ticket.lane.done() and len(self._waiting) > self._queue:
            self._waiting.remove(ticket)
            raise QueueFull(
                f"{self._queue} cards wait already; raise HTMLCARD_QUEUE or HTMLCARD_LANES"
            )
        try:
            async with asyncio.timeout_at(deadline_s):
                return await ticket.lane
        except TimeoutError as error:
            self._withdraw(ticket)
            raise DeadlineExceeded("no browser was free in time") from error
        except asyncio.CancelledError:
            self._withdraw(ticket)
            raise

    def _withdraw(self, ticket: _Ticket) -> None:
        """Leave the queue; a lane that was given in the very moment of leaving goes to the next."""
        if ticket in self._waiting:
            self._waiting.remove(ticket)
        if ticket.lane.done() and not ticket.lane.cancelled() and not ticket.lane.exception():
            lane = ticket.lane.result()
            lane.release()
            self._assign()

    def _assign(self) -> None:
        """Give idle lanes to those who wait. The pool's only decision."""
        if self._waiting and (refusal := self._supervisor.refusal):
            while self._waiting:
                ticket = self._waiting.popleft()
                if not ticket.lane.done():
                    ticket.lane.set_exception(BrowserUnavailable(refusal))
            return
        for lane in self._supervisor.lanes:
            if lane.state is not LaneState.IDLE:
                continue
            chosen = self._next_ticket()
            if chosen is None:
                return
            self._waiting.remove(chosen)
            lane.claim(chosen.document)
            chosen.lane.set_result(lane)

    def _next_ticket(self) -> _Ticket | None:
        """Whose turn it is: the first in the queue, whose template leaves a lane to the others.

        Where nobody else waits a template may have that lane, too, once a card of it was drawn
        and as long as none ends a browser: one that hangs would hold all of them otherwise.
        """
        held = Counter(lane.template for lane in self._supervisor.lanes if _is_busy(lane))
        share = max(1, self._supervisor.wanted - 1)
        trusted: _Ticket | None = None
        for ticket in self._waiting:
            if ticket.lane.done():
                continue  # Its caller has just gone, and takes it out of the queue.
            document = ticket.document
            if held[document.template] < share:
                return ticket
            if trusted is None and self._trusted.get(document.template) == document.fingerprint:
                trusted = ticket
        return trusted


def _is_busy(lane: Lane) -> bool:
    return lane.state is LaneState.BUSY
