"""Which documents may follow each other on one origin: a new one costs ten cards' time."""

from __future__ import annotations

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
