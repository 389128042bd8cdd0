"""What letters were drawn with: characters no font has, fonts other than the ones named."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Protocol

from htmlcard.browser.inspection.facts import FontFace, TextElement, TextRun
from htmlcard.card import Asset
from htmlcard.linting.case import Case
from htmlcard.linting.font_files import FontFiles
from htmlcard.linting.rules import FALLBACK_FONT, MISSING_GLYPH


class Glyphs(Protocol):
    """Knows which characters the machine's fonts have."""

    def find_missing(self, text: str, /) -> tuple[str, ...]: ...


#: Names that mean whatever the machine has (CSS Fonts 4), and what two systems call theirs.
_GENERIC = {"serif", "sans-serif", "monospace", "cursive", "fantasy", "system-ui", "ui-serif"}
_GENERIC |= {"ui-sans-serif", "ui-monospace", "ui-rounded", "emoji", "math", "fangsong"}
_VENDORS = {"-apple-system", "blinkmacsystemfont"}
_RANGE = re.compile(r"u\+([0-9a-f?]{1,6})(?:-([0-9a-f]{1,6}))?", re.IGNORECASE)
_LAST = 0x10FFFF


def check_glyphs(case: Case, glyphs: Glyphs, files: FontFiles) -> None:
    """Find characters that come out as boxes; those of decoration, too, for they show."""
    for run in case.inspection.facts.runs:
        element = case.inspection.facts.elements[run.element]
        missing = glyphs.find_missing(run.text)
        if missing:
            own = files.read(_assets(case, _faces_of(case, element.families))).characters
            missing = tuple(char for char in missing if ord(char[0]) not in own)
        if missing:
            names = ", ".join(f"U+{ord(char[0]):04X} {_name(char)}" for char in missing[:3])
            message = (
                f"no font here can draw {names}; install one that has it (htmlcard doctor "
                "helps) or put one into the template"
            )
            case.add(MISSING_GLYPH, message, run, badness=len(missing))


def check_fonts(case: Case, files: FontFiles) -> None:
    """Find letters drawn in another font than the first that their style names."""
    texts: dict[int, list[TextRun]] = {}
    for run in case.inspection.facts.runs:
        texts.setdefault(run.element, []).append(run)
    for number, runs in texts.items():
        element = case.inspection.facts.elements[number]
        named = [name for name in element.families if name.lower() not in _VENDORS]
        first = named[0] if named else "sans-serif"
        if first.lower() in _GENERIC:
            continue
        letters = {char for run in runs for char in run.text if char.isalnum()}
        faces = _faces_of(case, [first])
        if faces:
            _check_declared(case, files, runs[0], element, first, faces, letters)
        else:
            _check_installed(case, runs[0], element, first, letters)


def _check_declared(
    case: Case,
    files: FontFiles,
    run: TextRun,
    element: TextElement,
    first: str,
    faces: Sequence[FontFace],
    letters: set[str],
) -> None:
    font_file = files.read(_assets(case, faces))
    has = font_file.characters
    wanted = {char for char in letters if any(_covers(face, char) for face in faces)}
    if has:
        wanted = {char for char in wanted if ord(char) in has}
    if not wanted:
        return  # A script the font was never meant for.
    if not any(font.custom and font.family.casefold() in font_file.names for font in element.fonts):
        others = ", ".join(font.family for font in element.fonts) or "nothing"
        message = (
            f"@font-face declares “{first}”, but the text is drawn in {others}; correct the "
            "font's src, or take a file that can be read"
        )
        case.add(FALLBACK_FONT, message, run)
        return
    scripts = {_script(char) for char in letters if ord(char) in has}
    strays = sorted(char for char in letters if ord(char) not in has and _script(char) in scripts)
    if strays:
        message = (
            f"“{first}” lacks {' '.join(strays[:8])}, which another font draws in the middle of "
            "words; take a font file with these letters"
        )
        case.add(FALLBACK_FONT, message, run, severity="warning")


def _check_installed(
    case: Case, run: TextRun, element: TextElement, first: str, letters: Iterable[str]
) -> None:
    # What a font that is not there would have had, nobody knows: Latin letters at least.
    if not any(char.isascii() for char in letters) or not element.fonts:
        return
    if any(font.family.casefold() == first.casefold() for font in element.fonts):
        return
    message = (
        f"there is no font “{first}” here, so the text is drawn in {element.fonts[0].family}; "
        "correct the name, or put the font into the template with @font-face"
    )
    case.add(FALLBACK_FONT, message, run, severity="warning")


def _faces_of(case: Case, families: Sequence[str]) -> list[FontFace]:
    wanted = {name.casefold() for name in families}
    return [face for face in case.inspection.facts.faces if face.family.casefold() in wanted]


def _assets(case: Case, faces: Iterable[FontFace]) -> list[Asset]:
    paths = (url.removeprefix(case.inspection.origin) for face in faces for url in face.urls)
    return [case.document.assets[path] for path in paths if path in case.document.assets]


def _covers(face: FontFace, char: str) -> bool:
    """Whether a face was declared for a character (https://www.w3.org/TR/css-fonts-4/#urange)."""
    if not face.unicode_range:
        return True
    for first, last in _RANGE.findall(face.unicode_range):
        low = int(first.replace("?", "0"), 16)
        high = int(last or first.replace("?", "F"), 16)
        if low <= ord(char) <= min(high, _LAST):
            return True
    return False


def _script(char: str) -> str:
    """The first word of a letter's name: LATIN, GREEK, CJK, …; empty for other than letters."""
    return unicodedata.name(char, "").split(" ")[0] if char.isalpha() else ""


def _name(char: str) -> str:
    return unicodedata.name(char[0], "").lower() or "without a name"
