"""The use case: what every crawler shows of a page, what is wrong with it, and how to mend that.

`visiting` gets the page, `belongings` what it names, `checks` knows the rules.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol, Self

import structlog

from htmlcard.errors import FetchFailed, RefusedTarget, RenderFailed
from htmlcard.fetch import Fetched
from htmlcard.links.belongings import Belongings
from htmlcard.links.checks.findings import find_main_page, judge
from htmlcard.links.checks.images import is_relative
from htmlcard.links.checks.page import Page
from htmlcard.links.checks.presence import MAIN_TAGS, has_main_tag
from htmlcard.links.checks.subject import Subject
from htmlcard.links.gauge import PictureGauge
from htmlcard.links.profiles import load_profiles
from htmlcard.links.reading.decoding import decode
from htmlcard.links.report import Report
from htmlcard.links.visiting import BROWSER_AGENT, PAGE_S, Reader, Visits
from htmlcard.links.web import Web
from htmlcard.links.web_url import parse_web_url

_log = structlog.get_logger()

#: Of a whole check, whatever the servers do: a little is left for the rules.
CHECK_S = 9.8
#: Until then pages are read; a page that came at the last moment leaves pictures 1.5 s.
_READ_S = PAGE_S + 0.3
#: Whose name pictures are fetched under, and a page that is fetched once for all.
_ONE_PLATFORM = "facebook"
_MAX_SCRIPTED = 2
#: What crawlers look at is at the beginning; a script pass over more takes a browser too long.
_MAX_SCRIPTED_BYTES = 2_000_000

_SCRIPTS_NOT_RUN = (
    "The page's scripts were not run, so nobody knows if they add the tags that are missing. "
    "`htmlcard doctor` tells whether a browser is there."
)

Crawlers = Literal["all", "one"]


class Scripts(Protocol):
    """Runs the inline scripts of a page; raises RenderFailed."""

    async def run(self, html: str, url: str, deadline_s: float | None = None) -> str:
        """The page's HTML afterwards. The deadline is of the event loop's clock."""
        ...


@dataclass(frozen=True, slots=True)
class Checked:
    """A report with what it is about: the page its edits are for, and the pictures by URL."""

    report: Report
    page: bytes = field(repr=False)
    pictures: Mapping[str, bytes] = field(repr=False)


class Checker:
    """Checks pages; use `async with`. Without `scripts` nobody looks what scripts add.

    The fetcher behind `web` should allow sixteen connections to a host, or crawlers wait for each
    other.
    """

    def __init__(self, web: Web, reader: Reader, scripts: Scripts | None = None) -> None:
        self._web = web
        self._reader = reader
        self._scripts = scripts
        self._gauge = PictureGauge()

    async def __aenter__(self) -> Self:
        await self._gauge.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._gauge.__aexit__()

    async def check(self, url: str, *, crawlers: Crawlers = "all") -> Report:
        """The report about the page at `url`; see `look`."""
        return (await self.look(url, crawlers=crawlers)).report

    async def check_page(self, data: bytes, url: str) -> Report:
        """The report about a page that is not on the web yet; see `look_at`."""
        return (await self.look_at(data, url)).report

    async def look(self, url: str, *, crawlers: Crawlers = "all") -> Checked:
        """Fetches the page at `url` as every crawler does, within ten seconds.

        With `one` it is fetched once, and judged as if all got the same.

        Raises:
            RefusedTarget: the address is none that htmlcard goes to.
            Overloaded: too many pages are being read at once.
        """
        started_s = asyncio.get_running_loop().time()
        visits = Visits(self._web, self._reader, started_s + _READ_S)
        agents = {p.platform: p.user_agent.value for p in load_profiles()}
        try:
            if crawlers == "one":
                only = agents[_ONE_PLATFORM]
                visit = (await visits.visit_all(url, [only]))[only]
                subject = Subject(url, visit, dict.fromkeys(agents, visit))
            else:
                wanted = dict.fromkeys((BROWSER_AGENT, *agents.values()))
                found = await visits.visit_all(url, wanted)
                by_platform = {platform: found[agent] for platform, agent in agents.items()}
                subject = Subject(url, found[BROWSER_AGENT], by_platform)
            return await self._finish(subject, visits, started_s)
        finally:
            await visits.aclose()

    async def look_at(self, data: bytes, url: str) -> Checked:
        """The same for a page at hand, as if it was found at `url`. What it names is fetched.

        Raises:
            Overloaded: too many pages are being read at once.
            ValueError: `url` is no absolute http(s) address.
        """
        if parse_web_url(url) is None:
            raise ValueError(f"{url!r} is no http(s) address. Give the one the page will have.")
        started_s = asyncio.get_running_loop().time()
        visits = Visits(self._web, self._reader, started_s + _READ_S)
        try:
            answer = Fetched(url, 200, {}, data)
            visit = await visits.read(answer)
            platforms = [profile.platform for profile in load_profiles()]
            subject = Subject(url, visit, dict.fromkeys(platforms, visit))
            return await self._finish(subject, visits, started_s)
        finally:
            await visits.aclose()

    async def _finish(self, subject: Subject, visits: Visits, started_s: float) -> Checked:
        answers = [visit.answer for visit in (subject.browser, *subject.visits.values())]
        if all(isinstance(answer, RefusedTarget) for answer in answers):
            raise RefusedTarget
        by_s = started_s + CHECK_S
        pages = list(dict.fromkeys(v.page for v in subject.visits.values() if v.page is not None))
        # In a thread like all that looks at a whole page: others are served meanwhile.
        plan = await asyncio.to_thread(_plan, subject, pages)
        robots = [page.url.origin for page in pages]
        robots += [parsed.origin for url in plan.images if (parsed := parse_web_url(url))]
        agent = next(p for p in load_profiles() if p.platform == _ONE_PLATFORM).user_agent.value
        belongings = Belongings(self._web, self._gauge, by_s, agent)
        (
            subject.pictures,
            subject.robots,
            subject.icons,
            (subject.scripted, notes),
        ) = await asyncio.gather(
            belongings.fetch_pictures(plan.images, plan.cropped),
            belongings.fetch_robots(robots),
            belongings.find_missing_icons(pages),
            self._run_scripts(plan.lacking, visits, by_s),
        )
        main = find_main_page(subject)
        report = await asyncio.to_thread(judge, subject)
        return Checked(
            report=replace(report, notes=notes),
            page=main.body if main else b"",
            pictures={
                url: picture.answer.body
                for url, picture in subject.pictures.items()
                if isinstance(picture.answer, Fetched) and picture.header is not None
            },
        )

    async def _run_scripts(
        self, lacking: list[Page], visits: Visits, by_s: float
    ) -> tuple[dict[Page, Page], tuple[str, ...]]:
        """The pages after their scripts ran, and what is to be said where they could not."""
        ran = await asyncio.gather(*(self._run(page, visits, by_s) for page in lacking))
        scripted = {page: after for page, after in zip(lacking, ran, strict=True) if after}
        return scripted, () if len(scripted) == len(lacking) else (_SCRIPTS_NOT_RUN,)

    async def _run(self, page: Page, visits: Visits, by_s: float) -> Page | None:
        if self._scripts is None:
            return None
        text = decode(page.body, page.parts.charset or "utf-8")
        try:
            async with asyncio.timeout_at(by_s):
                html = await self._scripts.run(text, str(page.url), by_s - 0.5)
                data = html.encode("utf-8", "replace")
                return await visits.read_page(data, "text/html; charset=utf-8", str(page.url))
        except (RenderFailed, FetchFailed, TimeoutError) as error:
            _log.info("scripts_not_run", url=str(page.url), reason=str(error))
            return None


def _may_lack_tags(page: Page) -> bool:
    has_scripts = page.parts.layout.has_scripts and len(page.body) <= _MAX_SCRIPTED_BYTES
    return has_scripts and not all(has_main_tag(page, name) for name in MAIN_TAGS)


@dataclass(frozen=True, slots=True)
class _Plan:
    """The pictures that platforms take, those of them that are cropped to a square, and the pages
    that may lack tags for want of scripts."""

    images: list[str]
    cropped: set[str]
    lacking: list[Page]


def _plan(subject: Subject, pages: list[Page]) -> _Plan:
    urls: dict[str, None] = {}
    cropped: set[str] = set()
    for profile in load_profiles():
        taken = subject.take(profile)
        image = taken.image if taken is not None else None
        if image is not None and not is_relative(image, profile):
            urls[image.url] = None
            if profile.layout.crops_square:
                cropped.add(image.url)
    lacking = [page for page in pages if _may_lack_tags(page)][:_MAX_SCRIPTED]
    for page in pages:
        _ = page.has_icon  # asked for on the event loop; found once
    return _Plan(list(urls), cropped, lacking)
