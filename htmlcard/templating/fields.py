"""A declared input of a template, and how a value of each type is read.

`manifest` makes fields, `params` reads whole requests with them, `schema`
describes them to callers.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from htmlcard.templating.colors import parse_color
from htmlcard.templating.dates import parse_iso
from htmlcard.templating.graphemes import truncate
from htmlcard.templating.text import clean_text

Value = str | int | float | bool | dt.date

#: Characters of text a field takes where its manifest does not say.
DEFAULT_MAX_LENGTH = 300
_MAX_WORD_LENGTH = 64
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,5})?", re.ASCII | re.IGNORECASE)
_BOOLEANS = {"1": True, "true": True, "yes": True, "on": True}
_BOOLEANS |= {"0": False, "false": False, "no": False, "off": False}


class FieldType(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    COLOR = "color"
    CHOICE = "choice"
    IMAGE = "image"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Field:
    """One input. `default` and `sample` are values of the field's type; '' stands for none.

    Where `sample` is None, its author said nothing, and whoever needs one makes it up.
    """

    name: str
    type: FieldType = FieldType.TEXT
    required: bool = False
    default: Value = ""
    max_length: int = DEFAULT_MAX_LENGTH
    choices: tuple[str, ...] = ()
    min: float | None = None
    max: float | None = None
    help: str = ""
    sample: Value | None = None
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """A value with what had to be done to it; `note` is empty where nothing was."""

    value: Value
    note: str = ""
    out_of_bounds: bool = False


def parse_value(field: Field, raw: str) -> Reading:
    """`raw`, which is not blank, as a value of the field. Raises ValueError that says why not."""
    return _PARSERS[field.type](field, raw)


def format_value(value: Value) -> str:
    """The one text that stands for a value in keys and URLs; `parse_value` reads it back."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value)


def normalize_number(number: float) -> int | float:
    """`1.0` as `1`, `-0.0` as `0`. Raises ValueError for infinities and NaN."""
    if not math.isfinite(number):
        raise ValueError("not a finite number")
    return int(number) if number == int(number) and abs(number) < 2**53 else number


def clamp_number(field: Field, number: float) -> Reading:
    """`number` within the field's bounds."""
    if field.min is not None and number < field.min:
        low = normalize_number(field.min)
        return Reading(low, f"below {low}, {low} used", out_of_bounds=True)
    if field.max is not None and number > field.max:
        high = normalize_number(field.max)
        return Reading(high, f"above {high}, {high} used", out_of_bounds=True)
    return Reading(normalize_number(number))


def _parse_text(field: Field, raw: str) -> Reading:
    text = clean_text(raw, field.max_length)
    cut = truncate(text, field.max_length)
    note = "" if cut == text else f"longer than {field.max_length} characters, cut"
    return Reading(cut, note)


def _parse_word(raw: str) -> str:
    return clean_text(raw[: _MAX_WORD_LENGTH + 1], _MAX_WORD_LENGTH)


def _parse_number(field: Field, raw: str) -> Reading:
    word = _parse_word(raw)
    if len(word) > _MAX_WORD_LENGTH or not _NUMBER.fullmatch(word):
        raise ValueError("not a number")
    number = float(word)
    if not math.isfinite(number):
        raise ValueError("not a finite number")
    return clamp_number(field, number)


def _parse_boolean(field: Field, raw: str) -> Reading:
    value = _BOOLEANS.get(_parse_word(raw).lower())
    if value is None:
        raise ValueError("not a boolean (1, true, yes, on, 0, false, no, off)")
    return Reading(value)


def _parse_color(field: Field, raw: str) -> Reading:
    return Reading(parse_color(_parse_word(raw)))


def _parse_choice(field: Field, raw: str) -> Reading:
    word = clean_text(raw, DEFAULT_MAX_LENGTH)
    if word not in field.choices:
        raise ValueError(f"not one of {', '.join(field.choices)}")
    return Reading(word)


def _parse_date(field: Field, raw: str) -> Reading:
    word = _parse_word(raw)
    try:
        return Reading(parse_iso(word))
    except ValueError:
        raise ValueError("not an ISO 8601 date such as 2026-01-31") from None


def _parse_image(field: Field, raw: str) -> Reading:
    """Any URL; whether its picture is fetched is for `params` to ask."""
    return Reading(raw.strip())


_PARSERS: Mapping[FieldType, Callable[[Field, str], Reading]] = {
    FieldType.TEXT: _parse_text,
    FieldType.NUMBER: _parse_number,
    FieldType.BOOLEAN: _parse_boolean,
    FieldType.COLOR: _parse_color,
    FieldType.CHOICE: _parse_choice,
    FieldType.IMAGE: _parse_image,
    FieldType.DATE: _parse_date,
}
