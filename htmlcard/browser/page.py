"""Draws documents in one tab, by the way its proof allows.

painted   the document stands in a canvas, which rasters and encodes it (fastest)
shown     the document stands in plain sight and is taken by screenshot
scripted  the document is a page of its own, for templates with `scripts = true`
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from itertools import count
from typing import Literal

from playwright.async_api import Browser

from htmlcard.browser.encoder import ENCODER_JS
from htmlcard.browser.origin import STAGE_PATH, Reply, VirtualOrigin
from htmlcard.browser.proofs import Proof, Proofs
from htmlcard.browser.stage import fit_js, stage_js
from htmlcard.browser.tab import BeginFrameTab, PortableTab, Tab
from htmlcard.card import Document, ImageFormat, Shot
from htmlcard.errors import BrowserFailed

#: Whether two PNGs show the same; given from above, for pictures are not this package's business.
SamePicture = Callable[[bytes, bytes], bool]

FrameName = Literal["painted", "shown"]

#: Fonts and pictures come from memory: what is not there by then never will be.
ASSETS_WAIT_MS = 700
#: A frame that was asked for paints at once, or not at all.
PAINT_WAIT_MS = 250
MAX_UNPAINTED_FRAMES = 3
FIRST_QUALITY = 90
#: Frames a scripted document gets, so that what it does on load is in the picture.
SCRIPTED_FRAMES = 3

# Origins are never used twice in a process: see VirtualOrigin.
_origin_numbers = count(1)


class CardPage:
    """A tab with the stage in it."""

    def __init__(self, tab: Tab, proofs: Proofs, same_picture: SamePicture) -> None:
        self._tab = tab
        self._proofs = proofs
        self._same_picture = same_picture
        self._origin = VirtualOrigin(0)
        self._staged = False
        self._frames: dict[FrameName, str] = {}
        self._kept: set[str] = set()

    @classmethod
    async def open(
        cls, browser: Browser, proofs: Proofs, same_picture: SamePicture, *, begin_frame: bool
    ) -> CardPage:
        """A page ready to draw.

        Raises:
            BrowserFailed: the browser does not do what it should.
        """
        tab = await (BeginFrameTab.open(browser) if begin_frame else PortableTab.open(browser))
        page = cls(tab, proofs, same_picture)
        await tab.intercept(page._reply)
        await page._set_stage()
        return page

    @property
    def can_paint(self) -> bool:
        return isinstance(self._tab, BeginFrameTab)

    async def shoot(self, document: Document, format: ImageFormat, limit_bytes: int) -> Shot:
        """Draw a document.

        The shot is within `limit_bytes` where the browser's own steps suffice.

        Raises:
            BrowserFailed: the browser is gone, or drew nothing.
        """
        if document.scripts:
            return await self._shoot_scripted(document, format)
        if not self._staged or not self._origin.admits(document):
            await self._set_stage()
        self._origin.enter(document)
        proof = self._proofs.find(document) if self.can_paint else Proof.FAILS
        if proof is Proof.OPEN:
            await self._prove(document)
            proof = self._proofs.find(document)
        if proof is Proof.HOLDS:
            return await self._paint(document, format, limit_bytes)
        return await self._show(document, format)

    async def _prove(self, document: Document) -> None:
        no_limit = 2**31 - 1
        shown = await self._show(document, ImageFormat.PNG)
        painted = await self._paint(document, ImageFormat.PNG, no_limit)
        holds = await asyncio.to_thread(self._same_picture, shown.data, painted.data)
        self._proofs.record(document, holds=holds)

    async def _paint(self, document: Document, format: ImageFormat, limit_bytes: int) -> Shot:
        await self._stage_document("painted", document)
        for _ in range(MAX_UNPAINTED_FRAMES):
            # Asked for before the frame is there, so that it is taken the moment it is.
            said, _ = await asyncio.gather(
                self._tab.call("stage.take", format.value, limit_bytes, PAINT_WAIT_MS, wait=True),
                self._tab.tick(),
            )
            if said:
                break
        else:
            raise BrowserFailed("no frame painted the document")
        encoding, _, data = said.partition(" ")
        size_px = document.size.scaled(document.scale)
        return Shot(base64.b64decode(data), format, size_px, encoding, "canvas")

    async def _show(self, document: Document, format: ImageFormat) -> Shot:
        size_px = document.size.scaled(document.scale)
        await self._tab.set_viewport(size_px)
        await self._stage_document("shown", document)
        return await self._take(document, format)

    async def _take(self, document: Document, format: ImageFormat) -> Shot:
        data = await self._tab.screenshot(format, FIRST_QUALITY)
        encoding = "lossless" if format is ImageFormat.PNG else f"q{FIRST_QUALITY}"
        size_px = document.size.scaled(document.scale)
        return Shot(data, format, size_px, encoding, self._tab.path)

    async def _stage_document(self, name: FrameName, document: Document) -> None:
        size = document.size
        pictures = self._origin.picture_urls()
        if not self._kept.issuperset(pictures):
            self._kept.update(pictures)
            await self._tab.call("stage.keep", pictures, ASSETS_WAIT_MS, wait=True)
        placed = (name, document.base_path, size.width_px, size.height_px, document.scale)
        content = {"frameId": self._frames[name], "html": document.html}
        # Sent together, done in order: one round trip instead of three.
        await asyncio.gather(
            self._tab.call("stage.place", *placed),
            self._tab.send("Page.setDocumentContent", content),
            self._tab.call("stage.settle", ASSETS_WAIT_MS, wait=True),
        )

    async def _shoot_scripted(self, document: Document, format: ImageFormat) -> Shot:
        # Scripts leave timers, storage and listeners behind: the document is a page of its own,
        # under an origin of its own, and the stage is set anew before the next card.
        self._staged = False
        self._origin = VirtualOrigin(next(_origin_numbers), prefix="scripted")
        self._origin.enter(document)
        await self._tab.set_viewport(document.size.scaled(document.scale))
        await self._tab.navigate(self._origin.base + document.base_path)
        if document.scale != 1:
            await self._tab.evaluate(f"document.documentElement.style.zoom = {document.scale}; 0")
        await self._tab.evaluate(fit_js() + ";fitTexts(document)")
        for _ in range(SCRIPTED_FRAMES):
            await self._tab.tick()
        await self._tab.evaluate("document.fonts.ready.then(() => 0)", wait=True)
        return await self._take(document, format)

    async def _set_stage(self) -> None:
        """Go to a fresh origin and build the stage there."""
        self._origin = VirtualOrigin(next(_origin_numbers))
        self._kept.clear()
        await self._tab.navigate(self._origin.base + STAGE_PATH)
        await self._tab.evaluate(f"{ENCODER_JS};{stage_js()};0")
        painted, shown = await self._tab.child_frames()
        self._frames = {"painted": painted, "shown": shown}
        self._staged = True

    def _reply(self, url: str) -> Reply | None:
        return self._origin.reply(url)
