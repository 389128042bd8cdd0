"""Pages read in children: nothing is lost on the way, and no page takes the service with it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import suppress

import psutil
import pytest
import pytest_asyncio

from htmlcard.errors import FetchFailed, Overloaded, UnreadablePage
from htmlcard.links import parse_page, read_metadata
from htmlcard.links.reading.reader import PageReader

from .test_corpus import NAMES, page_of

URL = "https://example.org/post"
HANG_S = 60.0
HTML = "text/html"
MAX_CHILD_BYTES = 1_100_000_000


@pytest_asyncio.fixture(loop_scope="session")
async def reader() -> AsyncIterator[PageReader]:
    async with PageReader() as opened:
        yield opened


def by(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds


async def test_a_child_reads_what_we_would_have_read(reader: PageReader) -> None:
    """Everything goes through JSON: a field lost there is lost to every check."""
    for name in NAMES:
        page = page_of(name)
        if len(page) > 300_000:
            continue
        parts = parse_page(page, HTML)
        assert await reader.read(page, HTML, by(HANG_S)) == parts, name
        found = await reader.read_metadata(page, HTML, URL, by(HANG_S))
        assert found == read_metadata(parts, URL), name


async def test_a_header_of_strange_bytes_is_a_header(reader: PageReader) -> None:
    """Headers come as they were sent, and JSON has no halves of surrogate pairs."""
    parts = await reader.read(b"<title>x", 'text/html; charset="\udcff\udc80', by(HANG_S))
    assert parts.title == "x"
    parts = await reader.read(b"<title>x", "te\udcffxt/x", by(HANG_S))
    assert "not a page" in parts.warnings[0]


async def test_nobody_waits_for_a_child_that_hangs(reader: PageReader) -> None:
    """A page that no parser gets through costs its own preview, and not the next one's."""
    await reader.read(b"<title>x", HTML, by(HANG_S))
    [stopped] = reader.pids
    os.kill(stopped, signal.SIGSTOP)
    with pytest.raises(UnreadablePage, match="too long"):
        await reader.read(b"<title>x", HTML, by(0.3))
    assert (await reader.read(b"<title>next", HTML, by(HANG_S))).title == "next"
    assert stopped not in reader.pids
    assert not psutil.pid_exists(stopped)


async def test_pages_that_find_nobody_free_are_not_to_blame(reader: PageReader) -> None:
    """Whoever is told so may ask again at once; an unreadable page stays one for a while."""
    async with asyncio.timeout(HANG_S):
        while len(reader.pids) < 2:
            await asyncio.gather(*(reader.read(b"x", HTML, by(HANG_S)) for _ in range(2)))
    for pid in reader.pids:
        os.kill(pid, signal.SIGSTOP)
    busy = [asyncio.create_task(reader.read(b"x", HTML, by(1.0))) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await reader.read(b"<title>x", HTML, by(0.2))
    ends = await asyncio.gather(*busy, return_exceptions=True)
    assert [type(end) for end in ends] == [UnreadablePage, UnreadablePage]


@pytest.mark.parametrize(
    ("piece", "count"),
    [
        pytest.param(b"<p><a><b>x", 900_000, id="formatting elements for ever"),
        pytest.param(b"<meta name=a>", 770_000, id="tags alone", marks=pytest.mark.soak),
    ],
)
async def test_a_child_has_only_so_much_time_and_memory(
    reader: PageReader, piece: bytes, count: int
) -> None:
    """Ten megabytes of the worst markup: an answer in time, and the machine stays usable."""
    reading = asyncio.create_task(reader.read(piece * count, HTML, by(HANG_S)))
    peak_bytes = 0
    while not reading.done():
        await asyncio.sleep(0.1)
        for pid in reader.pids:
            with suppress(psutil.Error):
                peak_bytes = max(peak_bytes, psutil.Process(pid).memory_info().rss)
    assert isinstance(reading.exception(), UnreadablePage)
    assert 0 < peak_bytes < MAX_CHILD_BYTES
    assert (await reader.read(b"<title>next", HTML, by(HANG_S))).title == "next"


@pytest.mark.parametrize(
    ("page", "what"),
    [
        (b"<meta name=a content=b>" * 40_000, "meta tags"),
        (b"<link rel=icon href=/x>" * 60_000, "link tags"),
        (b"<script type=application/ld+json>" + b"[" * 3_000_000 + b"</script>", "JSON-LD"),
        (b"<meta property='" + b"ab " * 2_000_000 + b"' content=x>", "meta tags"),
    ],
)
async def test_too_much_of_a_page_is_left_out(reader: PageReader, page: bytes, what: str) -> None:
    """What the parent gets is bounded, whatever the page: it must not grow with strangers."""
    parts = await reader.read(b"<title>x</title>" + page, HTML, by(HANG_S))
    assert parts.title == "x"
    assert what in parts.warnings[-1]
    assert sum(len(meta.content) + sum(map(len, meta.properties)) for meta in parts.metas) < 2e6
    assert len(parts.metas) + len(parts.links) < 50_000


@pytest.mark.parametrize(
    "page",
    [
        b"<script type=application/ld+json>[" + b"[]," * 300_000 + b"[]]</script>",
        b"<script type=application/ld+json>x</script>" * 100_000,
    ],
    ids=["lists", "scripts"],
)
async def test_what_is_short_and_much_is_left_out(reader: PageReader, page: bytes) -> None:
    """A megabyte of empty lists takes the service a second to read and send, without a card."""
    found = await reader.read_metadata(page, HTML, "https://a.test/", by(HANG_S))
    told = json.dumps(found.as_dict())
    assert len(told) < 3_000_000
    assert told.count("[") < 30_000
    assert any("JSON-LD scripts the first" in warning for warning in found.warnings)


async def test_texts_without_end_end(reader: PageReader) -> None:
    """An unclosed title holds the whole page; the tags after it are read all the same."""
    page = b"<meta name=description content='" + b"d" * 4_000_000 + b"'><title>" + b"x" * 4_000_000
    parts = await reader.read(page, HTML, by(HANG_S))
    assert len(parts.title or "") == len(parts.metas[0].content) == 50_000


async def test_what_breaks_reading_is_a_failure_of_the_page(reader: PageReader) -> None:
    """A fault in a rule must not become a fault of the service."""
    with pytest.raises(FetchFailed):
        await reader.read_metadata(b"<title>x", HTML, "no address", by(HANG_S))
    assert (await reader.read(b"<title>next", HTML, by(HANG_S))).title == "next"
