"""Parts of a page that has too much of everything, within what a service can bear.

Reading is linear, but a page of 10 MB may be a million tags; no crawler looks at so many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from htmlcard.links.reading.parts import PageParts

#: A text of its own, or within a tag. Longer titles are no titles, longer URLs are never fetched.
MAX_TEXT = 50_000
#: Of all tags of a kind together, in characters.
MAX_TAGS = 1_000_000
#: What an object costs beside its text.
_OVERHEAD = 8
#: What a value in JSON-LD costs: three characters become an object that is read, kept and sent.
_VALUE = 80

_NAMES = {"metas": "meta tags", "links": "link tags", "json_ld": "JSON-LD scripts"}


def trim(parts: PageParts) -> PageParts:
    """The same parts, but for what is behind the first two megabytes of each kind.

    Texts are cut; what a script of JSON-LD says cannot be, so that is left out where it is longer.
    """
    changes: dict[str, Any] = {}
    warnings: list[str] = []
    for each in fields(parts):
        value = getattr(parts, each.name)
        if isinstance(value, str):
            changes[each.name] = value[:MAX_TEXT]
        elif isinstance(value, tuple):
            kept = tuple(_within(value, _weigh_script if each.name == "json_ld" else _weigh))
            changes[each.name] = kept
            if len(kept) < len(value):
                what = _NAMES.get(each.name, each.name)
                warnings.append(f"Of {len(value):,} {what} the first {len(kept):,} were read.")
    return replace(parts, **{**changes, "warnings": (*changes["warnings"], *warnings)})


def _within(items: Iterable[Any], weigh: Callable[[Any], int]) -> Iterator[Any]:
    left = MAX_TAGS
    for item in items:
        kept = _cut(item)
        left -= weigh(kept)
        if left < 0:
            return
        yield kept


def _cut(item: Any) -> Any:
    """A tag with its texts cut."""
    if not is_dataclass(item) or isinstance(item, type):
        return item
    texts = ((each.name, getattr(item, each.name)) for each in fields(item))
    long = {
        name: text[:MAX_TEXT]
        for name, text in texts
        if isinstance(text, str) and len(text) > MAX_TEXT
    }
    return replace(item, **long) if long else item


def _weigh_script(script: str) -> int:
    return len(script) + _VALUE * (1 + sum(map(script.count, "[{,")))


def _weigh(value: Any) -> int:
    if isinstance(value, str):
        return _OVERHEAD + len(value)
    if isinstance(value, tuple):
        return _OVERHEAD + sum(map(_weigh, value))
    if is_dataclass(value):
        return _OVERHEAD + sum(_weigh(getattr(value, each.name)) for each in fields(value))
    return _OVERHEAD
