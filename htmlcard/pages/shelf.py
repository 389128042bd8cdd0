"""What is known of each page: one reading for all who ask, kept while it is fresh.

Nobody waits longer than it may: a slow page goes on in the background, and is there for the next
card. The last good values outlive the page's troubles, and this process.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Self

import structlog

from htmlcard.cache import Flights
from htmlcard.errors import FetchFailed, RefusedTarget, RenderFailed
from htmlcard.pages.asking import PageAsker, PageGone
from htmlcard.pages.store import PageStore
from htmlcard.pages.texts import Page

log = structlog.get_logger()

#: A page is not asked more often, however short it says it is good for.
MIN_FRESH_S = 300.0
#: For so long after that its old values are used while it is asked; later a card waits for it.
STALE_S = 3600.0
#: When to ask again for a page that cannot be had.
TROUBLE_S = 60.0
MAX_PENDING = 64
#: Of all pages in memory together; what they cost beside is a third of it at most.
MAX_CHARS = 8_000_000
_MAX_VERSIONS = 32
_OVERHEAD_CHARS = 1000


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a URL. `problem` says why there is no page, or why it is an old one."""

    page: Page | None
    asked_at_s: float
    fresh_until_s: float
    """Both are Unix time, which goes on over a restart."""
    problem: str = ""
    versions: tuple[str, ...] = ()
    """The `v` of those who asked: what was read afterwards is good enough for them."""
    turn: int = 0
    """Whose turn it was to ask: a later one knows better."""

    def serves(self, version: str) -> bool:
        """Whether it was read since `version` was first heard of."""
        return not version or version in self.versions

    def is_fresh(self, now_s: float) -> bool:
        # A clock that was set back makes nothing fresh for longer.
        return self.asked_at_s <= now_s < self.fresh_until_s


class PageShelf:
    """Pages by URL, at most `limit_chars` of their texts. One event loop only."""

    def __init__(
        self,
        asker: PageAsker,
        store: PageStore,
        *,
        limit_chars: int = MAX_CHARS,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._asker = asker
        self._store = store
        self._limit_chars = limit_chars
        self.now = now
        self._known: OrderedDict[str, Known] = OrderedDict()
        self._used_chars = 0
        self._turns = itertools.count(1)
        self._forgot_turn = 0
        """What was asked for earlier must not come after all."""
        self._flights: Flights[Known] = Flights()
        self._refreshes: dict[str, asyncio.Task[None]] = {}

    def __repr__(self) -> str:
        under_way = max(self._flights.pending, len(self._refreshes))
        return f"<PageShelf {len(self._known)} known, {under_way} under way>"

    async def __aenter__(self) -> Self:
        return self

    def warm_up(self) -> None:
        """Have readers ready before the first card comes, which would not wait for their start."""

        async def warm_up() -> None:
            try:
                with suppress(FetchFailed):
                    await self._asker.warm_up()
            finally:
                del self._refreshes[""]

        self._refreshes[""] = asyncio.create_task(warm_up())

    async def __aexit__(self, *_: object) -> None:
        """Give up what is under way."""
        await self._flights.drain(0)
        tasks = list(self._refreshes.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def must_read(self, url: str, version: str = "") -> bool:
        """Whether the page itself has to be asked before a card can be drawn."""
        known = self._known.get(url) or await self._find_stored(url)
        return known is None or not known.serves(version)

    async def get(self, url: str, version: str, by_s: float) -> Known:
        """What is known by a time of the event loop's clock; reading the page goes on beyond it.

        A new `version` has the page asked again, for somebody has changed it.
        """
        known = self._known.get(url)
        now_s = self.now()
        if known is not None and known.serves(version):
            self._known.move_to_end(url)
            if known.is_fresh(now_s):
                return known
            if known.page is not None and known.fresh_until_s + STALE_S > now_s:
                self._refresh(url, version)
                return known
        if self._flights.pending >= MAX_PENDING:
            return self._late(url, "too many other pages are on their way")
        try:
            async with asyncio.timeout_at(by_s):
                return await self._share(url, version)
        except TimeoutError:
            return self._late(url, "it is not here yet")
        except RenderFailed:
            return self._late(url, "the service is stopping")

    async def forget(self, url: str) -> None:
        """As if the page had never been read."""
        self._forgot_turn = next(self._turns)
        self._drop(url)
        await self._store.remove(url)

    async def forget_all(self) -> None:
        """As if no page had ever been read."""
        self._forgot_turn = next(self._turns)
        for url in list(self._known):
            self._drop(url)
        await self._store.clear()

    def _late(self, url: str, why: str) -> Known:
        return Known(self._find_page(url), 0.0, self.now(), why)

    def _refresh(self, url: str, version: str) -> None:
        """Read a page anew in the background."""

        async def refresh() -> None:
            try:
                # Raised where the service is stopping.
                with suppress(RenderFailed):
                    await self._share(url, version)
            finally:
                del self._refreshes[url]

        if url not in self._refreshes and self._flights.pending < MAX_PENDING:
            self._refreshes[url] = asyncio.create_task(refresh())

    async def _share(self, url: str, version: str) -> Known:
        # Whoever has a new version must not get what was asked for before it was there, and
        # nobody what was asked for before the page was to be forgotten.
        key = f"{self._forgot_turn} {version} {url}"
        known, _ = await self._flights.share(key, lambda: self._load(url, version))
        return known

    async def _load(self, url: str, version: str) -> Known:
        old = self._known.get(url) or await self._find_stored(url)
        now_s, turn = self.now(), next(self._turns)
        if old is not None and old.serves(version) and old.is_fresh(now_s):
            return old
        again_s = now_s + TROUBLE_S
        try:
            page = await self._asker.ask(url, old.page if old else None, now_s)
            known = Known(page, now_s, _fresh_until_s(page))
        except (RefusedTarget, PageGone) as error:
            known = Known(None, now_s, again_s, str(error))
        except FetchFailed as error:
            # The last good values are better than none; they are asked for again soon.
            known = Known(self._find_page(url), now_s, again_s, str(error))
        except Exception:
            log.exception("a page failed by a fault of our own")
            known = Known(self._find_page(url), now_s, again_s, "it cannot be had now")
        if known.problem:
            log.info("page not had", url=url[:200], problem=known.problem)
        return await self._settle(url, version, replace(known, turn=turn))

    def _find_page(self, url: str) -> Page | None:
        """The last good values."""
        known = self._known.get(url)
        return known.page if known else None

    async def _find_stored(self, url: str) -> Known | None:
        forgot_turn = self._forgot_turn
        page = await self._store.find(url)
        if page is None or url in self._known or forgot_turn != self._forgot_turn:
            return self._known.get(url)
        # Kept at once, so that who cannot wait for the page has it.
        known = Known(page, page.asked_at_s, _fresh_until_s(page))
        self._keep(url, known)
        return known

    async def _settle(self, url: str, version: str, known: Known) -> Known:
        """Keep what was found, unless somebody who asked later has found it already."""
        if known.turn < self._forgot_turn:
            return known
        before = self._known.get(url)
        is_late = before is not None and before.turn > known.turn
        if before is not None and is_late and not before.problem:
            return known
        # A version that was first heard of while this was on its way is not served by it.
        heard = before.versions if before is not None and not is_late else ()
        versions = dict.fromkeys((*heard, version))
        known = replace(known, versions=tuple(versions)[-_MAX_VERSIONS:])
        self._keep(url, known)
        if known.page is not None and not known.problem:
            self._store.put(url, known.page)
        elif known.page is None and before is not None and before.page is not None:
            await self._store.remove(url)
        return known

    def _keep(self, url: str, known: Known) -> None:
        self._drop(url)
        self._known[url] = known
        self._used_chars += _cost_chars(known)
        while self._used_chars > self._limit_chars:
            self._drop(next(iter(self._known)))

    def _drop(self, url: str) -> None:
        known = self._known.pop(url, None)
        if known is not None:
            self._used_chars -= _cost_chars(known)


def _fresh_until_s(page: Page) -> float:
    return page.asked_at_s + max(page.freshness.fresh_s, MIN_FRESH_S)


def _cost_chars(known: Known) -> int:
    return _OVERHEAD_CHARS + (known.page.chars if known.page else 0)
