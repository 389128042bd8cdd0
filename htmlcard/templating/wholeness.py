"""Whether a font or a picture is one, and is whole: told from its container alone.

Half a file is what an upload, a copy or a checkout without its large files leaves
behind, and a browser would draw a fallback without a word. Nothing is decoded.
"""

from __future__ import annotations

import posixpath
import struct
from collections.abc import Callable
from xml.parsers import expat

_FONTS = frozenset({".woff2", ".woff", ".ttf", ".otf"})
_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif", ".avif"})
_AGAIN = "save or copy it again"


def find_damage(path: str, data: bytes) -> str:
    """What is wrong with a file, as the end of a sentence (`is no font …`); empty if nothing.

    Browsers look at the content, not at the name, and so does this: a JPEG called
    `logo.png` is fine. Other files than fonts and pictures are never damaged.
    """
    extension = posixpath.splitext(path)[1].lower()
    if extension == ".svg":
        return _find_svg_damage(data)
    for kind, extensions, readers in _KINDS:
        if extension in extensions:
            reader = next((read for magic, read in readers if magic(data)), None)
            if not data:
                return f"is empty; {_AGAIN}"
            if reader is None:
                return f"is no {kind}, whatever its name says; {_AGAIN}"
            try:
                whole = reader(data)
            except struct.error:
                whole = False
            return "" if whole else f"ends early; {_AGAIN}"
    return ""


def _find_svg_damage(data: bytes) -> str:
    try:
        expat.ParserCreate().Parse(data, True)
    except expat.ExpatError as error:
        reason = expat.errors.messages[error.code]
        return f"is no SVG a browser can draw (its line {error.lineno}: {reason}); mend it"
    return ""


def _is_whole_woff(data: bytes) -> bool:
    """W3C WOFF 1.0 section 3 and 2.0 section 4.1: the header holds the file's length."""
    return 44 <= int(struct.unpack_from(">I", data, 8)[0]) <= len(data)


def _is_whole_sfnt(data: bytes) -> bool:
    """OpenType, "Table directory": every table lies within the file."""
    (count,) = struct.unpack_from(">H", data, 4)
    records = [struct.unpack_from(">II", data, 12 + 16 * n + 8) for n in range(count)]
    return bool(records) and max(offset + length for offset, length in records) <= len(data)


def _is_whole_png(data: bytes) -> bool:
    """W3C PNG section 5.3: chunks up to IEND."""
    at = 8
    while data[at + 4 : at + 8] != b"IEND":
        at += 12 + int(struct.unpack_from(">I", data, at)[0])
    return at + 12 <= len(data)


def _is_whole_jpeg(data: bytes) -> bool:
    """ITU-T T.81 section B.1.1: segments up to the first scan, behind it an end marker.

    Segments are stepped over, since thumbnails inside them have scans and ends too.
    """
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        if data[at + 1] == 0xDA:
            return data.rfind(b"\xff\xd9") > at
        padding = data[at + 1] == 0xFF
        at += 1 if padding else 2 + int(struct.unpack_from(">H", data, at + 2)[0])
    return False


def _is_whole_webp(data: bytes) -> bool:
    """RFC 9649 section 2.3: the RIFF header holds the length."""
    return int(struct.unpack_from("<I", data, 4)[0]) + 8 <= len(data)


def _is_whole_gif(data: bytes) -> bool:
    """GIF89a section 27: the trailer, which some programs pad."""
    return data.rstrip(b"\0").endswith(b";")


def _is_whole_avif(data: bytes) -> bool:
    """ISO/IEC 14496-12 section 4.2: boxes with their lengths; 0 reaches to the end."""
    has_pixels = False
    at = 0
    while at < len(data):
        has_pixels = has_pixels or data[at + 4 : at + 8] == b"mdat"
        (length,) = struct.unpack_from(">I", data, at)
        if length == 1:
            (length,) = struct.unpack_from(">Q", data, at + 8)
        at += max(length, 8) if length else len(data) - at
    return has_pixels and at == len(data)


_Readers = tuple[tuple[Callable[[bytes], bool], Callable[[bytes], bool]], ...]
_FONT_READERS: _Readers = (
    (lambda data: data[:4] in (b"wOF2", b"wOFF"), _is_whole_woff),
    (lambda data: data[:4] in (b"\0\1\0\0", b"OTTO", b"true"), _is_whole_sfnt),
)
_PICTURE_READERS: _Readers = (
    (lambda data: data[:8] == b"\x89PNG\r\n\x1a\n", _is_whole_png),
    (lambda data: data[:3] == b"\xff\xd8\xff", _is_whole_jpeg),
    (lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP", _is_whole_webp),
    (lambda data: data[:6] in (b"GIF87a", b"GIF89a"), _is_whole_gif),
    (lambda data: data[4:8] == b"ftyp", _is_whole_avif),
)
_KINDS = (("font", _FONTS, _FONT_READERS), ("picture", _PICTURES, _PICTURE_READERS))
