"""Which pages a site has, by its sitemaps: found by robots.txt, followed through indexes.

All is bounded, and what cannot be had is told beside what can: half a list is worth checking.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from htmlcard.errors import BadAnswer, FetchFailed
from htmlcard.fetch import Fetched, Limits
from htmlcard.links.audits.sitemaps import MAX_BYTES, Sitemap, parse_sitemap
from htmlcard.links.web import Web
from htmlcard.links.web_url import WebUrl, parse_web_url

#: Of one audit. A larger site is audited a sitemap at a time.
MAX_PAGES = 100_000
MAX_SITEMAPS = 1_000
#: Indexes of indexes are against the protocol, and common.
_MAX_DEPTH = 3
_LIMITS = Limits(total_s=30.0, raw_bytes=MAX_BYTES, decoded_bytes=MAX_BYTES)
#: RFC 9309, section 2.5: a crawler reads at least 500 KiB.
_ROBOTS_LIMITS = Limits(total_s=10.0, raw_bytes=512_000, decoded_bytes=512_000, cut=True)
_HEADERS = {"Accept": "application/xml, text/xml, text/plain, */*;q=0.1", "Accept-Encoding": "gzip"}
_SITEMAP_LINE = re.compile(r"^[ \t]*sitemap[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)


@dataclass(slots=True)
class SitePages:
    """Pages, each once and in the order of the sitemaps.

    `problems` are sitemaps that could not be read, `notes` what was left out of those that were.
    """

    urls: dict[str, None] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class SitemapWalk:
    """Collects the pages of one site, `limit` of them at most."""

    def __init__(self, web: Web, limit: int = MAX_PAGES) -> None:
        self._web = web
        self._limit = min(limit, MAX_PAGES)
        self._found = SitePages()
        self._waiting: deque[tuple[str, int]] = deque()
        self._seen: set[str] = set()

    async def start_at(self, url: str) -> SitePages:
        """The pages of the sitemap at `url`, or of the site whose address it is."""
        start = parse_web_url(url)
        if start is not None and start.path == "/" and start.query is None:
            self._add(url, await self._find_sitemaps(start), depth=1)
        else:
            self._add(url, [url], depth=1)
        return await self._walk()

    async def start_in(self, path: Path) -> SitePages:
        """The pages of the sitemap in a file. Raises OSError."""
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        try:
            self._take(str(path), parse_sitemap(data), depth=1)
        except FetchFailed as error:
            self._found.problems.append(f"{path}: {error}")
        return await self._walk()

    async def _walk(self) -> SitePages:
        found = self._found
        while self._waiting and len(found.urls) < self._limit:
            url, depth = self._waiting.popleft()
            try:
                self._take(url, parse_sitemap((await self._get(url)).body), depth)
            except FetchFailed as error:
                found.problems.append(f"{url}: {error}")
        if not found.urls and not found.problems:
            found.problems.append("no page is listed anywhere")
        return found

    async def _get(self, url: str) -> Fetched:
        answer = await self._web.fetch(url, limits=_LIMITS, headers=_HEADERS)
        if answer.status != 200:
            raise BadAnswer(f"it answers {answer.status}")
        return answer

    async def _find_sitemaps(self, site: WebUrl) -> list[str]:
        """What robots.txt names (https://www.sitemaps.org/protocol.html#submit_robots)."""
        usual = f"{site.origin}/sitemap.xml"
        try:
            answer = await self._web.fetch(f"{site.origin}/robots.txt", limits=_ROBOTS_LIMITS)
        except FetchFailed:
            return [usual]
        text = answer.body.decode("utf-8", "replace") if answer.status == 200 else ""
        named = (parse_web_url(line, site) for line in _SITEMAP_LINE.findall(text))
        return [str(url) for url in named if url] or [usual]

    def _add(self, name: str, urls: Iterable[str], depth: int) -> None:
        """Have the sitemaps looked at that `name` lists."""
        left_out = 0
        for url in urls:
            if url in self._seen:
                continue
            if depth > _MAX_DEPTH or len(self._seen) >= MAX_SITEMAPS:
                left_out += 1
                continue
            self._seen.add(url)
            self._waiting.append((url, depth))
        if left_out:
            why = (
                "they are in the index of an index of an index"
                if depth > _MAX_DEPTH
                else f"at most {MAX_SITEMAPS:,} are"
            )
            self._found.notes.append(f"{name}: {left_out:,} sitemaps not looked at; {why}")

    def _take(self, name: str, sitemap: Sitemap, depth: int) -> None:
        found = self._found
        for url in sitemap.pages:
            if len(found.urls) >= self._limit:
                break
            found.urls[url] = None
        self._add(name, sitemap.sitemaps, depth + 1)
        if sitemap.dropped:
            found.notes.append(
                f"{name}: {sitemap.dropped:,} of its entries left out, for they are no http(s) "
                "addresses or more than a sitemap may have"
            )
