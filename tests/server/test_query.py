"""How leniently a card's URL is read, and which differences make another card."""

from __future__ import annotations

import asyncio
import unicodedata
from urllib.parse import quote

import pytest
from running import Site, is_near

GREEN, RED, YELLOW, BLUE = (0, 255, 0), (255, 0, 0), (255, 255, 0), (0, 0, 255)


async def test_ten_thousand_junk_urls_are_one_render(site: Site) -> None:
    """Marketing tools add parameters to every link: each must not cost a browser's time."""
    before = await site.renders()
    numbers = iter(range(10_000))

    async def ask() -> set[str]:
        etags = set()
        for number in numbers:
            answer = await site.get(
                f"/render/nonce?utm_source=x{number}&title=junk&must=1&fbclid={number:x}&{number}"
            )
            assert answer.status == 200
            etags.add(answer.headers["ETag"])
        return etags

    found = await asyncio.gather(*(ask() for _ in range(8)))
    assert len(set.union(*found)) == 1
    assert await site.renders() == before + 1


async def test_thousands_of_junk_parameters_in_one_url_change_nothing(site: Site) -> None:
    """A long tail of parameters is no other card, and is no way to keep the service busy."""
    plain = await site.get("/render/nonce?title=tail&must=1")
    junk = "&".join(f"p{number}=1" for number in range(6000))
    answer = await site.get(f"/render/nonce?{junk}&title=tail&must=1")
    assert answer.status == 200
    assert answer.headers["ETag"] == plain.headers["ETag"]


@pytest.mark.parametrize(
    "other",
    [
        "must=1&title=Caf%C3%A9%20au%20lait",
        "title=Caf%c3%a9+au+lait&must=1",
        "title=%43af%C3%A9%20au%20lait&must=1",
        f"title={quote(unicodedata.normalize('NFD', 'Café au lait'))}&must=1",
        "title=Caf%C3%A9%20au%20lait&title=Tea&must=1",
        "title=Caf%C3%A9%00%20au%07%20lait&must=1",
        "title=Caf%C3%A9%20au%20lait&must=1&nonce=%23808080&mood=calm&count=3&lang=",
    ],
    ids=["order", "plus", "needless", "NFD", "repeated", "controls", "defaults"],
)
async def test_spelling_does_not_make_another_card(site: Site, other: str) -> None:
    """Mail programs, proxies and crawlers respell URLs: each spelling drawn anew is a waste."""
    plain = await site.get("/render/nonce?title=Caf%C3%A9%20au%20lait&must=1")
    assert plain.fallback == ""
    answer = await site.get(f"/render/nonce?{other}")
    assert answer.headers["ETag"] == plain.headers["ETag"]
    assert answer.body == plain.body


async def test_what_cannot_be_used_is_drawn_as_its_default_and_named(site: Site) -> None:
    """A link with a mistake in it still deserves a picture; its maker, a hint."""
    answer = await site.get("/render/nonce?title=w&nonce=%23zz;url(x)&count=99&mood=wild&scale=9")
    assert answer.status == 200
    assert answer.fallback == ""
    assert is_near(answer.pixel(300, 300), (128, 128, 128))
    warnings = answer.headers["X-Htmlcard-Warnings"]
    for name in ("nonce", "count", "mood", "must", "scale"):
        assert f"{name}: " in warnings
    assert "title: " not in warnings


async def test_warnings_fit_a_header_whatever_was_sent(site: Site) -> None:
    """CR, LF or kilobytes of a caller's text in a header would split or break the answer."""
    evil = quote("wild\r\nSet-Cookie: a=b\x1b[31mé" * 200)
    answer = await site.get(f"/render/nonce?mood={evil}&lang={evil}&size={evil}&count={evil}")
    warnings = answer.headers["X-Htmlcard-Warnings"]
    assert "Set-Cookie" not in answer.headers
    assert warnings.isascii()
    assert warnings.isprintable()
    assert len(warnings) <= 2000


@pytest.mark.parametrize(
    ("query", "left", "right"),
    [
        ("title=Hello", GREEN, YELLOW),
        ("title=Hello&lang=ar", RED, YELLOW),
        ("title=%D7%A9%D7%9C%D7%95%D7%9D", RED, YELLOW),
        ("title=Hello&lang=ja", GREEN, BLUE),
        ("title=Hello&lang=JA_jp", GREEN, BLUE),
        ("title=Hello&lang=%3Cscript%3E", GREEN, YELLOW),
    ],
)
async def test_language_and_direction_reach_the_document(
    site: Site, query: str, left: tuple[int, int, int], right: tuple[int, int, int]
) -> None:
    """Han letters look foreign, and Arabic lines run the wrong way, in the wrong language."""
    answer = await site.get(f"/render/lang?{query}")
    assert answer.fallback == ""
    assert is_near(answer.pixel(300, 300), left)
    assert is_near(answer.pixel(1100, 600), right)


@pytest.mark.parametrize(
    "title",
    ["%ff%fe", "%c0%af", "%ed%a0%80", "%", "%zz", "a" * 30_000, "%F0%9F%91%A9%E2%80%8D" * 3000],
    ids=["invalid", "overlong", "surrogate", "cut", "no-hex", "long", "joined"],
)
async def test_broken_text_is_a_card_all_the_same(site: Site, title: str) -> None:
    """Titles arrive cut, doubly encoded and in old charsets; none of that is the reader's fault."""
    answer = await site.get(f"/render/nonce?title={title}&must=1")
    assert answer.status == 200
    assert answer.fallback == ""
    assert answer.picture.size == (1200, 630)
