"""The same document is the same picture, byte for byte, of exactly the size asked for."""

from __future__ import annotations

import asyncio

import pytest

from htmlcard.browser.lane import Lane
from htmlcard.browser.pool import BrowserPool
from htmlcard.card import ImageFormat, Size

from .documents import OG, PORTRAIT, SQUARE, make_asset, make_document, unused_name
from .pictures import BLUE, GREEN, RED, moving_gif, pixels, shows
from .shooting import shoot

pytestmark = pytest.mark.browser

_RESTLESS = {
    "plain": "<h1>Plain words, ffi 漢字 مرحبا ✨</h1><div style='height:99px;"
    "background:linear-gradient(45deg,#f06,#06f)'></div>",
    "endless animation": "<style>@keyframes a{to{margin-left:900px;background:#00f}}</style>"
    "<div style='width:99px;height:99px;background:#f00;animation:a 1s infinite alternate'></div>",
    "ending animation": "<style>@keyframes a{from{opacity:0}to{opacity:1;margin-left:99px}}</style>"
    "<div style='width:99px;height:99px;background:#f00;animation:a .7s .2s both'></div>",
    "transition": "<style>div{width:99px;height:99px;background:#f00;transition:all 1s}"
    "@starting-style{div{background:#00f;margin-left:500px}}</style><div></div>",
    "moving svg": "<svg width=900 height=200><rect width=99 height=99><animate attributeName=x "
    "from=0 to=800 dur=1s repeatCount=indefinite /></rect></svg>",
    "moving picture": "<img src=moving.gif width=99><img src=moving.svg>"
    "<div style='width:99px;height:99px;background:url(moving.gif)'></div>",
    "caret": "<input autofocus value=caret><textarea autofocus>more</textarea>",
    "overflow": "<div style='width:5000px;height:5000px;background:repeating-conic-gradient("
    "#000 0 25%,#fff 0 50%) 0 0/50px 50px'></div>",
    "viewport units": "<div style='height:100vh;width:100vw;background:radial-gradient(#f06,#06f)'>"
    "</div><div style='position:fixed;bottom:0;height:9vh'>fixed</div>",
}

_MOVING_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"><rect width="9" height="99">'
    '<animate attributeName="x" from="0" to="90" dur="1s" repeatCount="indefinite"/></rect></svg>'
)


@pytest.mark.parametrize("body", _RESTLESS.values(), ids=_RESTLESS)
async def test_the_same_document_is_the_same_bytes(lane: Lane, body: str) -> None:
    """An ETag promises it, and two lanes may answer for one card."""
    name = unused_name("same")
    assets = {
        "moving.gif": make_asset(moving_gif((RED, BLUE, GREEN)), "image/gif"),
        "moving.svg": make_asset(_MOVING_SVG, "image/svg+xml"),
    }
    seen = set()
    for turn in range(20):
        shot = await shoot(lane, make_document(body, template=name, assets=assets))
        seen.add(shot.data)
        if turn % 5 == 0:
            await asyncio.sleep(0.03)  # Whatever moves by the clock has moved.
            await shoot(lane, make_document("<p>another card in between"))
    # The first was drawn both ways, and the proof allows what the eye does not see.
    assert len(seen) == 1


async def test_two_browsers_draw_the_same_bytes(pool: BrowserPool) -> None:
    """Which lane is free is chance; what a card looks like must not be."""
    one, other = pool.supervisor.lanes
    for body in (_RESTLESS["plain"], _RESTLESS["viewport units"]):
        document = make_document(body, template=unused_name("lanes"))
        assert (await shoot(one, document)).data == (await shoot(other, document)).data


_CORNERS = (
    "<style>i{position:fixed;width:10px;height:10px}</style>"
    "<div style='width:3000px;height:3000px;background:rgb(20,180,20)'></div>"
    "<i style='left:0;top:0;background:rgb(220,20,20)'></i>"
    "<i style='right:0;bottom:0;background:rgb(20,20,220)'></i>"
)


@pytest.mark.parametrize("way", ["canvas", "beginframe", "scripted"])
@pytest.mark.parametrize(
    ("size", "scale"),
    [(OG, 1), (OG, 2), (SQUARE, 2), (PORTRAIT, 1), (Size(1200, 600), 1), (Size(401, 203), 2)],
    ids=str,
)
async def test_a_card_is_exactly_as_large_as_asked(
    lane: Lane, size: Size, scale: int, way: str
) -> None:
    """Platforms crop what is off by a pixel, and content wider than the card must not widen it."""
    body = _CORNERS + ("<video hidden></video>" if way == "beginframe" else "")
    name = f"corners-{way}"
    document = make_document(body, template=name, size=size, scale=scale, scripts=way == "scripted")
    format = ImageFormat.JPEG if scale == 1 else ImageFormat.PNG
    shot = await shoot(lane, document, format)
    height, width = pixels(shot).shape[:2]

    assert (width, height) == (size.width_px * scale, size.height_px * scale)
    assert shot.path == ("canvas" if way == "canvas" else "beginframe")
    assert shows(shot, 4 * scale, 4 * scale, RED)
    assert shows(shot, width - 1 - 4 * scale, height - 1 - 4 * scale, BLUE)
    assert shows(shot, width // 2, height // 2, GREEN)
    assert shows(shot, 20 * scale, 20 * scale, GREEN)
