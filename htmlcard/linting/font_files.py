"""The fonts a document brings along: what they are called, and which characters they have."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass

from fontTools.ttLib import TTFont

from htmlcard.card import Asset

#: Names 1 and 16 of the table `name`: family, and family as typographers see it.
_FAMILY_NAMES = (1, 16)


@dataclass(frozen=True, slots=True)
class FontFile:
    """Family names, case folded, and code points."""

    names: frozenset[str]
    characters: frozenset[int]


class FontFiles:
    """Reads font files of documents, each content once.

    A file that is no font has no names and no characters: that it failed is found elsewhere.
    """

    def __init__(self) -> None:
        self._known: dict[str, FontFile] = {}

    def read(self, assets: Iterable[Asset]) -> FontFile:
        """What all of these have together."""
        found = [self._read_one(asset) for asset in assets]
        names = frozenset[str]().union(*(font.names for font in found))
        return FontFile(names, frozenset[int]().union(*(font.characters for font in found)))

    def _read_one(self, asset: Asset) -> FontFile:
        if asset.sha256 not in self._known:
            self._known[asset.sha256] = _read_font(asset.data)
        return self._known[asset.sha256]


def _read_font(data: bytes) -> FontFile:
    try:
        with TTFont(io.BytesIO(data), lazy=True) as font:
            records = [record for record in font["name"].names if record.nameID in _FAMILY_NAMES]
            names = frozenset(record.toUnicode().casefold() for record in records)
            return FontFile(names, frozenset(font.getBestCmap() or ()))
    # fontTools raises whatever comes up in a damaged file.
    except Exception:
        return FontFile(frozenset(), frozenset())
