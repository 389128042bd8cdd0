"""Where tags stand in the bytes that were sent.

The parser counts letters of the decoded text. Text and bytes hold the same `<` and `>` in the same
order, whatever the charset and however broken, so the n-th one is found by counting.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

from turbohtml import Element

from htmlcard.links.reading.decoding import mark_length

#: ISO-2022-JP switches charsets in mid-text: `<` is itself only in ASCII and Roman.
_ISO_2022_JP = re.compile(rb"\x1b(\([BIJ]|\$[@B])|[<>]")
_SINGLE_BYTE_MODES = (b"(B", b"(J")


class Places:
    """Finds the bytes of what the parser found in the text."""

    def __init__(self, page: bytes, charset: str, text: str) -> None:
        self._page = page
        self._charset = charset
        self.text = text
        self._mark_bytes = 2 if charset.startswith("utf-16") else 1
        #: Where the page begins, behind its byte order mark.
        self.start = mark_length(page, charset)

    def find_tags(self, elements: Sequence[Element]) -> list[tuple[int, int]]:
        """Beginning and end of each start tag; they are in the source."""
        spans = [e.source_location.start_tag for e in elements if e.source_location]
        starts = self.find_starts([span.start_offset for span in spans])
        ends = self.find_ends([span.end_offset - 1 for span in spans])
        return list(zip(starts, ends, strict=True))

    def find_starts(self, offsets: Sequence[int]) -> list[int]:
        """The bytes at which `<` begins, by its offsets."""
        return self._find("<", offsets)

    def find_ends(self, offsets: Sequence[int]) -> list[int]:
        """The bytes at which `>` ends, by its offsets."""
        return [place + self._mark_bytes for place in self._find(">", offsets)]

    def _find(self, mark: str, offsets: Sequence[int]) -> list[int]:
        return find_bytes(self._page, self._charset, self.text, mark, offsets) if offsets else []


def find_bytes(
    page: bytes, charset: str, text: str, mark: str, offsets: Sequence[int]
) -> list[int]:
    """The byte offsets of the marks (`<` or `>`) at these offsets into `text`, in their order."""
    numbers: dict[int, int] = {}
    counted = counted_to = 0
    for offset in sorted(offsets):
        counted += text.count(mark, counted_to, offset)
        counted_to = offset
        numbers[offset] = counted
    find = _finder(page, charset, mark.encode(), counted)
    return [find(numbers[offset]) for offset in offsets]


def _finder(page: bytes, charset: str, mark: bytes, last: int) -> Callable[[int], int]:
    """Where the marks are in the bytes, by number up to `last`."""
    if charset in ("utf-16le", "utf-16be"):
        pair = mark + b"\0" if charset == "utf-16le" else b"\0" + mark
        places = [m.start() for m in re.finditer(re.escape(pair), page) if m.start() % 2 == 0]
    elif charset == "iso-2022-jp":
        places = list(_iso_2022_jp_places(page, mark))
    else:
        # All in C: pages have tens of thousands of marks.
        lengths = list(accumulate(map(len, page.split(mark, last + 1))))
        return lambda number: lengths[number] + number if number < len(lengths) else len(page)
    # A place that is not found is the end: no crawler that stops early has seen the tag.
    return lambda number: places[number] if number < len(places) else len(page)


def _iso_2022_jp_places(page: bytes, mark: bytes) -> Iterator[int]:
    is_single = True
    for match in _ISO_2022_JP.finditer(page):
        if match[1]:
            is_single = match[1] in _SINGLE_BYTE_MODES
        elif is_single and match[0] == mark:
            yield match.start()
