"""`data-fit` at all lengths from 1 to 300, many boxes to a card: no letter leaves its box."""

from __future__ import annotations

import numpy as np
import pytest

from htmlcard.browser.lane import Lane
from htmlcard.card import Size

from .documents import make_document
from .fitting import WORDS, long_word, outcomes, text_of
from .pictures import pixels
from .shooting import shoot

pytestmark = pytest.mark.browser

_COLUMNS, _ROWS = 10, 10
_CELL_WIDTH, _CELL_HEIGHT = 300, 220
_LEFT, _TOP, _WIDTH, _HEIGHT = 35, 35, 230, 150
_SIZE = Size(_COLUMNS * _CELL_WIDTH, _ROWS * _CELL_HEIGHT)
_LOW, _HIGH = 10, 48
#: Rounding, and the soft edge of a letter.
_SLACK_PX = 2
#: In lines of a fixed height, Arabic glyphs reach out of the last; nothing is clipped there.
_LOW_LINES_PX = 8
#: The hook of a j at the start of a line reaches out of its own width: that is its design.
_OVERHANG_PX = 8


async def _check(lane: Lane, texts: list[str], style: str, slack_px: int = _SLACK_PX) -> None:
    """Draw up to a hundred texts, each in a box of its own, and look beside the boxes for ink."""
    boxes = "".join(
        f"<div data-fit='{_LOW} {_HIGH}' dir=auto style='"
        f"left:{at % _COLUMNS * _CELL_WIDTH + _LEFT}px;"
        f"top:{at // _COLUMNS * _CELL_HEIGHT + _TOP}px'>{text}</div>"
        for at, text in enumerate(texts)
    )
    css = (
        "<style>body{background:#000;color:#fff;font-family:'Noto Sans','Noto Sans CJK JP',"
        "'Noto Sans Arabic','Noto Sans Thai',sans-serif}"
        f"div{{position:absolute;width:{_WIDTH}px;height:{_HEIGHT}px;{style}}}</style>"
    )
    document = make_document(css + boxes, template="fit-lengths", size=_SIZE)
    ink = pixels(await shoot(lane, document)).max(axis=2) > 60
    cells = ink.reshape(_ROWS, _CELL_HEIGHT, _COLUMNS, _CELL_WIDTH).swapaxes(1, 2).copy()
    rows = slice(_TOP - slack_px, _TOP + _HEIGHT + slack_px)
    columns = slice(_LEFT - _OVERHANG_PX, _LEFT + _WIDTH + _OVERHANG_PX)
    inside = cells[:, :, rows, columns].sum(axis=(2, 3)).ravel()[: len(texts)]
    outside = cells.sum(axis=(2, 3)).ravel()[: len(texts)] - inside

    leaving = {at: texts[at] for at in np.flatnonzero(outside)}
    assert not leaving
    assert inside.min() > 10
    for text, found in zip(texts, await outcomes(lane), strict=True):
        assert _LOW <= found["size"] <= _HIGH, text
        assert found["fits"], text
        assert found["text"].endswith("…") if found["cut"] else found["text"] == text


@pytest.mark.parametrize("script", WORDS)
async def test_any_length_stays_in_its_box(lane: Lane, script: str) -> None:
    """Titles come from strangers in every script and length; cut letters are seen first."""
    texts = [text_of(script, length) for length in range(1, 301, 3)]
    await _check(lane, texts, "overflow:hidden;line-height:normal")


@pytest.mark.soak
@pytest.mark.parametrize("script", WORDS)
@pytest.mark.parametrize(
    "style",
    [
        "overflow:hidden;line-height:normal",
        "line-height:1.36",
        "line-height:1.5;text-wrap:balance",
        "padding:.14em 1ch;line-height:normal;box-sizing:border-box",
        "letter-spacing:.05em;font-weight:700;line-height:normal",
        "writing-mode:vertical-rl;line-height:1.5",
    ],
)
async def test_every_length_in_every_style(lane: Lane, script: str, style: str) -> None:
    """What templates set beside data-fit changes every line break, and must change no promise."""
    for first in (1, 101, 201):
        texts = [text_of(script, length) for length in range(first, first + 100)]
        await _check(lane, texts, style, _SLACK_PX if "normal" in style else _LOW_LINES_PX)


@pytest.mark.parametrize(
    "style",
    [
        "overflow:hidden;line-height:normal",
        "line-height:1.5;text-wrap:balance",
        "line-height:1.4;writing-mode:vertical-rl",
    ],
)
async def test_one_long_word_of_any_length(lane: Lane, style: str) -> None:
    """A word has nowhere to break: it shrinks, and at the smallest size is broken."""
    await _check(lane, [long_word(length) for length in range(1, 101)], style)
