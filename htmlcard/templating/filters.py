"""The filters templates have beyond Jinja's own.

They run in the worker process, so this imports the standard library and the
value modules beside it only. A filter that meets an empty value answers
something drawable: a missing field is no reason to lose a card.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from htmlcard.templating import colors
from htmlcard.templating.dates import parse_iso
from htmlcard.templating.graphemes import iter_clusters, truncate

LIGHT_TEXT, DARK_TEXT = "#fff", "#111"


def truncate_graphemes(value: object, length: int) -> str:
    """`{{ title|truncate_graphemes(40) }}`: at most 40 characters as people count them,
    an ellipsis included where something was cut."""
    return truncate(str(value), max(1, length))


def format_date(value: object, pattern: str = "%-d %b %Y") -> str:
    """`{{ date|format_date("%d %b %Y") }}`: strftime, English names. Empty for a missing date;
    text that is no ISO 8601 date is left as it is."""
    if not isinstance(value, dt.date):
        text = str(value or "")
        try:
            value = parse_iso(text)
        except ValueError:
            return text
    return value.strftime(pattern)


def format_number(value: object, decimals: int | None = None) -> str:
    """`{{ price|format_number(2) }}`: thousands grouped, `1,234.50`; without `decimals` as many
    as the number has. What is no number is left as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,}" if decimals is None else f"{value:,.{decimals}f}"


def initials(value: object, count: int = 2) -> str:
    """`{{ author|initials }}`: first letters of the first and last words, upper case: `Ada
    Lovelace` -> `AL`, `Ada` -> `A`."""
    words = [word for word in str(value).split() if word[0].isalnum()] or str(value).split()
    chosen = words if len(words) <= count else [*words[: count - 1], words[-1]]
    return "".join(next(iter_clusters(word)) for word in chosen).upper()


def readable_on(color: object) -> str:
    """`{{ accent|readable_on }}`: `#fff` or `#111`, whichever has more WCAG contrast on `color`;
    `#111` for what is no color."""
    try:
        background = colors.parse_color(str(color))
    except ValueError:
        return DARK_TEXT
    return max((DARK_TEXT, LIGHT_TEXT), key=lambda text: colors.contrast(text, background))


def mix(color: object, other: str, weight: float = 0.5) -> str:
    """`{{ accent|mix("#fff", 0.2) }}`: 80 % accent, 20 % white; `other` alone where `color` is
    no color."""
    try:
        return colors.mix(str(color), other, weight)
    except ValueError:
        return colors.parse_color(other)


def lighten(color: object, amount: float = 0.2) -> str:
    """`{{ accent|lighten(0.3) }}`: mixed with white."""
    return mix(color, "#ffffff", amount)


def darken(color: object, amount: float = 0.2) -> str:
    """`{{ accent|darken(0.3) }}`: mixed with black."""
    return mix(color, "#000000", amount)


FILTERS: dict[str, Callable[..., Any]] = {
    filter_.__name__: filter_
    for filter_ in (
        truncate_graphemes,
        format_date,
        format_number,
        initials,
        readable_on,
        mix,
        lighten,
        darken,
    )
}
