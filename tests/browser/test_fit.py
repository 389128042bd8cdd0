"""`data-fit`: text is as large as fits its box, never outside it, never below its minimum."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from htmlcard.browser.lane import Lane
from htmlcard.card import Shot

from .documents import make_document
from .fitting import WORDS, long_word, outcomes
from .pictures import pixels
from .shooting import shoot

pytestmark = pytest.mark.browser

_STYLE = (
    "<style>body{background:#000;color:#fff;line-height:1.3;"
    "font-family:'Noto Sans','Noto Sans CJK JP','Noto Sans Arabic','Noto Sans Thai',sans-serif}"
    "h1{margin:0;font-weight:400;line-height:1.3}</style>"
)
_TEXTS = {
    f"{script} {length}": (words * (length // len(words) + 1))[:length].strip() or words[0]
    for script, words in WORDS.items()
    for length in (1, 30, 110, 300)
}
_TEXTS["one word of 80 letters"] = long_word()

_LEFT, _TOP, _WIDTH, _HEIGHT = 100, 100, 700, 300
#: Rounding, and the soft edge of a letter.
_SLACK_PX = 2
#: The hook of a j at the start of a line reaches out of its own width: that is its design.
_OVERHANG_PX = 10


async def _sizes_px(lane: Lane) -> list[float]:
    """The font size of each fitted text of the last card, in document order."""
    found = await lane._page._tab.evaluate(
        "(() => { const d = document.getElementById('painted').contentDocument;"
        "return [...d.querySelectorAll('[data-fit]')].map("
        "(e) => parseFloat(d.defaultView.getComputedStyle(e).fontSize)) })()"
    )
    return [float(size) for size in found]


def _ink(shot: Shot) -> NDArray[np.bool_]:
    bright: NDArray[np.bool_] = pixels(shot).max(axis=2) > 60
    return bright


def _ink_outside(shot: Shot, left: int, top: int, right: int, bottom: int) -> int:
    """Bright pixels outside a box."""
    ink = _ink(shot)
    rows = slice(top - _SLACK_PX, bottom + _SLACK_PX)
    columns = slice(left - _OVERHANG_PX, right + _OVERHANG_PX)
    return int(ink.sum() - ink[rows, columns].sum())


@pytest.mark.parametrize("text", _TEXTS.values(), ids=_TEXTS)
async def test_text_stays_in_a_fixed_box(lane: Lane, text: str) -> None:
    """Titles come from strangers in every script and length; cut letters are seen first."""
    box = f"position:absolute;left:{_LEFT}px;top:{_TOP}px;width:{_WIDTH}px;height:{_HEIGHT}px"
    body = f"{_STYLE}<h1 dir=auto data-fit='32 96' style='{box}'>{text}</h1>"
    shot = await shoot(lane, make_document(body, template="fit-box"))
    [size_px] = await _sizes_px(lane)

    assert shot.path == "canvas"
    assert 32 <= size_px <= 96
    assert _ink_outside(shot, _LEFT, _TOP, _LEFT + _WIDTH, _TOP + _HEIGHT) == 0
    assert _ink(shot).sum() > 20


@pytest.mark.parametrize("text", _TEXTS.values(), ids=_TEXTS)
async def test_text_stays_between_header_and_footer(lane: Lane, text: str) -> None:
    """The usual card: what the text may fill is what header and footer leave over."""
    body = (
        f"{_STYLE}<main style='position:absolute;left:60px;top:40px;width:1080px;height:550px;"
        "display:flex;flex-direction:column'>"
        "<header style='height:80px;flex:none'></header>"
        f"<h1 dir=auto data-fit='40 88' style='flex:1;min-height:0'>{text}</h1>"
        "<footer style='height:100px;flex:none'></footer></main>"
    )
    shot = await shoot(lane, make_document(body, template="fit-column"))
    [size_px] = await _sizes_px(lane)

    assert 40 <= size_px <= 88
    assert _ink_outside(shot, 60, 120, 1140, 490) == 0


async def test_text_is_as_large_as_fits(lane: Lane) -> None:
    """Small text would fit everywhere: the promise is the largest that does."""
    box = "position:absolute;left:100px;top:100px;width:700px;height:300px;overflow:hidden"
    sizes = []
    for length in (10, 60, 140, 300):
        text = WORDS["latin"] * 6
        body = f"{_STYLE}<h1 data-fit='12 96' style='{box}'>{text[:length]}</h1>"
        shot = await shoot(lane, make_document(body, template="fit-largest"))
        rows = np.flatnonzero(_ink(shot).any(axis=1))
        [size_px] = await _sizes_px(lane)
        sizes.append(size_px)
        # A line more would not have fitted at the next size up.
        assert size_px == 96 or _TOP + _HEIGHT - rows[-1] < size_px * 1.3 * 1.5

    assert sizes[0] == 96
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) >= 3


async def test_below_the_minimum_an_ellipsis_says_that_there_is_more(lane: Lane) -> None:
    """A title that just stops reads as another title."""
    box = "position:absolute;left:100px;top:100px;width:400px;height:120px"
    body = f"{_STYLE}<h1 data-fit='48 60' style='{box}'>{'word ' * 60}</h1>"
    shot = await shoot(lane, make_document(body, template="fit-ellipsis"))
    [found] = await outcomes(lane)

    assert await _sizes_px(lane) == [48]
    assert found["cut"]
    assert found["fits"]
    assert found["text"].endswith("word…")
    assert _ink_outside(shot, 100, 100, 500, 220) == 0


async def test_several_texts_are_fitted_at_once(lane: Lane) -> None:
    """Headline and quote shrink each by its own need, not by the worst among them."""
    cell = "position:absolute;width:360px;height:200px;top:50px"
    texts = ["Hi", WORDS["latin"], WORDS["latin"] * 5]
    cells = "".join(
        f"<h1 data-fit='16 72' style='{cell};left:{20 + 390 * at}px'>{text}</h1>"
        for at, text in enumerate(texts)
    )
    shot = await shoot(lane, make_document(_STYLE + cells, template="fit-several"))
    sizes = await _sizes_px(lane)

    assert sizes[0] == 72
    assert 72 > sizes[1] > sizes[2] >= 16
    ink = _ink(shot)
    for gutter in (slice(382, 408), slice(772, 798), slice(1162, 1200)):
        assert not ink[:, gutter].any()
    assert not ink[253:].any()


@pytest.mark.parametrize("asked", ["", "x", "-5 20", "40 20", "NaN 9", "0 0", "1e9 2e9", "30"])
async def test_nonsense_is_no_failure(lane: Lane, asked: str) -> None:
    """A template's typing error must cost its fitting, not its cards."""
    body = f"{_STYLE}<h1 data-fit='{asked}' style='height:200px;overflow:hidden'>words</h1>"
    shot = await shoot(lane, make_document(body, template="fit-nonsense"))
    assert shot.path == "canvas"
