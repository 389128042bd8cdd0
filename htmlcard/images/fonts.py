"""Which installed font shows which character: bold sans-serifs first, color emoji too.

The usual font folders are listed once; character maps are read as they are
needed, or learned from who has read them elsewhere (`fallbacks`), and kept.
`typeset` asks per character; nothing here ever raises.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

from htmlcard.images.character_maps import Ranges, make_ranges, read_map

_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
    "C:/Windows/Fonts",
)
_SUFFIXES = frozenset((".ttf", ".otf", ".ttc"))
_UNWANTED = ("italic", "oblique", "condensed", "mono", "display", "looped", "rashi", "unjoined")
_PREFERRED = ("notosans", "inter", "dejavusans", "liberationsans", "arial", "helvetica")
_WEIGHTS = ("bold", "semibold", "medium", "regular", "")
#: Machines of designers hold thousands; the best ranked are enough.
_MAX_FONTS = 300
#: The order of the regions inside Noto's and Adobe's collections of Han fonts.
_HAN_INDEX = {"ja": 0, "ko": 1, "zh": 2, "zh-tw": 3, "zh-hant": 3, "zh-mo": 3, "zh-hk": 4}
#: Bitmap fonts open at their own sizes only: Noto's is 109, Apple's 160, others are seldom.
_EMOJI_SIZES_PX = (109, 160, 136, 128, 96, 64)


@dataclass(frozen=True, slots=True)
class Face:
    """One font of one file; an empty `path` is the font that comes with Pillow."""

    path: str
    index: int = 0
    emoji: bool = False
    covered: Ranges = field(default=make_ranges([], []), compare=False, repr=False)

    def has(self, char: str) -> bool:
        return self.covered.has(ord(char))


BUILT_IN = Face("", covered=make_ranges([0x20, 0xA1], [0x7E, 0xFF]))


class FontShelf:
    """The fonts of `folders`, best first. Reads nothing before the first question."""

    def __init__(self, folders: tuple[str, ...] = _FOLDERS) -> None:
        self._folders = folders
        self._waiting: list[Path] | None = None
        self._faces: list[Face] = []
        self._emoji: Face | None = None
        self._found: dict[tuple[str, str], Face | None] = {}
        self._lock = threading.Lock()

    def find_face(self, char: str, lang: str) -> Face | None:
        """The best font that has a glyph for `char`, or None; `lang` chooses Han shapes."""
        with self._lock:
            key = (char, lang)
            if key not in self._found:
                if len(self._found) > 50_000:
                    self._found.clear()
                self._found[key] = self._look_up(char, lang)
            return self._found[key]

    def find_emoji(self) -> Face | None:
        """The color emoji font, where one is installed that can be drawn."""
        with self._lock:
            self._list_files()
            return self._emoji

    def unread(self) -> list[str]:
        """The files whose character maps are not known yet."""
        with self._lock:
            return [str(path) for path in self._list_files()]

    def learn(self, maps: Mapping[str, Ranges | None]) -> None:
        """Take character maps that were read elsewhere; None for files that cannot be read."""
        with self._lock:
            waiting = self._list_files()
            # In their order, for that is how good they are.
            while waiting and (path := str(waiting[0])) in maps:
                waiting.pop(0)
                covered = maps[path]
                if covered is not None:
                    self._faces.append(Face(path, covered=covered))
            self._found.clear()

    def warm(self) -> None:
        """Read every character map now (about half a second), so that no card waits for it."""
        self.find_face("\U0010fffd", "")

    def _look_up(self, char: str, lang: str) -> Face | None:
        waiting = self._list_files()
        found = next((face for face in self._faces if face.has(char)), None)
        while found is None and waiting:
            face = _load_face(waiting.pop(0))
            if face is not None:
                self._faces.append(face)
                found = face if face.has(char) else None
        if found is None and BUILT_IN.has(char):
            return BUILT_IN
        if found is None and self._emoji is not None and self._emoji.has(char):
            return self._emoji
        if found is not None and "CJK" in found.path and found.path.endswith(".ttc"):
            return Face(found.path, _han_index(lang), covered=found.covered)
        return found

    def _list_files(self) -> list[Path]:
        if self._waiting is None:
            files = _list_font_files(self._folders)
            emoji = [path for path in files if "emoji" in path.name.lower()]
            self._waiting = _best_of_each_family(path for path in files if path not in emoji)
            self._emoji = next(filter(None, map(_load_emoji, emoji)), None)
        return self._waiting


#: One for the process: character maps cost time to read and are the same for every card.
INSTALLED = FontShelf()


# Opening is cheap for FreeType but not free; Pillow draws while holding the interpreter lock, so
# threads may share a font.
@lru_cache(maxsize=96)
def load_font(face: Face, size_px: int) -> ImageFont.FreeTypeFont:
    """Open `face` at `size_px`; an emoji face at the size its bitmaps have."""
    if not face.path:
        font = ImageFont.load_default(size_px)
        if not isinstance(font, ImageFont.FreeTypeFont):
            raise OSError("Pillow was built without FreeType: install its wheel from PyPI.")
        return font
    if face.emoji:
        return _open_bitmap_font(face.path)
    return ImageFont.truetype(face.path, size_px, index=face.index)


def _open_bitmap_font(path: str) -> ImageFont.FreeTypeFont:
    for size_px in _EMOJI_SIZES_PX:
        try:
            return ImageFont.truetype(path, size_px)
        except OSError:
            continue
    raise OSError(f"{path} has none of the known bitmap sizes.")


def _list_font_files(folders: tuple[str, ...]) -> list[Path]:
    files: list[Path] = []
    for folder in folders:
        try:
            found = Path(folder).expanduser().rglob("*")
            files += sorted(path for path in found if path.suffix.lower() in _SUFFIXES)
        except (OSError, RuntimeError):
            continue
    return files


def _best_of_each_family(files: Iterable[Path]) -> list[Path]:
    """One weight a family, bold before regular, sans before serif, the preferred first."""
    best: dict[str, tuple[tuple[int, int, int, int, str], Path]] = {}
    for path in files:
        family, _, style = path.stem.lower().partition("-")
        if any(word in path.stem.lower() for word in _UNWANTED):
            continue
        weight = next((i for i, w in enumerate(_WEIGHTS) if w == style), len(_WEIGHTS))
        # Noto's fonts for single scripts (notosansarabic, …) look alike, so they come in a row.
        taste = next((i for i, name in enumerate(_PREFERRED) if family.startswith(name)), 99)
        # A regular sans comes before a bold serif: cards are set in sans.
        serif = int(taste == 99 and "sans" not in family)
        rank = (serif, taste, int(family != _PREFERRED[0]), weight, family)
        if family not in best or rank < best[family][0]:
            best[family] = (rank, path)
    return [path for _, path in sorted(best.values())][:_MAX_FONTS]


def _load_face(path: Path) -> Face | None:
    try:
        covered = read_map(str(path))
    except MemoryError:
        return None
    return None if covered is None else Face(str(path), covered=covered)


def _load_emoji(path: Path) -> Face | None:
    face = _load_face(path)
    if face is None:
        return None
    try:
        _open_bitmap_font(face.path)
    except OSError:
        return None
    return Face(face.path, emoji=True, covered=face.covered)


def _han_index(lang: str) -> int:
    tag = lang.lower().replace("_", "-")
    return _HAN_INDEX.get("-".join(tag.split("-")[:2]), _HAN_INDEX.get(tag.split("-")[0], 0))
