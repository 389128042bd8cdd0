"""Unfurling against a true server: what comes of good pages, and that bad ones cost little."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import brotli
import psutil
import pytest
import pytest_asyncio
from incoming_pictures import RED, SVG_WITH_A_HOLE, plain
from web_server import Request, Say, WebServer, answer, open_web_server, redirect

from htmlcard.errors import BadAnswer, FetchFailed, RefusedTarget, Unreachable
from htmlcard.fetch import AddressJudge, Fetcher
from htmlcard.links import unfurling
from htmlcard.links.reading.reader import PageReader
from htmlcard.links.unfurling import MAX_PAGE_BYTES, Unfurler

HTML = "text/html; charset=utf-8"
PAGE = '<!doctype html><html lang=en><title>Hello</title><meta property="og:image" content="{}">'
ANSWER_S = 10.0
HANG_S = 60.0


@pytest_asyncio.fixture(loop_scope="session")
async def web() -> AsyncIterator[WebServer]:
    async with open_web_server() as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def reader() -> AsyncIterator[PageReader]:
    async with PageReader() as opened:
        yield opened


@asynccontextmanager
async def open_unfurler(
    reader: PageReader, clock: Callable[[], float] = time.monotonic
) -> AsyncIterator[Unfurler]:
    async with (
        Fetcher(AddressJudge(allow_private=True)) as fetcher,
        Unfurler(fetcher, reader, clock=clock) as unfurler,
    ):
        yield unfurler


@pytest_asyncio.fixture(loop_scope="session")
async def unfurler(reader: PageReader) -> AsyncIterator[Unfurler]:
    async with open_unfurler(reader) as opened:
        yield opened


def page(picture: str = "/cover.png", more: str = "") -> bytes:
    return answer((PAGE.format(picture) + more).encode(), HTML)


COVER = answer(plain(RED, size=(1200, 630)), "image/png")


async def test_a_page_is_told_with_all_that_was_found(unfurler: Unfurler, web: WebServer) -> None:
    """The answer of `/unfurl`: programs draw previews from it without asking anybody else."""
    web.pages |= {"/go": redirect("/post"), "/post": page(), "/cover.png": COVER}
    found = await unfurler.unfurl(web.url("/go#part"))
    assert (found.url, found.final_url) == (web.url("/go#part"), web.url("/post"))
    assert (found.status, found.title, found.lang) == (200, "Hello", "en")
    assert found.image is not None
    assert (found.image.width, found.image.height, found.image.type) == (1200, 630, "image/png")
    assert found.image.bytes == len(plain(RED, size=(1200, 630)))
    assert found.warnings == ()
    [asked, *_] = (head for head in web.heads if head.startswith("GET /post"))
    assert "\r\nUser-Agent: htmlcard/" in asked
    assert "\r\nAccept: text/html" in asked
    assert "br" in asked.partition("\r\nAccept-Encoding: ")[2].partition("\r\n")[0]


async def test_many_who_ask_at_once_are_one_visit(unfurler: Unfurler, web: WebServer) -> None:
    """A link in a busy channel must not become an attack on whoever wrote the page."""
    web.pages |= {"/post": page(), "/cover.png": COVER}
    asked = (unfurler.unfurl(web.url(f"/post#{number}")) for number in range(100))
    found = await asyncio.gather(*asked)
    assert {each.title for each in found} == {"Hello"}
    assert len({each.url for each in found}) == 100
    assert web.hits == {"/post": 1, "/cover.png": 1}


async def test_what_one_caller_does_to_an_answer_others_do_not_see(
    unfurler: Unfurler, web: WebServer
) -> None:
    """Answers hold dictionaries and lists, and are kept for an hour."""
    web.pages |= {"/post": page(), "/cover.png": COVER}
    first, other = await asyncio.gather(*(unfurler.unfurl(web.url("/post")) for _ in range(2)))
    first.og.clear()
    first.sources.clear()
    later = await unfurler.read_page(web.url("/post"))
    assert other.og == later.og != {}
    assert other.sources == later.sources != {}


async def test_who_hangs_up_takes_nothing_from_the_others(
    unfurler: Unfurler, web: WebServer
) -> None:
    """Chats give up early and ask again: the visit must not have been for nothing."""
    began = asyncio.Event()

    async def slowly(request: Request) -> bytes:
        began.set()
        await asyncio.sleep(0.2)
        return page()

    web.pages |= {"/post": slowly, "/cover.png": COVER}
    first = asyncio.create_task(unfurler.unfurl(web.url("/post")))
    await began.wait()
    first.cancel()
    assert (await unfurler.unfurl(web.url("/post"))).title == "Hello"
    assert web.hits["/post"] == 1


async def test_answers_are_good_for_an_hour_and_failures_for_minutes(
    reader: PageReader, web: WebServer
) -> None:
    """A link is posted many times in an hour; a site that is mended is seen soon."""
    now_s = 1000.0
    web.pages |= {"/post": page(), "/cover.png": COVER}
    async with open_unfurler(reader, lambda: now_s) as unfurler:
        for after_s, hits in ((0, 1), (3599, 1), (3601, 2)):
            now_s = 1000.0 + after_s
            await unfurler.unfurl(web.url("/post"))
            assert web.hits["/post"] == web.hits["/cover.png"] == hits, after_s
        for after_s, hits in ((0, 1), (299, 1), (301, 2)):
            now_s = 9000.0 + after_s
            with pytest.raises(BadAnswer, match="404"):
                await unfurler.unfurl(web.url("/missing"))
            assert web.hits["/missing"] == hits, after_s
        web.pages["/missing"] = page()
        now_s += 301
        assert (await unfurler.unfurl(web.url("/missing"))).title == "Hello"


async def test_a_picture_that_fails_is_a_warning(unfurler: Unfurler, web: WebServer) -> None:
    """Title and description are worth showing; the picture may be there for others."""
    body = plain(RED)

    async def reset(request: Request) -> bytes | None:
        request.writer.transport.abort()
        return None

    web.pages |= {
        "/missing.png": answer(b"no", status=404),
        "/gone.png": reset,
        "/short.png": answer(body[:20], "image/png", Content_Length=str(len(body))),
        "/loop.png": redirect("/loop.png"),
    }
    for number, path in enumerate(("/missing.png", "/gone.png", "/short.png", "/loop.png")):
        claims = "<meta property=og:image:width content=1200>"
        web.pages[f"/{number}"] = page(path, claims)
        found = await unfurler.unfurl(web.url(f"/{number}"))
        assert found.title == "Hello"
        assert found.image is not None
        assert (found.image.url, found.image.width) == (web.url(path), 1200)
        [warning] = found.warnings
        assert warning.startswith("The picture could not be had: "), path


@pytest.mark.parametrize(
    ("body", "content_type", "seen"),
    [
        (plain(RED, "JPEG", (640, 335)), "image/png", ("image/jpeg", 640, 335)),
        (plain(RED, "WEBP", (640, 335)), "image/webp", ("image/webp", 640, 335)),
        (plain(RED, "GIF", (640, 335)), "image/gif", ("image/gif", 640, 335)),
        (plain(RED, "AVIF", (640, 335)), "text/plain", ("image/avif", 640, 335)),
        (plain(RED, "ICO", (48, 48)), "image/x-icon", ("image/x-icon", 48, 48)),
        (SVG_WITH_A_HOLE, "image/svg+xml", ("image/svg+xml", None, None)),
        (plain(RED, "PNG", (10_000, 6_000)), "image/png", ("image/png", 10_000, 6_000)),
        (plain(RED)[:60], "image/png", ("image/png", 64, 48)),
        (b"<!doctype html><p>Please log in", "text/html", (None, None, None)),
        (b"", "image/png", (None, None, None)),
    ],
    ids=["jpeg as png", "webp", "gif", "avif as text", "icon", "svg", "60 MP", "cut", "html", ""],
)
async def test_a_picture_is_what_its_bytes_say(
    unfurler: Unfurler,
    web: WebServer,
    body: bytes,
    content_type: str,
    seen: tuple[str | None, int | None, int | None],
) -> None:
    """Names and headers lie; what is drawn is decided by the first bytes, undecoded."""
    web.pages |= {"/post": page("/cover"), "/cover": answer(body, content_type)}
    found = await unfurler.unfurl(web.url("/post"))
    assert found.image is not None
    assert (found.image.type, found.image.width, found.image.height) == seen
    assert found.image.bytes == len(body)
    if seen[0] is None:
        assert found.warnings == (f"The picture is none: the server sends {content_type}.",)


async def test_what_a_page_claims_about_its_picture_is_overruled(
    unfurler: Unfurler, web: WebServer
) -> None:
    """Whoever lays out by wrong sides shows a squeezed picture."""
    claims = (
        "<meta property=og:image:width content=1200><meta property=og:image:height content=48>"
        "<meta property=og:image:type content=image/gif>"
    )
    web.pages |= {"/post": page("/cover.png", claims), "/cover.png": answer(plain(RED))}
    found = await unfurler.unfurl(web.url("/post"))
    assert found.image is not None
    assert (found.image.width, found.image.height, found.image.type) == (64, 48, "image/png")
    assert found.warnings == (
        "The page says the picture is 1200 x 48 px; it is 64 x 48 px.",
        "The page says the picture is image/gif; it is image/png.",
    )
    claims = "<meta property=og:image:type content=image/JPG>"
    web.pages |= {"/same": page("/same.jpg", claims), "/same.jpg": answer(plain(RED, "JPEG"))}
    assert (await unfurler.unfurl(web.url("/same"))).warnings == ()


async def test_of_a_large_picture_the_first_bytes_are_read(
    unfurler: Unfurler, web: WebServer
) -> None:
    """Pictures of 20 MB exist; their size stands in their first bytes and in the headers."""
    body = plain(RED, size=(1200, 630)) + bytes(5_000_000)
    part = answer(body[:65_536], "image/png", 206, Content_Range=f"bytes 0-65535/{len(body)}")
    sent = 0

    async def without_ranges(request: Request) -> None:
        nonlocal sent
        request.writer.write(answer(b"", Content_Length=str(len(body))))
        for start in range(0, len(body), 50_000):
            request.writer.write(body[start : start + 50_000])
            await request.writer.drain()
            sent = start

    for name, picture, size in (
        ("ranges", part, len(body)),
        ("none", without_ranges, len(body)),
        ("unknown", answer(body[:65_536], "image/png", 206, Content_Range="bytes 0-65535/*"), None),
    ):
        web.pages |= {f"/{name}": page(f"/{name}.png"), f"/{name}.png": picture}
        found = await unfurler.unfurl(web.url(f"/{name}"))
        assert found.image is not None
        assert (found.image.width, found.image.bytes) == (1200, size), name
    assert sent < len(body) - 50_000
    assert any("\r\nRange: bytes=0-65535" in head for head in web.heads)


async def test_statuses_are_failures_with_a_name(unfurler: Unfurler, web: WebServer) -> None:
    """The title of an error page is not the title of the page."""
    for status in (403, 404, 410, 429, 500, 503, 302):
        web.pages[f"/{status}"] = answer(PAGE.encode(), HTML, status)
        with pytest.raises(BadAnswer, match=f"answers with status {status}$"):
            await unfurler.unfurl(web.url(f"/{status}"))


async def test_refused_addresses_are_refused_wherever_they_stand(
    reader: PageReader, web: WebServer
) -> None:
    """What a page names is judged like what was asked for; nothing says which rule it was."""
    async with Fetcher(AddressJudge()) as fetcher, Unfurler(fetcher, reader) as unfurler:
        for url in (web.url("/"), "http://10.0.0.1/", "ftp://example.org/", "nonsense", ""):
            with pytest.raises(RefusedTarget) as refusal:
                await unfurler.unfurl(url)
            assert str(refusal.value) == str(RefusedTarget())
    assert not web.hits


async def drip(request: Request) -> None:
    request.writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<title>slow")
    while True:
        request.writer.write(b".")
        await request.writer.drain()
        await asyncio.sleep(0.1)


async def say_nothing(request: Request) -> None:
    await asyncio.sleep(HANG_S)


async def pour(request: Request) -> None:
    request.writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<title>much</title>")
    while True:
        request.writer.write(b" " * 70_000)
        await request.writer.drain()


async def break_off(request: Request) -> None:
    request.writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n<title>half")
    await request.writer.drain()
    request.writer.transport.abort()


CUT = f"Only the first {MAX_PAGE_BYTES // 1_000_000} MB"
#: What comes of each page: a word of its title or warnings, or the kind of failure.
SLOW = {
    "/drip": (drip, "FetchTimedOut"),
    "/nothing": (say_nothing, "FetchTimedOut"),
    "/half": (break_off, "BadAnswer"),
    "/garbage": (b"220 FTP ready\r\n\r\n", "BadAnswer"),
    "/status": (b"HTTP/1.1 999999 Odd\r\n\r\n", "BadAnswer"),
    "/headers": (b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 5000 + b"\r\n<title>x", "BadAnswer"),
    "/header": (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n<title>x", "BadAnswer"),
    "/zstd": (answer(b"\x28\xb5\x2f\xfd" + bytes(99), HTML, Content_Encoding="zstd"), "BadAnswer"),
    "/plain": (answer(b"<title>plain", HTML, Content_Encoding="gzip"), "BadAnswer"),
}


def heavy() -> dict[str, tuple[bytes | Say, str]]:
    """Bombs and the worst markup; made when needed, since packing takes a while."""
    bomb = gzip.compress(bytes(60_000_000), 1)
    return {
        "/gzip": (answer(bomb, HTML, Content_Encoding="gzip"), CUT),
        "/twice": (answer(gzip.compress(bomb), HTML, Content_Encoding="gzip, gzip"), CUT),
        "/thrice": (answer(b"x", HTML, Content_Encoding="gzip, gzip, gzip"), "BadAnswer"),
        "/br": (
            answer(brotli.compress(bytes(60_000_000), quality=1), HTML, Content_Encoding="br"),
            CUT,
        ),
        "/pour": (pour, CUT),
        "/deep": (answer(b"<title>deep</title>" + b"<div>" * 200_000, HTML), "deep"),
        "/attributes": (answer(b"<p " + b"a=b " * 1_000_000 + b"><h1>many", HTML), "many"),
        "/comment": (answer(b"<title>before</title><!--" + b"x" * 2_000_000, HTML), "before"),
        "/plaintext": (
            answer(b"<h1>before</h1><plaintext>" + b"<title>" * 300_000, HTML),
            "before",
        ),
        "/tags": (
            answer(b"<meta property=og:image content=/x>" * 10_000, HTML),
            "could not be had",
        ),
    }


async def end(unfurler: Unfurler, url: str) -> tuple[str, float]:
    """What came of it, and after how many seconds."""
    began_s = time.monotonic()
    try:
        found = await unfurler.unfurl(url)
    except FetchFailed as error:
        return type(error).__name__, time.monotonic() - began_s
    return f"{found.title} {found.warnings}", time.monotonic() - began_s


async def test_nobody_holds_us_up(
    unfurler: Unfurler, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a server does or leaves undone, whoever asked has an answer in ten seconds."""
    assert unfurling.PAGE_S < unfurling.READ_S < unfurling.PICTURE_S < ANSWER_S
    monkeypatch.setattr(unfurling, "PAGE_S", 1.0)  # The same, sooner.
    web.pages |= {path: said for path, (said, _) in SLOW.items()}
    ends = await asyncio.gather(*(end(unfurler, web.url(path)) for path in SLOW))
    for (path, (_, wanted)), (found, took_s) in zip(SLOW.items(), ends, strict=True):
        assert wanted in found, path
        assert took_s < ANSWER_S, path


async def test_heavy_pages_leave_no_weight(
    unfurler: Unfurler, reader: PageReader, web: WebServer
) -> None:
    """Bombs and the worst markup: the right verdict in time, and memory stays flat."""
    pages = heavy()
    web.pages |= {path: said for path, (said, _) in pages.items()}
    ours = psutil.Process()
    before_bytes = 0
    for path, (_, wanted) in pages.items():
        found, took_s = await end(unfurler, web.url(path))
        assert wanted in found, path
        assert took_s < ANSWER_S, path
        # After the first, so that what is counted is not what any page takes.
        before_bytes = before_bytes or ours.memory_info().rss
    assert ours.memory_info().rss - before_bytes < 100_000_000
    for pid in reader.pids:
        assert psutil.Process(pid).memory_info().rss < 300_000_000


async def test_nobody_there_is_told_at_once(unfurler: Unfurler, web: WebServer) -> None:
    """A closed port is another thing than a slow page."""
    async with open_web_server() as other:
        port = other.port
    with pytest.raises(Unreachable):
        await unfurler.unfurl(f"http://127.0.0.1:{port}/")


async def test_a_slow_picture_is_given_up_in_time(
    reader: PageReader, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The title is there: nobody waits for the picture longer than for the page."""
    monkeypatch.setattr("htmlcard.links.unfurling.PICTURE_S", 0.5)
    web.pages |= {"/post": page(), "/cover.png": say_nothing}
    async with open_unfurler(reader) as unfurler:
        found = await unfurler.unfurl(web.url("/post"))
    assert found.title == "Hello"
    assert found.warnings == ("The picture could not be had: it was not here in time.",)


async def test_too_many_pages_at_once_are_our_fault(
    reader: PageReader, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory is bounded by turns; whoever gets none may ask again at once, for nothing is kept."""
    monkeypatch.setattr("htmlcard.links.unfurling._MAX_PAGES", 1)
    monkeypatch.setattr("htmlcard.links.unfurling.PAGE_S", 1.0)
    asked = asyncio.Event()

    async def say_nothing_more(request: Request) -> None:
        asked.set()
        await say_nothing(request)

    web.pages |= {"/slow": say_nothing_more, "/post": answer(b"<title>Hello", HTML)}
    async with open_unfurler(reader) as unfurler:
        slow = asyncio.create_task(end(unfurler, web.url("/slow")))
        await asked.wait()
        monkeypatch.setattr("htmlcard.links.unfurling.PAGE_S", 0.1)
        assert (await end(unfurler, web.url("/post")))[0] == "Overloaded"
        assert not web.hits["/post"]
        assert (await slow)[0] == "FetchTimedOut"
        monkeypatch.setattr("htmlcard.links.unfurling.PAGE_S", HANG_S)
        assert (await end(unfurler, web.url("/post")))[0] == "Hello ()"
