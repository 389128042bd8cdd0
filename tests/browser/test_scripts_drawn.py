"""Every script is drawn by a font made for it, offline, with nothing set by anybody."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from htmlcard.browser.lane import Lane
from htmlcard.card import Size
from htmlcard.glyphs import GlyphCoverage
from htmlcard.templating.lang import DEFAULT_LANG, find_direction, find_lang

from .documents import make_document, unused_name
from .finished import as_card
from .fonts_used import find_fonts
from .pictures import pixels
from .script_rows import ROWS, ScriptRow
from .shooting import shoot

pytestmark = pytest.mark.browser

#: Spaces, punctuation, and the letters of other scripts inside a text.
_HELPERS = {"Noto Sans"}
#: Unassigned for good reasons (Unicode, Greek block): no font has it, so it is drawn as a box.
_NO_CHARACTER = "\u0378"
_CELL_PX = 40
_SHEET = Size(1200, 1200)
_HAN = "骨直令角今者"
_HAN_FAMILIES = {"ja": "JP", "zh-Hans": "SC", "zh-Hant": "TC", "ko": "KR"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
async def test_a_plain_template_draws_every_script_by_itself(lane: Lane, row: ScriptRow) -> None:
    """Somebody's first template says `sans-serif` and knows nothing of fonts or languages."""
    assert (find_lang([row.text]), find_direction(DEFAULT_LANG, [row.text])) == row[1:3]
    assert GlyphCoverage.load().find_missing(row.text) == ()

    card = as_card(f"<h1 id=text>{row.text}</h1>", row.text, css="h1{font-family:sans-serif}")
    await shoot(lane, card)

    fonts = (await find_fonts(lane))["text"]
    assert set(fonts) - _HELPERS == set(row.families) - _HELPERS
    # One glyph for each sequence: no family in pieces, no flag as two letters.
    if row.families == ("Noto Color Emoji",):
        assert fonts["Noto Color Emoji"] == len(row.text.split())


async def test_no_character_of_any_script_is_a_box(lane: Lane) -> None:
    """Seen in the picture, not believed: each character beside the box that a missing one gets."""
    cells: list[tuple[str, str, str]] = []
    for row in ROWS:
        shown = [char for char in dict.fromkeys(row.text) if _has_shape(char)]
        cells += [(char, row.lang, row.direction) for char in (_NO_CHARACTER, *shown)]
    body = "".join(f"<b lang={lang} dir={direction}>{char}</b>" for char, lang, direction in cells)
    css = (
        "body{display:flex;flex-wrap:wrap;align-content:start}b{overflow:hidden;text-align:center;"
        f"width:{_CELL_PX}px;height:{_CELL_PX}px;font:24px/{_CELL_PX}px sans-serif}}"
    )
    card = make_document(body, head=f"<style>{css}</style>", template=unused_name(), size=_SHEET)
    assert len(cells) <= (_SHEET.width_px // _CELL_PX) * (_SHEET.height_px // _CELL_PX)
    drawn = _cut(pixels(await shoot(lane, card)), len(cells))

    boxes: dict[str, NDArray[np.uint8]] = {}
    for (char, lang, _), picture in zip(cells, drawn, strict=True):
        if char == _NO_CHARACTER:
            boxes[lang] = picture
            assert (picture < 128).any(), f"a missing character leaves no trace in {lang}"
        else:
            assert not (picture == boxes[lang]).all(), f"{char!r} (U+{ord(char):04X}) is a box"
    assert len(drawn) > 400


@pytest.mark.parametrize("generic", ["sans-serif", "serif"])
async def test_han_characters_take_the_shape_of_their_language(lane: Lane, generic: str) -> None:
    """A Chinese reader sees at once that a title is set in Japanese shapes."""
    kind = generic.removesuffix("-serif").title()
    pictures = {}
    for lang, region in _HAN_FAMILIES.items():
        named = f'font-family:"Noto {kind} CJK {region}"'
        both = f"<p>{_HAN}</p><p style='{named}' lang=en>{_HAN}</p>"
        css = f"p{{margin:0;height:300px;font:150px/300px {generic}}}"
        drawn = pixels(await shoot(lane, as_card(both, _HAN, lang=lang, css=css)))
        assert (drawn[:300] == drawn[300:600]).all(), f"{lang} is not in {named}"
        pictures[lang] = [drawn[:300, 150 * i : 150 * (i + 1)] for i in range(len(_HAN))]

    for one, other, char in (
        ("zh-Hans", "ja", "骨"),
        ("zh-Hans", "zh-Hant", "骨"),
        ("zh-Hans", "ja", "直"),
        ("zh-Hant", "ja", "令"),
        ("zh-Hans", "ko", "骨"),
        ("ko", "zh-Hant", "令"),
        ("ko", "ja", "者"),
    ):
        at = _HAN.index(char)
        assert (pictures[one][at] != pictures[other][at]).any(), f"{char}: {one} as {other}"


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("骨を直す", "JP"),
        ("骨头和直线，这边", "SC"),
        ("骨頭與直線，這邊", "TC"),
        ("뼈骨直者", "KR"),
        ("Next.js 入門ガイド", "JP"),
        ("Kubernetes 网络入门", "SC"),
    ],
)
@pytest.mark.parametrize("scripts", [False, True], ids=["plain", "scripted"])
async def test_titles_without_lang_tell_their_language(
    lane: Lane, text: str, region: str, scripts: bool
) -> None:
    """Most sites send no `lang`; scripted cards get pages of their own, and the same fonts."""
    named = f'font-family:"Noto Sans CJK {region}"'
    both = f"<p>{text}</p><p style='{named}' lang=en>{text}</p>"
    css = "p{margin:0;height:300px;font:90px/300px sans-serif}"
    card = replace(as_card(both, text, css=css), scripts=scripts)
    drawn = pixels(await shoot(lane, card))
    assert (drawn[:300] < 128).any()
    assert (drawn[:300] == drawn[300:600]).all()


async def test_one_language_leaves_nothing_to_the_next_card(lane: Lane) -> None:
    """A lane draws for everybody: shapes kept for a Japanese title are wrong for a Chinese one."""
    css = "p{margin:0;font:200px/300px sans-serif}"
    first = {}
    for lang in (*_HAN_FAMILIES, *_HAN_FAMILIES, *reversed(_HAN_FAMILIES)):
        document = as_card(f"<p>{_HAN}</p>", _HAN, lang=lang, css=css)
        shot = await shoot(lane, replace(document, template="han", fingerprint="han"))
        assert (pixels(shot) == first.setdefault(lang, pixels(shot))).all()
    assert len({picture.tobytes() for picture in first.values()}) == len(first)


async def test_mixed_scripts_keep_their_own_faces(lane: Lane) -> None:
    """An English card that quotes Hebrew or Korean has one `lang`, and as good letters for both."""
    parts = {row.name: row for row in ROWS if row.families[0] != "Noto Color Emoji"}
    body = "".join(f"<p id='{i}'>{row.text}</p>" for i, row in enumerate(parts.values()))
    await shoot(lane, as_card(body, "English", css="p{font:16px sans-serif;margin:0}"))

    fonts = await find_fonts(lane)
    for i, row in enumerate(parts.values()):
        wanted = {"Noto Sans CJK" if "CJK" in family else family for family in row.families}
        used = {"Noto Sans CJK" if "CJK" in family else family for family in fonts[str(i)]}
        assert used - _HELPERS == wanted - _HELPERS, row.name


def _has_shape(char: str) -> bool:
    """Whether a character makes a mark of its own, and no half of an emoji."""
    lone_mark = "\u0300" <= char <= "\u036f" or char in "\u20e3\ufe0f\u200d\u200c"
    return not (char.isspace() or lone_mark or "\U000e0000" <= char <= "\U000e0fff")


def _cut(picture: NDArray[np.uint8], count: int) -> list[NDArray[np.uint8]]:
    columns = picture.shape[1] // _CELL_PX
    corners = [(i // columns * _CELL_PX, i % columns * _CELL_PX) for i in range(count)]
    return [picture[y : y + _CELL_PX, x : x + _CELL_PX] for y, x in corners]
