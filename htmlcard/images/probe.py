"""Is this the picture that was asked for: format, size, whole, not blank.

Works on header bytes and checksums; pixels are decoded only where a file is so
small that it could be blank. `containers` knows the file formats.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from htmlcard.card import ImageFormat, Size
from htmlcard.errors import BadShot
from htmlcard.images import containers
from htmlcard.images.decode import decode

#: A blank picture is never larger than this. Seen at 1200x630: PNG 2-14 kB by encoder and level,
#: JPEG 13 kB (4:2:0) and 21 kB (4:4:4), WebP 1.5 kB; cards with text start at about 20 kB.
_BLANK_FIXED_BYTES = 1_500
_PIXELS_PER_BLANK_BYTE = {ImageFormat.PNG: 45, ImageFormat.JPEG: 35, ImageFormat.WEBP: 250}

#: Lossy formats ripple a flat color: libwebp by up to 9 at quality 60, libjpeg not at all.
_BLANK_SPREAD = {ImageFormat.PNG: 0, ImageFormat.JPEG: 2, ImageFormat.WEBP: 12}


@dataclass(frozen=True, slots=True)
class PictureInfo:
    """What a picture's header says: `size_px` in device pixels, neither side zero."""

    format: ImageFormat
    size_px: Size


def probe(data: bytes) -> PictureInfo:
    """Read format and size from the header bytes; BadShot where they make no sense."""
    try:
        if data.startswith(containers.PNG_SIGNATURE):
            found, sides = ImageFormat.PNG, containers.parse_png_size(data)
        elif data.startswith(containers.JPEG_SIGNATURE):
            found, sides = ImageFormat.JPEG, containers.parse_jpeg_size(data)
        elif containers.is_webp(data):
            found, sides = ImageFormat.WEBP, containers.parse_webp_size(data)
        else:
            raise ValueError(f"{len(data)} bytes that are neither PNG, JPEG nor WebP")
    except ValueError as error:
        raise BadShot(f"The picture cannot be read: {error}. Draw it again.") from error
    if 0 in sides:
        raise BadShot(f"The picture cannot be read: its header says {sides[0]}x{sides[1]} pixels.")
    return PictureInfo(found, Size(*sides))


def check_shot(data: bytes, format: ImageFormat, size_px: Size) -> None:
    """Raise BadShot unless `data` is a whole picture of that format and size.

    Any cut is found in all three formats, a flipped byte in PNG alone: the
    others carry no checksums.
    """
    info = probe(data)
    if (info.format, info.size_px) != (format, size_px):
        raise BadShot(
            f"The browser's picture is {info.format} of {info.size_px} pixels, "
            f"asked for was {format} of {size_px}. Draw it again."
        )
    try:
        match format:
            case ImageFormat.PNG:
                containers.check_png_whole(data)
            case ImageFormat.JPEG:
                containers.check_jpeg_whole(data)
            case ImageFormat.WEBP:
                containers.check_webp_whole(data)
    except ValueError as error:
        raise BadShot(f"The browser's picture is damaged: {error}. Draw it again.") from error


def may_be_blank(data: bytes) -> bool:
    """Whether a picture is so small that `is_blank` has to look: ordinary cards are larger."""
    info = probe(data)
    area = info.size_px.width_px * info.size_px.height_px
    return len(data) <= _BLANK_FIXED_BYTES + area / _PIXELS_PER_BLANK_BYTE[info.format]


def is_blank(data: bytes) -> bool:
    """Whether every pixel has the same color; BadShot where a small file cannot be decoded.

    Ordinary cards are told by their byte size alone, without decoding.
    """
    if not may_be_blank(data):
        return False
    spread = _BLANK_SPREAD[probe(data).format]
    pixels = np.asarray(decode(data)).reshape(-1, 3)
    return int(np.ptp(pixels, axis=0).max()) <= spread
