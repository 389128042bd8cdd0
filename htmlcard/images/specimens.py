"""Pictures that are hard on a card: made here, so that none need be shipped.

For `template_tests`, which puts them where strangers' pictures would stand.
"""

from __future__ import annotations

import io
from enum import StrEnum
from functools import cache

import numpy as np
import numpy.typing as npt
from PIL import Image


class Specimen(StrEnum):
    """A kind of picture; the value names it."""

    WIDE = "wide"
    TALL = "tall"
    GIANT = "giant"
    WHITE = "white"
    BLACK = "black"

    @property
    def about(self) -> str:
        return _ABOUT[self]


_ABOUT = {
    Specimen.WIDE: "Pictures eight times as wide as high.",
    Specimen.TALL: "Pictures eight times as high as wide.",
    Specimen.GIANT: "Busy pictures of 24 megapixels.",
    Specimen.WHITE: "Pictures that are nearly white: light text must stay readable on them.",
    Specimen.BLACK: "Pictures that are nearly black: dark text must stay readable on them.",
}
_SIZES = {Specimen.WIDE: (2400, 300), Specimen.TALL: (300, 2400), Specimen.GIANT: (6000, 4000)}
_DEFAULT_SIZE = (1600, 1200)


@cache
def draw_specimen(kind: Specimen) -> bytes:
    """A JPEG of this kind, the same bytes every time."""
    width, height = _SIZES.get(kind, _DEFAULT_SIZE)
    out = io.BytesIO()
    if kind in (Specimen.WHITE, Specimen.BLACK):
        light = 250 if kind is Specimen.WHITE else 6
        Image.new("RGB", (width, height), (light, light, light)).save(out, "JPEG")
        return out.getvalue()
    share = 600 / max(width, height)
    hills = Image.fromarray(_draw_hills(round(width * share), round(height * share)))
    hills.resize((width, height), Image.Resampling.BICUBIC).save(out, "JPEG", quality=80)
    return out.getvalue()


def _draw_hills(width: int, height: int) -> npt.NDArray[np.uint8]:
    """Ridge behind ridge under an evening sky: light, dark and busy in one picture."""
    x = np.linspace(0, 9 * width / max(width, height), width)
    y = np.linspace(0, 1, height)[:, None]
    sky = np.stack([255 - 40 * y, 196 - 60 * y, 150 + 10 * y], axis=2)
    picture = np.broadcast_to(sky, (height, width, 3)).copy()
    for number in range(5):
        far = 0.06 * np.sin(x * (1 + number) + number * 2.1)
        near = 0.02 * np.sin(x * (7 + 3 * number))
        ridge = 0.36 + 0.13 * number + far + near
        shade = np.array([150 - 30 * number, 110 - 20 * number, 140 - 24 * number])
        picture[y > ridge] = shade
    return picture.astype(np.uint8)
