"""Which characters the fonts can draw, by their character maps.

Knows the fonts a browser of ours sees: those of the system, since its home is an
empty one, and what is added by `with_font_files`. `scripts` next door asks it for
whole writing systems.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import BinaryIO, Self

from fontTools.ttLib import TTFont

#: Where fontconfig, macOS and Windows keep the fonts of all users.
SYSTEM_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
    "C:/Windows/Fonts",
)
_SUFFIXES = frozenset((".ttf", ".otf", ".ttc", ".otc"))

#: Controls, line and paragraph separators and spaces leave no ink; lone surrogates are no text.
_INKLESS = frozenset(("Cc", "Cs", "Zl", "Zp", "Zs"))

#: Default_Ignorable_Code_Point (Unicode 16, DerivedCoreProperties.txt): joiners, variation
#: selectors, bidi marks, the tags inside flags. A font without them draws nothing, as it should.
_IGNORABLE = frozenset(
    code_point
    for first, last in (
        (0xAD, 0xAD),
        (0x34F, 0x34F),
        (0x61C, 0x61C),
        (0x115F, 0x1160),
        (0x17B4, 0x17B5),
        (0x180B, 0x180F),
        (0x200B, 0x200F),
        (0x202A, 0x202E),
        (0x2060, 0x206F),
        (0x3164, 0x3164),
        (0xFE00, 0xFE0F),
        (0xFEFF, 0xFEFF),
        (0xFFA0, 0xFFA0),
        (0xFFF0, 0xFFF8),
        (0x1BCA0, 0x1BCA3),
        (0x1D173, 0x1D17A),
        (0xE0000, 0xE0FFF),
    )
    for code_point in range(first, last + 1)
)


@dataclass(frozen=True, slots=True)
class GlyphCoverage:
    """The code points that at least one font has a glyph for."""

    code_points: frozenset[int] = field(repr=False)

    @classmethod
    def load(cls, folders: tuple[str, ...] = SYSTEM_FOLDERS) -> Self:
        """What the fonts in `folders` can draw.

        Reads every font once per process: less than a second for 300 of them. Files that are
        no fonts count for nothing; of a collection the first font speaks for all.
        """
        return cls(_read_folders(folders))

    def with_font_files(self, files: Iterable[Path | BinaryIO]) -> Self:
        """This and what a template's own fonts add (TrueType, OpenType, WOFF, WOFF2)."""
        return type(self)(self.code_points.union(*map(_read_font, files)))

    def find_missing(self, text: str) -> tuple[str, ...]:
        """The characters of `text` that would be drawn as boxes, each once, in order.

        An emoji sequence is as good as its parts: where a font lacks the whole, the parts
        are drawn side by side.
        """
        return tuple(
            char
            for char in dict.fromkeys(text)
            if ord(char) not in self.code_points and _has_ink(char)
        )


def _has_ink(char: str) -> bool:
    return ord(char) not in _IGNORABLE and unicodedata.category(char) not in _INKLESS


@cache
def _read_folders(folders: tuple[str, ...]) -> frozenset[int]:
    found: set[int] = set()
    for folder in folders:
        for path in Path(folder).rglob("*"):
            if path.suffix.lower() in _SUFFIXES:
                found |= _read_font(path)
    return frozenset(found)


def _read_font(file: Path | BinaryIO) -> frozenset[int]:
    try:
        if isinstance(file, Path):
            with file.open("rb") as opened:
                return _read_code_points(opened)
        return _read_code_points(file)
    # A damaged font raises whatever fontTools stumbles over; the browser leaves it out, too.
    except Exception:
        return frozenset()


def _read_code_points(file: BinaryIO) -> frozenset[int]:
    return frozenset(TTFont(file, lazy=True, fontNumber=0).getBestCmap() or ())
