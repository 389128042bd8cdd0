"""What makes a value usable: text that is not empty, names that are no URLs, dates with a year."""

from __future__ import annotations

import re

_YEAR = re.compile(r"[0-9]{4}")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")


def collapse(text: str) -> str:
    """Runs of Unicode white space as one space, none at the ends."""
    return " ".join(text.split())


def find_text(value: str) -> str | None:
    """The collapsed text, None where it is empty."""
    return collapse(value) or None


def find_person(value: str) -> str | None:
    """The name of somebody: not the address of a profile."""
    text = collapse(value)
    return text if text and not text.lower().startswith(("http://", "https://")) else None


def find_date(value: str) -> str | None:
    """A date as written; what has no year is none."""
    text = collapse(value)
    return text if _YEAR.search(text) else None


def find_language(value: str) -> str | None:
    """A language tag in the shape of BCP 47."""
    tag = collapse(value).replace("_", "-")
    return tag if _LANGUAGE.fullmatch(tag) else None
