"""What belongs to a page beside itself: pictures, robots.txt, its icon. Each fetched once."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Collection, Iterable, Mapping
from typing import TypeVar

from htmlcard.errors import FetchFailed
from htmlcard.fetch import Fetched, Limits
from htmlcard.links.checks.page import Page
from htmlcard.links.checks.pixels import is_wide
from htmlcard.links.checks.subject import Picture
from htmlcard.links.gauge import PictureGauge
from htmlcard.links.reading.picture_header import parse_picture_header
from htmlcard.links.robots import MAX_BYTES as ROBOTS_BYTES
from htmlcard.links.web import Web

T = TypeVar("T")

#: More than any platform takes.
PICTURE_BYTES = 25_000_000
#: Platforms do not agree on a picture, but on no page on more than these.
_MAX_PICTURES = 8
_MAX_ORIGINS = 4
_ICON_BYTES = 1024
#: For what is only looked at in passing: a whole check must not wait for it.
_ASIDE_S = 4.0


class Belongings:
    """Fetches for one check; all of it is there by `by_s` of the event loop's clock.

    `agent` is who asks.
    """

    def __init__(self, web: Web, gauge: PictureGauge, by_s: float, agent: str) -> None:
        self._web = web
        self._gauge = gauge
        self._by_s = by_s
        self._agent = agent

    async def fetch_pictures(
        self, urls: Iterable[str], measured: Collection[str]
    ) -> dict[str, Picture]:
        """The pictures by URL; how much a crop leaves of those in `measured`."""
        wanted = list(dict.fromkeys(urls))[:_MAX_PICTURES]
        return await _gather({url: self._picture(url, url in measured) for url in wanted})

    async def fetch_robots(self, origins: Iterable[str]) -> dict[str, str]:
        """robots.txt by origin, '' where there is none."""
        wanted = list(dict.fromkeys(origins))[:_MAX_ORIGINS]
        return await _gather({origin: self._robots(origin) for origin in wanted})

    async def find_missing_icons(self, pages: Iterable[Page]) -> dict[str, str]:
        """By origin, why there is no icon at its customary place; for pages that name none."""
        origins = dict.fromkeys(page.url.origin for page in pages if not page.has_icon)
        found = await _gather(
            {origin: self._icon(origin) for origin in list(origins)[:_MAX_ORIGINS]}
        )
        return {origin: reason for origin, reason in found.items() if reason}

    async def _picture(self, url: str, is_measured: bool) -> Picture:
        accept = "image/*,*/*;q=0.1"
        answer = await self._fetch(url, PICTURE_BYTES, accept)
        if not isinstance(answer, Fetched) or not 200 <= answer.status < 300:
            return Picture(answer)
        header = parse_picture_header(answer.body)
        if header is None or not header.width_px or not header.height_px or not is_measured:
            return Picture(answer, header)
        if answer.is_cut or not is_wide(header.width_px, header.height_px):
            return Picture(answer, header)
        share = await self._gauge.measure_center(answer.body, self._by_s)
        return Picture(answer, header, share)

    async def _robots(self, origin: str) -> str:
        answer = await self._fetch(
            f"{origin}/robots.txt", ROBOTS_BYTES, "text/plain,*/*;q=0.1", _ASIDE_S
        )
        if not isinstance(answer, Fetched) or not 200 <= answer.status < 300:
            return ""
        return answer.body.decode("utf-8", "replace")

    async def _icon(self, origin: str) -> str:
        url = f"{origin}/favicon.ico"
        answer = await self._fetch(url, _ICON_BYTES, "image/*,*/*;q=0.1", _ASIDE_S)
        if not isinstance(answer, Fetched):
            return f"/favicon.ico: no answer, {answer}"
        return "" if answer.status == 200 else f"/favicon.ico: {answer.status}"

    async def _fetch(
        self, url: str, limit_bytes: int, accept: str, most_s: float = math.inf
    ) -> Fetched | FetchFailed:
        left_s = min(most_s, self._by_s - asyncio.get_running_loop().time())
        limits = Limits(
            total_s=max(0.1, left_s), raw_bytes=limit_bytes, decoded_bytes=limit_bytes, cut=True
        )
        headers = {"User-Agent": self._agent, "Accept": accept}
        try:
            return await self._web.fetch(url, limits=limits, headers=headers, allow_downgrade=True)
        except FetchFailed as error:
            return error


async def _gather(work: Mapping[str, Awaitable[T]]) -> dict[str, T]:
    """The results by their keys, made side by side."""
    results = await asyncio.gather(*work.values())
    return dict(zip(work, results, strict=True))
