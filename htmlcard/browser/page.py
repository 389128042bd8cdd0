"""Draws documents in one tab, by the way its proof allows.

painted   the document stands in a canvas, which rasters and encodes it (fastest)
shown     the document stands in plain sight and is taken by screenshot
scripted  the document is a page of its own, for templates with `scripts = true`

What is set into the frames, and loads there, is the business of `frames` next door.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from typing import Protocol

import pybase64

from htmlcard.browser.begin_frame_tab import BeginFrameTab
from htmlcard.browser.canary import reaches_out
from htmlcard.browser.frames import ASSETS_WAIT_MS, Frames
from htmlcard.browser.inspection.facts import Inspection
from htmlcard.browser.inspection.inspector import inspect_card
from htmlcard.browser.origin import SCRIPTED_PATH
from htmlcard.browser.process import BrowserProcess
from htmlcard.browser.proofs import Proof, Proofs
from htmlcard.browser.stage import scripted_js
from htmlcard.browser.tab import PortableTab, Tab
from htmlcard.card import Document, ImageFormat, Shot
from htmlcard.errors import AssetFailed, BrowserFailed


class Eyes(Protocol):
    """Who looks at pictures; given from above, for that is not this package's business."""

    @property
    def MARK_SQUARE_PX(self) -> int: ...  # noqa: N802 - a module of constants and functions fits
    def same_picture(self, one: bytes, other: bytes, /) -> bool: ...
    def shows_mark(self, data: bytes, colors: Sequence[int], /) -> bool: ...


#: A frame that was asked for paints at once, or not at all.
PAINT_WAIT_MS = 250
#: … unless it was asked for before the document was ready: then another is needed.
EARLY_PAINT_WAIT_MS = 12
MAX_FRAMES = 5
MARK_SQUARES = 4
FIRST_QUALITY = 90
NO_LIMIT = 2**31 - 1
#: Frames a scripted document gets, so that what it does on load is in the picture.
SCRIPTED_FRAMES = 3


class CardPage:
    """A tab with the stage in it."""

    def __init__(self, tab: Tab, proofs: Proofs, eyes: Eyes) -> None:
        self._tab = tab
        self._proofs = proofs
        self._eyes = eyes
        self._frames = Frames(tab)

    @classmethod
    async def open(cls, process: BrowserProcess, proofs: Proofs, eyes: Eyes) -> CardPage:
        """A page ready to draw; one that draws frames on demand where the browser has a wire.

        Raises:
            BrowserFailed: the browser does not do what it should.
        """
        tab: Tab
        if process.wire is not None:
            tab = await BeginFrameTab.open(process.browser, process.wire)
        else:
            tab = await PortableTab.open(process.browser)
        page = cls(tab, proofs, eyes)
        await tab.intercept(page._frames.reply)
        await page._frames.build()
        return page

    @property
    def can_paint(self) -> bool:
        return isinstance(self._tab, BeginFrameTab)

    def on_crash(self, listener: Callable[[], None]) -> None:
        """Tell when the page's process has died under it."""
        self._tab.on_crash(listener)

    async def reaches_out(self) -> bool:
        """Whether the browser gets to this machine's network, which it never should."""
        return await reaches_out(lambda js: self._tab.evaluate(js, wait=True))

    async def pulse(self) -> None:
        """Draw a few pixels and a frame, for whoever doubts the browser; cards do not notice.

        Raises:
            BrowserFailed: the browser is gone, or drew something else.
        """
        await self._frames.restore()
        color = secrets.randbelow(1 << 24)
        # Sent together, done in order: one round trip.
        drawn, *_ = await asyncio.gather(
            self._tab.call("pulse", color), self._tab.tick(), self._tab.call("markPage", 0, [])
        )
        if drawn != color:
            raise BrowserFailed("the browser drew another color than it was told")

    async def shoot(self, document: Document, format: ImageFormat, limit_bytes: int) -> Shot:
        """Draw a document.

        The shot is within `limit_bytes` where the browser's own steps suffice.

        Raises:
            AssetFailed: something the document loads did not arrive.
            BrowserFailed: the browser is gone, or drew nothing.
        """
        if document.scripts:
            return await self._shoot_scripted(document, format)
        await self._frames.enter(document)
        proof = self._proofs.find(document) if self.can_paint else Proof.FAILS
        if proof is Proof.OPEN:
            painted = await self._prove(document, limit_bytes)
            proof = self._proofs.find(document)
            if proof is Proof.HOLDS and format is ImageFormat.PNG:
                return painted
        if proof is Proof.HOLDS:
            return await self._paint(document, format, limit_bytes)
        return await self._show(document, format)

    async def inspect(self, document: Document) -> Inspection:
        """Draw a document the sure way and look into it.

        Raises what `shoot` does.
        """
        if document.scripts:
            shot = await self._shoot_scripted(document, ImageFormat.PNG)
        else:
            await self._frames.enter(document)
            shot = await self._show(document, ImageFormat.PNG)
        frame = 0 if document.scripts else 1  # The stage's second frame is the one shown.

        async def take() -> bytes:
            # The page was caught up with for the first picture, and has kept its size since.
            return await self._tab.screenshot(ImageFormat.PNG, FIRST_QUALITY)

        document_js = f"frames[{frame}].document"
        return await inspect_card(self._tab, document_js, self._frames.origin.base, shot, take)

    async def _prove(self, document: Document, limit_bytes: int) -> Shot:
        """Draw a document both ways and record whether they agree; answers the painted one."""
        shown = await self._show(document, ImageFormat.PNG)
        painted = await self._paint(document, ImageFormat.PNG, limit_bytes)
        exact = painted
        if painted.encoding != "lossless":
            exact = await self._paint(document, ImageFormat.PNG, NO_LIMIT)
        holds = await asyncio.to_thread(self._eyes.same_picture, shown.data, exact.data)
        self._proofs.record(document, holds=holds)
        return painted

    async def _paint(self, document: Document, format: ImageFormat, limit_bytes: int) -> Shot:
        await self._tab.set_viewport(document.size)
        await self._frames.keep_pictures()
        seen = self._tab.requests_seen
        said = None
        if self._frames.has_seen("painted", document):
            said = await self._draw_at_once(document, format, limit_bytes)
        if said is None:
            seen = await self._frames.put("painted", document)
            said = await self._draw(format, limit_bytes)
        for _ in range(MAX_FRAMES):
            if said and seen == self._tab.requests_seen:
                break
            # Painting asked for something new (a mask, say), or the frame came too early.
            seen = await self._frames.load(seen)
            said = await self._draw(format, limit_bytes)
        else:
            if not said:
                raise BrowserFailed("no frame painted the document")
            raise AssetFailed(f"{document.template} never stops loading")
        encoding, _, data = said.partition(" ")
        size_px = document.size.scaled(document.scale)
        return Shot(pybase64.b64decode(data, validate=True), format, size_px, encoding, "canvas")

    async def _draw_at_once(
        self, document: Document, format: ImageFormat, limit_bytes: int
    ) -> str | None:
        """Set, settle, paint and encode a document of which all should be in memory by now.

        None where it is not, "" where it was not painted.
        """
        # The page goes from the document to the picture by itself; it only needs a frame, as soon
        # as the document is set. One that comes too early is made up for by the caller.
        wish = (ASSETS_WAIT_MS, format.value, limit_bytes, EARLY_PAINT_WAIT_MS)
        drawn = self._tab.call("stage.draw", *wish, wait=True)
        calls = (*self._frames.setting("painted", document), drawn)
        *setting, drawing = map(asyncio.ensure_future, calls)

        async def tick_once_set() -> None:
            await asyncio.gather(*setting)
            await self._tab.tick(unseen=True)

        _, said = await asyncio.gather(tick_once_set(), drawing)
        return None if said is None else str(said)

    async def _draw(self, format: ImageFormat, limit_bytes: int) -> str:
        """Paint the settled document and encode it; "" when no frame painted it."""
        # Asked for before the frame is there, so that it is taken the moment it is.
        said, _ = await asyncio.gather(
            self._tab.call("stage.take", format.value, limit_bytes, PAINT_WAIT_MS, wait=True),
            self._tab.tick(unseen=True),
        )
        return str(said or "")

    async def _show(self, document: Document, format: ImageFormat) -> Shot:
        await self._tab.set_viewport(document.size.scaled(document.scale))
        seen = await self._frames.put("shown", document)
        shot = await self._take(document, format)
        for _ in range(MAX_FRAMES):
            if seen == self._tab.requests_seen and not await self._tab.call("stage.isPending"):
                break
            seen = await self._frames.load(seen)
            shot = await self._take(document, format)
        else:
            raise AssetFailed(f"{document.template} never stops loading")
        return shot

    async def _take(self, document: Document, format: ImageFormat) -> Shot:
        await self._catch_up()
        data = await self._tab.screenshot(format, FIRST_QUALITY)
        encoding = "lossless" if format is ImageFormat.PNG else f"q{FIRST_QUALITY}"
        size_px = document.size.scaled(document.scale)
        return Shot(data, format, size_px, encoding, self._tab.path)

    async def _catch_up(self) -> None:
        """See to it that the next screenshot shows what the page holds now.

        A browser was seen to answer each screenshot with the card before, of the right size and
        without an error. So a mark is put up, and must be in the picture.
        """
        for _ in range(MAX_FRAMES):
            colors = [secrets.randbelow(1 << 24) for _ in range(MARK_SQUARES)]
            await self._tab.call("markPage", self._eyes.MARK_SQUARE_PX, colors)
            sample = await self._tab.screenshot(ImageFormat.JPEG, FIRST_QUALITY)
            await self._tab.call("markPage", 0, [])
            if await asyncio.to_thread(self._eyes.shows_mark, sample, colors):
                return
        raise BrowserFailed("the browser's screenshots are not of the page as it is")

    async def _shoot_scripted(self, document: Document, format: ImageFormat) -> Shot:
        # Scripts leave timers, storage and listeners behind: the document gets a page and an
        # origin of its own, and the stage is set anew before the next card.
        self._frames.leave(document)
        await self._tab.set_viewport(document.size.scaled(document.scale))
        # Cookies alone can be set for the parent domain, which all origins share.
        await self._tab.send("Network.clearBrowserCookies")
        await self._tab.navigate(self._frames.origin.base + SCRIPTED_PATH)
        await self._tab.evaluate(f"{scripted_js()};fitTexts(frames[0].document)")
        for _ in range(SCRIPTED_FRAMES):
            await self._tab.tick()
        await self._tab.evaluate("frames[0].document.fonts.ready.then(() => 0)", wait=True)
        return await self._take(document, format)
