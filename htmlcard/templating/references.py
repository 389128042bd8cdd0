"""Which files an HTML, CSS, SVG or script text asks the browser for.

Finds words, does not parse: one reference too many costs a dependency, one too
few would serve stale cards. `loading` decides what each one means on disk.
"""

from __future__ import annotations

import html
import re
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass

_VALUE = r"""(?:"([^"]{1,2000})"|'([^']{1,2000})'|([^\s"'<>()]{1,2000}))"""
_PATTERNS = (
    re.compile(rf"(?:\b|:)(?:src|href|poster|data)\s*=\s*{_VALUE}", re.IGNORECASE),
    re.compile(rf"\burl\(\s*{_VALUE}\s*\)", re.IGNORECASE),
    re.compile(r"""@import\s+(?:"([^"]{1,2000})"|'([^']{1,2000})')""", re.IGNORECASE),
    # Anything quoted that starts like a shared file: Jinja expressions, scripts, inline styles.
    re.compile(r"""(?:"(/shared/[^"]{1,2000})"|'(/shared/[^']{1,2000})'|&quot;(/shared/[^&]+))"""),
)
_SRCSET = re.compile(r"""\bsrcset\s*=\s*(?:"([^"]{1,4000})"|'([^']{1,4000})')""", re.IGNORECASE)
_DYNAMIC = re.compile(r"\{[{%#]")


@dataclass(frozen=True, slots=True)
class Reference:
    """A decoded URL path, absolute (`/shared/…`) or relative to the text that has it.

    Of a computed reference `path` is the part before the first `{{`, up to its
    last slash: everything below may be meant. `index` is where it stands.
    """

    path: str
    dynamic: bool
    index: int


def find_references(text: str) -> list[Reference]:
    """Every reference to a file of the same origin, in order, without repeats."""
    unique: dict[tuple[str, bool], Reference] = {}
    for value, index in sorted(_find_values(text), key=lambda item: item[1]):
        reference = _parse_reference(value, index)
        if reference is not None:
            unique.setdefault((reference.path, reference.dynamic), reference)
    return list(unique.values())


def _find_values(text: str) -> Iterator[tuple[str, int]]:
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            yield next(group for group in match.groups() if group), match.start()
    for match in _SRCSET.finditer(text):
        for candidate in (match[1] or match[2]).split(","):
            if words := candidate.split():
                yield words[0], match.start()


def _parse_reference(value: str, index: int) -> Reference | None:
    url = html.unescape(value.strip())
    start = _DYNAMIC.search(url)
    if start is not None:
        url = url[: start.start()]
        if "?" in url or "#" in url:
            start = None  # only the query is computed
    url = re.split(r"[?#]", url, maxsplit=1)[0]
    if start is not None:
        url = url[: url.rfind("/") + 1]
    if not url or url.startswith(("//", "\\")) or re.match(r"[a-z][a-z0-9+.-]*:", url, re.I):
        return None
    return Reference(urllib.parse.unquote(url), start is not None, index)
