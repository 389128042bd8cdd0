"""Checks of servers that mean harm, or are just broken: a fair answer within ten seconds."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from collections.abc import AsyncIterator

import psutil
import pytest
import pytest_asyncio
from web_server import Request, Say, WebServer, answer, open_web_server

from htmlcard.errors import Overloaded, RefusedTarget
from htmlcard.fetch import AddressJudge, Fetcher
from htmlcard.links.checking import Checker
from htmlcard.links.reading.parts import PageParts
from htmlcard.links.reading.reader import PageReader
from htmlcard.links.report import Report

PROMISED_S = 10.0
#: What a busy machine may add: it holds up the clock as well as us.
GRACE_S = 4.0
#: Four megabytes for each crawler of two endless pages, and a picture of 25.
MAX_MORE_BYTES = 400_000_000
PNG = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x04\xb0\0\0\x02\x76\x08\x02\0\0\0"
    b"\0\0\0\0\0\0\0\0IDAT\0\0\0\0\0\0\0\0IEND\0\0\0\0"
)


def page(image: str, more: str = "") -> bytes:
    return answer(
        (
            '<!doctype html><html><head><meta charset="utf-8"><title>Bread</title>'
            '<link rel="icon" href="/icon.png"><meta property="og:title" content="Bread">'
            '<meta property="og:description" content="Flour and water.">'
            f'<meta property="og:image" content="{image}">{more}</head><body>x</body></html>'
        ).encode(),
        "text/html; charset=utf-8",
    )


async def drip(request: Request) -> None:
    request.writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<title>Bread")
    while True:
        request.writer.write(b" ")
        await request.writer.drain()
        await asyncio.sleep(0.5)


async def endless(request: Request) -> None:
    request.writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<title>Bread</title>")
    while True:
        request.writer.write(b"<!-- more -->" * 5000)
        await request.writer.drain()


async def endless_picture(request: Request) -> None:
    request.writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n" + PNG)
    while True:
        request.writer.write(b"\0" * 100_000)
        await request.writer.drain()


async def dead(request: Request) -> None:
    await asyncio.sleep(3600)


async def hang_for_discord(request: Request) -> bytes:
    if "Discordbot" in request.headers["user-agent"]:
        await dead(request)
    return page("http://127.0.0.1:1/none.png")


def bomb(content_type: str, start: bytes) -> bytes:
    body = gzip.compress(start + b" " * 300_000_000, 9)
    return answer(body, content_type, Content_Encoding="gzip")


@pytest_asyncio.fixture(loop_scope="session")
async def server() -> AsyncIterator[WebServer]:
    async with open_web_server() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def checker() -> AsyncIterator[Checker]:
    async with (
        Fetcher(AddressJudge(allow_private=True), connections_per_host=16) as fetcher,
        PageReader() as reader,
        Checker(fetcher, reader) as opened,
    ):
        yield opened


#: What is answered, and what of it may be found: a busy machine may not get through all the bytes.
PAGES: dict[str, tuple[dict[str, bytes | Say], set[str]]] = {
    "drip": ({"/": drip}, {"page-unreachable"}),
    "dead": ({"/": dead}, {"page-unreachable"}),
    "endless": ({"/": endless}, {"missing-og-image", "page-unreachable"}),
    "bomb": ({"/": bomb("text/html", b"<title>x</title>")}, {"missing-og-image"}),
    "dead picture": ({"/a.png": dead}, {"image-status"}),
    "endless picture": ({"/a.png": endless_picture}, {"image-too-large", "image-status"}),
    "dead robots": ({"/robots.txt": dead}, {"missing-twitter-card"}),
    "dead for one": ({"/": hang_for_discord}, {"bot-blocked"}),
    "noise": ({"/": b"\0\xff no HTTP at all\r\n\r\n"}, {"page-unreachable"}),
}


async def test_an_answer_in_ten_seconds_whatever_the_server_does() -> None:
    """A check hangs on a stranger's goodwill otherwise, and its caller with it. All of these run
    at once, each with a server and a fetcher of its own."""

    async def check(name: str, reader: PageReader) -> tuple[str, float, Report]:
        async with (
            open_web_server() as own,
            Fetcher(AddressJudge(allow_private=True), connections_per_host=16) as fetcher,
            Checker(fetcher, reader) as checker,
        ):
            own.pages |= {"/": page(own.url("/a.png")), "/a.png": answer(PNG, "image/png")}
            own.pages |= PAGES[name][0]
            started_s = time.monotonic()
            report = await checker.check(own.url("/"))
            return name, time.monotonic() - started_s, report

    before_bytes = psutil.Process().memory_info().rss
    async with PageReader() as reader:
        done = await asyncio.gather(*(check(name, reader) for name in PAGES))
    for name, took_s, report in done:
        assert took_s <= PROMISED_S + GRACE_S, name
        assert PAGES[name][1] & {finding.rule for finding in report.findings}, name
    assert psutil.Process().memory_info().rss - before_bytes < MAX_MORE_BYTES
    # What others got was read meanwhile.
    report = next(report for name, _, report in done if name == "dead for one")
    blocked = [finding for finding in report.findings if finding.rule == "bot-blocked"]
    assert [finding.platforms for finding in blocked] == [("discord",)]
    shown = {view.platform: view.title for view in report.platforms}
    assert (shown["facebook"], shown["discord"]) == ("Bread", None)


async def test_pictures_at_forbidden_addresses_are_not_asked_for(server: WebServer) -> None:
    """A page could have us knock at our own doors; the finding never says what is there."""
    hidden = server.url("/hidden.png")
    server.pages["/hidden.png"] = answer(PNG, "image/png")
    closed = "http://127.0.0.1:1/hidden.png"
    found = []
    async with (
        Fetcher(AddressJudge(ports=(80, 443, 1, server.port))) as fetcher,
        PageReader() as reader,
        Checker(fetcher, reader) as checker,
    ):
        for url in (hidden, closed):
            html = page(url, f'<meta name="twitter:image" content="{url}?x">').partition(
                b"\r\n\r\n"
            )
            report = await checker.check_page(html[2], server.url("/post"))
            found.append([f for f in report.findings if f.rule == "image-status"])
        with pytest.raises(RefusedTarget):
            await checker.check(server.url("/"))
    assert not server.hits
    assert len(found[0]) == 1
    assert len(found[0][0].platforms) == 15
    assert "not an address htmlcard fetches from" in found[0][0].evidence
    assert found[0] == found[1]


async def test_values_made_to_hurt_stay_values(checker: Checker, server: WebServer) -> None:
    """Whatever is in a page ends up in JSON, terminals and HTML reports, and in what is pasted."""
    evil = "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#27;[2J&#x202e;&#xd800;&#0;"
    extra = "".join(f'<meta property="og:title" content="{evil}{n}">' for n in range(1000))
    extra += '<meta property="og:image" content="javascript:alert(1)">' * 1000
    extra += f'<script type="application/ld+json">{"[" * 50_000}</script>'
    extra += '<meta name="twitter:title" content="' + "a" * 100_000 + '">'
    server.pages["/"] = page("data:image/png;base64,AAAA", extra)
    report = await checker.check(server.url("/"))
    text = json.dumps(report.as_dict())
    assert len(text) < 1_000_000
    for finding in report.findings:
        assert len(finding.evidence) < 5_000
        if finding.rule in ("markup-in-value", "control-in-value"):
            assert "<script" not in finding.fix.text
            assert "\x1b" not in finding.fix.text


async def test_many_pictures_are_not_all_fetched(checker: Checker, server: WebServer) -> None:
    """A page may name a thousand; platforms take a handful."""
    pictures = "".join(
        f'<meta property="og:image" content="{server.url(f"/{n}.png")}">' for n in range(1000)
    )
    server.pages["/"] = page(server.url("/first.png"), pictures)
    server.pages["/first.png"] = answer(PNG, "image/png")
    await checker.check(server.url("/"))
    assert server.hits["/first.png"] == 1
    assert sum(path.endswith(".png") for path in server.hits) == 1


async def test_too_much_at_once_is_told_as_that(server: WebServer) -> None:
    """It is our fault and passes; as a finding it would be the page's, and stay."""

    class Busy:
        async def read(self, data: bytes, content_type: str | None, deadline_s: float) -> PageParts:
            raise Overloaded

    server.pages["/"] = page("https://example.org/a.png")
    async with (
        Fetcher(AddressJudge(allow_private=True), connections_per_host=16) as fetcher,
        Checker(fetcher, Busy()) as checker,
    ):
        with pytest.raises(Overloaded):
            await checker.check(server.url("/"))
