"""Many pages checked side by side, politely: a few of each host at once.

What is kept of a page is its report. A page that hangs takes one of its host's turns for as long
as a check may last, never those of other hosts. A host that is silent for long is left alone.
"""

from __future__ import annotations

import asyncio
import zlib
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol
from urllib.parse import urlsplit

import structlog

from htmlcard.errors import FetchFailed, Overloaded
from htmlcard.links.checking import Crawlers
from htmlcard.links.report import Report

_log = structlog.get_logger()

PAGES_PER_HOST = 4
#: Of all hosts together: more pages would only wait for connections.
_MAX_PAGES_AT_ONCE = 32
#: Which crawlers are let in is a matter of the host, rarely of the page: one in so many tells.
ALL_CRAWLERS_EVERY = 100
#: What such a page takes: fifteen crawlers and a browser.
CRAWLER_CONNECTIONS = 16
#: Pages running without an answer, after which a host is asked for no more: each may take 8 s.
MAX_SILENT_PAGES = 20
_UNREACHABLE = "page-unreachable"


class PageChecker(Protocol):
    """What is asked of a `Checker`: with `one`, the page is fetched once for all platforms."""

    async def check(self, url: str, *, crawlers: Crawlers = "all") -> Report: ...


@dataclass(frozen=True, slots=True)
class AuditResult:
    """Reports in the order of the pages; `failures` says why a page has none.

    Where it is not `complete`, it was stopped before all pages were done.
    """

    reports: tuple[Report, ...]
    failures: tuple[tuple[str, str], ...] = ()
    complete: bool = True


class Audit:
    """One run over some pages. `on_page` hears of each page that is done, None for a failure."""

    def __init__(
        self,
        checker: PageChecker,
        *,
        pages_per_host: int = PAGES_PER_HOST,
        on_page: Callable[[Report | None], None] = lambda _: None,
    ) -> None:
        self._checker = checker
        self._pages_per_host = pages_per_host
        self._on_page = on_page
        self._reports: dict[int, Report] = {}
        self._failures: dict[int, tuple[str, str]] = {}
        self._turns = asyncio.Semaphore(_MAX_PAGES_AT_ONCE)
        self._workers: list[asyncio.Task[None]] = []
        self._stopped = False

    def stop(self) -> None:
        """Ends the run soon, with what is done by now."""
        self._stopped = True
        for worker in self._workers:
            worker.cancel()

    async def run(self, urls: Iterable[str]) -> AuditResult:
        """Checks them all. Once only."""
        hosts: dict[str, _Host] = {}
        for index, url in enumerate(urls):
            host = hosts.setdefault(urlsplit(url).netloc, _Host())
            is_first = not host.waiting
            host.waiting.append(_Page(index, url, "all" if is_first or _is_sample(url) else "one"))
        if not self._stopped:
            self._workers = [
                asyncio.create_task(self._work(host))
                for host in hosts.values()
                for _ in range(min(self._pages_per_host, len(host.waiting)))
            ]
        ends = await asyncio.gather(*self._workers, return_exceptions=True)
        for end in ends:
            if isinstance(end, BaseException) and not self._stopped:
                raise end
        return AuditResult(
            tuple(self._reports[index] for index in sorted(self._reports)),
            tuple(self._failures[index] for index in sorted(self._failures)),
            complete=not self._stopped,
        )

    async def _work(self, host: _Host) -> None:
        while host.waiting:
            async with self._turns:
                if not host.waiting:
                    return
                page = host.waiting.popleft()
                if host.silent < MAX_SILENT_PAGES:
                    await self._check(page, host)
                else:
                    reason = f"its host did not answer for {MAX_SILENT_PAGES} pages running"
                    self._fail(page, reason)

    async def _check(self, page: _Page, host: _Host) -> None:
        try:
            report = await self._checker.check(page.url, crawlers=page.crawlers)
        except Overloaded as error:
            # Pages that take seconds to read may keep a good one waiting: once more, at the end.
            if page.is_again:
                self._fail(page, str(error))
            else:
                host.waiting.append(replace(page, is_again=True))
        except FetchFailed as error:
            self._fail(page, str(error))
        # A mistake of ours about one page must not cost the report of all others.
        except Exception as error:
            _log.exception("page_not_checked", url=page.url)
            self._fail(page, f"htmlcard failed: {type(error).__name__}: {error}")
        else:
            host.silent = host.silent + 1 if _is_silent(report) else 0
            self._reports[page.index] = report
            self._on_page(report)

    def _fail(self, page: _Page, reason: str) -> None:
        self._failures[page.index] = (page.url, reason)
        self._on_page(None)


@dataclass(frozen=True, slots=True)
class _Page:
    index: int
    url: str
    crawlers: Crawlers
    is_again: bool = False


@dataclass(slots=True)
class _Host:
    """What is to be done there, and how many pages running did not answer."""

    waiting: deque[_Page] = field(default_factory=deque)
    silent: int = 0


def _is_silent(report: Report) -> bool:
    """Whether nobody got an answer at all."""
    total = len(report.platforms)
    return any(
        each.rule == _UNREACHABLE and len(each.platforms) == total for each in report.findings
    )


def _is_sample(url: str) -> bool:
    """By the URL itself: a new page in the list must not make other pages the sample."""
    return zlib.crc32(url.encode()) % ALL_CRAWLERS_EVERY == 0
