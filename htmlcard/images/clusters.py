"""Text as readers count it: cleaned, clamped, and cut between characters that belong together.

Approximates Unicode's grapheme clusters (UAX 29) closely enough to break and
measure titles; `linebreak` and `typeset` build on it.
"""

from __future__ import annotations

import unicodedata

#: More than any card can show; what stands behind is never looked at.
MAX_CLUSTERS = 240
_MAX_CODE_POINTS = 4 * MAX_CLUSTERS
#: Thai and Indic stack two or three marks; more is noise that would climb over other lines.
_MAX_MARKS = 3
_MAX_CLUSTER = 12

ZWJ, ZWNJ, KEYCAP, EMOJI_STYLE = "\u200d", "\u200c", "\u20e3", "\ufe0f"
_VIRAMA = 9
_JOINERS = frozenset((ZWJ, ZWNJ))
_DROPPED = frozenset(("Cc", "Cf", "Cs", "Co"))


def clean_text(text: str, max_clusters: int = MAX_CLUSTERS) -> str:
    """One line of at most `max_clusters` clusters, in NFC, without controls and bidi marks.

    Longer text ends in an ellipsis. Emoji tags are dropped with the other format characters.
    """
    head = unicodedata.normalize("NFC", text[:_MAX_CODE_POINTS])
    kept = "".join(
        " " if char.isspace() else char
        for char in head
        if char.isspace() or char in _JOINERS or unicodedata.category(char) not in _DROPPED
    )
    clusters = split_clusters(" ".join(kept.split()))
    if len(clusters) > max_clusters or len(text) > _MAX_CODE_POINTS:
        return "".join(clusters[: max_clusters - 1]).rstrip() + "…"
    return "".join(clusters)


def split_clusters(text: str) -> list[str]:
    """Cut `text` between clusters; surplus marks of one letter are dropped."""
    clusters: list[str] = []
    marks = 0
    for char in text:
        last = clusters[-1] if clusters else ""
        if last and len(last) < _MAX_CLUSTER and _belongs(last, char):
            marks = marks + 1 if unicodedata.combining(char) else 0
            if marks <= _MAX_MARKS:
                clusters[-1] += char
        elif is_extender(char):
            continue
        else:
            clusters.append(char)
            marks = 0
    return clusters


def is_extender(char: str) -> bool:
    """Whether `char` never stands alone: marks, joiners, variation selectors, skin tones."""
    return (
        char in _JOINERS
        or "\U0001f3fb" <= char <= "\U0001f3ff"
        or unicodedata.category(char) in ("Mn", "Me", "Mc")
    )


def _belongs(last: str, char: str) -> bool:
    if is_extender(char) or last[-1] == ZWJ:
        return True
    if _is_flag_half(char):
        return _is_flag_half(last[-1]) and len(last) % 2 == 1
    return unicodedata.combining(last[-1]) == _VIRAMA and char.isalpha()


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"
