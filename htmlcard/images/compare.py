"""Looks at pictures: whether two show the same, and whether one shows a mark."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from htmlcard.images.decode import decode

#: Largest difference of a channel that counts as the same: dithering and rounding, invisible.
MAX_CHANNEL_DIFFERENCE = 2


def same_picture(one: bytes, other: bytes) -> bool:
    """True where both have one size and no channel of any pixel differs by more than 2."""
    a, b = decode(one), decode(other)
    if a.size != b.size:
        return False
    difference = np.abs(np.asarray(a, np.int16) - np.asarray(b, np.int16))
    return int(difference.max()) <= MAX_CHANNEL_DIFFERENCE


#: A mark is a row of squares from the top left corner, this large, of these colors.
MARK_SQUARE_PX = 16
#: What JPEG may do to the color of a square's middle.
_MARK_TOLERANCE = 16


def shows_mark(data: bytes, colors: Sequence[int]) -> bool:
    """Whether squares of these colors (0xRRGGBB) stand in the picture's top left corner."""
    picture = decode(data)
    middle = MARK_SQUARE_PX // 2
    for number, color in enumerate(colors):
        x = number * MARK_SQUARE_PX + middle
        if x >= picture.width or middle >= picture.height:
            break
        seen = picture.getpixel((x, middle))
        assert isinstance(seen, tuple)
        wanted = color.to_bytes(3, "big")
        if any(abs(a - b) > _MARK_TOLERANCE for a, b in zip(seen, wanted, strict=True)):
            return False
    return True
