"""Languages and reading directions of documents: as told, else as their texts look."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

#: For texts in Latin letters, whose language does not matter to fonts.
DEFAULT_LANG = "en"

_TAG = re.compile(r"[a-z]{2,8}([-_][a-z0-9]{1,8}){0,6}", re.ASCII | re.IGNORECASE)
#: Languages written from right to left unless a script subtag says otherwise (CLDR).
_RTL_LANGS = frozenset(
    ("ar", "arc", "ckb", "dv", "fa", "he", "iw", "ji", "nqo", "ps", "sd", "syr", "ug", "ur", "yi")
)
_RTL_SCRIPTS = frozenset(("Arab", "Hebr", "Syrc", "Thaa", "Nkoo", "Adlm", "Rohg", "Mand", "Samr"))


def parse_lang(text: str) -> str | None:
    """A BCP 47 language tag in its usual case (`pt-BR`, `zh-Hant`); None for what is none.

    Subtags are checked by shape, not against the registry (RFC 5646, section 2.1.1).
    """
    if len(text) > 35 or not _TAG.fullmatch(text):
        return None
    first, *rest = text.replace("_", "-").split("-")
    parts = [first.lower()]
    for part in rest:
        if len(part) == 4 and part.isalpha() and "x" not in parts:
            parts.append(part.title())
        elif len(part) == 2 and len(parts[-1]) > 1 and "x" not in parts:
            parts.append(part.upper())
        else:
            parts.append(part.lower())
    return "-".join(parts)


def find_direction(lang: str, texts: Iterable[str]) -> str:
    """`rtl` or `ltr`: what the language says, else the first letter with a direction."""
    language, *rest = lang.split("-")
    script = next((part for part in rest if len(part) == 4 and part.istitle()), "")
    if script in _RTL_SCRIPTS or (not script and language in _RTL_LANGS):
        return "rtl"
    for text in texts:
        for char in text:
            strong = unicodedata.bidirectional(char)
            if strong in ("R", "AL"):
                return "rtl"
            if strong == "L":
                return "ltr"
    return "ltr"


#: The likeliest language of a script (CLDR 46, likelySubtags `und-…`), by the first word of its
#: characters' names. Cyrillic has several, drawn alike unless one of them is named.
_LANGS = {
    "GREEK": "el",
    "CYRILLIC": "und-Cyrl",
    "ARABIC": "ar",
    "HEBREW": "he",
    "DEVANAGARI": "hi",
    "BENGALI": "bn",
    "GURMUKHI": "pa",
    "GUJARATI": "gu",
    "ORIYA": "or",
    "TAMIL": "ta",
    "TELUGU": "te",
    "KANNADA": "kn",
    "MALAYALAM": "ml",
    "SINHALA": "si",
    "THAI": "th",
    "LAO": "lo",
    "KHMER": "km",
    "MYANMAR": "my",
    "GEORGIAN": "ka",
    "ARMENIAN": "hy",
    "ETHIOPIC": "am",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "CJK": "zh",
}
_EAST_ASIAN = frozenset(("ja", "ko", "zh"))
#: Letters that Arabic itself lacks: Urdu's are no part of Persian.
_URDU = frozenset("ٹڈڑںےۓہۂ")
_PERSIAN = frozenset("پچژگکی")
#: National character sets tell whose everyday writing a Han character belongs to. Where all fit,
#: simplified Chinese is likeliest (CLDR, `und-Hani`).
_HAN_CHARSETS = (("gb2312", "zh-Hans"), ("big5", "zh-Hant"), ("shift_jis", "ja"))
#: Longer texts say nothing new.
_MAX_LETTERS = 400


def find_lang(texts: Iterable[str]) -> str:
    """The language `texts` look to be in, as far as it decides about fonts; the title comes first.

    The first text with letters decides, by the script most of them are in. A few Chinese,
    Japanese or Korean words are enough for these, since their titles are full of Latin names;
    which one it is, all texts together tell.
    """
    texts = list(texts)
    if all(map(str.isascii, texts)):
        return DEFAULT_LANG
    for text in texts:
        letters = _count_letters(text)
        if not letters:
            continue
        if not _EAST_ASIAN.isdisjoint(letters):
            return _tell_east_asian("".join(texts)[:_MAX_LETTERS])
        [(lang, _)] = letters.most_common(1)
        return _tell_arabic(text) if lang == "ar" else lang
    return DEFAULT_LANG


def _count_letters(text: str) -> Counter[str]:
    """How many letters of `text` speak for which language."""
    names = (unicodedata.name(char, "") for char in text[:_MAX_LETTERS] if char.isalpha())
    scripts = (name.removeprefix("HALFWIDTH ").split(" ", 1)[0].split("-", 1)[0] for name in names)
    return Counter(_LANGS.get(script, DEFAULT_LANG) for script in scripts)


def _tell_east_asian(text: str) -> str:
    letters = _count_letters(text)
    # Koreans and Japanese write Han characters, too; Chinese write neither kana nor Hangul.
    if letters["ja"] or letters["ko"]:
        return "ja" if letters["ja"] >= letters["ko"] else "ko"
    han = [char for char in text if unicodedata.name(char, "").startswith("CJK ")]
    return max(_HAN_CHARSETS, key=lambda charset: sum(_is_in(charset[0], char) for char in han))[1]


def _is_in(charset: str, char: str) -> bool:
    try:
        char.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def _tell_arabic(text: str) -> str:
    if not _URDU.isdisjoint(text):
        return "ur"
    return "fa" if not _PERSIAN.isdisjoint(text) else "ar"
