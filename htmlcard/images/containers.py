"""How PNG, JPEG and WebP files are laid out: where a size stands, whether a file is whole.

Reads containers only, never pixels. `probe` next door turns this into verdicts.
Every reader raises ValueError with the reason in words.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
JPEG_SIGNATURE = b"\xff\xd8\xff"

#: Frame headers of ITU-T T.81 table B.1: SOF0-SOF15 without DHT, JPG and DAC.
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_START_OF_SCAN = 0xDA


def is_webp(data: bytes) -> bool:
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def parse_png_size(data: bytes) -> tuple[int, int]:
    """Width and height from IHDR (W3C PNG, section 11.2.1)."""
    if len(data) < 33 or data[8:16] != b"\x00\x00\x00\rIHDR":
        raise ValueError("the PNG does not start with a whole IHDR chunk")
    return struct.unpack_from(">II", data, 16)


def parse_jpeg_size(data: bytes) -> tuple[int, int]:
    """Width and height from the first frame header (ITU-T T.81, section B.2.2)."""
    for marker, start, length in _jpeg_segments(data):
        if marker in _JPEG_FRAMES:
            if length < 7:
                raise ValueError("the JPEG's frame header is too short")
            height, width = struct.unpack_from(">HH", data, start + 1)
            return width, height
    raise ValueError("the JPEG has no frame header")


def parse_webp_size(data: bytes) -> tuple[int, int]:
    """Width and height from VP8X, VP8L or VP8 (RFC 9649, sections 2.7, 3.4 and RFC 6386, 9.1)."""
    if len(data) < 30:
        raise ValueError("the WebP header is cut off")
    kind = data[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8L" and data[20] == 0x2F:
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    raise ValueError("the WebP holds no picture header")


def check_png_whole(data: bytes) -> None:
    """Walk the chunks to IEND and compare each CRC: finds any cut and any flipped byte."""
    at, has_pixels = len(PNG_SIGNATURE), False
    view = memoryview(data)
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind = data[at + 4 : at + 8]
        end = at + 12 + length
        if end > len(data):
            raise ValueError(f"the PNG ends inside its {kind!r} chunk")
        (crc,) = struct.unpack_from(">I", data, end - 4)
        if zlib.crc32(view[at + 4 : end - 4]) != crc:
            raise ValueError(f"the checksum of the PNG's {kind!r} chunk is wrong")
        if kind == b"IEND":
            if not has_pixels or end != len(data):
                raise ValueError("the PNG has no pixels, or something behind its end")
            return
        has_pixels = has_pixels or kind == b"IDAT"
        at = end
    raise ValueError("the PNG has no IEND chunk")


def check_jpeg_whole(data: bytes) -> None:
    """Walk the segments up to the scan, then ask for the end marker.

    An end marker cannot occur inside entropy-coded data (T.81, section B.1.1.5),
    so a cut anywhere is seen. Flipped pixels are not: the format has no checksum.
    """
    if not any(marker == _JPEG_START_OF_SCAN for marker, _, _ in _jpeg_segments(data)):
        raise ValueError("the JPEG has no scan")
    if data[-2:] != b"\xff\xd9":
        raise ValueError("the JPEG has no end marker")


def check_webp_whole(data: bytes) -> None:
    """Compare the RIFF length and walk the chunks to exactly the end (RFC 9649, 2.3 and 2.4)."""
    if int.from_bytes(data[4:8], "little") + 8 != len(data):
        raise ValueError("the WebP is not as long as its header says")
    at, has_pixels = 12, False
    while at + 8 <= len(data):
        has_pixels = has_pixels or data[at : at + 4] in (b"VP8 ", b"VP8L", b"ANMF")
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8 + length + (length & 1)
    if at != len(data) or not has_pixels:
        raise ValueError("the WebP's chunks do not add up to its length")


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield marker, start and length of each segment's content, up to the first scan."""
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            raise ValueError("the JPEG has no marker where one must be")
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        if length < 2 or at + 2 + length > len(data):
            raise ValueError("the JPEG ends inside a segment")
        yield marker, at + 4, length - 2
        if marker == _JPEG_START_OF_SCAN:
            return
        at += 2 + length
