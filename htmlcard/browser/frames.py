"""The stage's frames on a tab: documents are set into them, and load from memory there.

`page` next door paints them or takes them by screenshot, once all is there.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine
from itertools import count
from typing import Any, Literal

from htmlcard.browser.encoder import ENCODER_JS
from htmlcard.browser.origin import STAGE_PATH, Reply, VirtualOrigin
from htmlcard.browser.stage import stage_js
from htmlcard.browser.tab import Tab
from htmlcard.card import Document
from htmlcard.errors import AssetFailed

FrameName = Literal["painted", "shown"]
#: Frame, base path, width and height in CSS px, scale: what `stage.place` was last told.
Place = tuple[FrameName, str, int, int, int]

#: Fonts and pictures come from memory: what is not there by then never will be.
ASSETS_WAIT_MS = 700
MAX_LOADING_PASSES = 12
FIRST_VISIT_S = 0.02

_META_HTTP_EQUIV = re.compile(r"<meta[^>]+http-equiv", re.IGNORECASE)
#: Elements of a document that its successor would inherit, were they not taken away.
_LASTING_META = re.compile(r"""<meta(?!\s+charset\s*=\s*["']?[\w-]+["']?\s*/?>)""", re.IGNORECASE)

# Origins are never used twice in a process: see VirtualOrigin.
_origin_numbers = count(1)


class Frames:
    """The two frames of a tab, and the origin that answers for the document in them."""

    def __init__(self, tab: Tab) -> None:
        self._tab = tab
        self.origin = VirtualOrigin(0)
        self._built = False
        self._ids: dict[FrameName, str] = {}
        self._placed: Place | None = None
        self._kept: set[str] = set()
        self._held: list[str] = []
        self._visited: set[tuple[FrameName, str]] = set()

    async def build(self) -> None:
        """Go to a fresh origin and build the stage there."""
        self.origin = VirtualOrigin(next(_origin_numbers))
        self._kept.clear()
        self._held.clear()
        self._visited.clear()
        self._placed = None
        await self._tab.navigate(self.origin.base + STAGE_PATH)
        await self._tab.evaluate(f"{ENCODER_JS};{stage_js()};0")
        painted, shown = await self._tab.child_frames()
        self._ids = {"painted": painted, "shown": shown}
        self._built = True

    async def restore(self) -> None:
        """Build the stage where a document has taken its place, whose scripts may still run."""
        if not self._built:
            await self.build()

    async def enter(self, document: Document) -> None:
        """Have the stage and its origin ready for a document."""
        if not self._built or not self.origin.admits(document):
            await self.build()
        self.origin.enter(document)
        if _META_HTTP_EQUIV.search(document.html):
            # A policy set by the document outlives it: the next card needs a fresh stage.
            self._built = False

    def leave(self, document: Document) -> None:
        """Answer for a document that is a page of its own; the stage is built anew after it."""
        self._built = False
        self.origin = VirtualOrigin(next(_origin_numbers), prefix="scripted")
        self.origin.enter(document)

    def reply(self, url: str) -> Reply | None:
        """What a request of the tab is answered with."""
        return self.origin.reply(url)

    def has_seen(self, name: FrameName, document: Document) -> bool:
        """Whether a frame has had a document of this template version."""
        return (name, document.fingerprint) in self._visited

    async def put(self, name: FrameName, document: Document) -> int:
        """Put a document into a frame and let it load; answers how many requests there were."""
        await self.keep_pictures()
        seen = self._tab.requests_seen
        # Sent together, done in order: one round trip instead of three.
        *_, settled = await asyncio.gather(
            *self.setting(name, document),
            self._tab.call("stage.settle", ASSETS_WAIT_MS, None, wait=True),
        )
        if not settled:
            raise AssetFailed(f"fonts or pictures of {document.template} did not load in time")
        visit = (name, document.fingerprint)
        if visit not in self._visited:
            # What is asked for the first time may be on its way to us while we look.
            self._visited.add(visit)
            await asyncio.sleep(FIRST_VISIT_S)
        return await self.load(seen)

    def setting(self, name: FrameName, document: Document) -> list[Coroutine[Any, Any, Any]]:
        """The calls that put a document into a frame, to be sent in this order."""
        size = document.size
        place = (name, document.base_path, size.width_px, size.height_px, document.scale)
        content = {"frameId": self._ids[name], "html": document.html}
        calls = [self._tab.send("Page.setDocumentContent", content)]
        if place != self._placed:
            calls.insert(0, self._tab.call("stage.place", *place))
        self._placed = None if _LASTING_META.search(document.html) else place
        return calls

    async def load(self, seen: int) -> int:
        """Go on until a whole pass over the document has asked for nothing new."""
        for _ in range(MAX_LOADING_PASSES):
            if seen == self._tab.requests_seen:
                return seen
            seen = self._tab.requests_seen
            urls = await self._tab.answered()
            if not await self._tab.call("stage.settle", ASSETS_WAIT_MS, urls, wait=True):
                break
        raise AssetFailed("what the document loads did not arrive in time")

    async def keep_pictures(self) -> None:
        """Have the page hold on to all pictures of the template, so that none comes late."""
        fresh = [url for url in self.origin.picture_urls() if url not in self._kept]
        if fresh:
            self._kept.update(fresh)
            await self._tab.call("stage.keep", fresh, ASSETS_WAIT_MS, wait=True)
        # Those of image fields are other ones on the next card: only the latest are held.
        fields = self.origin.field_picture_urls()
        if fields and fields != self._held:
            self._held = fields
            await self._tab.call("stage.hold", fields, ASSETS_WAIT_MS, wait=True)
