"""A line of text as runs: one font and one direction each, from left to right.

`fonts` says which font has which character, `bidi` which way it runs; `typeset`
measures and draws the runs.
"""

from __future__ import annotations

from dataclasses import dataclass

from htmlcard.images.bidi import find_levels, order_runs
from htmlcard.images.clusters import EMOJI_STYLE, KEYCAP, split_clusters
from htmlcard.images.fonts import INSTALLED, Face


@dataclass(frozen=True, slots=True)
class Run:
    """Text in one font; odd levels run right to left. The text stays in reading order."""

    text: str
    face: Face
    level: int

    @property
    def rtl(self) -> bool:
        return self.level % 2 == 1


def split_runs(text: str, lang: str, rtl: bool) -> list[Run]:
    """Cut a line into runs in visual order; characters that no font shows are left out."""
    levels = find_levels(text, rtl)
    runs: list[Run] = []
    at = 0
    for cluster in split_clusters(text):
        level = levels[at]
        at += len(cluster)
        last = runs[-1] if runs else None
        face = _choose_face(cluster, last.face if last else None, lang)
        if face is None:
            continue
        if last and last.face == face and last.level == level:
            runs[-1] = Run(last.text + cluster, face, level)
        else:
            runs.append(Run(cluster, face, level))
    return order_runs(runs)


def _choose_face(cluster: str, last: Face | None, lang: str) -> Face | None:
    first = cluster[0]
    emoji = INSTALLED.find_emoji()
    if emoji and emoji.has(first) and _wants_color(cluster):
        return emoji
    # Spaces and marks of punctuation stay with their word: fewer runs, and better spacing.
    if last and not last.emoji and not first.isalpha() and last.has(first):
        return last
    return INSTALLED.find_face(first, lang)


def _wants_color(cluster: str) -> bool:
    if EMOJI_STYLE in cluster or KEYCAP in cluster:
        return True
    return cluster[0] >= "\U0001f000" or cluster[0] in _COLORED


#: Emoji_Presentation=Yes of emoji-data.txt below U+1F000 (Unicode 16).
_COLORED = frozenset(
    "⌚⌛⏩⏪⏫⏬⏰⏳◽◾☔☕♈♉♊♋♌♍♎♏♐♑♒♓♿⚓⚡⚪⚫⚽⚾⛄⛅⛎⛔⛪⛲⛳⛵⛺⛽"
    "✅✊✋✨❌❎❓❔❕❗➕➖➗➰➿⬛⬜⭐⭕"
)
