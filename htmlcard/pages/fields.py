"""The page of one card: what it fills in, and what is to be said about it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from htmlcard.fetch.target import parse_target
from htmlcard.pages.filling import fill_fields
from htmlcard.pages.hosts import PageHosts
from htmlcard.pages.shelf import Known, PageShelf
from htmlcard.pages.texts import Page
from htmlcard.pictures import PictureHosts
from htmlcard.templating.template import Template
from htmlcard.urls import Pairs, first_values, parse_version


@dataclass(frozen=True, slots=True)
class PageFill:
    """What a page gave to one card, as it was at one moment. True where a page was asked for."""

    asked: bool = False
    values: Mapping[str, str] = field(default_factory=dict)
    """Texts of fields the query does not give, to be judged as if it did."""
    pictures: frozenset[str] = frozenset()
    """URLs among them that may be fetched, for the page may name them."""
    warnings: tuple[str, ...] = ()
    fresh_s: float = 0.0
    """For how long the values are good; 0 or less where newer ones are on their way."""
    lacking: bool = False
    """Whether the page could not be had as asked, which may be otherwise next time."""

    def __bool__(self) -> bool:
        return self.asked


NO_PAGE = PageFill()


class PageFields:
    """Fills the fields of cards. Nobody waits longer than `wait_s` for a page."""

    def __init__(
        self, shelf: PageShelf, hosts: PageHosts, pictures: PictureHosts, wait_s: float
    ) -> None:
        self.shelf = shelf
        self._hosts = hosts
        self._pictures = pictures
        self._wait_s = wait_s

    async def must_read(self, query: Pairs) -> bool:
        """Whether a page has to be read first for this query."""
        asked = self._find_asked(query)
        if asked is None:
            return False
        try:
            url = self._hosts.admit(asked[0])
        except ValueError:
            return False
        return await self.shelf.must_read(url, asked[1])

    async def fill(self, template: Template, query: Pairs, deadline_s: float) -> PageFill:
        """What the page in a query's `url` gives to the fields the query says nothing of.

        `deadline_s` is when the card must be there, by the event loop's clock: half of the time
        until then is for drawing it. Never fails.
        """
        asked = self._find_asked(query)
        if asked is None:
            return NO_PAGE
        now_s = asyncio.get_running_loop().time()
        by_s = now_s + min(self._wait_s, max(0.0, deadline_s - now_s) / 2)
        try:
            url = self._hosts.admit(asked[0])
        except ValueError as error:
            return _without_page(str(error))
        known = await self.shelf.get(url, asked[1], by_s)
        if known.page is None:
            return _without_page(known.problem)
        return self._fill(template, query, url, known, known.page)

    async def forget(self, query: Pairs) -> None:
        """Have the page in a query's `url` read anew next time."""
        asked = self._find_asked(query)
        try:
            if asked is not None:
                await self.shelf.forget(self._hosts.admit(asked[0]))
        except ValueError:
            pass  # It was never read.

    def _fill(
        self, template: Template, query: Pairs, url: str, known: Known, page: Page
    ) -> PageFill:
        given = first_values(query, template.fields)
        own = PictureHosts({parse_target(url).host, parse_target(page.url).host})
        filled = fill_fields(template, given, page, lambda found: self._admit(found, url, own))
        problem = (f"url: {known.problem}, older values used",) if known.problem else ()
        return PageFill(
            asked=True,
            values=filled.values,
            pictures=filled.pictures,
            warnings=(*problem, *filled.warnings),
            fresh_s=known.fresh_until_s - self.shelf.now(),
            lacking=bool(known.problem),
        )

    def _admit(self, picture: str, page: str, own: PictureHosts) -> str:
        """A picture the page names. No signature vouches for it: that was for the page's URL."""
        if self._hosts.is_card(picture, page):
            return ""
        if self._hosts.anywhere:
            return own.admit(picture, signed=True)
        try:
            return own.admit(picture)
        except ValueError:
            return self._pictures.admit(picture)

    def _find_asked(self, query: Pairs) -> tuple[str, str] | None:
        """The page and the version of a query, if it has a page."""
        given = first_values(query, ("url", "v"))
        if not given.get("url", "").strip():
            return None
        return given["url"], parse_version(given.get("v", "")) or ""


def _without_page(problem: str) -> PageFill:
    warning = f"url: {problem}, card drawn without it"
    return PageFill(asked=True, warnings=(warning,), lacking=True)
