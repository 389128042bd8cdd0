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
from htmlcard.card import DEFAULT_SIZE, Document, ImageFormat, Shot
from htmlcard.errors import BrowserFailed, DeadlineExceeded, RenderFailed

log = structlog.get_logger()

T = TypeVar("T")


class LaneState(StrEnum):
    IDLE = "idle"
    BUSY = "busy"
    RETIRED = "retired"


#: A tiny true draw: what a watchdog judges a lane by.
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
        self._process = process
        self._page = page
        self._on_retired: Callable[[Lane], None] = lambda lane: None
        self._patience: asyncio.Timeout | None = None
        self._at_rest = asyncio.Event()
        self._at_rest.set()

    def __repr__(self) -> str:
        return f"<Lane {self.number} {self.state} after {self.cards} cards>"

    @property
    def path(self) -> str:
        return "canvas" if self._page.can_paint else "portable"

    @property
    def isolation(self) -> str:
        return self._process.launcher.level.value

    @property
    def group_id(self) -> int:
        return self._process.group_id

    def memory_bytes(self) -> int:
        return self._process.memory_bytes()

    def watch(self, on_retired: Callable[[Lane], None]) -> None:
        """Have the end of this lane told, whether it happens at work or idle."""
        self._on_retired = on_retired
        self._process.browser.on("disconnected", lambda _: self.retire("crash"))
        for context in self._process.browser.contexts:
            for page in context.pages:
                page.on("crash", lambda _: self.retire("renderer_crash"))
        if not self._process.browser.is_connected():
            self.retire("crash")

    async def shoot(
        self, document: Document, format: ImageFormat, limit_bytes: int, deadline_s: float
    ) -> Shot:
        """Draw a document by a deadline of the event loop's clock.

        Raises:
            DeadlineExceeded: it took too long; the lane is retired, its browser killed.
            BrowserFailed: the browser failed; the lane is retired, too.
            AssetFailed: the document is at fault; the lane goes on.
        """
        return await self._work(
            document, deadline_s, lambda: self._page.shoot(document, format, limit_bytes)
        )

    async def inspect(self, document: Document, deadline_s: float) -> Inspection:
        """Draw a document and look into it by a deadline; raises what `shoot` does."""
        return await self._work(document, deadline_s, lambda: self._page.inspect(document))

    async def _work(
        self, document: Document, deadline_s: float, work: Callable[[], Awaitable[T]]
    ) -> T:
        if self._is_retired():
            raise BrowserFailed("the browser ended before it could draw")
        self.claim()
        try:
            async with asyncio.timeout_at(deadline_s) as self._patience:
                try:
                    done = await work()
                finally:
                    self._patience = None
        except TimeoutError as error:
            if self._is_retired():
                raise BrowserFailed("the browser ended while it drew") from error
            self.retire("deadline")
            raise DeadlineExceeded(f"template {document.template} took too long to draw") from error
        except BrowserFailed:
            self.retire("failure")
            raise
        except RenderFailed:
            self.release()  # The document's fault: the lane is as good as before.
            raise
        except PlaywrightError as error:
            self.retire("failure")
            raise BrowserFailed(f"the browser failed: {error}") from error
        except BaseException:
            # Cancelled, or a fault of ours: what the page is doing now is unknown.
            self.retire("cancelled")
            raise
        self.cards += 1
        self.last_success_s = time.monotonic()
        if self._is_retired():
            raise BrowserFailed("the browser ended while it drew")
        self.release()
        return done

    def claim(self) -> None:
        """Take a lane for the next card."""
        if self.state is not LaneState.RETIRED:
            self._become(LaneState.BUSY)

    def release(self) -> None:
        """Give a claimed lane back."""
        if self.state is LaneState.BUSY:
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
