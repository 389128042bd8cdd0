"""When a value is right, field by field. The same for everybody, and no narrower than need be.

Texts are compared with white space collapsed and typographic quotes as plain ones; addresses as
the URL standard resolves and writes them; dates as instants, or as days where the page gives a
day; languages by their primary tag, which is all that some offer.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from bench.links.corpus import Case, resolve
from htmlcard.links import parse_page

#: A field with the words for it, in the order of the table's columns.
FIELDS = {
    "title": "title",
    "legacy title": "title, legacy charsets",
    "description": "description",
    "image": "image",
    "images": "all images",
    "favicon": "icon",
    "site_name": "site name",
    "type": "type",
    "lang": "language",
    "author": "author",
    "published": "date",
}
_ICONS = frozenset({"icon", "apple-touch-icon"})
_QUOTES = str.maketrans("‘’‚‛“”„‟", "''''\"\"\"\"")


def is_asked(field: str, case: Case) -> bool:
    """Whether a page has a value for that field, by its label."""
    if field == "legacy title":
        charset = case.expected["charset"]
        return charset not in (None, "utf-8") and is_asked("title", case)
    if field == "favicon":
        # Where a page names none, the customary place is a convention that not all follow.
        named = case.expected["favicon"]
        return named is not None and named != resolve("/favicon.ico", case.url)
    return bool(case.expected[field])


def find_value(field: str, found: dict[str, Any]) -> Any:
    """The value somebody found for a field. Raises KeyError where he does not offer it."""
    return found["title" if field == "legacy title" else field]


def is_right(field: str, case: Case, found: Any) -> bool:
    """Whether what was found is what the label says."""
    expected = find_value(field, case.expected)
    same: _Same = _SAME.get(field, _same_text)
    return same(expected, found, case)


def _same_text(expected: str, found: Any, _: Case) -> bool:
    return isinstance(found, str) and _plain(expected) == _plain(found)


def _plain(text: str) -> str:
    return " ".join(text.translate(_QUOTES).split())


def _same_url(expected: str, found: Any, case: Case) -> bool:
    return isinstance(found, str) and resolve(found, case.url) == expected


def _is_icon(expected: str, found: Any, case: Case) -> bool:
    """Some take the first icon that a page names, and some the largest."""
    if not isinstance(found, str):
        return False
    parts = parse_page(case.body, case.content_type)
    icons = (link.href for link in parts.links if _ICONS & set(link.rel))
    return resolve(found, case.url) in {expected, *(resolve(href, case.url) for href in icons)}


def _same_urls(expected: list[str], found: Any, case: Case) -> bool:
    if not isinstance(found, list):
        return False
    urls = [resolve(url, case.url) for url in found if isinstance(url, str)]
    return list(dict.fromkeys(urls)) == expected


def _same_language(expected: str, found: Any, _: Case) -> bool:
    return isinstance(found, str) and _primary(found) == _primary(expected)


def _primary(tag: str) -> str:
    return tag.replace("_", "-").partition("-")[0].strip().lower()


def _same_date(expected: str, found: Any, case: Case) -> bool:
    if _same_text(expected, found, case):
        return True
    one, other = _instant(expected), _instant(found)
    if one is None or other is None:
        return False
    return one == other or (_is_day(expected) and one.date() == other.date())


def _is_day(text: str) -> bool:
    return ":" not in text


def _instant(text: Any) -> datetime | None:
    """A date of either of the two usual ways to write one; in UTC, where it does not say."""
    if not isinstance(text, str):
        return None
    for parse in (datetime.fromisoformat, parsedate_to_datetime, _parse_words):
        try:
            date = parse(text.strip())
        except (ValueError, TypeError, IndexError):
            continue
        return date.astimezone(UTC) if date.tzinfo else date.replace(tzinfo=UTC)
    return None


def _parse_words(text: str) -> datetime:
    return datetime.strptime(text, "%d %b %Y").replace(tzinfo=UTC)


_Same = Callable[[Any, Any, Case], bool]
_SAME: dict[str, _Same] = {
    "image": _same_url,
    "images": _same_urls,
    "favicon": _is_icon,
    "lang": _same_language,
    "published": _same_date,
}
