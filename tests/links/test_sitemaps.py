"""Sitemaps as they are on the web, and as nobody should send them."""

from __future__ import annotations

import gzip
import time
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from web_server import WebServer, answer, open_web_server

from htmlcard.errors import AnswerTooLarge, BadAnswer
from htmlcard.fetch import AddressJudge, Fetcher
from htmlcard.links.audits.site_pages import SitemapWalk, SitePages
from htmlcard.links.audits.sitemaps import MAX_BYTES, MAX_ENTRIES, parse_sitemap

NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
A, B = "https://example.com/a", "https://example.com/b?x=1&y=2"


def urlset(*urls: str, attributes: str = NAMESPACE) -> bytes:
    entries = "".join(f"<url><loc>{url}</loc></url>" for url in urls)
    return f"<urlset {attributes}>{entries}</urlset>".encode()


def index(*urls: str) -> bytes:
    entries = "".join(f"<sitemap><loc>{url}</loc></sitemap>" for url in urls)
    return f"<sitemapindex {NAMESPACE}>{entries}</sitemapindex>".encode()


@pytest.mark.parametrize(
    "data",
    [
        urlset(A, B.replace("&", "&amp;")),
        urlset(A, "<![CDATA[" + B + "]]>"),
        urlset(f"\n   {A}\t", B.replace("&", "&#38;")),
        b'<?xml version="1.0" encoding="UTF-8"?>\n' + urlset(A, B.replace("&", "&amp;")),
        b"\xef\xbb\xbf\n\n" + urlset(A, B.replace("&", "&amp;")),
        urlset(A, B.replace("&", "&amp;"), attributes=""),
        urlset(A, B.replace("&", "&amp;")).decode().encode("utf-16"),
        gzip.compress(urlset(A)[: -len("</urlset>")])
        + gzip.compress(urlset(B.replace("&", "&amp;")).partition(b">")[2]),
        f"{A}\r\n\r\n  {B}\n".encode(),
        gzip.compress(f"\ufeff{A}\n{B}".encode()),
        (
            f'<s:urlset xmlns:s="x"><s:url><s:lastmod>2024</s:lastmod><s:loc>{A}</s:loc></s:url>'
            f"<s:url><s:loc>{B.replace('&', '&amp;')}</s:loc></s:url></s:urlset>"
        ).encode(),
        (
            f"<urlset><!-- <url><loc>https://no.example/</loc></url> --><url><loc>{A}</loc>"
            "<image:image><image:loc>https://no.example/picture.png</image:loc></image:image>"
            "<image:loc>https://no.example/lost.png</image:loc>"
            '<xhtml:link rel="alternate" href="https://no.example/de"/></url>'
            f"<url><loc>{B.replace('&', '&amp;')}</loc></url></urlset>"
        ).encode(),
    ],
    ids=[
        "plain",
        "cdata",
        "blanks",
        "declaration",
        "mark-and-blank-lines",
        "no-namespace",
        "utf-16",
        "gzip-in-two-members",
        "text",
        "text-gzip",
        "prefix",
        "pictures-with-undeclared-prefix",
    ],
)
def test_pages_are_found_however_the_sitemap_is_written(data: bytes) -> None:
    """Each of these is written by some generator or plugin that many sites use."""
    sitemap = parse_sitemap(data)
    assert sitemap.pages == (A, B)
    assert (sitemap.sitemaps, sitemap.dropped) == ((), 0)


def test_an_index_names_sitemaps_not_pages() -> None:
    """What is in it must not be audited as pages."""
    sitemap = parse_sitemap(index(A))
    assert (sitemap.pages, sitemap.sitemaps) == ((), (A,))


def test_only_web_addresses_are_taken() -> None:
    """Whatever else stands in a sitemap is counted, so that nobody wonders where it went."""
    bad = ("ftp://example.com/", "file:///etc/passwd", "/relative", "javascript:alert(1)", "")
    too_long = A + "x" * 5_000
    sitemap = parse_sitemap(urlset(*bad, too_long, f"{A}#fragment"))
    assert sitemap.pages == (A,)
    assert sitemap.dropped == len(bad) + 1


def test_a_sitemap_has_no_more_entries_than_the_protocol_allows() -> None:
    """Search engines stop there too; the rest is counted."""
    lines = "\n".join(f"https://example.com/{number}" for number in range(MAX_ENTRIES + 3))
    sitemap = parse_sitemap(lines.encode())
    assert (len(sitemap.pages), sitemap.dropped) == (MAX_ENTRIES, 3)


LAUGHS = "".join(f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">' for level in range(1, 10))


@pytest.mark.parametrize(
    "data",
    [
        f'<!DOCTYPE urlset [<!ENTITY l0 "ha">{LAUGHS}]>'.encode() + urlset("&l9;"),
        b'<!DOCTYPE urlset [<!ENTITY f SYSTEM "file:///etc/passwd">]>' + urlset("&f;"),
        b'<!DOCTYPE urlset SYSTEM "http://127.0.0.1/x.dtd">' + urlset(A),
        b"<!doctype html><title>Not found</title>",
        b"<html><body>" + urlset(A),
        b"<rss><channel/></rss>",
        urlset("&nbsp;"),
        urlset(A)[:-4],
        b"<urlset>" + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</urlset>",
        b"<" * 1_000_000,
        b'<?xml version="1.0" encoding="utf-7"?>' + urlset(A),
        b'<?xml version="1.0" encoding="nonsense"?>' + urlset(A),
        b"<urlset><url><loc>\xff\xfe</loc></url></urlset>",
        b"\x1f\x8b broken",
        gzip.compress(urlset(A))[:-10],
        b"Not found",
        bytes(range(256)) * 100,
    ],
    ids=[
        "billion-laughs",
        "external-entity",
        "external-dtd",
        "html",
        "old-html",
        "rss",
        "undefined-entity",
        "truncated",
        "deep",
        "angle-brackets",
        "utf-7",
        "unknown-encoding",
        "not-utf-8",
        "broken-gzip",
        "truncated-gzip",
        "a-word",
        "noise",
    ],
)
def test_what_is_no_sitemap_is_refused_at_once(data: bytes) -> None:
    """A sitemap is a stranger's file: it must neither blow up nor read ours."""
    started_s = time.process_time()
    with pytest.raises(BadAnswer):
        parse_sitemap(data)
    assert time.process_time() - started_s < 10.0


def test_a_bomb_is_not_unpacked() -> None:
    """A gigabyte of nothing is a megabyte of gzip."""
    bomb = gzip.compress(bytes(6 * MAX_BYTES), compresslevel=1)
    tracemalloc.start()
    try:
        with pytest.raises(AnswerTooLarge):
            parse_sitemap(bomb)
        assert tracemalloc.get_traced_memory()[1] < 4 * MAX_BYTES
    finally:
        tracemalloc.stop()


def test_elements_without_end_are_not_counted_to_the_end() -> None:
    """Fifty megabytes hold thirteen million of them, and each costs time."""
    with pytest.raises(BadAnswer, match="more elements than any needs"):
        parse_sitemap(b"<urlset>" + b"<a/>" * 2_100_000 + b"</urlset>")


def test_lines_without_end_are_not_counted_to_the_end() -> None:
    """Seventeen million words are no list, and each would be looked at as an address."""
    words = b"ab\n" * (MAX_BYTES // 3 - 10)
    tracemalloc.start()
    try:
        with pytest.raises(BadAnswer, match="neither XML nor a list"):
            parse_sitemap(A.encode() + b"\n" + words)
        assert tracemalloc.get_traced_memory()[1] < 2 * MAX_BYTES
    finally:
        tracemalloc.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def web() -> AsyncIterator[WebServer]:
    async with open_web_server() as server:
        yield server


async def find(start: str | Path, limit: int = 1_000) -> SitePages:
    async with Fetcher(AddressJudge(allow_private=True)) as fetcher:
        walk = SitemapWalk(fetcher, limit)
        return await (walk.start_in(start) if isinstance(start, Path) else walk.start_at(start))


async def walk(start: str | Path, limit: int = 1_000) -> tuple[list[str], list[str]]:
    """Pages and problems, where there is nothing to note."""
    found = await find(start, limit)
    assert found.notes == []
    return list(found.urls), found.problems


async def test_a_site_is_found_by_its_robots_txt(web: WebServer) -> None:
    """People know the address of their site, rarely that of the sitemap."""
    lines = f"User-agent: *\r\nDisallow:\r\nsitemap : {web.url('/one.xml')}\r\nSITEMAP:/two.txt\r\n"
    web.pages |= {
        "/robots.txt": answer(lines.encode()),
        "/one.xml": answer(urlset(A)),
        "/two.txt": answer(B.encode()),
    }
    assert await walk(web.url("/")) == ([A, B], [])
    assert await walk(web.url("")) == ([A, B], [])


async def test_without_robots_txt_the_usual_place_is_looked_at(web: WebServer) -> None:
    """Most sites have it there and say so nowhere."""
    web.pages["/sitemap.xml"] = answer(urlset(A))
    assert await walk(web.url("/")) == ([A], [])


async def test_indexes_are_followed_and_pages_are_listed_once(web: WebServer) -> None:
    """Languages and years often list the same page; it is checked once."""
    web.pages |= {
        "/index.xml": answer(index(web.url("/packed.xml.gz"), web.url("/more.xml"))),
        "/packed.xml.gz": answer(gzip.compress(urlset(A, A)), "application/gzip"),
        "/more.xml": answer(index(web.url("/index.xml"), web.url("/last.xml"))),
        "/last.xml": answer(
            gzip.compress(urlset(A, B.replace("&", "&amp;"))), Content_Encoding="gzip"
        ),
    }
    assert await walk(web.url("/index.xml")) == ([A, B], [])
    assert web.hits["/index.xml"] == 1


async def test_half_a_list_is_checked_and_the_other_half_is_told(web: WebServer) -> None:
    """One broken sitemap of many must neither stop the audit nor go unnoticed."""
    deep = [web.url(f"/deep{level}.xml") for level in range(4)]
    web.pages |= {
        "/index.xml": answer(index(web.url("/gone.xml"), web.url("/good.xml"), deep[0])),
        "/good.xml": answer(urlset(A, "mailto:x@example.com")),
        **{f"/deep{level}.xml": answer(index(deep[level + 1])) for level in range(3)},
    }
    found = await find(web.url("/index.xml"))
    assert list(found.urls) == [A]
    assert found.problems == [f"{web.url('/gone.xml')}: it answers 404"]
    dropped, too_deep = found.notes
    assert dropped.startswith(f"{web.url('/good.xml')}: 1 of its entries left out")
    assert too_deep.startswith(f"{deep[1]}: 1 sitemaps not looked at")


async def test_no_more_sitemaps_are_followed_or_noted_than_anybody_reads(
    web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand indexes of fifty thousand each would fill the memory with notes."""
    monkeypatch.setattr("htmlcard.links.audits.site_pages.MAX_SITEMAPS", 3)
    many = [web.url(f"/{number}.xml") for number in range(100)]
    web.pages |= {
        "/index.xml": answer(index(*many)),
        "/0.xml": answer(index(*(f"{url}?again" for url in many))),
        "/1.xml": answer(urlset(A)),
    }
    found = await find(web.url("/index.xml"))
    assert list(found.urls) == [A]
    assert found.notes == [
        f"{web.url(path)}: {number} sitemaps not looked at; at most 3 are"
        for path, number in (("/index.xml", 98), ("/0.xml", 100))
    ]
    assert sum(web.hits.values()) == 3


async def test_nothing_found_is_a_problem_not_a_success(web: WebServer) -> None:
    """A build that audits no page at all must not pass."""
    web.pages |= {"/empty.xml": answer(urlset()), "/page": answer(b"<!doctype html>")}
    assert await walk(web.url("/empty.xml")) == ([], ["no page is listed anywhere"])
    pages, problems = await walk(web.url("/page"))
    assert pages == []
    assert "it is no sitemap: it is a web page" in problems[0]


async def test_the_limit_is_kept_across_sitemaps(web: WebServer) -> None:
    """Nothing more is fetched than is needed for it."""
    web.pages |= {
        "/index.xml": answer(index(web.url("/one.xml"), web.url("/two.xml"))),
        "/one.xml": answer(urlset(A, f"{A}/2", f"{A}/3")),
        "/two.xml": answer(urlset(f"{A}/4")),
    }
    pages, _ = await walk(web.url("/index.xml"), limit=2)
    assert pages == [A, f"{A}/2"]
    assert web.hits["/two.xml"] == 0


async def test_a_sitemap_may_be_a_file(tmp_path: Path) -> None:
    """As build tools write it, before it is anywhere."""
    (tmp_path / "sitemap.xml").write_bytes(urlset(A))
    assert await walk(tmp_path / "sitemap.xml") == ([A], [])
    (tmp_path / "broken.xml").write_bytes(b"<urlset>")
    pages, problems = await walk(tmp_path / "broken.xml")
    assert pages == []
    assert "its XML is broken in line 1" in problems[0]


async def test_forbidden_addresses_are_not_asked(web: WebServer) -> None:
    """Neither for sitemaps: an index on the web must not lead into our network."""
    web.pages["/sitemap.xml"] = answer(urlset(A))
    async with Fetcher(AddressJudge()) as fetcher:
        found = await SitemapWalk(fetcher).start_at(web.url("/sitemap.xml"))
    assert not found.urls
    assert "not an address htmlcard fetches from" in found.problems[0]
    assert not web.hits
