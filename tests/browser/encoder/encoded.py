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

# One step of the encoder's ladder on its own, with an instance of its module that all tests
# share. `slot` 0 to 2 keeps the picture for the next, 3 keeps nothing.
ENCODE_STEP = """(module) => {
  const {memory, room, encode_truecolor, encode_palette, output, output_size} =
    new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.fromBase64(module))).exports;
  globalThis.encodeStep = ([pixels, width, height, step, limit, slot]) => {
    const start = room(slot, 0, width, height) >>> 0, bytes = Uint8Array.fromBase64(pixels);
    new Uint8Array(memory.buffer).set(bytes, start);
    limit = Math.min(limit, 0xffffffff);
    const done = step === "palette" ? encode_palette(0, limit) : encode_truecolor(0, step, limit);
    if (!done) return null;
    return new Uint8Array(memory.buffer, output() >>> 0, output_size() >>> 0).toBase64();
  };
}"""

ENCODE_CARD = """([pixels, width, height, limit, key, order]) => {
  pictureEncoder.room(key, width, height).set(Uint8Array.fromBase64(pixels));
  return pictureEncoder.encodePng(order, limit);
}"""


async def encode_step(
    page: Page,
    picture: Pixels,
    step: int | str = 0,
    limit_bytes: int = NO_LIMIT,
    slot: int = 0,
) -> bytes | None:
    """The PNG of `step`: 0 (lossless), 1 or 2 (off by no more) or "palette"; None if too long."""
    height, width = picture.shape[:2]
    png = await page.evaluate(
        "encodeStep", [to_base64(picture), width, height, step, limit_bytes, slot]
    )
    return None if png is None else base64.b64decode(png, validate=True)


async def encode_card(
    page: Page,
    picture: Pixels,
    limit_bytes: int = NO_LIMIT,
    key: str = "card",
    order: str = "RGBX",
) -> tuple[str, bytes] | None:
    """What the stage gets: the step's name and the PNG; None where none fits."""
    height, width = picture.shape[:2]
    found = await page.evaluate(
        ENCODE_CARD, [to_base64(picture), width, height, limit_bytes, key, order]
    )
    if found is None:
        return None
    return found["encoding"], base64.b64decode(found["base64"], validate=True)


def to_base64(picture: Pixels) -> str:
    return base64.b64encode(picture.tobytes()).decode("ascii")


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
    indexed = [name for name, _ in found] == [b"IHDR", b"PLTE", b"IDAT", b"IEND"]
    assert indexed or [name for name, _ in found] == [b"IHDR", b"IDAT", b"IEND"]
    color_type, pixel_bytes = (3, 1) if indexed else (2, 3)
    assert found[0][1] == struct.pack(">IIBBBBB", width, height, 8, color_type, 0, 0, 0)
    inflate = zlib.decompressobj()
    rows = inflate.decompress(found[-2][1])
    assert inflate.eof
    assert not inflate.unused_data
    assert len(rows) == height * (pixel_bytes * width + 1)


def decode(png: bytes) -> Pixels:
    with Image.open(io.BytesIO(png)) as image:
        assert image.mode in ("RGB", "P")
        return np.asarray(image.convert("RGB"))


def largest_difference(png: bytes, picture: Pixels) -> int:
    decoded = decode(png).astype(np.int16)
    assert decoded.shape == (*picture.shape[:2], 3)
    return int(np.abs(decoded - picture[..., :3]).max())
