"""A full browser draws, too: slower, by the screen's clock, and as right as the fast way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from htmlcard.browser.binary import find_chromium
from htmlcard.browser.lane import Lane
from htmlcard.browser.launchpad import Launchpad
from htmlcard.card import ImageFormat
from htmlcard.images import compare
from htmlcard.images.compare import same_picture

from .documents import OG, PORTRAIT, SQUARE, make_asset, make_document, unused_name
from .pictures import (
    BLUE,
    GREEN,
    RED,
    WHITE,
    block_font,
    css,
    is_all,
    nonce_color,
    pixels,
    shows,
    solid_png,
)
from .processes import write_stand_in
from .shooting import shoot

pytestmark = pytest.mark.browser


@pytest_asyncio.fixture(loop_scope="session")
async def portable(run_folder: Path) -> AsyncIterator[Lane]:
    """A lane of a browser that, by its name, does not draw frames on demand."""
    real = find_chromium("/usr/bin/chromium-headless-shell").path
    path = write_stand_in(run_folder, f'exec {real} "$@"', name="chrome")
    assert not find_chromium(str(path)).headless_shell
    async with Launchpad(str(path), compare, allow_unsafe=False) as launchpad:
        lane = await launchpad.open_lane()
        yield lane
        lane.retire("test")


async def test_the_portable_way_draws_the_same_cards(portable: Lane, lane: Lane) -> None:
    """macOS and Google Chrome know no other way: designers preview by it what servers draw."""
    assert portable.path == "portable"
    wrong = []
    for number in range(12):
        size = (OG, SQUARE, PORTRAIT)[number % 3]
        color = nonce_color(number)
        body = f"<div style='position:fixed;inset:0;background:{css(color)}'></div>"
        document = make_document(body, size=size, scale=2 if number % 5 == 0 else 1)
        shot = await shoot(portable, document, tuple(ImageFormat)[number % 3])
        if shot.path != "portable" or not is_all(shot, color):
            wrong.append(number)
    assert wrong == []

    words = make_document(
        "<link rel=stylesheet href=a.css><h1 data-fit='20 90'>Words, 漢字, مرحبا</h1>"
        "<p>A</p><img src=p.png>",
        template=unused_name("both"),
        assets={
            "a.css": make_asset(
                "@font-face{font-family:Block;src:url(f.ttf)}h1{height:200px;margin:0}"
                "p{margin:0;font:100px/1 Block;color:#fff;background:#000}img{display:block}",
                "text/css",
            ),
            "f.ttf": make_asset(block_font(wide=True), "font/ttf"),
            "p.png": make_asset(solid_png(BLUE), "image/png"),
        },
    )
    shot = await shoot(portable, words)
    assert shows(shot, 50, 250, WHITE)
    assert shows(shot, 20, 320, BLUE)
    assert same_picture(shot.data, (await shoot(lane, words)).data)


async def test_the_portable_way_keeps_corners_scripts_and_changes(portable: Lane) -> None:
    """What is promised of a card does not depend on the browser that happens to be installed."""
    corners = (
        "<i style='position:fixed;right:0;bottom:0;width:9px;height:9px;"
        "background:rgb(220,20,20)'></i>"
    )
    shot = await shoot(portable, make_document(corners, size=SQUARE, scale=2))
    assert pixels(shot).shape[:2] == (2160, 2160)
    assert shows(shot, 2155, 2155, RED)

    green = "<style>html{background:rgb(20,180,20)}</style>"
    paint = "<script>document.documentElement.style.background='rgb(220,20,20)'</script>"
    assert is_all(await shoot(portable, make_document(green + paint)), GREEN)
    assert is_all(await shoot(portable, make_document(green + paint, scripts=True)), RED)
    assert is_all(await shoot(portable, make_document(green)), GREEN)

    name = unused_name("change")
    for color in (GREEN, BLUE, GREEN):
        assets = {"x.png": make_asset(solid_png(color), "image/png")}
        document = make_document("<img src=x.png>", template=name, assets=assets)
        assert shows(await shoot(portable, document), 20, 20, color)
