"""The page as each user agent gets it: asked for side by side, read once where it is the same."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Protocol

from htmlcard.errors import FetchFailed, Overloaded
from htmlcard.fetch import Fetched, Limits
from htmlcard.fetch.decoding import ACCEPTED_ENCODINGS
from htmlcard.links.checks.page import Page
from htmlcard.links.checks.subject import Visit
from htmlcard.links.reading.parts import PageParts
from htmlcard.links.web import Web

PAGE_S = 8.0
#: Four times what the most patient crawler reads; fifteen such bodies are in memory at once.
PAGE_BYTES = 4_000_000
#: A common one, that no firewall takes for a crawler's.
BROWSER_AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36"
)
#: For one page; those that come early are read while others are still awaited.
_READ_S = 4.0
#: What servers say to whoever asks too often, and how long they are left in peace then.
_TOO_MANY = frozenset({429, 503})
_PAUSE_S = 0.3
#: Less is not worth another try.
_LEAST_S = 1.0
_LIMITS = Limits(total_s=PAGE_S, raw_bytes=PAGE_BYTES, decoded_bytes=PAGE_BYTES, cut=True)


class Reader(Protocol):
    """What is needed of a `PageReader`."""

    async def read(self, data: bytes, content_type: str | None, deadline_s: float) -> PageParts: ...


_Key = tuple[str, str | None, bytes]


class Visits:
    """The visits of one check. `read_by_s` is when the last page must be read, by the loop's clock;
    a page that comes at the last moment gets `grace_s` more."""

    def __init__(self, web: Web, reader: Reader, read_by_s: float, grace_s: float = 0.3) -> None:
        self._web = web
        self._reader = reader
        self._read_by_s = read_by_s
        self._grace_s = grace_s
        self._turn = asyncio.Lock()
        self._reading: dict[_Key, asyncio.Task[Page]] = {}

    async def visit_all(self, url: str, agents: Collection[str]) -> dict[str, Visit]:
        """What each of these user agents gets. Raises Overloaded."""
        try:
            async with asyncio.TaskGroup() as group:
                tasks = {agent: group.create_task(self._visit(url, agent)) for agent in agents}
        except* Overloaded as overloaded:
            raise overloaded.exceptions[0] from None
        return {agent: task.result() for agent, task in tasks.items()}

    async def _visit(self, url: str, agent: str) -> Visit:
        headers = {
            "User-Agent": agent,
            "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
            "Accept-Encoding": ACCEPTED_ENCODINGS,
        }
        try:
            answer = await self._fetch(url, headers, PAGE_S)
            if answer.status in _TOO_MANY:
                answer = await self._fetch_again(url, headers) or answer
        except FetchFailed as error:
            return Visit(error)
        return await self.read(answer)

    async def _fetch(self, url: str, headers: Mapping[str, str], most_s: float) -> Fetched:
        limits = replace(_LIMITS, total_s=most_s)
        return await self._web.fetch(url, limits=limits, headers=headers, allow_downgrade=True)

    async def _fetch_again(self, url: str, headers: Mapping[str, str]) -> Fetched | None:
        """One after the other: fifteen at once look like an attack, and crawlers come alone."""
        async with self._turn:
            left_s = self._read_by_s - asyncio.get_running_loop().time() - _PAUSE_S
            if left_s < _LEAST_S:
                return None
            await asyncio.sleep(_PAUSE_S)
            return await self._fetch(url, headers, min(left_s, PAGE_S))

    async def read(self, answer: Fetched) -> Visit:
        """The visit that got this answer. Raises Overloaded."""
        if not 200 <= answer.status < 300:
            return Visit(replace(answer, body=b""))
        try:
            page = await self.read_page(answer.body, answer.headers.get("Content-Type"), answer.url)
        except Overloaded:
            raise
        except FetchFailed as error:
            return Visit(error)
        # The bodies that are alike are kept once.
        return Visit(replace(answer, body=page.body), page)

    async def read_page(self, body: bytes, content_type: str | None, url: str) -> Page:
        """The page that these bytes are; the same bytes are read once. Raises FetchFailed."""
        key = (url, content_type, body)
        task = self._reading.get(key)
        if task is None:
            task = self._reading[key] = asyncio.create_task(self._read(*key))
        return await asyncio.shield(task)

    async def _read(self, url: str, content_type: str | None, body: bytes) -> Page:
        now_s = asyncio.get_running_loop().time()
        by_s = max(now_s + self._grace_s, min(now_s + _READ_S, self._read_by_s))
        parts = await self._reader.read(body, content_type, by_s)
        return await asyncio.to_thread(Page, body, content_type, url, parts)

    async def aclose(self) -> None:
        """Gives up what is still being read."""
        for task in self._reading.values():
            task.cancel()
        await asyncio.gather(*self._reading.values(), return_exceptions=True)
