"""Text as people count it: grapheme clusters after UAX #29 (Unicode 15.1).

The standard library has no segmentation, so the rules are here; the tables are
ranges of the Unicode Character Database (GraphemeBreakProperty, emoji-data,
DerivedCoreProperties), the rest comes from `unicodedata`. Linear on any input.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

#: A cluster is closed after so many code points, so that a chain of joined emoji
#: cannot be one endless "character". The longest real ones have about a dozen.
MAX_CLUSTER_LENGTH = 32

ELLIPSIS = "…"

OTHER, CONTROL, EXTEND, LINKER, ZWJ, SPACING, PREPEND, RI, PICT, CONSONANT, L, V, T, LV, LVT = (
    range(15)
)

# fmt: off
_EXTENDING = frozenset(
    {
        0x200C, 0x9BE, 0x9D7, 0xB3E, 0xB57, 0xBBE, 0xBD7, 0xCC2, 0xCD5, 0xCD6, 0xD3E, 0xD57, 0xDCF,
        0xDDF, 0x1B35, 0x302E, 0x302F, 0xFF9E, 0xFF9F, 0x1133E, 0x11357, 0x114B0, 0x114BD, 0x115AF,
        0x11930, 0x1D165, *range(0x1D16E, 0x1D173), *range(0x1F3FB, 0x1F400),
        *range(0xE0020, 0xE0080),
    }
)
# fmt: on
# fmt: off
_NOT_SPACING = frozenset(
    {
        0x102B, 0x102C, 0x1038, *range(0x1062, 0x1065), *range(0x1067, 0x106E), 0x1083,
        *range(0x1087, 0x108D), 0x108F, *range(0x109A, 0x109D), 0x1A61, 0x1A63, 0x1A64,
        0xAA7B, 0xAA7D, 0x11720, 0x11721,
    }
)
# fmt: on
# fmt: off
_PREPENDING = frozenset(
    {
        *range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0xD4E, 0x110BD, 0x110CD, 0x111C2,
        0x111C3, 0x1193F, 0x11941, 0x11A3A, *range(0x11A84, 0x11A8A), 0x11D46, 0x11F02,
    }
)
# fmt: on
#: Viramas that join two consonants into one cluster (Indic_Conjunct_Break=Linker).
_LINKERS = frozenset([0x94D, 0x9CD, 0xACD, 0xB4D, 0xC4D, 0xD4D])
_PICTOGRAPHS = (
    "a9 ae 203c 2049 2122 2139 2194-2199 21a9-21aa 231a-231b 2328 2388 23cf 23e9-23f3 23f8-23fa "
    "24c2 25aa-25ab 25b6 25c0 25fb-25fe 2600-2605 2607-2612 2614-2685 2690-2705 2708-2712 2714 "
    "2716 271d 2721 2728 2733-2734 2744 2747 274c 274e 2753-2755 2757 2763-2767 2795-2797 27a1 "
    "27b0 27bf 2934-2935 2b05-2b07 2b1b-2b1c 2b50 2b55 3030 303d 3297 3299 1f000-1f0ff "
    "1f10d-1f10f 1f12f 1f16c-1f171 1f17e-1f17f 1f18e 1f191-1f19a 1f1ad-1f1e5 1f201-1f20f 1f21a "
    "1f22f 1f232-1f23a 1f23c-1f23f 1f249-1f3fa 1f400-1f53d 1f546-1f64f 1f680-1f6ff 1f774-1f77f "
    "1f7d5-1f7ff 1f80c-1f80f 1f848-1f84f 1f85a-1f85f 1f888-1f88f 1f8ae-1f8ff 1f90c-1f93a "
    "1f93c-1f945 1f947-1faff 1fc00-1fffd"
)


def _parse_ranges(text: str) -> list[tuple[int, int]]:
    pairs = (item.partition("-") for item in text.split())
    return [(int(first, 16), int(last or first, 16)) for first, _, last in pairs]


_PICTOGRAPH_RANGES = _parse_ranges(_PICTOGRAPHS)


@lru_cache(maxsize=8192)
def _break_class(char: str) -> int:
    point = ord(char)
    if point < 0x300:
        if point in (0xA9, 0xAE):
            return PICT
        return CONTROL if unicodedata.category(char) in ("Cc", "Cf") else OTHER
    category = unicodedata.category(char)
    if point == 0x200D:
        return ZWJ
    if point in _LINKERS:
        return LINKER
    if point in _EXTENDING or category in ("Mn", "Me"):
        return EXTEND
    if point in _PREPENDING:
        return PREPEND
    if category in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return CONTROL
    if (category == "Mc" and point not in _NOT_SPACING) or point in (0xE33, 0xEB3):
        return SPACING
    if 0x1F1E6 <= point <= 0x1F1FF:
        return RI
    if 0x900 <= point < 0xD80 and category == "Lo":
        return CONSONANT if _is_indic_consonant(point) else OTHER
    if 0x1100 <= point <= 0xD7FF and category == "Lo":
        return _hangul_class(point)
    if any(first <= point <= last for first, last in _PICTOGRAPH_RANGES):
        return PICT
    return OTHER


def _is_indic_consonant(point: int) -> bool:
    """Consonants of the six scripts whose linker joins; each block is laid out alike."""
    block, offset = point & ~0x7F, point & 0x7F
    if block not in (0x900, 0x980, 0xA80, 0xB00, 0xC00, 0xD00):
        return False
    if 0x15 <= offset <= (0x3A if block == 0xD00 else 0x39):
        return True
    extra = {0x900: (0x58, 0x7F), 0x980: (0x5C, 0x71), 0xB00: (0x5C, 0x71), 0xC00: (0x58, 0x5A)}
    first, last = extra.get(block, (0x79, 0x79) if block == 0xA80 else (1, 0))
    vowels = (0x60, 0x61, *range(0x72, 0x78))
    return first <= offset <= last and offset not in vowels


def _hangul_class(point: int) -> int:
    if point <= 0x115F or 0xA960 <= point <= 0xA97C:
        return L
    if 0x1160 <= point <= 0x11A7 or 0xD7B0 <= point <= 0xD7C6:
        return V
    if 0x11A8 <= point <= 0x11FF or 0xD7CB <= point <= 0xD7FB:
        return T
    if 0xAC00 <= point <= 0xD7A3:
        return LV if (point - 0xAC00) % 28 == 0 else LVT
    return OTHER


def iter_clusters(text: str) -> Iterator[str]:
    """The grapheme clusters of `text` in order; joined they are `text` again."""
    start, before = 0, CONTROL
    flags = 0  # regional indicators in a row
    pictograph = False  # a pictograph, then only extenders
    conjunct = linked = False  # a consonant, then extenders; among them a linker
    for index, char in enumerate(text):
        now = _break_class(char)
        joins = index > start and (
            _joins(before, now)
            or (now == PICT and before == ZWJ and pictograph)
            or (now == RI and before == RI and flags % 2 == 1)
            or (now == CONSONANT and linked)
        )
        if index > start and (not joins or index - start >= MAX_CLUSTER_LENGTH):
            yield text[start:index]
            start = index
        flags = flags + 1 if now == RI else 0
        pictograph = now == PICT or (pictograph and now in (EXTEND, LINKER, ZWJ))
        linked = conjunct and (now == LINKER or (linked and now in (EXTEND, ZWJ)))
        conjunct = now == CONSONANT or (conjunct and now in (EXTEND, LINKER, ZWJ))
        before = now
    if start < len(text):
        yield text[start:]


def _joins(before: int, now: int) -> bool:
    """Rules GB3-GB9b: whether two neighbors belong together whatever came earlier."""
    if before == CONTROL or now == CONTROL:
        return False
    if now in (EXTEND, LINKER, ZWJ, SPACING) or before == PREPEND:
        return True
    return (
        (before == L and now in (L, V, LV, LVT))
        or (before in (LV, V) and now in (V, T))
        or (before in (LVT, T) and now == T)
    )


def truncate(text: str, max_length: int) -> str:
    """`text` with at most `max_length` clusters; a cut is shown by an ellipsis, counted too."""
    if len(text) <= max_length:
        return text
    head = list(islice(iter_clusters(text), max_length + 1))
    if len(head) <= max_length:
        return text
    return "".join(head[: max_length - 1]).rstrip() + ELLIPSIS
