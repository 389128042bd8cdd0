"""Languages and reading directions of documents."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

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
