"""Many pages side by side: politely, in bounded memory, and none holds up the others."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from html import unescape
from urllib.parse import quote

import pytest
from web_server import Request, answer, open_web_server

from htmlcard.errors import FetchTimedOut, Overloaded, RefusedTarget
from htmlcard.fetch import AddressJudge, Fetched, Fetcher, Limits
from htmlcard.links.audits.audit import ALL_CRAWLERS_EVERY, MAX_SILENT_PAGES, Audit, AuditResult
from htmlcard.links.audits.audit_page import write_audit_page
from htmlcard.links.audits.audit_summary import summarize
from htmlcard.links.audits.shared_web import SharedWeb
from htmlcard.links.checking import Crawlers
from htmlcard.links.report import Finding, Mend, PlatformView, Report, Severity

HANG_S = 60.0
LIMITS = Limits()


def finding(rule: str, severity: Severity = "error", *platforms: str) -> Finding:
    mend = Mend("server", f"how to mend {rule}")
    return Finding(rule, severity, platforms or ("x",), f"{rule} is wrong.", "", "test", "O", mend)


def report(url: str, *findings: Finding) -> Report:
    views = tuple(
        PlatformView(platform, "A title", None, None, "text", "ok") for platform in ("x", "slack")
    )
    return Report(url, url, views, findings)


SILENT = finding("page-unreachable", "error", "x", "slack")


class Checker:
    """Stands in for the real one: does what it is told for some URLs, and counts."""

    def __init__(self, **acts: Callable[[], Awaitable[None]]) -> None:
        self.acts = acts
        self.crawlers: dict[str, Crawlers] = {}
        self.now: Counter[str] = Counter()
        self.most: Counter[str] = Counter()

    async def check(self, url: str, *, crawlers: Crawlers = "all") -> Report:
        host = url.split("/")[2]
        self.crawlers[url] = crawlers
        for each in (host, "all"):
            self.now[each] += 1
            self.most[each] = max(self.most[each], self.now[each])
        try:
            await asyncio.sleep(0.001)
            if act := self.acts.get(url.rsplit("/", 1)[1]):
                await act()
        finally:
            for each in (host, "all"):
                self.now[each] -= 1
        return report(url)


def urls(host: str, count: int) -> list[str]:
    return [f"https://{host}/{number}" for number in range(count)]


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(HANG_S):
        while not holds():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.01)


async def hang() -> None:
    await asyncio.sleep(3600)


async def test_reports_come_in_the_order_of_the_pages() -> None:
    """Two audits of one site must not differ by which page happened to be faster."""
    pages = urls("a.example", 30)
    result = await Audit(Checker()).run(pages)
    assert [each.url for each in result.reports] == pages
    assert (result.failures, result.complete) == ((), True)


async def test_a_host_is_not_asked_for_more_than_it_bears() -> None:
    """Four at once by default; many hosts together are bounded too."""
    checker = Checker()
    pages = [url for number in range(20) for url in urls(f"{number}.example", 12)]
    await Audit(checker).run(pages)
    assert checker.most.pop("all") <= 32
    assert max(checker.most.values()) == 4
    polite = Checker()
    await Audit(polite, pages_per_host=1).run(urls("a.example", 12))
    assert polite.most["a.example"] == 1


async def test_crawlers_are_told_apart_on_a_few_pages_of_each_host() -> None:
    """Fifteen requests for each of a thousand pages would be no audit but an attack."""
    checker, other = Checker(), Checker()
    pages = urls("a.example", 2_000) + urls("b.example", 3)
    await Audit(checker, pages_per_host=500).run(pages)
    sample = [url for url in pages if checker.crawlers[url] == "all"]
    assert {pages[0], "https://b.example/0"} <= set(sample)
    assert 2_000 / ALL_CRAWLERS_EVERY / 3 < len(sample) < 2_000 / ALL_CRAWLERS_EVERY * 3
    await Audit(other, pages_per_host=500).run([pages[0], "https://a.example/new", *pages[1:]])
    assert [url for url in pages if other.crawlers[url] == "all"] == sample, (
        "what only crawlers tell must not move to other pages, where a baseline does not know it"
    )


async def test_a_page_that_hangs_holds_up_neither_its_host_nor_others() -> None:
    """It has one of its host's turns; the checker ends it in its own time."""
    done: list[str] = []
    audit = Audit(
        Checker(**{"0": hang}), on_page=lambda each: done.append(each.url if each else "")
    )
    pages = urls("a.example", 40) + urls("b.example", 40)
    run = asyncio.create_task(audit.run(pages))
    await until(lambda: len(done) == 78)
    audit.stop()
    result = await run
    assert not result.complete
    assert [each.url for each in result.reports] == [url for url in pages if url[-2:] != "/0"]


async def test_what_fails_is_told_and_the_rest_goes_on() -> None:
    """One page that may not be fetched, or a mistake of ours, must not cost the other reports."""

    async def refuse() -> None:
        raise RefusedTarget

    async def blunder() -> None:
        raise ZeroDivisionError("by zero")

    told: list[Report | None] = []
    audit = Audit(Checker(**{"1": refuse, "3": blunder}), on_page=told.append)
    result = await audit.run(urls("a.example", 5))
    assert [each.url[-1] for each in result.reports] == ["0", "2", "4"]
    (refused, why), (broken, reason) = result.failures
    assert (refused[-1], why) == ("1", "this is not an address htmlcard fetches from")
    assert (broken[-1], reason) == ("3", "htmlcard failed: ZeroDivisionError: by zero")
    assert told.count(None) == 2
    assert len(told) == 5


async def test_a_silent_host_is_left_alone_and_others_are_not() -> None:
    """A thousand pages that all time out would take an hour, and a site that is down needs rest."""

    class Silent(Checker):
        async def check(self, url: str, *, crawlers: Crawlers = "all") -> Report:
            await super().check(url, crawlers=crawlers)
            number = int(url.rsplit("/", 1)[1])
            is_silent = url.startswith("https://down.") or number % 20
            return report(url, *([SILENT] if is_silent else []))

    checker = Silent()
    result = await Audit(checker).run(urls("down.example", 500) + urls("shaky.example", 100))
    asked = Counter(url.split("/")[2] for url in checker.crawlers)
    assert MAX_SILENT_PAGES <= asked["down.example"] < MAX_SILENT_PAGES + 4
    assert asked["shaky.example"] == 100
    assert len(result.reports) + len(result.failures) == 600
    assert {reason for _, reason in result.failures} == {
        f"its host did not answer for {MAX_SILENT_PAGES} pages running"
    }


async def test_a_page_nobody_had_time_for_is_checked_at_the_end() -> None:
    """Two hostile pages may keep all readers busy; the good one beside them is not to blame."""
    calls = Counter[str]()

    async def be_busy(name: str, times: int) -> None:
        calls[name] += 1
        if calls[name] <= times:
            raise Overloaded

    acts = {"1": partial(be_busy, "1", 1), "2": partial(be_busy, "2", 9)}
    result = await Audit(Checker(**acts)).run(urls("a.example", 5))
    assert [each.url[-1] for each in result.reports] == ["0", "1", "3", "4"]
    assert result.failures == (("https://a.example/2", "too many pages are being read at once"),)
    assert calls == {"1": 2, "2": 2}


async def test_whoever_gives_up_leaves_nothing_running() -> None:
    """A second Ctrl-C ends the process; pages must not be fetched on behind it."""
    checker = Checker(**{str(number): hang for number in range(8)})
    run = asyncio.create_task(Audit(checker).run(urls("a.example", 8)))
    await until(lambda: checker.now["all"] == 4)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    await until(lambda: not checker.now["all"])


async def test_what_many_pages_name_is_fetched_once() -> None:
    """A logo on a thousand pages is one request, also while the first is still on its way."""

    async def slow(_: Request) -> bytes:
        await asyncio.sleep(0.1)
        return answer(b"picture", "image/png")

    async with open_web_server() as server, Fetcher(AddressJudge(allow_private=True)) as fetcher:
        server.pages["/logo.png"] = slow
        page = server.url("/page")
        server.pages["/page"] = answer(bytes(200_000), "text/html")
        async with SharedWeb(fetcher, {page}) as web:
            logo = server.url("/logo.png")
            for _ in range(2):
                bodies = await asyncio.gather(*(web.fetch(logo, limits=LIMITS) for _ in range(20)))
                assert {each.body for each in bodies} == {b"picture"}
            for _ in range(2):
                missing = await web.fetch(server.url("/gone.png"), limits=LIMITS)
                assert missing.status == 404
            assert (server.hits["/logo.png"], server.hits["/gone.png"]) == (1, 1)
            for agent in ("one", "two"):
                await web.fetch(page, limits=LIMITS, headers={"User-Agent": agent})
                await web.fetch(logo, limits=LIMITS, headers={"User-Agent": agent})
            assert server.hits["/page"] == 2, "crawlers may get different pages"
            assert server.hits["/logo.png"] == 3, "and different pictures"
            assert web.kept_bytes < 100_000


async def test_a_dead_host_is_asked_once_and_pages_wait_no_longer_than_they_may() -> None:
    """Ten thousand pages with a tracking pixel on it would take a day otherwise."""
    async with open_web_server() as server, Fetcher(AddressJudge(allow_private=True)) as fetcher:

        async def never(_: Request) -> None:
            await hang()

        server.pages["/dead.png"] = never
        async with SharedWeb(fetcher, ()) as web:
            dead = server.url("/dead.png")
            for _ in range(3):
                with pytest.raises(FetchTimedOut, match=r"within 0\.2 s"):
                    await web.fetch(dead, limits=Limits(total_s=0.2))
            nobody = "http://127.0.0.1:1/x.png"
            reasons = set()
            for _ in range(3):
                with pytest.raises(Exception, match="nobody answers") as failed:
                    await web.fetch(nobody, limits=LIMITS)
                reasons.add(failed.value)
            (reason,) = reasons
            assert reason.__cause__ is reason.__context__ is None, "they hold whole answers"
            assert server.hits["/dead.png"] == 1


async def test_one_pages_haste_is_not_anothers_failure() -> None:
    """A page that came late has little time for its picture; the next page has all of it."""
    async with open_web_server() as server, Fetcher(AddressJudge(allow_private=True)) as fetcher:

        async def slow(_: Request) -> bytes:
            await asyncio.sleep(0.5)
            return answer(b"picture", "image/png")

        server.pages["/slow.png"] = slow
        async with SharedWeb(fetcher, ()) as web:
            with pytest.raises(FetchTimedOut):
                await web.fetch(server.url("/slow.png"), limits=Limits(total_s=0.1))
            fetched = await web.fetch(server.url("/slow.png"), limits=LIMITS)
            assert fetched.body == b"picture"
            assert server.hits["/slow.png"] == 1


class Pictures:
    """A web of a thousand pictures of a megabyte."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()

    async def fetch(self, url: str, **_: object) -> Fetched:
        self.asked[url] += 1
        return Fetched(url, 200, {}, bytes(1_000_000))


async def test_memory_stays_flat_and_what_is_shared_stays_in_it() -> None:
    """Each page has a picture of its own, and all have the logo."""
    pictures = Pictures()
    async with SharedWeb(pictures, (), limit_bytes=5_000_000) as web:
        for number in range(100):
            await web.fetch(f"https://example.com/{number}.png", limits=LIMITS)
            await web.fetch("https://example.com/logo.png", limits=LIMITS)
            assert web.kept_bytes <= 5_000_000
    assert pictures.asked["https://example.com/logo.png"] == 1


def test_the_summary_names_first_what_spoils_most_previews() -> None:
    """Who opens it has an hour; it should go where it helps most."""
    pages = [
        report("https://a.example/0", finding("rare", "warning", *"abcdef")),
        report("https://a.example/1", finding("rare", "error", "x"), finding("tiny", "hint")),
        report("https://a.example/2", finding("common", "error", "x", "slack")),
        report("https://a.example/3", finding("common", "error", "x", "slack")),
        report("https://a.example/4", finding("often", "warning"), finding("rare", "warning")),
        report("https://a.example/5", finding("often", "warning"), finding("often", "warning")),
        report("https://a.example/6", finding("tiny", "hint")),
    ]
    summary = summarize(pages)
    assert (summary.broken, summary.flawed, summary.fine, summary.pages) == (3, 3, 1, 7)
    assert [rule.rule for rule in summary.rules] == ["common", "rare", "often", "tiny"]
    common, rare, often, _ = summary.rules
    assert [url[-1] for url in common.pages] == ["2", "3"]
    assert (rare.severity, [url[-1] for url in rare.pages]) == ("error", ["0", "1", "4"])
    assert [url[-1] for url in often.pages] == ["4", "5"]
    assert [page.url[-1] for page in summary.worst] == ["1", "2", "3", "4", "5", "0"]


def test_the_page_quotes_strangers_without_harm() -> None:
    """Titles and addresses come from the site that is audited, which may be anybody's."""
    hostile = '"><script>alert(1)</script>\u202e\x1b[31m'
    found = replace(finding("rule"), message=hostile, evidence=hostile, fix=Mend("server", hostile))
    result = AuditResult(
        (report(f"https://a.example/{quote(hostile)}", found),), (("javascript:alert(1)", "x"),)
    )
    page = write_audit_page(f"javascript:{hostile}", result, [hostile]).decode()
    assert "<script" not in page
    assert "\u202e" not in page
    assert "\x1b" not in page
    assert 'href="javascript' not in page
    assert "default-src 'none'" in unescape(page)
