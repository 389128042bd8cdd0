"""The first bytes of a picture: what it is, how large, whether it moves. No pixel is decoded.

Beside what cards are made of (`images.containers`), this knows what pages offer.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass

from htmlcard.images import containers
from htmlcard.links.reading.gif import is_animated_gif

_SVG = re.compile(
    rb"\s*(?:(?:<\?xml[^>]*>|<!--.*?-->|<!DOCTYPE[^>]*>)\s*)*+<svg[\s>]", re.DOTALL | re.IGNORECASE
)
_SVG_WINDOW_BYTES = 4096
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_DIB_HEADERS = frozenset({12, 40, 52, 56, 64, 108, 124})
_MOVING_BRANDS = frozenset({b"avis", b"hevc", b"hevx", b"msf1"})


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """A picture's MIME type and its sides in px as stored, before any rotation by metadata.

    Sides are None where the format has none (SVG) or they stand behind the bytes at hand.
    `is_animated` is what those bytes show.
    """

    type: str
    width_px: int | None = None
    height_px: int | None = None
    is_animated: bool = False


def parse_picture_header(data: bytes) -> PictureHeader | None:
    """What the first bytes of a file say; a few kilobytes do. None where it is no picture."""
    if data.startswith(containers.PNG_SIGNATURE):
        return _header("image/png", data, containers.parse_png_size, _is_animated_png(data))
    if data.startswith(containers.JPEG_SIGNATURE):
        return _header("image/jpeg", data, containers.parse_jpeg_size)
    if containers.is_webp(data):
        # VP8X has its flags first (RFC 9649, section 2.7); 0x02 is animation.
        is_animated = data[12:16] == b"VP8X" and len(data) > 20 and bool(data[20] & 0x02)
        return _header("image/webp", data, containers.parse_webp_size, is_animated)
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return _header("image/gif", data, _parse_gif_size, is_animated_gif(data))
    if data[4:8] == b"ftyp":
        return _parse_iso_media(data)
    if data.startswith(b"\x00\x00\x01\x00"):
        return _header("image/x-icon", data, _parse_icon_size)
    if data.startswith(b"BM") and int.from_bytes(data[14:18], "little") in _DIB_HEADERS:
        return _header("image/bmp", data, _parse_bmp_size)
    if _SVG.match(data[:_SVG_WINDOW_BYTES].removeprefix(b"\xef\xbb\xbf")):
        return PictureHeader("image/svg+xml")
    return None


def _header(
    kind: str,
    data: bytes,
    parse_size: Callable[[bytes], tuple[int, int]],
    is_animated: bool = False,
) -> PictureHeader:
    try:
        width_px, height_px = parse_size(data)
    except (ValueError, struct.error, IndexError):
        return PictureHeader(kind, is_animated=is_animated)
    if width_px <= 0 or height_px <= 0:
        return PictureHeader(kind, is_animated=is_animated)
    return PictureHeader(kind, width_px, height_px, is_animated)


def _is_animated_png(data: bytes) -> bool:
    """acTL must stand before the first IDAT (PNG, third edition, section 11.3.6.1)."""
    at = len(containers.PNG_SIGNATURE)
    while (kind := data[at + 4 : at + 8]) not in (b"IDAT", b""):
        if kind == b"acTL":
            return True
        at += 12 + int.from_bytes(data[at : at + 4])
    return False


def _parse_gif_size(data: bytes) -> tuple[int, int]:
    """The logical screen (GIF89a, section 18)."""
    width, height = struct.unpack_from("<HH", data, 6)
    return width, height


def _parse_icon_size(data: bytes) -> tuple[int, int]:
    """The largest of the pictures in an icon; a side of 256 is written as 0."""
    count = int.from_bytes(data[4:6], "little")
    entries = [data[at : at + 2] for at in range(6, min(6 + 16 * count, len(data) - 1), 16)]
    return max((width or 256, height or 256) for width, height in entries)


def _parse_bmp_size(data: bytes) -> tuple[int, int]:
    """The DIB header; a negative height means top-down, a header of 12 bytes has short sides."""
    if data[14:18] == b"\x0c\0\0\0":
        width, height = struct.unpack_from("<HH", data, 18)
        return width, height
    width, height = struct.unpack_from("<ii", data, 18)
    return width, abs(height)


def _parse_iso_media(data: bytes) -> PictureHeader | None:
    """AVIF and HEIC: ISO/IEC 23008-12, brands in `ftyp`, sides in `ispe`."""
    end = min(int.from_bytes(data[:4]), len(data))
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, end - 3, 4))}
    if brands & _AVIF_BRANDS:
        kind = "image/avif"
    elif brands & _HEIC_BRANDS:
        kind = "image/heic"
    else:
        return None
    return _header(kind, data, _parse_ispe, is_animated=data[8:12] in _MOVING_BRANDS)


def _parse_ispe(data: bytes) -> tuple[int, int]:
    """The largest of the extents: tiles and thumbnails have their own, smaller ones."""
    places = (match.end() + 4 for match in re.finditer(rb"\x00\x00\x00\x14ispe", data))
    sizes: list[tuple[int, int]] = [
        struct.unpack_from(">II", data, at) for at in places if at + 8 <= len(data)
    ]
    return max(sizes, key=lambda size: size[0] * size[1])
