"""Encoding in the page, and reading the result as strictly as PNG's specification allows."""

from __future__ import annotations

import base64
import io
import struct
import zlib

import numpy as np
from encoder_pictures import Pixels
from PIL import Image
from playwright.async_api import Page

NO_LIMIT = 1 << 32

ENCODE = """([pixels, width, height, tolerance, limit]) => encodePng(
  new Uint8ClampedArray(Uint8Array.fromBase64(pixels).buffer), width, height, tolerance, limit)"""


async def encode_in_page(
    page: Page, picture: Pixels, tolerance: int = 0, limit_bytes: int = NO_LIMIT
) -> bytes | None:
    height, width = picture.shape[:2]
    pixels = base64.b64encode(picture.tobytes()).decode("ascii")
    png = await page.evaluate(ENCODE, [pixels, width, height, tolerance, limit_bytes])
    return None if png is None else base64.b64decode(png, validate=True)


def check_chunks(png: bytes, width: int, height: int) -> None:
    """Signature, order, CRCs, Adler-32 and the exact length of what was compressed."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    found, at = [], 8
    while at < len(png):
        (size,) = struct.unpack_from(">I", png, at)
        body = png[at + 4 : at + 8 + size]
        assert struct.unpack_from(">I", png, at + 8 + size)[0] == zlib.crc32(body)
        found.append((body[:4], body[4:]))
        at += 12 + size
    assert [name for name, _ in found] == [b"IHDR", b"IDAT", b"IEND"]
    assert found[0][1] == struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    inflate = zlib.decompressobj()
    rows = inflate.decompress(found[1][1])
    assert inflate.eof
    assert not inflate.unused_data
    assert len(rows) == height * (3 * width + 1)


def decode(png: bytes) -> Pixels:
    with Image.open(io.BytesIO(png)) as image:
        assert image.mode == "RGB"
        return np.asarray(image)


def largest_difference(png: bytes, picture: Pixels) -> int:
    decoded = decode(png).astype(np.int16)
    assert decoded.shape == (*picture.shape[:2], 3)
    return int(np.abs(decoded - picture[..., :3]).max())
