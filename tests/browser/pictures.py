"""Pictures to put into documents, and eyes for those that come out."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from numpy.typing import NDArray
from PIL import Image

from htmlcard.card import Shot

Color = tuple[int, int, int]

RED, GREEN, BLUE = (220, 20, 20), (20, 180, 20), (20, 20, 220)
WHITE, BLACK = (255, 255, 255), (0, 0, 0)


def css(color: Color) -> str:
    return f"rgb({color[0]},{color[1]},{color[2]})"


def nonce_color(number: int) -> Color:
    """One of 512 colors, so far apart that no lossy encoder takes one for another."""
    return (number % 8 * 32 + 16, number // 8 % 8 * 32 + 16, number // 64 % 8 * 32 + 16)


def solid_png(color: Color, width_px: int = 40, height_px: int = 40) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width_px, height_px), color).save(out, "PNG")
    return out.getvalue()


def moving_gif(colors: Sequence[Color]) -> bytes:
    """An endless animation of one frame per color, 40 ms each."""
    frames = [Image.new("RGB", (40, 40), color) for color in colors]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=40, loop=0)
    return out.getvalue()


def solid_svg(color: Color) -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40">'
        f'<rect width="40" height="40" fill="{css(color)}"/></svg>'
    )


def block_font(*, wide: bool) -> bytes:
    """A font whose one letter, A, is a solid block: one em wide or half, one em high.

    In system fonts an A is mostly holes, so pixels tell which font was used.
    """
    width = 1000 if wide else 500
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for corner in ((0, 1000), (width, 1000), (width, 0)):
        pen.lineTo(corner)
    pen.closePath()
    empty = TTGlyphPen(None).glyph()
    font = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder([".notdef", "A"])
    font.setupCharacterMap({ord("A"): "A"})
    font.setupGlyf({".notdef": empty, "A": pen.glyph()})
    font.setupHorizontalMetrics({".notdef": (width, 0), "A": (width, 0)})
    font.setupHorizontalHeader(ascent=1000, descent=0)
    font.setupNameTable({"familyName": "Block", "styleName": "Regular"})
    font.setupOS2(sTypoAscender=1000, usWinAscent=1000, usWinDescent=0)
    font.setupPost()
    out = io.BytesIO()
    font.font.save(out)
    return out.getvalue()


def pixels(shot: Shot) -> NDArray[np.uint8]:
    """Height x width x RGB, wholly decoded; fails where format or size are not as the shot says."""
    kind, picture = _decode(shot.data)
    assert kind == shot.format.value
    assert picture.shape[:2] == (shot.size_px.height_px, shot.size_px.width_px)
    return picture


@lru_cache(maxsize=2)
def _decode(data: bytes) -> tuple[str, NDArray[np.uint8]]:
    with Image.open(io.BytesIO(data)) as image:
        return (image.format or "").lower(), np.asarray(image.convert("RGB"))


def is_color(found: NDArray[np.uint8], wanted: Color, by: int = 8) -> bool:
    """Whether all given pixels are a color, but for what a lossy encoder does."""
    return bool((np.abs(found.astype(np.int16) - np.asarray(wanted, np.int16)) <= by).all())


def shows(shot: Shot, x: int, y: int, color: Color) -> bool:
    """Whether the pixel at x, y (device pixels) is a color."""
    return is_color(pixels(shot)[y, x], color)


def is_all(shot: Shot, color: Color) -> bool:
    """Whether the middle and the outermost corners show one color."""
    picture = pixels(shot)
    height, width = picture.shape[:2]
    rows, columns = [1, height // 2, height - 2], [1, width // 2, width - 2]
    return is_color(picture[np.ix_(rows, columns)], color)
