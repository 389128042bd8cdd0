"""Pages that are all right, and what the checker must not say of them; and that it holds up nobody.

Who has cried wolf once is not read again.
"""

from __future__ import annotations

import asyncio
import threading

import pytest

from htmlcard.fetch import Fetched, Limits
from htmlcard.links import checking
from htmlcard.links.checking import Checker
from htmlcard.links.checks.subject import Subject
from htmlcard.links.report import Finding, Report

from .test_mends import URL, NoWeb, Reader, check

PATIENCE_S = 30.0


def page(head: str) -> bytes:
    return f'<!doctype html><html><head><meta charset="utf-8">{head}</head>x</html>'.encode()


async def find(head: str, rule: str) -> Finding | None:
    report = await check(page(head))
    return next((finding for finding in report.findings if finding.rule == rule), None)


@pytest.mark.parametrize(
    "title",
    [
        "404",
        "404 – Page not found",
        "Error 404 | Slow Kitchen",
        "Slow Kitchen - Not Found",
        "Oops! 404",
        "The page could not be found",
        "HTTP Error 404",
        "404 Not Found",
    ],
)
async def test_error_pages_are_known_by_their_titles(title: str) -> None:
    """They come with status 200 from many a shop, and are shared with the name of the error."""
    assert await find(f"<title>{title}</title>", "soft-404")


@pytest.mark.parametrize(
    "title",
    [
        "The Peugeot 404 turns sixty",
        "Apple's plans leak - 404 Media",
        "How to fix a 404 in your router",
        "Room 404",
        "Species not found anywhere else",
        "Route 4040",
    ],
)
async def test_what_only_speaks_of_404_is_no_error_page(title: str) -> None:
    """Cars, magazines and manuals are shared as well."""
    assert await find(f"<title>{title}</title>", "soft-404") is None


@pytest.mark.parametrize(("after", "leads"), [("0", True), ("5.5", True), ("600", False)])
async def test_only_a_refresh_that_comes_soon_is_a_redirect(after: str, leads: bool) -> None:
    """A news page that goes home after ten minutes is no redirect, and 301 would be wrong."""
    tag = f'<meta http-equiv="refresh" content="{after}; url=https://example.org/home">'
    assert bool(await find(tag, "meta-refresh")) == leads


async def test_a_tag_that_speaks_by_another_attribute_is_not_empty() -> None:
    """Forums write `value`; what is told to be removed there is shown in chats."""
    tag = '<meta name="twitter:data1" value="3 mins">'
    assert await find(tag, "empty-value") is None
    assert await find(tag.replace("value", "content").replace("3 mins", " "), "empty-value")


async def test_what_nobody_can_use_is_no_duplicate() -> None:
    """A placeholder of a script that loads pictures late says nothing different."""
    tags = [f'<meta name="twitter:image" content="{url}">' for url in ("data:,x", "/a.png")]
    assert await find("".join(tags), "duplicate-tags") is None
    assert await find("".join(tags) + tags[1].replace("a.png", "b.png"), "duplicate-tags")


@pytest.mark.parametrize(
    ("rule", "tag"),
    [
        ("og-url-differs", '<meta property="og:url" content="https://www.example.org/1">'),
        ("canonical-elsewhere", '<link rel="canonical" href="https://www.example.org/1">'),
    ],
)
async def test_no_program_makes_a_copy_the_original(rule: str, tag: str) -> None:
    """Checked on the way to production, or as AMP, the other address is the right one."""
    finding = await find(tag, rule)
    assert finding is not None
    assert (finding.severity, finding.fix.edits) == ("hint", ())
    assert "unless" in finding.fix.text


async def test_the_picture_is_named_with_https_where_that_is_known() -> None:
    """Shops write both; a mend that copies the plain one makes the page worse."""
    tags = '<meta property="og:image" content="http://example.org/a.png">'
    tags += '<meta property="og:image:secure_url" content="https://example.org/a.png">'

    class Web(NoWeb):
        async def fetch(self, url: str, *, limits: Limits, **_: object) -> Fetched:
            return Fetched(url, 200, {}, b"GIF89a\x10\x00\x10\x00\x00\x00\x00;")

    async with Checker(Web(), Reader()) as checker:
        report = await checker.check_page(page(tags), URL)
    (finding,) = (f for f in report.findings if f.rule == "missing-twitter-image")
    assert 'content="https://example.org/a.png"' in finding.fix.text


@pytest.mark.parametrize(
    ("script", "shown"),
    [
        ('{"@type": "NewsArticle", "headline": "News"}', "News"),
        (
            '[{"@type": "Person"}, {"@type": "WebPage", "headline": "News &amp; more"}]',
            "News & more",
        ),
        ('{"@type": "Article", "headline": "News"}', "Bread"),
        ('{"@type": ["NewsArticle"], "headline": "News"}', "Bread"),
        ('{"@graph": [{"@type": "NewsArticle", "headline": "News"}]}', "Bread"),
        ('{"@type": "WebPage", "name": "News"}', "Bread"),
        ('{"@type": "NewsArticle", "headline": 404}', "Bread"),
    ],
)
async def test_mastodon_reads_little_of_json_ld(script: str, shown: str) -> None:
    """Plugins for search engines write `@graph`, which Mastodon does not look into: it would be
    told of on every other blog."""
    tags = f'<meta property="og:title" content="Bread"><script type="application/ld+json">{script}'
    report = await check(page(f"{tags}</script>"))
    titles = {view.platform: view.title for view in report.platforms}
    assert (titles["mastodon"], titles["facebook"]) == (shown, "Bread")
    told = any(finding.rule == "json-ld-beats-og" for finding in report.findings)
    assert told == (shown != "Bread")


async def test_matrix_does_not_see_open_graph_by_name() -> None:
    """Synapse asks for `property`, and then takes what is written for X."""
    tags = '<title>Tab</title><meta name="og:title" content="Bread">'
    report = await check(page(tags))
    titles = {view.platform: view.title for view in report.platforms}
    assert (titles["matrix"], titles["signal"], titles["facebook"]) == ("Tab", "Tab", "Bread")
    struck = {f.severity: f.platforms for f in report.findings if f.rule.startswith("name-")}
    assert struck == {"error": ("signal",), "warning": ("matrix",)}


async def test_others_are_served_while_a_page_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page made to hurt takes half a second of rules, and the server has other guests."""
    served = threading.Event()

    def judge(subject: Subject) -> Report:
        assert served.wait(PATIENCE_S), "nobody is served"
        return Report(subject.url, subject.url, (), ())

    monkeypatch.setattr(checking, "judge", judge)
    checking_it = asyncio.create_task(check(page("")))
    await asyncio.sleep(0)
    asyncio.get_running_loop().call_later(0.2, served.set)
    assert (await checking_it).findings == ()


async def test_monstrous_tags_are_not_told_in_full() -> None:
    """A report of two megabytes is of no use to whoever reads it in a terminal."""
    tag = '<meta property="og:title" content="' + "x&lt;b&gt;" * 40_000 + '">'
    finding = await find(tag, "markup-in-value")
    assert finding is not None
    assert len(finding.fix.text) <= 4000
    assert finding.fix.edits == ()


async def test_a_limit_on_requests_is_no_wall_against_a_crawler() -> None:
    """Fifteen visits at once are ours; the crawler itself comes alone and is let in."""
    at_once = 0

    class Limited(NoWeb):
        async def fetch(self, url: str, *, limits: Limits, **_: object) -> Fetched:
            nonlocal at_once
            if url != URL:
                return Fetched(url, 404, {}, b"")
            at_once += 1
            try:
                status = 200 if at_once <= 3 else 429
                await asyncio.sleep(0.01)
            finally:
                at_once -= 1
            return Fetched(url, status, {"Content-Type": "text/html"}, page("<title>x</title>"))

    async with Checker(Limited(), Reader()) as checker:
        report = await checker.check(URL)
    assert not {"bot-blocked", "page-status"} & {finding.rule for finding in report.findings}
    assert {view.title for view in report.platforms if view.platform != "telegram"} == {"x"}


async def test_who_is_always_turned_away_is_told_so_in_time() -> None:
    """To ask again must not cost the ten seconds that are promised."""

    class Closed(NoWeb):
        async def fetch(self, url: str, *, limits: Limits, **options: object) -> Fetched:
            agent = str(options["headers"])
            status = 200 if "Chrome" in agent and url == URL else 503
            return Fetched(url, status, {"Content-Type": "text/html"}, page("<title>x</title>"))

    started_s = asyncio.get_running_loop().time()
    async with Checker(Closed(), Reader()) as checker:
        report = await checker.check(URL)
    assert [finding.rule for finding in report.findings] == ["bot-blocked"]
    assert len(report.findings[0].platforms) == 15
    assert asyncio.get_running_loop().time() - started_s < PATIENCE_S
