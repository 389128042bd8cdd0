"""Second `html` and `body` tags, whose attributes parsers add to those of the first.

The parser compares each with all it has and keeps a copy of every state: 8,000 such tags, 95 kB,
take 780 MB. Pages by people have two or three; more, or monstrous ones, become `head` tags, which
are ignored there. Letters keep their places.
"""

from __future__ import annotations

import re

import turbohtml

# Without IGNORECASE, which costs ten times as much here.
_TAG = re.compile(r"<(?:[Hh][Tt][Mm][Ll]|[Bb][Oo][Dd][Yy])(?=[\s/>])")
_MAX_TAGS = 16
_MAX_ATTRIBUTES = 500


def defuse(text: str) -> str:
    """The same page without what takes more than linear time to parse."""
    tags = list(_TAG.finditer(text))
    if len(tags) <= 1:
        return text
    pieces: list[str] = []
    done = 0
    for number, tag in enumerate(tags):
        if number >= _MAX_TAGS or _count_attributes(text, tag.start()) > _MAX_ATTRIBUTES:
            pieces += (text[done : tag.start()], "<head")
            done = tag.end()
    return "".join((*pieces, text[done:]))


def _count_attributes(text: str, at: int) -> int:
    token = next(iter(turbohtml.tokenize(text[at:])), None)
    return len(token.attrs or ()) if token else 0
