"""The parts of a page: where its tags stand, and that no page takes us with it."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from htmlcard.links import PageParts, parse_page, read_metadata
from htmlcard.links.reading.decoding import decode

from .test_corpus import NAMES, page_of

HANG_S = 60


def parse(page: str) -> PageParts:
    return parse_page(page.encode(), "text/html; charset=utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_metas_are_found_where_they_stand(name: str) -> None:
    """Crawlers stop after so many bytes: bytes as sent, in whatever charset, however broken."""
    page = page_of(name)
    for header in ("text/html", "text/html; charset=utf-8", "text/html; charset=gb18030"):
        parts = parse_page(page, header)
        assert parts.charset is not None
        for meta in parts.metas:
            tag = decode(page[meta.start_byte : meta.end_byte], parts.charset)
            assert tag.lower().startswith("<meta"), meta
            assert tag.endswith(">"), meta


@pytest.mark.parametrize("charset", ["utf-8", "utf-16le", "utf-16be", "iso-2022-jp", "shift_jis"])
def test_bytes_are_counted_not_letters(charset: str) -> None:
    """Letters of several bytes, line ends of two, `<` as half of a letter: nothing shifts a tag."""
    before = "<p title='<>'>日本語、仝〆ー\r\n</p>\r<!-- > -->"
    tag = '<meta property="og:title Other" name=" X " content="a>b">'
    page = before.encode(charset) + tag.encode(charset) + "<p>".encode(charset)
    (meta,) = parse_page(page, f"text/html; charset={charset}").metas
    assert page[meta.start_byte : meta.end_byte] == tag.encode(charset)
    assert (meta.properties, meta.names) == (("og:title", "other"), ("og:title", "other", "x"))
    assert not meta.in_head


def test_head_and_order_are_kept() -> None:
    """Some crawlers read the head alone, others take the last of two: both need the order."""
    parts = parse("<meta name=a content=1><body><p><meta property=b><meta http-equiv=C content=2>")
    assert [("".join(m.names) or m.http_equiv, m.in_head) for m in parts.metas] == [
        ("a", True),
        ("b", False),
        ("c", False),
    ]


def _many(words: str, count: int) -> str:
    return " ".join(f"{words}{number}" for number in range(count))


HOSTILE = {
    "nested 200,000 deep": "<div>" * 200_000 + "<h1>x",
    "a million attributes": f"<div {_many('a', 1_000_000)}>",
    "nested headings without text": "<h1><div>" * 100_000,
    "nested paragraphs": "<p>a<button>" * 100_000,
    "nested furniture": "<nav>" * 100_000 + "<p>short" * 100_000,
    "nested authors": "<div itemprop=author>" * 100_000 + "<b itemprop=name content=http://x>",
    "author links": "<a rel=author>" * 50_000,
    "metas in the deep": "<div><meta name=a content=b>" * 50_000,
    "templates": "<template><meta name=x>" * 50_000,
    "pictures": "<meta property=og:image content=http://[>" * 30_000,
    "property words": f"<meta property='{'og:image ' * 100_000}' content=x>",
    "a later html tag": f"x<html {_many('a', 100_000)}>",
    "open lists": f"<script type=application/ld+json>{'[' * 500_000}</script>",
    "deep lists": f"<script type=application/ld+json>{'[' * 900}{']' * 900}</script>",
    "long path": f"<meta property=og:image content='{'a/../' * 200_000}'>",
    "long host": f"<meta property=og:image content='http://{'ä' * 300_000}/'>",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_page_takes_more_than_its_share(kind: str) -> None:
    """Anything quadratic would take minutes here; this is a limit against hanging, no benchmark."""
    started = time.process_time()
    read_metadata(parse(HOSTILE[kind]), "https://a.example/")
    assert time.process_time() - started < HANG_S


def test_merged_tags_do_not_fill_the_memory() -> None:
    """The parser copies all attributes at each later html tag: 100,000 of them are 80 GB."""
    script = """
import resource
resource.setrlimit(resource.RLIMIT_AS, (1_000_000_000, 1_000_000_000))
from htmlcard.links import parse_page
page = "<html lang=en>" + "".join(f"<html a{n}><body b{n}>" for n in range(50_000))
print(parse_page(page.encode() + b"<title>T</title>", None).title)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.split() == ["T"], done.stderr[-2000:]
