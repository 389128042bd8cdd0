"""Template files that ask for more than any machine has."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Mapping
from functools import cache

from PIL import Image


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _rows(width: int, height: int) -> bytes:
    """A black picture of 1 bit a pixel, packed."""
    return zlib.compress(bytes(((width + 7) // 8 + 1) * height), 1)


def _png(width: int, height: int, frames: int = 1) -> bytes:
    """A black PNG; with more than one frame an animation without end."""
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    parts = [b"\x89PNG\r\n\x1a\n", _chunk(b"IHDR", head)]
    rows = _rows(width, height)
    if frames > 1:
        parts.append(_chunk(b"acTL", struct.pack(">II", frames, 0)))
    for frame in range(frames):
        number = max(0, 2 * frame - 1)
        if frames > 1:
            control = struct.pack(">IIIIIHHBB", number, width, height, 0, 0, 0, 0, 0, 0)
            parts.append(_chunk(b"fcTL", control))
        data = struct.pack(">I", number + 1) + rows if frame else rows
        parts.append(_chunk(b"fdAT" if frame else b"IDAT", data))
    return b"".join([*parts, _chunk(b"IEND", b"")])


def _webp() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (16383, 4096), "#204060").save(file, "WEBP", lossless=True, method=0)
    return file.getvalue()


def _font(size_bytes: int) -> bytes:
    """A WOFF2 header that is right, and nonsense behind it."""
    head = struct.pack(">4sIIHHI", b"wOF2", 0x00010000, size_bytes, 40, 0, 2**31 - 1)
    return head.ljust(48, b"\0") + bytes(range(256)) * ((size_bytes - 48) // 256 + 1)


def _nested(open_: str, close: str, times: int) -> str:
    return open_ * times + "x" + close * times


def _laughs(levels: int) -> str:
    names = "".join(f"--v{n}:var(--v{n - 1}) var(--v{n - 1});" for n in range(1, levels))
    return f"<style>:root{{--v0:lol;{names}}}p::before{{content:var(--v{levels - 1})}}</style><p>"


def _uses(levels: int) -> str:
    groups = "".join(
        f"<g id=g{n}><use href=#g{n - 1} /><use href=#g{n - 1} x=1 /></g>" for n in range(1, levels)
    )
    return f"<svg width=900 height=500><rect id=g0 width=9 height=9 />{groups}</svg>"


_BLUR = "<div style='filter:blur(9px);width:1000px;height:600px'>"
_GLASS = "<div style='position:absolute;inset:0;backdrop-filter:blur(40px) saturate(2)'></div>"
_FACE = "<style>@font-face{font-family:F;src:url(f.woff2)}p{font:40px F}</style><p>words</p>"


def _shadows(count: int) -> str:
    shadows = ",".join(f"{n}px {n}px {n % 90}px red" for n in range(count))
    return f"<div style='width:500px;height:300px;box-shadow:{shadows}'></div>"


@cache
def heavy_cards() -> Mapping[str, Mapping[str, str | bytes]]:
    """Files of each template."""
    return {
        "nested elements": {"card.html": _nested("<div>", "</div>", 100_000)},
        "nested blurs": {"card.html": _nested(_BLUR, "</div>", 200)},
        "backdrop filters": {"card.html": "<p>x</p>" + _GLASS * 40},
        "shadows": {"card.html": _shadows(3000)},
        "SVG that uses itself": {"card.html": _uses(21)},
        "variables that laugh": {"card.html": _laughs(31)},
        "million-pixel box": {
            "card.html": "<div style='width:1000000px;height:1000000px;background:"
            "conic-gradient(red,blue);transform:rotate(1deg)'></div>"
        },
        "huge PNG": {"card.html": "<img src=a.png width=300>", "a.png": _png(30_000, 30_000)},
        "long APNG": {"card.html": "<img src=a.png width=300>", "a.png": _png(600, 600, 10_000)},
        "huge WebP": {"card.html": "<img src=a.webp width=300>", "a.webp": _webp()},
        "large font": {"card.html": _FACE, "f.woff2": _font(4_000_000)},
        "too large font": {"card.html": _FACE, "f.woff2": _font(50_000_000)},
        "pop-ups": {
            "card.html": "<p>x</p><script>alert(1);confirm(2);prompt(3);print();"
            "for (let n = 0; n < 99; n++) open('about:blank')</script>",
            "card.toml": "scripts = true\n",
        },
        "memory": {
            "card.html": "<p>x</p><script>const all = [];"
            "for (;;) all.push(new Array(1e6).fill(all.length))</script>",
            "card.toml": "scripts = true\n",
        },
        "refresh": {
            "card.html": "<meta http-equiv=refresh content='0;url=/x'><p>x</p>",
            "card.toml": "scripts = true\n",
        },
    }
