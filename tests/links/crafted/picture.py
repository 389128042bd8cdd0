"""The pictures of crafted sites, drawn when they are asked for: none is stored."""

from __future__ import annotations

import io
import random
import struct
import zlib
from dataclasses import dataclass
from functools import cache
from typing import Literal

from PIL import Image, ImageDraw

_CRUST, _DOUGH, _TABLE = (122, 72, 30), (236, 196, 132), (250, 246, 238)
#: A JPEG segment's length has 16 bits and counts itself (ITU T.81, B.1.1.4).
_MOST_IN_A_SEGMENT = 65_533


@dataclass(frozen=True)
class Picture:
    """A loaf on a table: in the middle, or `off_center` at the left edge."""

    format: Literal["png", "jpeg", "webp", "gif", "avif", "svg"]
    width: int
    height: int
    bytes_at_least: int = 0
    animated: bool = False
    off_center: bool = False

    @property
    def content_type(self) -> str:
        return "image/svg+xml" if self.format == "svg" else f"image/{self.format}"


@cache
def encode_picture(picture: Picture) -> bytes:
    """The file, with noise in a comment where it must be larger than it is.

    Raises ValueError where the format has no such comments.
    """
    if picture.format == "svg":
        return _svg(picture)
    first = _draw(picture)
    more = [first.transpose(Image.Transpose.FLIP_TOP_BOTTOM)] if picture.animated else []
    file = io.BytesIO()
    frames = {"save_all": True, "append_images": more} if more else {}
    first.save(file, picture.format, **frames)
    data = file.getvalue()
    missing = picture.bytes_at_least - len(data)
    return _padded(data, picture.format, missing) if missing > 0 else data


def _draw(picture: Picture) -> Image.Image:
    """The loaf with cuts across it, all of it within one square as high as the picture."""
    image = Image.new("RGB", (picture.width, picture.height), _TABLE)
    side = min(picture.width, picture.height)
    if picture.off_center:
        # Narrow enough to end before the middle square begins.
        side = min(side, (picture.width - picture.height) // 2)
    left = 0 if picture.off_center else (picture.width - side) // 2
    top = (picture.height - side) // 2
    draw = ImageDraw.Draw(image)
    draw.ellipse(
        (left + 2, top + 2, left + side - 3, top + side - 3), _DOUGH, _CRUST, side // 30 + 1
    )
    for cut in range(3, 7):
        x = left + side * cut // 10
        draw.line((x, top + side // 3, x + side // 12, top + side * 2 // 3), _CRUST, side // 40 + 1)
    return image


def _svg(picture: Picture) -> bytes:
    width, height = picture.width, picture.height
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    loaf = f'<circle cx="{width // 2}" cy="{height // 2}" r="{height // 2}" fill="#ecc484"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{loaf}</svg>\n'.encode()


def _padded(data: bytes, format: str, missing: int) -> bytes:
    noise = random.Random(missing).randbytes(missing)
    if format == "png":
        # A private chunk (PNG, 5.4) before IEND, which is 12 bytes and last.
        crc = zlib.crc32(b"noIs" + noise)
        chunk = struct.pack(">I", missing) + b"noIs" + noise + struct.pack(">I", crc)
        return data[:-12] + chunk + data[-12:]
    if format == "jpeg":
        pieces = [
            noise[at : at + _MOST_IN_A_SEGMENT] for at in range(0, missing, _MOST_IN_A_SEGMENT)
        ]
        comments = (b"\xff\xfe" + struct.pack(">H", len(piece) + 2) + piece for piece in pieces)
        return data[:2] + b"".join(comments) + data[2:]
    raise ValueError(f"{format} cannot be made larger; take png or jpeg")
