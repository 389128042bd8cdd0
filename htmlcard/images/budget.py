"""The byte-budget ladder: the first step that fits is taken.

PNG: lossless, near-lossless (`near_lossless`), palette (`palette`), smoothed.
JPEG and WebP: falling quality, then smoothed. Whether a picture is whole is
judged before, in `probe`.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from math import log2

import numpy as np
from PIL import Image

from htmlcard.card import ImageFormat
from htmlcard.images.decode import decode
from htmlcard.images.near_lossless import hold
from htmlcard.images.palette import quantize
from htmlcard.images.png import MAX_GAIN, Pixels, encode_indexed, encode_rgb

#: More than 2 can be seen: a value is dragged down a flat area, which it streaks.
_TOLERANCES = (1, 2)
#: What all tolerances together can win over the first; beyond it a palette is the next step.
_TOLERANCE_GAIN = 1.9
_COLORS = (256, 192, 128, 96, 80, 64, 56, 48, 40, 32, 24, 16, 12, 8)
#: The fewest colors of the encoder in the page; here they are written smaller.
_SQUEEZED_COLORS = 16
_FACTORS = (2, 3, 4, 6, 8, 12, 16, 24, 32, 64, 128)
_SMOOTHED_COLORS = 8
_QUALITIES = (90, 85, 80, 75, 70, 65, 60, 55, 50, 45, 40, 35, 30, 25)


def fit_png(data: bytes, max_bytes: int, *, squeezed: bool = False) -> tuple[bytes, str]:
    """Bring a PNG within `max_bytes`: the new bytes, and the step of the ladder that did it.

    Steps: `lossless` (the bytes as they came), `near-lossless` (no channel off by
    more than 1; `near-lossless-2` likewise), `palette-N` (N colors),
    `smoothed-N` (blocks of N by N pixels), `flat` (one color: the smallest there
    is, returned even where it does not fit). With `squeezed`, who drew the picture tried
    near-lossless and larger palettes in vain: only small ones are left. Raises BadShot for
    an undecodable PNG.
    """
    if len(data) <= max_bytes:
        return data, "lossless"
    return fit_png_picture(decode(data), max_bytes, squeezed=squeezed)


def fit_png_picture(
    picture: Image.Image, max_bytes: int, *, squeezed: bool = False
) -> tuple[bytes, str]:
    """`fit_png` for an RGB picture that is over the budget when lossless."""
    if squeezed:
        few = [colors for colors in _COLORS if colors <= _SQUEEZED_COLORS]
        return _fit_palette(picture, max_bytes, few) or _fit_smoothed_png(picture, max_bytes)
    pixels = np.asarray(picture)
    for tolerance in _TOLERANCES:
        data = encode_rgb(hold(pixels, tolerance))
        if len(data) <= max_bytes:
            return data, "near-lossless" if tolerance == 1 else f"near-lossless-{tolerance}"
        if len(data) > max_bytes * _TOLERANCE_GAIN:
            break
    return _fit_palette(picture, max_bytes, _COLORS) or _fit_smoothed_png(picture, max_bytes)


def fit_lossy(data: bytes, format: ImageFormat, max_bytes: int) -> tuple[bytes, str]:
    """Bring a JPEG or WebP within `max_bytes`: the new bytes, and the step that did it.

    Steps: `original`, `qN` (quality N), `smoothed-N` (detail below N pixels gone),
    `flat` (returned even where it does not fit). Raises BadShot for undecodable bytes.
    """
    if len(data) <= max_bytes:
        return data, "original"
    return fit_lossy_picture(decode(data), format, max_bytes)


def fit_lossy_picture(
    picture: Image.Image,
    format: ImageFormat,
    max_bytes: int,
) -> tuple[bytes, str]:
    """The best quality of an RGB picture as JPEG or WebP within `max_bytes`, found by halving."""
    best: tuple[bytes, str] | None = None
    low, high = 0, len(_QUALITIES)
    middle = 0
    while low < high:
        data = encode_lossy(picture, format, _QUALITIES[middle])
        if len(data) <= max_bytes:
            best, high = (data, f"q{_QUALITIES[middle]}"), middle
        else:
            low = middle + 1
        middle = (low + high) // 2
    if best is not None:
        return best
    for factor in _FACTORS:
        soft = picture.reduce(factor).resize(picture.size, Image.Resampling.BILINEAR)
        data = encode_lossy(soft, format, _QUALITIES[-1])
        if len(data) <= max_bytes:
            return data, f"smoothed-{factor}"
    return encode_lossy(_flat(picture), format, _QUALITIES[-1]), "flat"


def encode_lossy(picture: Image.Image, format: ImageFormat, quality: int) -> bytes:
    """An RGB picture as JPEG or WebP, `quality` 1..100."""
    out = io.BytesIO()
    if format is ImageFormat.JPEG:
        picture.save(out, "JPEG", quality=quality)
    else:
        # Methods above 2 took twice as long for 3 % fewer bytes.
        picture.save(out, "WEBP", quality=quality, method=2)
    return out.getvalue()


def _fit_palette(
    picture: Image.Image, max_bytes: int, choice: Sequence[int]
) -> tuple[bytes, str] | None:
    """The most colors of `choice` that fit, or None. Half the colors save about one bit a pixel."""
    bits_per_byte = 8 / (picture.width * picture.height)
    remaining = list(choice)
    while remaining:
        colors = remaining.pop(0)
        data = encode_indexed(*quantize(picture, colors), max_bytes)
        if len(data) <= max_bytes:
            return data, f"palette-{colors}"
        # What is far too large has not been squeezed yet.
        reachable = max_bytes * (MAX_GAIN if len(data) > max_bytes * MAX_GAIN else 1)
        hoped = 2 ** (log2(colors) - (len(data) - reachable) * bits_per_byte)
        if hoped < choice[-1] / 2:
            return None
        remaining = [fewer for fewer in remaining if fewer <= hoped] or remaining[-1:]
    return None


def _fit_smoothed_png(picture: Image.Image, max_bytes: int) -> tuple[bytes, str]:
    for factor in _FACTORS:
        index, palette = quantize(picture.reduce(factor), _SMOOTHED_COLORS)
        data = encode_indexed(_enlarge(index, factor, picture.size), palette, max_bytes)
        if len(data) <= max_bytes:
            return data, f"smoothed-{factor}"
    flat = _flat(picture)
    color = np.array([flat.getpixel((0, 0))], np.uint8)
    return encode_indexed(np.zeros((picture.height, picture.width), np.uint8), color, 0), "flat"


def _enlarge(index: Pixels, factor: int, size: tuple[int, int]) -> Pixels:
    """Whole blocks: repeated rows cost almost nothing in a PNG, smooth ones cost a lot."""
    return index.repeat(factor, axis=0).repeat(factor, axis=1)[: size[1], : size[0]]


def _flat(picture: Image.Image) -> Image.Image:
    return picture.resize((1, 1), Image.Resampling.BOX).resize(picture.size)
