"""Bytes to an RGB picture in memory, with a cap on its area.

The one place where Pillow opens foreign bytes; `probe` and `budget` call it.
"""

from __future__ import annotations

import io

from PIL import Image

from htmlcard.errors import BadShot

#: 4096 x 4096 at scale 2 is the largest card there is; Pillow's own guard only warns below 179 M.
MAX_PIXELS = 8192 * 8192
_FORMATS = ("PNG", "JPEG", "WEBP")


def decode(data: bytes, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Decode a PNG, JPEG or WebP to mode RGB; transparency is dropped, cards are opaque.

    Raises BadShot where the bytes are no such picture, are damaged or hold too many pixels.
    """
    return _decode(data, max_pixels, "RGB")


def decode_with_alpha(data: bytes, max_pixels: int) -> Image.Image:
    """Like `decode`, to mode RGBA: for logos."""
    return _decode(data, max_pixels, "RGBA")


def _decode(data: bytes, max_pixels: int, mode: str) -> Image.Image:
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            if picture.width * picture.height > max_pixels:
                raise ValueError(f"{picture.width}x{picture.height} pixels are too many")
            return picture.convert(mode)
    # Pillow's decoders raise whatever comes up, from struct.error to SyntaxError and Warning.
    except Exception as error:
        raise BadShot(f"The picture cannot be decoded: {error}. Draw it again.") from error
