"""Writes PNG files: our own filters and ISA-L's deflate, several times as fast as Pillow.

`near_lossless` and `palette` prepare the pixels; `fallback` writes through here too.
Layout: W3C PNG, sections 5 and 11.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

_TRUECOLOR, _INDEXED = 2, 3
_FILTER_NONE, _FILTER_UP, _FILTER_AVERAGE, _FILTER_PAETH = 0, 2, 3, 4

#: The most `encode_indexed` gains by its slower ways: what exceeds the budget by more is given up.
MAX_GAIN = 1.35


def encode_rgb(pixels: Pixels) -> bytes:
    """A truecolor PNG of `pixels` (height, width, 3), every row filtered by Up."""
    height, width, _ = pixels.shape
    flat = pixels.reshape(height, -1)
    rows = np.empty((height, flat.shape[1] + 1), np.uint8)
    rows[:, 0] = _FILTER_UP
    rows[0, 1:] = flat[0]
    np.subtract(flat[1:], flat[:-1], out=rows[1:, 1:])
    return _assemble(width, height, 8, _TRUECOLOR, b"", isal_zlib.compress(rows.data, 2))


def encode_indexed(index: Pixels, palette: Pixels, max_bytes: int) -> bytes:
    """A palette PNG of `index` (height, width) into `palette` (colors, 3), at most 256 colors.

    Packed to 1, 2, 4 or 8 bits a pixel. The quickest way of writing it that stays
    within `max_bytes` is taken, else the smallest found. A palette in order of
    brightness makes photographs smaller.
    """
    height, width = index.shape
    bits = next(bits for bits in (1, 2, 4, 8) if len(palette) <= 1 << bits)
    packed = _pack(index, bits)
    frame = len(_assemble(width, height, bits, _INDEXED, palette.tobytes(), b""))
    best = b""
    for gain, write in _list_ways(packed, bits):
        excess = (frame + len(best)) / max(1, max_bytes)
        if not best or 1 < excess <= gain:
            best = min(best, write(), key=len) if best else write()
    return _assemble(width, height, bits, _INDEXED, palette.tobytes(), best)


def _list_ways(packed: Pixels, bits: int) -> list[tuple[float, Callable[[], bytes]]]:
    """Ways to write the rows, quickest first, with the most each has been seen to gain.

    Photographs gain by a filter, noise by doing without repeats: spurious matches cost more than
    they save.
    """
    plain = _filter_rows(packed, _FILTER_NONE, packed)
    ways: list[tuple[float, Callable[[], bytes]]] = [
        (1, lambda: isal_zlib.compress(plain, 2)),
        (1.15, lambda: _deflate(plain, 1, zlib.Z_RLE)),
    ]
    if bits == 8:
        ways += [
            (MAX_GAIN, lambda: _deflate(_average(packed), 1, zlib.Z_RLE)),
            (MAX_GAIN, lambda: _deflate(_paeth(packed), 1, zlib.Z_RLE)),
        ]
    ways.append((1.15, lambda: _deflate(plain, 6, zlib.Z_DEFAULT_STRATEGY)))
    return ways


def _filter_rows(packed: Pixels, filter_type: int, filtered: Pixels) -> bytes:
    """Rows as they stand in the file; those equal to the one above are written as such."""
    rows = np.empty((len(packed), packed.shape[1] + 1), np.uint8)
    rows[:, 0] = filter_type
    rows[:, 1:] = filtered
    repeated = np.zeros(len(packed), bool)
    repeated[1:] = (packed[1:] == packed[:-1]).all(axis=1)
    rows[repeated, 0] = _FILTER_UP
    rows[repeated, 1:] = 0
    return rows.tobytes()


def _average(packed: Pixels) -> bytes:
    """Filter 3 of W3C PNG, section 9.2, for one byte a pixel."""
    left, above, _ = _neighbors(packed)
    filtered = (packed - (left + above) // 2).astype(np.uint8)
    return _filter_rows(packed, _FILTER_AVERAGE, filtered)


def _paeth(packed: Pixels) -> bytes:
    """Filter 4 of W3C PNG, section 9.4, for one byte a pixel."""
    left, above, corner = _neighbors(packed)
    to_left, to_above = np.abs(above - corner), np.abs(left - corner)
    to_corner = np.abs(left + above - 2 * corner)
    guess = np.where(
        (to_left <= to_above) & (to_left <= to_corner),
        left,
        np.where(to_above <= to_corner, above, corner),
    )
    return _filter_rows(packed, _FILTER_PAETH, (packed - guess).astype(np.uint8))


def _neighbors(packed: Pixels) -> tuple[NDArray[np.int16], ...]:
    """What stands left, above, and left above of each byte; zero outside."""
    padded = np.pad(packed.astype(np.int16), ((1, 0), (1, 0)))
    return padded[1:, :-1], padded[:-1, 1:], padded[:-1, :-1]


def _deflate(raw: bytes, level: int, strategy: int) -> bytes:
    squeezer = zlib.compressobj(level, zlib.DEFLATED, 15, 9, strategy)
    return squeezer.compress(raw) + squeezer.flush()


def _pack(index: Pixels, bits: int) -> Pixels:
    if bits == 8:
        return index
    per_byte = 8 // bits
    height, width = index.shape
    padded = np.pad(index, ((0, 0), (0, -width % per_byte)))
    packed = np.zeros((height, padded.shape[1] // per_byte), np.uint8)
    for place in range(per_byte):
        packed |= padded[:, place::per_byte] << (8 - bits * (place + 1))
    return packed


def _assemble(
    width: int, height: int, bits: int, color_type: int, palette: bytes, body: bytes
) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, bits, color_type, 0, 0, 0)
    chunks = [b"\x89PNG\r\n\x1a\n", _chunk(b"IHDR", header)]
    if palette:
        chunks.append(_chunk(b"PLTE", palette))
    chunks += [_chunk(b"IDAT", body), _chunk(b"IEND", b"")]
    return b"".join(chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    crc = zlib.crc32(content, zlib.crc32(kind))
    return b"".join((struct.pack(">I", len(content)), kind, content, struct.pack(">I", crc)))
