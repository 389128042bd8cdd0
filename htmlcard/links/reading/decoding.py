"""Bytes to text, as browsers do: which charset a page is in, and what it says in it.

The decoders are the parser's, made from the Encoding standard's tables: Python's `shift_jis`,
`big5`, `gb18030` or `koi8-u` are other charsets than the web's of that name.
"""

from __future__ import annotations

import turbohtml.detect as detection

from htmlcard.links.reading.charset_names import find_charset_name
from htmlcard.links.reading.prescan import find_declared_charset

_MARKS = {b"\xef\xbb\xbf": "utf-8", b"\xfe\xff": "utf-16be", b"\xff\xfe": "utf-16le"}
_FALLBACK = "windows-1252"


def find_charset(page: bytes, label: str | None) -> str:
    """The charset of a page, by its lower-case WHATWG name; `label` is the header's.

    In the order of the standards: byte order mark, header, prescan, detection.
    """
    return (
        _find_marked(page)
        or (find_charset_name(label) if label else None)
        or find_declared_charset(page)
        or _detect(page)
    )


def decode(page: bytes, charset: str) -> str:
    """The text without byte order mark, U+FFFD for what is broken; `charset` is a WHATWG name."""
    return page[mark_length(page, charset) :].decode(f"whatwg-{charset}")


def mark_length(page: bytes, charset: str) -> int:
    """How many bytes the byte order mark takes."""
    lengths = (
        len(mark) for mark, name in _MARKS.items() if name == charset and page.startswith(mark)
    )
    return next(lengths, 0)


def _find_marked(page: bytes) -> str | None:
    return next((name for mark, name in _MARKS.items() if page.startswith(mark)), None)


def _detect(page: bytes) -> str:
    try:
        page.decode("utf-8")
    except UnicodeDecodeError:
        return (detection.detect(page).encoding or _FALLBACK).lower()
    return "utf-8"
