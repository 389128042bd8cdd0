"""From a URL to what a preview shows: the page's metadata, and its picture's true size and type.

What is asked for again within the hour, or by many at once, is fetched once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Self

from htmlcard.errors import BadAnswer, FetchFailed, FetchTimedOut, Overloaded
from htmlcard.fetch import Limits
from htmlcard.fetch.decoding import ACCEPTED_ENCODINGS
from htmlcard.fetch.target import parse_target
from htmlcard.links.keeping import Keeper
from htmlcard.links.reading.metadata import Metadata
from htmlcard.links.reading.picture_facts import PictureFacts, fetch_picture_facts, with_facts
from htmlcard.links.reading.reader import PageReader
from htmlcard.links.web import Web

#: An answer comes within 10 s, whatever the web does: the page first, then its picture.
PAGE_S = 8.0
READ_S = 9.0
PICTURE_S = 9.5
#: Crawlers read less: from 150 kB to 1 MB of a page.
MAX_PAGE_BYTES = 10_000_000
PAGE_HEADERS = {
    "Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.1",
    "Accept-Encoding": ACCEPTED_ENCODINGS,
}
#: Pages in memory at the same time, 10 MB each at worst.
_MAX_PAGES = 16
_KEPT_BYTES = 32_000_000
_KEPT_PICTURE_BYTES = 4_000_000


class Unfurler:
    """Unfurls pages; use `async with`. `clock` tells seconds, for what is kept.

    `fetcher` and `reader` are opened and closed by others.
    """

    def __init__(
        self, fetcher: Web, reader: PageReader, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetcher = fetcher
        self._reader = reader
        self._pages = Keeper(Metadata, _KEPT_BYTES, clock)
        self._pictures = Keeper(PictureFacts, _KEPT_PICTURE_BYTES, clock)
        self._turns = asyncio.Semaphore(_MAX_PAGES)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._pages.aclose()
        await self._pictures.aclose()

    async def unfurl(self, url: str) -> Metadata:
        """What the page at `url` says about itself, its picture as its first bytes tell.

        A picture that cannot be had is a warning.

        Raises:
            FetchFailed: the page cannot be had; see its kinds.
        """
        began_s = _now_s()
        metadata = await self.read_page(url)
        if metadata.image is None:
            return metadata
        try:
            facts = await self._look_at(metadata.image.url, began_s + PICTURE_S)
        except FetchFailed as error:
            warning = f"The picture could not be had: {error}."
            return replace(metadata, warnings=(*metadata.warnings, warning))
        return with_facts(metadata, metadata.image, facts)

    async def read_page(self, url: str) -> Metadata:
        """The same without a look at the picture: sides and type are as the page claims."""
        target = parse_target(url)
        metadata = await self._pages.get(str(target), lambda: self._read_page(str(target)))
        return replace(metadata, url=url)

    async def _read_page(self, url: str) -> Metadata:
        began_s = _now_s()
        try:
            async with asyncio.timeout_at(began_s + PAGE_S):
                await self._turns.acquire()
        except TimeoutError:
            raise Overloaded from None
        try:
            limits = Limits(
                total_s=max(0.1, round(began_s + PAGE_S - _now_s(), 1)),
                raw_bytes=MAX_PAGE_BYTES,
                decoded_bytes=MAX_PAGE_BYTES,
                cut=True,
            )
            fetched = await self._fetcher.fetch(url, limits=limits, headers=PAGE_HEADERS)
            if not 200 <= fetched.status < 300:
                raise BadAnswer(f"it answers with status {fetched.status}")
            metadata = await self._reader.read_metadata(
                fetched.body, fetched.headers.get("Content-Type"), fetched.url, began_s + READ_S
            )
        finally:
            self._turns.release()
        warnings = metadata.warnings
        if fetched.is_cut:
            warnings = (
                f"Only the first {MAX_PAGE_BYTES // 1_000_000} MB of the page were read.",
                *warnings,
            )
        return replace(metadata, final_url=fetched.url, status=fetched.status, warnings=warnings)

    async def _look_at(self, url: str, deadline_s: float) -> PictureFacts:
        """The facts of a picture. The search goes on after `deadline_s`, for who asks again."""
        key = str(parse_target(url))
        try:
            async with asyncio.timeout_at(deadline_s):
                return await self._pictures.get(
                    key, lambda: fetch_picture_facts(self._fetcher, url, PAGE_S)
                )
        except TimeoutError:
            raise FetchTimedOut("it was not here in time") from None


def _now_s() -> float:
    return asyncio.get_running_loop().time()
