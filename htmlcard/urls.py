"""What a render URL looks like: its parts, its reserved names, and how one is built."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode

from htmlcard.card import FORMAT_BY_EXTENSION, ImageFormat

#: Query names with a meaning of their own: no template field may be called so.
RESERVED_NAMES = frozenset({"v", "size", "scale", "lang", "url", "sig", "exp", "fallback"})

_VERSION = re.compile(r"[A-Za-z0-9._-]{1,64}")
#: No field has a longer name, and composing takes time by the square of a text's length.
_MAX_NAME_LENGTH = 256

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Target:
    """What the path of a render URL names."""

    template: str
    format: ImageFormat


def parse_target(segment: str) -> Target:
    """`article`, `article.png`, `article.jpeg` …; no extension means PNG.

    An extension that is none of ours stays part of the name, which no template has.
    """
    stem, dot, extension = segment.rpartition(".")
    if dot and extension in FORMAT_BY_EXTENSION:
        return Target(stem, FORMAT_BY_EXTENSION[extension])
    return Target(segment, ImageFormat.PNG)


def parse_query(raw: str) -> list[tuple[str, str]]:
    """Names and values of a raw query string; broken UTF-8 becomes U+FFFD, never an error."""
    return parse_qsl(raw, keep_blank_values=True, errors="replace")


def first_values(query: Iterable[tuple[str, str]], names: Container[str]) -> dict[str, str]:
    """The first value of each of these names, which are in NFC, whatever form the query is in.

    Whatever reads parameters does so by this, or a signature would cover others than are drawn.
    """
    found: dict[str, str] = {}
    for name, value in query:
        if len(name) <= _MAX_NAME_LENGTH:
            key = name if name.isascii() else unicodedata.normalize("NFC", name)
            if key in names:
                found.setdefault(key, value)
    return found


def parse_version(text: str) -> str | None:
    """The value of `v`, or None where it is not one."""
    return text if _VERSION.fullmatch(text) else None


def render_path(target: Target) -> str:
    """`/render/<template>` with the extension of every format but PNG."""
    extension = "" if target.format is ImageFormat.PNG else f".{target.format.extension}"
    return f"/render/{target.template}{extension}"


def encode_query(query: Pairs) -> str:
    """A query in canonical order: sorted by name, RFC 3986 encoded."""
    return urlencode(sorted(query), quote_via=quote, safe="", errors="surrogatepass")
