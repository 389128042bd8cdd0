from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest_asyncio
from web_server import Request, WebServer, answer, open_web_server

from htmlcard.card import Asset
from htmlcard.errors import BrowserUnavailable, UnusablePicture
from htmlcard.fetch import AddressJudge, Fetcher
from htmlcard.pictures import PictureFields, PictureShelf
from htmlcard.pictures.shelf import TROUBLE_S, UNUSABLE_S

PNG = {"content_type": "image/png"}


@dataclass
class Studio:
    """Prepares what it is given as it is, and counts; a stand-in for children and browsers."""

    seen: list[bytes] = field(default_factory=list)
    fault: Exception | None = None

    async def prepare(self, data: bytes) -> Asset:
        self.seen.append(data)
        if self.fault is not None:
            raise self.fault
        return Asset(data, "image/png", hashlib.sha256(data).hexdigest())


@dataclass
class Bench:
    """A shelf in front of a true server, with a clock that is set by hand."""

    web: WebServer
    fetcher: Fetcher
    studio: Studio = field(default_factory=Studio)
    clock_s: float = 1000.0
    shelves: list[PictureShelf] = field(default_factory=list)

    def shelf(self, **options: Any) -> PictureShelf:
        options = {"picture_bytes": 100_000, "limit_bytes": 1_000_000, **options}
        shelf = PictureShelf(self.fetcher, self.studio, now=lambda: self.clock_s, **options)
        self.shelves.append(shelf)
        return shelf

    async def fields(self, shelf: PictureShelf, path: str, wait_s: float = 10) -> Any:
        """What a card with this picture as its cover gets."""
        urls = {"cover": self.web.url(path)}
        fields = PictureFields(shelf, wait_s)
        return await fields.gather(urls, asyncio.get_running_loop().time() + 30)


@pytest_asyncio.fixture(loop_scope="session")
async def bench() -> AsyncIterator[Bench]:
    async with (
        open_web_server() as web,
        Fetcher(AddressJudge(allow_private=True)) as fetcher,
    ):
        opened = Bench(web, fetcher)
        yield opened
        for shelf in opened.shelves:
            await shelf.aclose()


async def test_one_fetch_for_all_who_ask(bench: Bench) -> None:
    """A hundred cards of one author are one request for the portrait."""

    async def slow(_: Request) -> bytes:
        await asyncio.sleep(0.1)
        return answer(b"portrait", **PNG)

    bench.web.pages["/a"] = slow
    shelf = bench.shelf()
    found = await asyncio.gather(*(bench.fields(shelf, "/a") for _ in range(100)))
    assert bench.web.hits["/a"] == len(bench.studio.seen) == 1
    assert {each.digest for each in found} == {found[0].digest}
    (asset,) = found[0].assets.values()
    assert asset.data == b"portrait"
    assert found[0].problems == ()


async def test_a_picture_is_asked_for_again_when_it_is_no_longer_fresh(bench: Bench) -> None:
    """Its server is told what we have; 304 costs neither of us anything."""
    bench.web.pages["/a"] = answer(b"one", ETag='"1"', Cache_Control="max-age=300", **PNG)
    shelf = bench.shelf()
    first = await bench.fields(shelf, "/a")
    assert 299 < first.fresh_s <= 300
    bench.clock_s += 299
    assert (await bench.fields(shelf, "/a")).digest == first.digest
    assert bench.web.hits["/a"] == 1
    bench.clock_s += 2
    bench.web.pages["/a"] = answer(status=304, Cache_Control="max-age=500")
    assert (await bench.fields(shelf, "/a")).digest == first.digest
    assert 'if-none-match: "1"' in bench.web.heads[-1].lower()
    assert len(bench.studio.seen) == 1
    bench.clock_s += 501
    bench.web.pages["/a"] = answer(b"two", **PNG)
    second = await bench.fields(shelf, "/a")
    assert 'if-none-match: "1"' in bench.web.heads[-1].lower()
    assert second.digest != first.digest


async def test_the_same_bytes_are_decoded_once(bench: Bench) -> None:
    """By another URL, or again from a server that knows no validators."""
    bench.web.pages |= {"/a": answer(b"same", **PNG), "/b": answer(b"same", **PNG)}
    shelf = bench.shelf()
    a, b = await bench.fields(shelf, "/a"), await bench.fields(shelf, "/b")
    bench.clock_s += 100_000
    again = await bench.fields(shelf, "/a")
    assert bench.web.hits == {"/a": 2, "/b": 1}
    assert len(bench.studio.seen) == 1
    assert a.paths == b.paths == again.paths


async def test_a_slow_picture_is_for_the_next_card(bench: Bench) -> None:
    """No card waits longer than it may; the fetch is not thrown away either."""
    go = asyncio.Event()

    async def wait(_: Request) -> bytes:
        await go.wait()
        return answer(b"late", **PNG)

    bench.web.pages["/a"] = wait
    shelf = bench.shelf()
    early = await bench.fields(shelf, "/a", wait_s=0.05)
    assert early.paths == {"cover": ""}
    assert early.lacking
    assert early.fresh_s <= 0
    assert early.warnings() == ("cover: it is not here yet, placeholder drawn",)
    go.set()
    late = await bench.fields(shelf, "/a")
    assert late.paths["cover"]
    assert bench.web.hits["/a"] == 1


async def test_half_of_the_time_is_for_drawing(bench: Bench) -> None:
    """A card that waits for its picture until its own deadline would be a fallback."""
    bench.web.pages["/a"] = lambda _: asyncio.sleep(60, b"")
    loop = asyncio.get_running_loop()
    fields = PictureFields(bench.shelf(), wait_s=30)
    started_s = loop.time()
    async with asyncio.timeout(60):
        late = await fields.gather({"cover": bench.web.url("/a")}, started_s + 1)
    assert late.lacking
    assert loop.time() - started_s >= 0.5


async def test_the_last_good_picture_stays_while_its_server_is_down(bench: Bench) -> None:
    """An author's portrait must not vanish with every hiccup of a host."""
    bench.web.pages["/a"] = answer(b"good", **PNG)
    shelf = bench.shelf()
    good = await bench.fields(shelf, "/a")
    for trouble in (answer(status=503), answer(status=429), b"garbage"):
        bench.clock_s += 100_000
        bench.web.pages["/a"] = trouble
        kept = await bench.fields(shelf, "/a")
        assert kept.digest == good.digest
        assert not kept.lacking
        assert kept.fresh_s <= TROUBLE_S
        assert kept.warnings()[0].endswith("an older copy drawn")
    bench.clock_s += TROUBLE_S + 1
    bench.web.pages["/a"] = answer(b"new", **PNG)
    fresh = await bench.fields(shelf, "/a")
    assert fresh.digest != good.digest
    assert fresh.warnings() == ()


async def test_a_picture_that_was_taken_away_is_gone(bench: Bench) -> None:
    """404 is an answer: whoever removes a picture wants it removed."""
    bench.web.pages["/a"] = answer(b"good", **PNG)
    shelf = bench.shelf()
    await bench.fields(shelf, "/a")
    bench.clock_s += 100_000
    bench.web.pages["/a"] = answer(b"gone", status=404)
    gone = await bench.fields(shelf, "/a")
    assert gone.paths == {"cover": ""}
    assert not gone.lacking
    assert gone.warnings() == ("cover: its server answers 404, placeholder drawn",)


async def test_what_is_no_picture_is_not_tried_for_each_card(bench: Bench) -> None:
    """A page instead of a picture is fetched once a minute, and decoded once."""
    bench.web.pages["/a"] = answer(b"<html>")
    bench.studio.fault = UnusablePicture("it is no PNG")
    shelf = bench.shelf()
    for _ in range(10):
        found = await bench.fields(shelf, "/a")
        assert found.warnings() == ("cover: it is no PNG, placeholder drawn",)
    assert bench.web.hits["/a"] == 1
    bench.clock_s += UNUSABLE_S + 1
    await bench.fields(shelf, "/a")
    assert bench.web.hits["/a"] == 2
    assert len(bench.studio.seen) == 1


async def test_an_svg_no_browser_can_draw_is_left_after_two(bench: Bench) -> None:
    """Each try may cost a browser its life; one failure may have been the browser's own."""
    bench.web.pages["/a"] = answer(b"<svg>")
    bench.studio.fault = BrowserUnavailable("none is running")
    shelf = bench.shelf()
    for tries in (1, 2, 2, 2, 2):
        found = await bench.fields(shelf, "/a")
        assert found.paths == {"cover": ""}
        assert len(bench.studio.seen) == tries
        bench.clock_s += 100
    assert found.warnings() == ("cover: it takes too long to draw, placeholder drawn",)
    bench.clock_s += 1000
    bench.studio.fault = None
    assert (await bench.fields(shelf, "/a")).paths["cover"]


async def test_a_fault_of_our_own_costs_no_card(bench: Bench) -> None:
    """Whatever happens, the answer is a picture or none."""
    bench.web.pages["/a"] = answer(b"x")
    bench.studio.fault = ZeroDivisionError()
    found = await bench.fields(bench.shelf(), "/a")
    assert found.warnings() == ("cover: it cannot be had now, placeholder drawn",)


async def test_too_large_is_too_large(bench: Bench) -> None:
    """The cap is on what comes over the wire."""
    bench.web.pages["/a"] = answer(bytes(100_001))
    found = await bench.fields(bench.shelf(), "/a")
    assert found.warnings() == ("cover: its answer is larger than allowed, placeholder drawn",)


async def test_memory_is_bounded(bench: Bench) -> None:
    """Those used last stay."""
    for number in range(20):
        bench.web.pages[f"/{number}"] = answer(bytes([number]) * 10_000, **PNG)
    shelf = bench.shelf(limit_bytes=55_000)
    for number in range(20):
        await bench.fields(shelf, f"/{number}")
        await bench.fields(shelf, "/0")
    assert "5 known" in repr(shelf)
    assert bench.web.hits["/0"] == 1
    assert shelf.find_now(bench.web.url("/19")) is not None
    assert shelf.find_now(bench.web.url("/5")) is None


async def test_files_are_for_the_command_line_only(bench: Bench, tmp_path: Path) -> None:
    """Even if a path got past everybody else, a service reads none."""
    file = tmp_path / "a.png"
    file.write_bytes(b"mine")
    urls = {"cover": file.as_uri()}
    for local, found in ((False, ""), (True, "/picture/")):
        fields = PictureFields(bench.shelf(local_files=local), 10)
        gathered = await fields.gather(urls, asyncio.get_running_loop().time() + 30)
        assert gathered.paths["cover"].startswith(found)
        assert bool(gathered.paths["cover"]) == local


async def test_closing_ends_what_is_under_way(bench: Bench) -> None:
    """A service that stops waits for nobody's slow picture."""
    here = asyncio.Event()

    async def never(_: Request) -> None:
        here.set()
        await asyncio.Event().wait()

    bench.web.pages["/a"] = never
    shelf = bench.shelf()
    waiting = asyncio.create_task(bench.fields(shelf, "/a", wait_s=20))
    await here.wait()
    await shelf.aclose()
    async with asyncio.timeout(60):
        assert (await waiting).paths == {"cover": ""}
