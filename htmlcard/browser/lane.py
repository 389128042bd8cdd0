"""A lane: one browser with one page, drawing one card at a time.

A lane is born working (`open` draws a first card) and is never mended: what
goes wrong in it retires it, and the pool puts another in its place. It never
waits for anything to close.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import TypeVar

import structlog
from playwright.async_api import Error as PlaywrightError

from htmlcard.browser.inspection.facts import Inspection
from htmlcard.browser.page import CardPage
from htmlcard.browser.process import BrowserProcess
from htmlcard.browser.process_group import ProcessGroup
from htmlcard.card import DEFAULT_SIZE, Document, ImageFormat, Shot
from htmlcard.errors import BrowserFailed, DeadlineExceeded, RenderFailed

log = structlog.get_logger()

T = TypeVar("T")
FailureT = TypeVar("FailureT", bound=RenderFailed)


class LaneState(StrEnum):
    IDLE = "idle"
    BUSY = "busy"
    RETIRED = "retired"


#: What a lane may be retired for by the card it draws; the others come from elsewhere.
BLAMED_ON_CARD = frozenset({"deadline", "failure", "crash", "renderer_crash", "memory"})

#: A late card is to blame if its browser was at work for so long, or for half of its time; a first
#: card with cold fonts takes half of that. On a busy machine, innocent ones are late as well.
HOG_S = 0.6
HOG_SHARE = 0.5

#: A true card, of one color: the first that a lane draws, and the one for those long idle.
PROBE_DOCUMENT = Document(
    html="<!doctype html><title>probe</title><body style='margin:0;background:#4f46e5'>",
    template="probe",
    fingerprint="probe",
    size=DEFAULT_SIZE,
    scale=1,
    lang="en",
    direction="ltr",
    base_path="/template/probe/",
    assets={},
)


class Lane:
    """One browser, one page, one card at a time."""

    def __init__(self, number: int, process: BrowserProcess, page: CardPage) -> None:
        self.number = number
        self.state = LaneState.IDLE
        self.cards = 0
        self.retired_for: str | None = None
        self.last_success_s = time.monotonic()
        #: When the lane was last seen to work, by a card or a pulse.
        self.seen_well_s = self.last_success_s
        self.busy_since_s = self.last_success_s
        #: The last card that came out of it, as `shoot` was asked for it.
        self.last_shot: tuple[Document, ImageFormat, int] | None = None
        #: What it draws, while it is busy; None where it is nobody's card.
        self.document: Document | None = None
        self._process = process
        self._page = page
        self._cpu_before_s: dict[int, float] | None = None
        self._hogged = False
        self._on_retired: Callable[[Lane], None] = lambda lane: None
        self._patience: asyncio.Timeout | None = None
        self._at_rest = asyncio.Event()
        self._at_rest.set()

    def __repr__(self) -> str:
        return f"<Lane {self.number} {self.state} after {self.cards} cards>"

    @property
    def template(self) -> str:
        """Whose card it draws; empty where it is nobody's."""
        return self.document.template if self.document else ""

    @property
    def path(self) -> str:
        return "canvas" if self._page.can_paint else "portable"

    @property
    def isolation(self) -> str:
        return self._process.launcher.level.value

    @property
    def needs_driver(self) -> bool:
        """Whether it goes on speaking through Playwright's driver, and is lost with it."""
        return self._process.wire is None

    @property
    def group_id(self) -> int:
        return self._process.group_id

    @property
    def processes(self) -> ProcessGroup:
        return self._process.group

    def memory_bytes(self) -> int:
        """Proportional memory of its browser (reads /proc: tens of milliseconds)."""
        return self.processes.weigh()

    def watch(self, on_retired: Callable[[Lane], None]) -> None:
        """Have the end of this lane told, whether it happens at work or idle."""
        self._on_retired = on_retired
        self._page.on_crash(lambda: self.retire("renderer_crash"))
        self._process.on_end(lambda: self.retire("crash"))

    async def shoot(
        self, document: Document, format: ImageFormat, limit_bytes: int, deadline_s: float
    ) -> Shot:
        """Draw a document by a deadline of the event loop's clock.

        Raises:
            DeadlineExceeded: it took too long; the lane is retired, its browser killed.
            BrowserFailed: the browser failed; the lane is retired, too.
            AssetFailed: the document is at fault; the lane goes on.
        """
        shot = await self._draw(
            document, deadline_s, lambda: self._page.shoot(document, format, limit_bytes)
        )
        if document is not PROBE_DOCUMENT:
            self.last_shot = (document, format, limit_bytes)
        return shot

    async def inspect(self, document: Document, deadline_s: float) -> Inspection:
        """Draw a document and look into it by a deadline; raises what `shoot` does."""
        return await self._draw(document, deadline_s, lambda: self._page.inspect(document))

    async def pulse(self, deadline_s: float) -> None:
        """Draw a few pixels, to see if the lane would draw a card; raises what `shoot` does."""
        await self._work(None, deadline_s, self._page.pulse, late="hung")

    async def _draw(
        self, document: Document, deadline_s: float, work: Callable[[], Awaitable[T]]
    ) -> T:
        done = await self._work(document, deadline_s, work, late="deadline")
        self.cards += 1
        self.last_success_s = time.monotonic()
        return done

    async def _work(
        self,
        document: Document | None,
        deadline_s: float,
        work: Callable[[], Awaitable[T]],
        *,
        late: str,
    ) -> T:
        if self._is_retired():
            raise BrowserFailed("the browser ended before it could draw")
        self.claim(document)
        try:
            async with asyncio.timeout_at(deadline_s) as self._patience:
                try:
                    done = await work()
                finally:
                    self._patience = None
        except TimeoutError as error:
            if self._is_retired():
                raise self._lost(BrowserFailed("the browser ended while it drew")) from error
            self._look_for_hog()
            self.retire(late)
            what = f"template {self.template}" if document else "a browser nobody had asked"
            raise self._lost(DeadlineExceeded(f"{what} took too long to draw")) from error
        except BrowserFailed as error:
            # A dead browser fails the call under way before it is told to be dead.
            self.retire("crash" if self.processes.is_dead() else "failure")
            self._lost(error)
            raise
        except RenderFailed:
            self.release()  # The document's fault: the lane is as good as before.
            raise
        except PlaywrightError as error:
            self.retire("failure")
            raise self._lost(BrowserFailed(f"the browser failed: {error}")) from error
        except BaseException:
            # Cancelled, or a fault of ours: what the page is doing now is unknown.
            self.retire("cancelled")
            raise
        if self._is_retired():
            raise self._lost(BrowserFailed("the browser ended while it drew"))
        self.seen_well_s = time.monotonic()
        self.release()
        return done

    def _lost(self, error: FailureT) -> FailureT:
        """The same error, which knows whether the card is to blame for the end of this lane."""
        starved = self.retired_for == "deadline" and not self._hogged
        error.lanes_lost = int(self.retired_for in BLAMED_ON_CARD and not starved)
        return error

    def note_cpu(self) -> None:
        """A look at a card that takes its time; the first one is what later ones compare with."""
        if self._cpu_before_s is None:
            self._cpu_before_s = self.processes.cpu_s()

    def _look_for_hog(self) -> None:
        """Find out, before it is killed, whether the browser was at work, or got no processor."""
        if self._cpu_before_s is None:
            return
        now, before = self.processes.cpu_s(), self._cpu_before_s
        used_s = sum(seconds - before.get(pid, 0.0) for pid, seconds in now.items())
        busy_s = time.monotonic() - self.busy_since_s
        self._hogged = used_s > min(HOG_S, HOG_SHARE * busy_s)

    def claim(self, document: Document | None = None) -> None:
        """Take a lane for the next card, or for a look at the lane itself."""
        if self.state is not LaneState.RETIRED:
            self.document = document
            self._cpu_before_s = None
            self.busy_since_s = time.monotonic()
            self._become(LaneState.BUSY)

    def release(self) -> None:
        """Give a claimed lane back."""
        if self.state is LaneState.BUSY:
            self.document = None
            self._become(LaneState.IDLE)

    async def rest(self) -> None:
        """Wait until the card under way is done; its deadline bounds that."""
        await self._at_rest.wait()

    def _is_retired(self) -> bool:
        return self.state is LaneState.RETIRED

    def _become(self, state: LaneState) -> None:
        self.state = state
        if state is LaneState.BUSY:
            self._at_rest.clear()
        else:
            self._at_rest.set()

    def retire(self, reason: str) -> None:
        """End this lane now: kill its browser, tell the pool. Safe to call twice."""
        if self.state is LaneState.RETIRED:
            return
        self._become(LaneState.RETIRED)
        self.retired_for = reason
        self._process.kill()
        if self._patience is not None:
            # A dead driver tells nobody: whoever waits for the page would wait till the deadline.
            self._patience.reschedule(asyncio.get_running_loop().time())
        log.info("lane retired", lane=self.number, reason=reason, cards=self.cards)
        self._on_retired(self)
