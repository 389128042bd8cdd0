"""The five cards everybody draws, and how each single picture is told from all others.

What a card looks like is in `corpus/<name>/card.html` for browsers and written
anew, as their users would, in `peers/cards.mjs` and `workers/pillow_cards.py`.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image

SIZE_PX = (1200, 630)
NONCE_PX = 60
EMOJI = "🚀🎉"

TITLES = {
    "flat": "Seven habits of software that is still fast after ten years",
    "gradient": "Designing a queue that never loses a message and never lies",
    "photo": "Above the tree line: what four winters up there taught us",
    "cjk": "日本語の長い見出しも美しく組む🚀世界中の読者に届けるための完全ガイド🎉",
    "product": "Handmade desk lamp and bowl in warm terracotta",
}
#: A lossy encoder moves a flat color by a few levels; colors of two cards differ by 17 at least.
_TOLERANCE = 8


@dataclass(frozen=True, slots=True)
class Fields:
    """What is filled into one card."""

    title: str
    nonce: str
    number: int


def get_nonce(number: int) -> tuple[int, int, int]:
    """The color of card `number`: one of 4,096, a different one for any two near in time."""
    mixed = (number * 2654435761) & 0xFFFFFFFF
    red, green, blue = (mixed >> 28) & 15, (mixed >> 24) & 15, (mixed >> 20) & 15
    return red * 17, green * 17, blue * 17


def get_fields(card: str, number: int) -> Fields:
    red, green, blue = get_nonce(number)
    return Fields(TITLES[card], f"#{red:02x}{green:02x}{blue:02x}", number)


def find_fault(data: bytes, number: int, format: str) -> str | None:
    """Why these bytes are not a whole picture of card `number`; None where they are."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            if (image.format or "").lower() != format:
                return f"is {image.format}, not {format}"
            if image.size != SIZE_PX:
                return f"is {image.size[0]}x{image.size[1]}"
            corner = image.convert("RGB").crop(
                (SIZE_PX[0] - NONCE_PX, SIZE_PX[1] - NONCE_PX, *SIZE_PX)
            )
    except (OSError, SyntaxError) as error:
        return f"cannot be decoded: {error}"
    wanted = get_nonce(number)
    # The rim may be blended with its surroundings, and lossy encoders bleed over it.
    inner = corner.crop((12, 12, NONCE_PX - 4, NONCE_PX - 4))
    for channel, level in zip(inner.split(), wanted, strict=True):
        levels = channel.tobytes()
        if min(levels) < level - _TOLERANCE or max(levels) > level + _TOLERANCE:
            return f"has the color of another card: {inner.getpixel((20, 20))}, not {wanted}"
    return None
