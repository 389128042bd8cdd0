"""Writes the pages `b*.html`: the bytes of `readable/b*.txt` in the charsets they are about.

A readable source is UTF-8 text. Its first line names Python's codec for the page below it.
`⟨E9⟩` or `⟨FF FE⟩` are bytes that go into the page as they stand, `⟨20 x980⟩` is one of them many
times, and at `⟨end⟩` the page stops short. Run: `python -m tests.links.corpus.make_b`.
"""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).parent
READABLE = FOLDER / "readable"

_RAW = re.compile(r"⟨([0-9A-F]{2}(?: [0-9A-F]{2})*)(?: x([0-9]+))?⟩")


def page_of(source: str) -> bytes:
    """The bytes a server sends for a readable source.

    Raises `UnicodeEncodeError` where the codec lacks a letter: no label could ask for it.
    """
    codec, _, text = source.partition("\n")
    text = text.partition("⟨end⟩")[0]
    # Stateful codecs (ISO-2022, HZ) must see a page at once: only the first piece may open one.
    literal, *rest = _RAW.split(text)
    page = literal.encode(codec)
    for digits, times, piece in zip(rest[0::3], rest[1::3], rest[2::3], strict=True):
        page += bytes.fromhex(digits) * int(times or 1) + piece.encode(codec)
    return page


def pages() -> dict[str, bytes]:
    """Every page by its name, in order."""
    return {
        source.stem: page_of(source.read_text(encoding="utf-8"))
        for source in sorted(READABLE.glob("b*.txt"))
    }


if __name__ == "__main__":
    for name, page in pages().items():
        (FOLDER / f"{name}.html").write_bytes(page)
