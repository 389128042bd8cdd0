"""What strangers type, made safe to draw: NFC, no controls, no stacked marks.

Works on any `str`, lone surrogates included, in time linear in a bounded
prefix. Counting characters is `graphemes`; types other than text are `fields`.
"""

from __future__ import annotations

import re
import unicodedata

from htmlcard.templating.graphemes import MAX_CLUSTER_LENGTH

#: Combining marks kept per base character. Vietnamese needs 2, Tibetan stacks up to 5.
MAX_MARKS = 8
#: A run of marks is cut to this before normalization, whose sorting is quadratic in its
#: length; 30 is the bound of Unicode's stream-safe text format (UAX #15, section 13).
_MAX_RAW_MARKS = 30

# Controls; lone surrogates; bidi embeddings, overrides and isolates (a value must not turn
# the text around it); deprecated format characters; noncharacters.
_DROPPED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u206f\ufeff"
    "\ufff9-\ufffb\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
    + "]+"
)
_SPACES = re.compile("[ \t\n\v\f\r\x85\u2028\u2029]+")
#: Letters and marks that draw nothing: Hangul fillers, Braille blank, variation selectors.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {
    *map(chr, range(0x180B, 0x1810)),
    *map(chr, range(0xFE00, 0xFE10)),
    *map(chr, range(0xE0100, 0xE01F0)),
}


def clean_text(raw: str, max_length: int) -> str:
    """`raw` on one line, in NFC, fit to be cut to `max_length` clusters afterwards.

    Line breaks and tabs become a space and runs of spaces one space, as HTML
    draws them anyway. The result may be longer than `max_length`, but is bounded.
    """
    text = raw[: (max_length + 1) * MAX_CLUSTER_LENGTH * 2]
    text = _SPACES.sub(" ", _DROPPED.sub("", text)).strip()
    if text.isascii():
        return text
    text = unicodedata.normalize("NFC", _cap_marks(text, _MAX_RAW_MARKS))
    return _cap_marks(text, MAX_MARKS)


def _cap_marks(text: str, limit: int) -> str:
    kept, run = [], 0
    for char in text:
        run = run + 1 if unicodedata.category(char) in ("Mn", "Me") else 0
        if run <= limit:
            kept.append(char)
    return "".join(kept)


def is_blank(text: str) -> bool:
    """Whether nothing of `text` can be seen."""
    return all(
        char in _INVISIBLE or unicodedata.category(char) in ("Zs", "Zl", "Zp", "Cf", "Cc")
        for char in text
    )
