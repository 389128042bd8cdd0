"""Which documents may follow each other on one origin: a new one costs ten cards' time."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

import pytest

from htmlcard.browser.origin import VirtualOrigin

from .documents import make_asset, make_document

FONT = "/shared/fonts/fraunces/latin.woff2"


def served_font() -> VirtualOrigin:
    """An origin that a document before has loaded a font from."""
    origin = VirtualOrigin(1)
    first = make_document("", assets={FONT: make_asset(b"font", "font/woff2")})
    assert origin.admits(first)
    origin.enter(first)
    assert origin.reply(origin.base + FONT) is not None
    return origin


@pytest.mark.parametrize(
    "url",
    [
        "url('inter/latin.woff2')",
        'url("/shared/fonts/inter/latin.woff2")',
        "url(../inter/latin.woff2)",
        "url(other.woff2)",
    ],
)
def test_another_file_of_the_same_name_is_no_reason(url: str) -> None:
    """Two templates in turns would have the stage built for each card."""
    assert served_font().admits(make_document(f"<style>@font-face{{src:{url}}}</style>"))
    sheet = make_asset(f"@font-face{{src:{url}}}".encode(), "text/css")
    assert served_font().admits(make_document("", assets={"/shared/x.css": sheet}))


@pytest.mark.parametrize(
    "url",
    [
        "url('fraunces/latin.woff2')",
        "url(latin.woff2)",
        "url(./latin.woff2)",
        "url(../latin.woff2)",
        "url(/shared/fonts/fraunces//latin.woff2)",
        "url(fr%61unces/latin.woff2)",
        "url(fr\\61unces/latin.woff2)",
        "url(fr\\61 unces/latin.woff2)",
        "url('fr\naunces/latin.woff2')",
        "url('inter/latin.woff2'), url(latin.woff2)",
        "url(&quot;fr&#97;unces/latin.woff2&quot;)",
    ],
)
def test_who_may_mean_a_file_that_is_gone_gets_a_fresh_origin(url: str) -> None:
    """The browser still has it, and would draw with what is there no more."""
    assert not served_font().admits(make_document(f"<style>@font-face{{src:{url}}}</style>"))
    sheet = make_asset(f"@font-face{{src:{url}}}".encode(), "text/css")
    assert not served_font().admits(make_document("", assets={"/shared/x.css": sheet}))


def test_each_card_is_asked_for_what_is_written_into_it() -> None:
    """A template whose cards name a file each must not be judged by its first card."""
    origin = served_font()
    other = make_document("<p style='font-family:x'>", template="named")
    same = make_document("<style>@font-face{src:url(latin.woff2)}</style>", template="named")
    same = replace(same, fingerprint=other.fingerprint)
    assert origin.admits(other)
    assert not origin.admits(same)
    assert origin.admits(other)


@pytest.mark.parametrize(
    "path", ["/shared/it's/a.woff2", "/shared/x(y/a.woff2", "/shared/x/ü b.svg"]
)
def test_names_that_are_written_in_many_ways_are_trusted_to_nobody(path: str) -> None:
    """Quotes, brackets and escapes: which of them stands in a document is not looked for."""
    origin = VirtualOrigin(1)
    first = make_document("", assets={path: make_asset(b"x", "font/woff2")})
    assert origin.admits(first)
    origin.enter(first)
    assert origin.reply(origin.base + quote(path)) is not None
    assert not origin.admits(make_document("<p>"))
