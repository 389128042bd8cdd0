"""The mends of a report, done: a page with all edits of its findings.

New text is written in the page's own charset. Where that cannot be told from the page alone, what
is not ASCII is written as references, which every charset reads alike.
"""

from __future__ import annotations

import re

from htmlcard.links.reading.decoding import find_charset, mark_length
from htmlcard.links.reading.prescan import find_declared_charset
from htmlcard.links.report import Edit, Report

#: What must be first in the head (HTML, 4.2.5.4), whichever findings ask for that place.
_CHARSET = re.compile(r"\s*<meta[^>]*charset\s*=", re.IGNORECASE)
#: Of two bytes a letter, one is zero in what pages begin with.
_BEGINNING_BYTES = 64


def apply(page: bytes, report: Report) -> bytes:
    """The page, as it was sent when the report was made, with all edits of all its findings.

    Raises ValueError where the edits do not fit the page: it is another one.
    """
    edits = dict.fromkeys(edit for finding in report.findings for edit in finding.fix.edits)
    codec = _find_codec(page)
    pieces: list[bytes] = []
    at = 0
    for edit in sorted(edits, key=_rank):
        if not at <= edit.start_byte <= edit.end_byte <= len(page):
            raise ValueError(
                f"The edit at byte {edit.start_byte:,} does not fit: this is not the page that "
                "was checked. Check it again."
            )
        pieces += (page[at : edit.start_byte], edit.text.encode(codec, "xmlcharrefreplace"))
        at = edit.end_byte
    return b"".join((*pieces, page[at:]))


def _rank(edit: Edit) -> tuple[int, int, bool]:
    """By place; of those at the same place insertions first, and of them the charset's."""
    return edit.start_byte, edit.end_byte, _CHARSET.match(edit.text) is None


def _find_codec(page: bytes) -> str:
    # UTF-16 may have been told by a header, which is not at hand.
    beginning = page[:_BEGINNING_BYTES]
    if beginning.count(0) * 4 > len(beginning):
        return "utf-16-le" if page.find(b"<") % 2 == 0 else "utf-16-be"
    if find_charset(page, None) != "utf-8":
        return "ascii"
    is_told = mark_length(page, "utf-8") or find_declared_charset(page) == "utf-8"
    # Letters that are valid UTF-8 are nothing else, whatever a header says.
    return "utf-8" if is_told or not page.isascii() else "ascii"
