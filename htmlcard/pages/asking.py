"""One page, asked for and read: what `shelf` keeps. Everything a page sends is a stranger's."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from htmlcard.errors import BadAnswer
from htmlcard.fetch import Fetched, Limits
from htmlcard.fetch.decoding import ACCEPTED_ENCODINGS
from htmlcard.links import Metadata, PageParts
from htmlcard.pages.hosts import PageHosts
from htmlcard.pages.texts import Page, find_base, read_texts
from htmlcard.pictures.freshness import read_freshness

#: Facebook reads as much of a page. All is within seconds, for nobody waits longer.
_LIMITS = Limits(total_s=8.0, raw_bytes=1_000_000, decoded_bytes=1_000_000, cut=True)
_READ_S = 4.0
_HEADERS = {
    "Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.1",
    "Accept-Encoding": ACCEPTED_ENCODINGS,
}


class Web(Protocol):
    """What this module needs of a fetcher."""

    async def fetch(
        self, url: str, *, limits: Limits, headers: Mapping[str, str] | None = None
    ) -> Fetched: ...


class Reader(Protocol):
    """What this module needs of a reader of pages; deadlines are by the event loop's clock."""

    async def read(self, data: bytes, content_type: str | None, deadline_s: float) -> PageParts: ...

    async def read_metadata(
        self, data: bytes, content_type: str | None, url: str, deadline_s: float
    ) -> Metadata: ...


class PageGone(BadAnswer):
    """There is no such page any more: what it said before must go, too."""


class PageAsker:
    """Asks for pages of these `hosts`."""

    def __init__(self, web: Web, reader: Reader, hosts: PageHosts) -> None:
        self._web = web
        self._reader = reader
        self._hosts = hosts

    async def warm_up(self) -> None:
        """Have readers started: the first card would not wait for that."""
        await self._read(Fetched("http://warm.test/", 200, {}, b"<p>"), 0.0)

    async def ask(self, url: str, old: Page | None, asked_at_s: float) -> Page:
        """The page as it is now; where it is as it was, the `old` one with a new freshness.

        Raises:
            PageGone: it was taken away, or leads to a host whose pages are not read.
            FetchFailed: it cannot be had.
        """
        validators = old.freshness.validators if old else {}
        answer = await self._web.fetch(url, limits=_LIMITS, headers={**_HEADERS, **validators})
        if answer.status == 304 and old and answer.url != old.url:
            # Of another address than those validators are: it may say that of anything.
            old, answer = None, await self._web.fetch(url, limits=_LIMITS, headers=_HEADERS)
        if answer.status in (404, 410):
            raise PageGone(f"its server answers {answer.status}")
        is_unchanged = answer.status == 304 and old is not None
        if answer.status != 200 and not is_unchanged:
            raise BadAnswer(f"its server answers {answer.status}")
        if not self._hosts.covers(answer.url):
            raise PageGone("it redirects to a host whose pages are not read (HTMLCARD_PAGE_HOSTS)")
        if old is not None and is_unchanged:
            freshness = read_freshness(answer.headers).over(old.freshness)
            return replace(old, freshness=freshness, asked_at_s=asked_at_s)
        return await self._read(answer, asked_at_s)

    async def _read(self, answer: Fetched, asked_at_s: float) -> Page:
        kind = answer.headers.get("Content-Type")
        deadline_s = asyncio.get_running_loop().time() + _READ_S
        parts, metadata = await asyncio.gather(
            self._reader.read(answer.body, kind, deadline_s),
            self._reader.read_metadata(answer.body, kind, answer.url, deadline_s),
        )
        if parts.charset is None:
            raise BadAnswer("it is no HTML page")
        return Page(
            url=answer.url,
            base=find_base(parts, answer.url),
            texts=read_texts(parts, metadata),
            freshness=read_freshness(answer.headers),
            asked_at_s=asked_at_s,
        )
