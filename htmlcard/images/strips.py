"""Pictures one below the other."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image

from htmlcard.images.decode import decode


def join_strips(strips: Sequence[bytes]) -> bytes:
    """One PNG of at least one strip, all as wide as the first. Raises BadShot."""
    pictures = [decode(strip) for strip in strips]
    height = sum(picture.height for picture in pictures)
    joined = Image.new("RGB", (pictures[0].width, height))
    top = 0
    for picture in pictures:
        joined.paste(picture, (0, top))
        top += picture.height
    out = io.BytesIO()
    joined.save(out, "PNG", optimize=True)
    return out.getvalue()
