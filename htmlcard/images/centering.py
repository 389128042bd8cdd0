"""How much of a picture is in its center square: what a square crop leaves of it.

Runs as a child process (`htmlcard.children`), for the pictures are strangers'. A request is a
picture; the answer `P` and a double from 0 to 1, or `E` where it cannot be decoded.
"""

from __future__ import annotations

import io
import struct
import warnings

from PIL import Image, ImageChops

from htmlcard.children.service import serve

SHARE, ERROR = b"P", b"E"
NUMBER = struct.Struct(">d")
MAX_ANSWER_BYTES = 64
_MAX_MEMORY_BYTES = 1024 * 1024 * 1024
_MAX_PIXELS = 50_000_000
#: Wide enough to see text, small enough to cost nothing.
_WIDTH_PX = 256
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "AVIF", "BMP")


def main() -> None:
    """Answers requests until the parent closes the pipe."""
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = None  # ours is checked before anything is decoded
    serve(_answer, _MAX_MEMORY_BYTES)


def _answer(request: bytes) -> tuple[bytes, bytes]:
    try:
        return SHARE, NUMBER.pack(measure_center(request))
    except MemoryError:
        raise
    # Pillow's decoders raise whatever comes up, from struct.error to SyntaxError.
    except Exception:
        return ERROR, b""


def measure_center(data: bytes) -> float:
    """The share of the picture's edges that lies in its center square; 1 where it has none.

    Edges are differences in gray of neighbors, right and below, of the picture 256 px wide.
    Raises whatever Pillow does where it is no picture, ValueError where it is too large.
    """
    with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
        width, height = picture.size
        if width * height > _MAX_PIXELS:
            raise ValueError("too many pixels")
        # JPEGs can be decoded at a half, a quarter or an eighth.
        picture.draft("L", (_WIDTH_PX * 2, _WIDTH_PX * 2))
        size = (_WIDTH_PX, max(1, round(height * _WIDTH_PX / width)))
        gray = picture.convert("RGBA") if picture.has_transparency_data else picture.convert("L")
        gray = gray.resize(size, Image.Resampling.BOX)
    if gray.mode == "RGBA":
        ground = Image.new("RGBA", size, "white")
        gray = Image.alpha_composite(ground, gray).convert("L")
    whole = _sum_edges(gray)
    if not whole:
        return 1.0
    side = min(size)
    left, top = (size[0] - side) // 2, (size[1] - side) // 2
    return _sum_edges(gray.crop((left, top, left + side, top + side))) / whole


def _sum_edges(gray: Image.Image) -> int:
    width, height = gray.size
    pairs = (
        (gray.crop((0, 0, width - 1, height)), gray.crop((1, 0, width, height))),
        (gray.crop((0, 0, width, height - 1)), gray.crop((0, 1, width, height))),
    )
    total = 0
    for first, second in pairs:
        if 0 not in first.size:
            counts = ImageChops.difference(first, second).histogram()
            total += sum(value * count for value, count in enumerate(counts))
    return total


if __name__ == "__main__":
    main()
