"""`data-fit` and letters that reach out of their lines: tails, stacked marks, italics, swashes."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from htmlcard.browser.lane import Lane

from .documents import make_document
from .fitting import outcomes
from .pictures import pixels
from .shooting import shoot

pytestmark = pytest.mark.browser

_TEXTS = {
    "vietnamese": "Ế Ễ Ẫ ghế gỗ ỷ ạ Ộ Ỹ",
    "thai": "ที่นี่ ปี่ ผู้ใหญ่ ญู ฏู กุ้ง ฟ้า",
    "arabic": "ٱلْحَمْدُ لِلَّٰهِ رَبِّ ٱلْعَٰلَمِينَ جِحِّ",
    "urdu": "<span style='font-family:\"Noto Nastaliq Urdu\"'>ہجے یچچے پیچیدہ لگے</span>",
    "italics": "<i style='font-family:\"Noto Serif\"'>jiffy fjord off golf jfy</i>",
    "hindi": "र्कैं स्त्री ट्ठू द्ध्रू कुँ हूँ",
}
_FONTS = (
    "font-family:'Noto Sans','Noto Sans Arabic','Noto Sans Thai','Noto Sans Devanagari',sans-serif"
)


def _document_css(line_height: str) -> str:
    return (
        "<style>*{margin:0}body{background:#000;color:#fff;"
        f"{_FONTS}}}h1{{font-weight:400;line-height:{line_height}}}</style>"
    )


async def _ink(lane: Lane, body: str) -> NDArray[np.uint8]:
    shot = await shoot(lane, make_document(body, template="fit-ink"))
    bright: NDArray[np.uint8] = pixels(shot).max(axis=2)
    return bright


@pytest.mark.parametrize("text", _TEXTS.values(), ids=_TEXTS)
@pytest.mark.parametrize("line_height", ["0.9", "1.1", "normal"])
async def test_a_box_that_clips_cuts_no_letter(lane: Lane, text: str, line_height: str) -> None:
    """Most base styles say overflow: hidden, and lines are lower than what stands in them."""
    pictures = []
    for overflow in ("hidden", "visible"):
        box = (
            "position:absolute;left:250px;top:200px;width:600px;height:200px;min-height:0;"
            f"overflow:{overflow}"
        )
        body = (
            f"{_document_css(line_height)}<h1 dir=auto data-fit='30 90' style='{box}'>{text}</h1>"
        )
        pictures.append(await _ink(lane, body))
        [found] = await outcomes(lane)
        assert found["fits"]
    assert np.array_equal(pictures[0], pictures[1])
    assert pictures[0].max() > 200


@pytest.mark.parametrize("text", _TEXTS.values(), ids=_TEXTS)
@pytest.mark.parametrize("line_height", ["0.9", "1.2"])
async def test_a_box_around_that_clips_cuts_no_letter(
    lane: Lane, text: str, line_height: str
) -> None:
    """A text in the corner of a panel starts where the panel ends."""
    body = (
        f"{_document_css(line_height)}<main style='position:absolute;left:250px;top:200px;"
        "width:600px;height:220px;overflow:hidden'>"
        f"<h1 dir=auto data-fit='30 90'>{text}</h1></main>"
    )
    ink = await _ink(lane, body)
    [found] = await outcomes(lane)
    inner = ink[200:420, 250:850]

    assert found["fits"]
    assert inner.max() > 200
    # A letter that was cut ends in bright pixels at the edge.
    assert max(edge.max() for edge in (inner[0], inner[-1], inner[:, 0], inner[:, -1])) < 150


@pytest.mark.parametrize("text", _TEXTS.values(), ids=_TEXTS)
@pytest.mark.parametrize("place", ["top:0;left:0", "bottom:0;left:0", "top:0;right:0"])
async def test_the_edge_of_the_card_cuts_no_letter(lane: Lane, text: str, place: str) -> None:
    """Beyond the edge there is nothing, whatever overflow says."""
    body = (
        f"{_document_css('0.95')}<h1 dir=auto data-fit='30 90' style='position:absolute;{place};"
        f"max-width:700px'>{text}</h1>"
    )
    ink = await _ink(lane, body)
    assert ink.max() > 200
    assert max(edge.max() for edge in (ink[0], ink[-1], ink[:, 0], ink[:, -1])) < 150


async def test_padding_moves_only_what_would_be_cut(lane: Lane) -> None:
    """A text with room around it stays where the template put it."""
    place = "position:absolute;left:100px;top:100px"
    body = f"{_document_css('1')}<h1 data-fit='60 60' style='{place}'>Ếgj</h1>"
    await _ink(lane, body)
    found = await lane._page._tab.evaluate(
        "document.getElementById('painted').contentDocument.querySelector('h1').style.padding"
    )
    assert found == ""
