"""No card ever shows another card's pixels, nor an asset as it was before it changed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence

import pytest

from htmlcard.browser.lane import Lane
from htmlcard.browser.pool import BrowserPool
from htmlcard.card import Asset, Document, ImageFormat, Shot, Size
from htmlcard.errors import BrowserFailed

from .documents import OG, PORTRAIT, SQUARE, make_asset, make_document, unused_name
from .pictures import (
    BLUE,
    GREEN,
    WHITE,
    Color,
    block_font,
    css,
    is_all,
    nonce_color,
    shows,
    solid_png,
    solid_svg,
)
from .shooting import BUDGET_BYTES, shoot

pytestmark = pytest.mark.browser

FORMATS = tuple(ImageFormat)


def nonce_document(number: int) -> Document:
    """All over in a color of its own; sizes, scales and templates alternate out of step."""
    return make_document(
        f"<div style='position:fixed;inset:0;background:{css(nonce_color(number))}'></div>",
        template=f"nonce{number % 5}",
        size=(OG, SQUARE, PORTRAIT)[number % 3],
        scale=2 if number % 12 == 0 else 1,
    )


async def check_nonces(pool: BrowserPool, count: int, callers: int = 4) -> list[int]:
    """Numbers of the cards that showed anything but their own color."""
    numbers = iter(range(count))
    wrong: list[int] = []

    async def call() -> None:
        for number in numbers:
            shot = await shoot(pool, nonce_document(number), FORMATS[number % 4 % 3])
            if not is_all(shot, nonce_color(number)):
                wrong.append(number)

    await asyncio.gather(*(call() for _ in range(callers)))
    return wrong


async def test_no_card_shows_another_cards_pixels(pool: BrowserPool) -> None:
    """The worst fault there is: one site's card under another's URL, cached for a year."""
    assert await check_nonces(pool, 200) == []


@pytest.mark.soak
async def test_no_card_of_thousands_shows_anothers_pixels(pool: BrowserPool) -> None:
    """A race that strikes once in a thousand cards strikes every minute in production."""
    assert await check_nonces(pool, 3_000, callers=6) == []


async def test_the_same_card_twice_in_a_row_is_drawn_twice(lane: Lane) -> None:
    """An unchanged document may give the browser no reason to paint; a wait for one would hang."""
    document = nonce_document(3)
    shots = [await shoot(lane, document) for _ in range(4)]

    assert all(is_all(shot, nonce_color(3)) for shot in shots)


_WAYS = {
    "painted": ("", False, OG),
    "painted small": ("", False, Size(401, 203)),
    "shown": ("<video hidden></video>", False, OG),
    "shown small": ("<video hidden></video>", False, Size(401, 203)),
    "scripted": ("", True, OG),
    "scripted small": ("", True, Size(401, 203)),
}


async def _draw_in_turn(lane: Lane, ways: Sequence[str]) -> list[str]:
    """What went wrong, drawing cards of different ways one after the other on one lane."""
    wrong = []
    for number, way in enumerate(ways):
        extra, scripts, size = _WAYS[way]
        color = nonce_color(number)
        body = f"{extra}<div style='position:fixed;inset:0;background:{css(color)}'></div>"
        document = make_document(body, template=way[:6], size=size, scripts=scripts)
        if not is_all(await shoot(lane, document), color):
            wrong.append(f"{number}: {way} after {', '.join(ways[max(0, number - 3) : number])}")
    return wrong


async def test_a_lane_that_drew_a_small_scripted_card_is_not_one_card_late(lane: Lane) -> None:
    """Seen: the next painted card left a frame behind, and from then on every screenshot of that
    browser showed the card before, of the right size and without an error.
    """
    assert await _draw_in_turn(lane, ["painted", "scripted small", "painted", *["shown"] * 4]) == []


async def test_ways_and_sizes_may_follow_each_other_in_any_order(lane: Lane) -> None:
    """They share a page and its frames; which order leaves something behind nobody can foresee."""
    order = random.Random(304)
    ways = [order.choice(list(_WAYS)) for _ in range(48)]
    assert await _draw_in_turn(lane, ways) == []


async def test_templates_that_take_turns_quickly_keep_to_their_own_files(lane: Lane) -> None:
    """Chromium stops obeying pages that change their address too often (200 times in 10 s), and
    every turn changes it: relative URLs would then lead into the other template's folder.
    """
    one, other = unused_name(), unused_name()
    colors = {one: GREEN, other: BLUE}
    wrong = []
    for number in range(260):
        name = (one, other)[number % 2]
        document = make_document(
            "<img src=dot.svg style='width:40px'>",
            template=name,
            assets={"dot.svg": make_asset(solid_svg(colors[name]), "image/svg+xml")},
            fingerprint=name,
            size=Size(64, 48),
        )
        if not shows(await shoot(lane, document), 20, 20, colors[name]):
            wrong.append(number)
    assert wrong == []


async def test_templates_that_take_turns_share_a_stage(lane: Lane) -> None:
    """Every template calls its files card.css and logo.svg. A new stage for each turn would cost
    ten times the card.
    """
    names = [unused_name(), unused_name()]
    hosts = set()
    for turn in range(6):
        assets = {"logo.svg": make_asset(solid_svg((GREEN, BLUE)[turn % 2]), "image/svg+xml")}
        document = make_document("<img src=logo.svg>", template=names[turn % 2], assets=assets)
        await shoot(lane, document)
        hosts.add(lane._page._frames.origin.host)
    assert len(hosts) <= 2  # The lane may have come with another template's.


def _picture(color: Color) -> tuple[str, str, Asset]:
    return "<img src='x.png'>", "x.png", make_asset(solid_png(color), "image/png")


def _background(color: Color) -> tuple[str, str, Asset]:
    body = "<div style='width:40px;height:40px;background:url(x.svg)'></div>"
    return body, "x.svg", make_asset(solid_svg(color), "image/svg+xml")


def _stylesheet(color: Color) -> tuple[str, str, Asset]:
    body = "<link rel=stylesheet href='x.css'><p></p>"
    return body, "x.css", _square_rule(color)


def _imported(color: Color) -> tuple[str, str, Asset]:
    return "<style>@import 'x.css';</style><p></p>", "x.css", _square_rule(color)


def _square_rule(color: Color) -> Asset:
    rule = f"p{{margin:0;width:40px;height:40px;background:{css(color)}}}"
    return make_asset(rule, "text/css")


@pytest.mark.parametrize("make", [_picture, _background, _stylesheet, _imported])
async def test_an_edited_file_shows_at_once(
    lane: Lane, make: Callable[[Color], tuple[str, str, Asset]]
) -> None:
    """Blink remembers by URL, and the URL stays: an old logo would live as long as its browser."""
    template = unused_name()
    wrong = []
    for turn in range(10):
        color = (GREEN, BLUE)[turn % 2]
        body, path, asset = make(color)
        shot = await shoot(lane, make_document(body, template=template, assets={path: asset}))
        if not shows(shot, 20, 20, color):
            wrong.append(turn)
    assert wrong == []


def _font_document(template: str, *, wide: bool) -> Document:
    return make_document(
        "<style>@font-face{font-family:Block;src:url(x.ttf)}"
        "p{margin:0;font:100px/1 Block;color:#fff}body{background:#000}</style><p>A</p>",
        template=template,
        assets={"x.ttf": make_asset(block_font(wide=wide), "font/ttf")},
    )


def _font_shows(shot: Shot, *, wide: bool) -> bool:
    return shows(shot, 25, 50, WHITE) and shows(shot, 75, 50, WHITE) is wide


async def test_an_edited_font_shows_at_once(lane: Lane) -> None:
    """Fonts are kept longest of all, and a changed one moves every line of a card."""
    template = unused_name()
    wrong = []
    for turn in range(10):
        wide = turn % 2 == 0
        if not _font_shows(await shoot(lane, _font_document(template, wide=wide)), wide=wide):
            wrong.append(turn)
    assert wrong == []


@pytest.mark.parametrize("make", [_picture, _background, _stylesheet, _imported])
async def test_a_file_that_was_missing_shows_once_it_is_there(
    lane: Lane, make: Callable[[Color], tuple[str, str, Asset]]
) -> None:
    """Whoever mends a forgotten file expects to see it, not the browser's memory of its absence."""
    template = unused_name()
    body, path, asset = make(GREEN)
    before = await shoot(lane, make_document(body, template=template))
    after = await shoot(lane, make_document(body, template=template, assets={path: asset}))

    assert not shows(before, 20, 20, GREEN)
    assert shows(after, 20, 20, GREEN)


@pytest.mark.parametrize("make", [_picture, _background, _stylesheet, _imported])
async def test_a_deleted_file_shows_no_more(
    lane: Lane, make: Callable[[Color], tuple[str, str, Asset]]
) -> None:
    """Otherwise two lanes draw two different cards of one template, by what each has seen."""
    template = unused_name()
    body, path, asset = make(GREEN)
    before = await shoot(lane, make_document(body, template=template, assets={path: asset}))
    after = await shoot(lane, make_document(body, template=template))

    assert shows(before, 20, 20, GREEN)
    assert not shows(after, 20, 20, GREEN)


async def test_a_draw_that_overtakes_its_document_is_refused(lane: Lane) -> None:
    """All calls of a card are under way together: out of order, one would draw the card before."""
    await shoot(lane, make_document("before", template=unused_name()))

    with pytest.raises(BrowserFailed, match="was not set"):
        await lane._page._tab.call("stage.draw", 700, "png", BUDGET_BYTES, 12, wait=True)
