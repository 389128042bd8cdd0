"""Where a title may break, and which breaks make even lines.

Spaces break, ideographs and kana break everywhere but before closing and after
opening marks (after JIS X 4051), Thai and Lao before a leading vowel. Widths
come from `typeset`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from htmlcard.images.clusters import split_clusters

_NEVER_FIRST = frozenset(
    "、。，．・：；？！゛゜ヽヾゝゞ々ー’”）〕］｝〉》」』】％‰℃ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ,.:;?!)]}»…—"
)
_NEVER_LAST = frozenset("‘“（〔［｛〈《「『【([{«￥＄")
_BREAKS_BEHIND = frozenset("-/–—")
_LEADING_VOWELS = frozenset("เแโใไເແໂໃໄ")
_IDEOGRAPHS = (
    (0x2E80, 0x30FF),
    (0x31F0, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0xFF00, 0xFF60),
    (0x20000, 0x3FFFF),
)


@dataclass(frozen=True, slots=True)
class Unit:
    """Text that stays on one line; `spaced`: a space follows unless the line ends."""

    text: str
    spaced: bool


def split_units(text: str) -> list[Unit]:
    """Cut a cleaned line of text wherever a line may end."""
    units: list[Unit] = []
    for word in text.split(" "):
        pieces = [""]
        for cluster in split_clusters(word):
            if pieces[-1] and _may_break(pieces[-1][-1], cluster[0]):
                pieces.append("")
            pieces[-1] += cluster
        units += [Unit(piece, False) for piece in pieces[:-1]]
        units.append(Unit(pieces[-1], True))
    return units


def split_oversized(units: Sequence[Unit], widths: Sequence[float], width: float) -> list[Unit]:
    """Cut the units wider than `width` into clusters: only for words that fit no line."""
    parts: list[Unit] = []
    for unit, unit_width in zip(units, widths, strict=True):
        if unit_width <= width:
            parts.append(unit)
            continue
        clusters = split_clusters(unit.text)
        parts += [Unit(cluster, False) for cluster in clusters[:-1]]
        parts.append(Unit(clusters[-1], unit.spaced))
    return parts


def wrap(
    units: Sequence[Unit], widths: Sequence[float], space: float, width: float
) -> list[list[Unit]]:
    """Fill lines of `width` greedily; a unit wider than that has a line to itself."""
    lines: list[list[Unit]] = []
    used = 0.0
    for unit, unit_width in zip(units, widths, strict=True):
        gap = space if lines and lines[-1][-1].spaced else 0.0
        if not lines or used + gap + unit_width > width:
            lines.append([unit])
            used = unit_width
        else:
            lines[-1].append(unit)
            used += gap + unit_width
    return lines


def balance(
    units: Sequence[Unit], widths: Sequence[float], space: float, width: float
) -> list[list[Unit]]:
    """Like `wrap`, in as many lines, but as even as they get."""
    lines = wrap(units, widths, space, width)
    low, high = max(widths, default=0.0), width
    while high - low > width / 100:
        middle = (low + high) / 2
        narrower = wrap(units, widths, space, middle)
        if len(narrower) > len(lines):
            low = middle
        else:
            high, lines = middle, narrower
    return lines


def join(line: Sequence[Unit]) -> str:
    return "".join(unit.text + " " * unit.spaced for unit in line).rstrip()


def _may_break(before: str, after: str) -> bool:
    if after in _NEVER_FIRST or before in _NEVER_LAST:
        return False
    return (
        before in _BREAKS_BEHIND
        or after in _LEADING_VOWELS
        or _is_ideograph(before)
        or _is_ideograph(after)
    )


def _is_ideograph(char: str) -> bool:
    return any(low <= ord(char) <= high for low, high in _IDEOGRAPHS)
