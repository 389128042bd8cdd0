"""Which scripts the installed fonts cannot write."""

from __future__ import annotations

from htmlcard.images.fonts import INSTALLED

#: A letter of each script that a card may meet, by the script's English name (Unicode).
_LETTERS = {
    "Latin": "A",
    "Greek": "Ω",
    "Cyrillic": "Ж",
    "Arabic": "ش",
    "Hebrew": "ש",
    "Devanagari": "क",
    "Bengali": "ক",
    "Tamil": "க",
    "Telugu": "క",
    "Thai": "ก",
    "Khmer": "ក",
    "Georgian": "ა",
    "Armenian": "Ա",
    "Ethiopic": "አ",
    "Han": "漢",
    "Kana": "あ",
    "Hangul": "한",
}


def find_missing_scripts() -> list[str]:
    """Names of scripts, and `emoji`, that no installed font has."""
    missing = [name for name, letter in _LETTERS.items() if not INSTALLED.find_face(letter, "")]
    if INSTALLED.find_emoji() is None:
        missing.append("emoji")
    return missing
