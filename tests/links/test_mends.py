"""Mends done by a program: in the page's own charset, together, and to the right page."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from htmlcard.errors import Unreachable
from htmlcard.fetch import Fetched, Limits
from htmlcard.links.checking import Checker
from htmlcard.links.mending import apply
from htmlcard.links.reading.decoding import decode
from htmlcard.links.reading.parsing import parse_page
from htmlcard.links.reading.parts import PageParts
from htmlcard.links.report import Edit, Finding, Mend, Report

from .corpus.generate import PAGES
from .test_corpus import CORPUS, NAMES, page_of

URL = "https://example.org/post"


class NoWeb:
    """Nothing is there."""

    async def fetch(self, url: str, *, limits: Limits, **_: object) -> Fetched:
        raise Unreachable("nobody answers at its address")


class Reader:
    """Reads in this process: these pages are our own."""

    async def read(self, data: bytes, content_type: str | None, deadline_s: float) -> PageParts:
        return parse_page(data, content_type)


async def check(page: bytes) -> Report:
    async with Checker(NoWeb(), Reader()) as checker:
        return await checker.check_page(page, URL)


async def mend(page: bytes) -> bytes:
    return apply(page, await check(page))


@pytest.mark.parametrize(
    ("charset", "title"),
    [
        ("utf-8", 'Größe, 日本 & "drei" < vier'),
        ("windows-1252", "Größe"),
        ("shift_jis", "日本語の題名"),
        ("euc-kr", "한국어 제목"),
        ("gb18030", "中文标题"),
        ("koi8-r", "Русский заголовок"),
    ],
)
async def test_letters_survive_in_the_charset_of_the_page(charset: str, title: str) -> None:
    """A tag in another charset than its page is a title of question marks."""
    page = f'<head><meta charset="{charset}"><title>{title.replace("<", "&lt;")}</title></head>x'
    mended = parse_page(await mend(page.encode(charset)), None)
    assert mended.charset == {"gb18030": "gb18030"}.get(charset, charset)
    assert [m.content for m in mended.metas if "og:title" in m.names] == [title]
    assert mended.title == title


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
async def test_pages_of_two_bytes_a_letter_are_mended_in_such(codec: str) -> None:
    """Bytes are counted in pairs there."""
    mark = "\ufeff".encode(codec)
    page = mark + "<html><head><title>Größe 日本</title></head><body>x".encode(codec)
    mended = await mend(page)
    assert '</title><meta property="og:title" content="Größe 日本">\n' in mended.decode(codec)
    assert parse_page(mended, None).charset == codec.replace("16-", "16")


async def test_an_undeclared_charset_is_declared_as_it_is() -> None:
    """Declaring UTF-8 over bytes that are none breaks every letter of the page."""
    russian = "Новости города: погода, транспорт, афиша на неделю и курсы валют сегодня"
    page = f"<head><title>{russian}</title></head><p>{russian}</p>".encode("windows-1251")
    mended = await mend(page)
    assert mended.startswith(b'<head>\n<meta charset="windows-1251"><title>')
    assert parse_page(mended, None).title == russian


@pytest.mark.parametrize(
    ("page", "place"),
    [
        (b"<html><head><title>T</title></head><body>x", b"<title>T</title>NEW</head>"),
        (b"<html><title>T</title><body class=a>x", b"<title>T</title>NEW<body class=a>"),
        (b"<!doctype html>\n<title>T</title><p>x", b"<title>T</title>NEW<p>x"),
        (b"<!doctype html>\n<p>x", b"<!doctype html>NEW\n<p>x"),
        (b"<title>T</title>", b"<title>T</title>NEW"),
        (b"x", b"NEWx"),
        (b"", b"NEW"),
        (b"<!-- </head> --><title></head></title></head>x", b"</title>NEW</head>x"),
    ],
)
async def test_new_tags_go_where_they_are_read(page: bytes, place: bytes) -> None:
    """Pages leave out what they may, and mention what they do not mean."""
    report = await check(page)
    new = next(f.fix.edits[0].text for f in report.findings if f.rule == "missing-og-title")
    before, _, after = place.partition(b"NEW")
    only = replace(
        report, findings=tuple(f for f in report.findings if f.rule == "missing-og-title")
    )
    mended = apply(page, only)
    assert before + new.encode() + after in mended
    assert any("og:title" in meta.names for meta in parse_page(mended, None).metas)


async def test_xml_stays_well_formed() -> None:
    """A page sent as XML is no page at all where one tag does not close."""

    class Web(NoWeb):
        async def fetch(self, url: str, *, limits: Limits, **_: object) -> Fetched:
            if url != URL:
                raise Unreachable("nobody answers at its address")
            return Fetched(URL, 200, {"Content-Type": "application/xhtml+xml"}, page)

    page = b'<html xmlns="http://www.w3.org/1999/xhtml"><head><title>T</title></head></html>'
    async with Checker(Web(), Reader()) as checker:
        mended = apply(page, await checker.check(URL))
    assert b'<meta property="og:title" content="T" />' in mended


async def test_rules_about_the_same_tag_agree() -> None:
    """Two patches of one line would undo each other."""
    page = (
        b"<head>"
        b'<meta name="OG:Title" content="&lt;b&gt;Bread&lt;/b&gt; &amp;amp; &#x202e;butter">'
        b'<meta name="og:title" content="Another">'
        b'<meta property="og:description" content=" ">'
        b"</head>"
    )
    report = await check(page)
    rules = {finding.rule for finding in report.findings}
    assert rules >= {
        *("mixed-case", "markup-in-value", "control-in-value", "name-instead-of-property"),
        *("duplicate-tags", "empty-value", "missing-og-description"),
    }
    mended = apply(page, report)
    tags = [(m.properties, m.name, m.content) for m in parse_page(mended, None).metas]
    assert (("og:title",), "", "Bread & butter") in tags
    assert [content for *_, content in tags].count("Bread & butter") == 2  # the description's, too
    assert not any(content == "Another" or not content.strip() for *_, content in tags)
    after = {finding.rule for finding in (await check(mended)).findings}
    assert not after & rules - {"missing-og-image", "missing-twitter-card", "missing-favicon"}


async def test_what_else_is_in_a_tag_stays() -> None:
    """Frameworks find their tags again by attributes of their own."""
    page = (
        b"<head><META data-rh=true\n  PROPERTY='OG:Image' content=/a.png data-n='1'>"
        b"<meta data-rh name='og:title' content='&lt;i&gt;T'/></head>"
    )
    mended = await mend(page)
    image = b'property="og:image" content="https://example.org/a.png"'
    assert b"<META data-rh=true\n  " + image + b" data-n='1'>" in mended
    assert b'<meta data-rh property="og:title" content="T"/>' in mended


async def test_a_monstrous_tag_is_written_anew() -> None:
    """Taking it apart again takes longer than a check may."""
    attributes = " ".join(f"a{n}" for n in range(100_000)).encode()
    page = b"<head><meta name='og:title' content='<i>T' " + attributes + b"></head>"
    assert b'<meta property="og:title" content="T"><' in await mend(page)


async def test_each_patch_alone_does_what_it_says() -> None:
    """People mend one thing at a time."""
    page = b'<head><meta property="OG:Title" content="a"><meta name="og:title" content="b"></head>'
    report = await check(page)
    for finding in report.findings:
        if finding.fix.edits:
            mended = apply(page, replace(report, findings=(finding,)))
            left = {f.rule for f in (await check(mended)).findings}
            assert finding.rule not in left


async def test_tags_and_charset_that_came_late_come_early() -> None:
    """The charset comes first: what stands before it is read in another."""
    filling = b"<!--" + b"x" * 1_100_000 + b"-->"
    page = (
        b"<html><head>"
        + filling
        + "<meta charset=utf-8>"
        "<meta property=og:title content='Brot für alle'>"
        "<meta property=og:image content='https://example.org/a.png'>"
        "<meta property=og:image:width content=1200>"
        "<meta property=og:image content='https://example.org/b.png'>"
        "</head>".encode()
    )
    mended = await mend(page)
    head = mended[: mended.index(b"<!--")].decode()
    assert head.index("charset") < head.index("og:title") < head.index("a.png")
    assert head.index("a.png") < head.index("og:image:width")
    assert "b.png" not in head
    rules = {finding.rule for finding in (await check(mended)).findings}
    assert not rules & {"tags-past-window", "charset-late"}


def test_another_page_is_told_apart_where_that_is_possible() -> None:
    """An edit beyond the end would be put anywhere."""
    fix = Mend("add-tag", "x", (Edit(100, 100, "x"),))
    finding = Finding("r", "error", ("x",), "m", "e", "s", "O", fix)
    with pytest.raises(ValueError, match="byte 100 does not fit"):
        apply(b"short", Report(URL, URL, (), (finding,)))


class CorpusWeb(NoWeb):
    """One page of the corpus at its URL, with its header."""

    def __init__(self, page: bytes, label: dict[str, Any]) -> None:
        self._page = page
        self._url: str = label["url"]
        kind = label["content_type"]
        self._headers = {} if kind is None else {"Content-Type": kind}

    async def fetch(self, url: str, *, limits: Limits, **_: object) -> Fetched:
        if url != self._url:
            raise Unreachable("nobody answers at its address")
        return Fetched(url, 200, self._headers, self._page)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in PAGES])
async def test_pages_as_they_are_survive_their_mends(name: str) -> None:
    """Of every shape and charset that pages come in, what was right must stay so."""
    page = page_of(name)
    label = json.loads((CORPUS / f"{name}.json").read_text(encoding="utf-8"))
    async with Checker(CorpusWeb(page, label), Reader()) as checker:
        report = await checker.check(label["url"])
    mended = apply(page, report)
    async with Checker(CorpusWeb(mended, label), Reader()) as checker:
        after = await checker.check(label["url"])
    # Addresses that became absolute are asked now, and nobody is there.
    assert _errors(after) - _errors(report) <= {"image-status"}
    left = {finding.rule for finding in after.findings}
    assert not left - {f.rule for f in report.findings} - CONSEQUENCES
    by_program = {f.rule for f in report.findings if f.fix.edits}
    # One tag there has two names, of which one is too many.
    assert not left & by_program - ({"duplicate-tags"} if name == "a56-duplicates" else set())
    parts, now = (parse_page(data, label["content_type"]) for data in (page, mended))
    assert (now.charset, now.title, now.h1) == (parts.charset, parts.title, parts.h1)
    text = decode(page, parts.charset or "utf-8")
    if "\ufffd" not in text and "\0" not in text:
        assert not any("\ufffd" in meta.content for meta in now.metas)


#: What a page may be told once it has the picture that it lacked.
CONSEQUENCES = {
    *("image-status", "missing-image-size", "missing-image-alt", "missing-twitter-image"),
    *("json-ld-beats-og", "title-too-long"),
    # References that HTML does not know, as `&haus;`, are text: nobody can take them back.
    "markup-in-value",
}


def _errors(report: Report) -> set[str]:
    return {finding.rule for finding in report.findings if finding.severity == "error"}
