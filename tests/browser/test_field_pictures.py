"""Pictures of image fields: another one on each card, under paths made of their content."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from htmlcard.browser.lane import Lane
from htmlcard.browser.origin import VirtualOrigin
from htmlcard.browser.pool import BrowserPool
from htmlcard.card import Document, ImageFormat

from .documents import make_asset, make_document, unused_name
from .pictures import GREEN, RED, WHITE, is_all, nonce_color, solid_png
from .shooting import shoot

pytestmark = pytest.mark.browser

FORMATS = tuple(ImageFormat)
BOX = "position:fixed;inset:0;width:100vw;height:100vh"
#: An element, a background, a background behind a stylesheet's variable, a mask of a color.
BODIES = (
    f"<img style='{BOX}' src='{{path}}'>",
    f"<div style='{BOX};background:url({{path}})'></div>",
    f"<div style='--cover:url({{path}});{BOX};background-image:var(--cover)'></div>",
    f"<picture><source srcset='{{path}}'><img style='{BOX}'></picture>",
    f"<svg style='{BOX}' viewBox='0 0 1 1'><image href='{{path}}' width='9' x='-4'/></svg>",
)
#: Ways to draw: painted, shown (what the canvas gets wrong), scripted.
HEADS = ("", "<style>i{backdrop-filter:blur(1px)}</style>", "")


def with_picture(number: int, template: str) -> Document:
    """All over in the picture's color; some in every third way of drawing."""
    asset = make_asset(solid_png(nonce_color(number)), "image/png")
    path = f"/picture/{asset.sha256[:32]}.png"
    way = number % 3 if number % 4 == 0 else 0
    body = BODIES[number % len(BODIES)].format(path=path)
    document = make_document(body, head=HEADS[way], template=f"{template}{way}", scripts=way == 2)
    return replace(document, pictures={path: asset})


async def test_each_card_shows_its_own_picture(pool: BrowserPool) -> None:
    """Somebody else's face on a card is the worst there is: pictures change while all else of
    the document, and what the browser remembers of it, stays."""
    template = unused_name()
    numbers = [*range(60), *reversed(range(60))]
    waiting = iter(numbers)
    wrong: list[int] = []

    async def call() -> None:
        for number in waiting:
            shot = await shoot(pool, with_picture(number, template), FORMATS[number % 3])
            if not is_all(shot, nonce_color(number)):
                wrong.append(number)

    await asyncio.gather(*(call() for _ in range(4)))
    assert wrong == []


async def test_without_its_picture_nothing_of_the_last_one_is_left(lane: Lane) -> None:
    """The placeholder of one card must not be the cover of another."""
    template = unused_name()
    for number in range(4):
        covered = with_picture(number * 5, template)
        assert is_all(await shoot(lane, covered), nonce_color(number * 5))
        bare = replace(covered, html="<!doctype html><body>", pictures={})
        assert is_all(await shoot(lane, bare), WHITE)


async def test_a_picture_that_was_missing_is_seen_when_it_is_there(lane: Lane) -> None:
    """A browser remembers that there was nothing, too."""
    asset = make_asset(solid_png(GREEN), "image/png")
    body = f"<img style='{BOX};background:rgb{RED}' src='/picture/later.png' alt=''>"
    missing = make_document(body, template=unused_name())
    assert not is_all(await shoot(lane, missing), GREEN)
    there = replace(missing, pictures={"/picture/later.png": asset})
    assert is_all(await shoot(lane, there), GREEN)


def test_an_origin_does_not_grow_with_the_pictures_it_served() -> None:
    """Five thousand cards with a picture each must not make each next card slower to admit."""
    origin = VirtualOrigin(1)
    for number in range(100):
        document = with_picture(number, "grow")
        assert origin.admits(document)
        origin.enter(document)
        (path,) = document.pictures
        reply = origin.reply(origin.base + path)
        assert reply is not None
        assert reply.status == 200
    assert not origin._served
    origin.enter(make_document("", template="grow"))
    gone = origin.reply(origin.base + path)
    assert gone is not None
    assert gone.status == 404
    assert not origin.admits(document)
