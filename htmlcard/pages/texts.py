"""What is kept of a page: texts by the name of their source, few and short."""

from __future__ import annotations

import html
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from htmlcard.links import Metadata, PageParts
from htmlcard.links.reading.values import collapse
from htmlcard.links.web_url import parse_web_url
from htmlcard.pictures.freshness import Freshness

#: Of a page, names included; no card shows as much.
MAX_CHARS = 40_000
#: No field takes longer ones but by `max_length`, and no template of ours shows half of it.
_MAX_TEXT = 5000
_MAX_NAME = 120
#: Of one name: the first usable one counts.
_MAX_TEXTS = 8
#: Of JSON-LD: what is further away is about something else than the page.
_MAX_NODES = 2000
_MAX_ITEMS = 100
_MAX_DEPTH = 3
_STRUCTURED_PICTURES = frozenset(
    f"json-ld:{name}" for name in ("image", "image.url", "image.contentUrl", "thumbnailUrl")
)


@dataclass(frozen=True, slots=True)
class Page:
    """What a page said when it was asked, at `asked_at_s` (Unix time).

    `url` is where it was found, after redirects; `base` is what its addresses are relative to.
    """

    url: str
    base: str
    texts: dict[str, tuple[str, ...]] = field(repr=False)
    """By source, as `templating.page_sources.key_of` spells it; none is empty."""
    freshness: Freshness
    asked_at_s: float

    @property
    def chars(self) -> int:
        """How many there are, names included."""
        return sum(len(name) + sum(map(len, found)) for name, found in self.texts.items())


def read_texts(parts: PageParts, metadata: Metadata) -> dict[str, tuple[str, ...]]:
    """The texts of a page by source, white space collapsed; the first ones where there are many."""
    texts: dict[str, list[str]] = {}
    left = MAX_CHARS
    for name, raw in _candidates(parts, metadata):
        text = collapse(raw[:_MAX_TEXT]).encode("utf-8", "replace").decode()
        found = texts.get(name, [])
        if not text or text in found or len(name) > _MAX_NAME or len(found) >= _MAX_TEXTS:
            continue
        left -= len(text) + (0 if found else len(name))
        if left < 0:
            break
        texts.setdefault(name, found).append(text)
    return {name: tuple(found) for name, found in texts.items()}


def find_base(parts: PageParts, url: str) -> str:
    """What the addresses in a page at `url` are relative to."""
    base = parse_web_url(parts.base, parse_web_url(url)) if parts.base is not None else None
    return url if base is None else str(base)


def _candidates(parts: PageParts, metadata: Metadata) -> Iterator[tuple[str, str]]:
    host = parse_web_url(metadata.final_url)
    for name, value in (
        ("title", metadata.title),
        ("description", metadata.description),
        ("favicon", metadata.favicon),
        ("site_name", metadata.site_name),
        ("author", metadata.author),
        ("published", metadata.published),
        ("type", metadata.type),
        ("lang", metadata.lang),
        ("host", host.host.removeprefix("www.") if host else None),
    ):
        yield name, value or ""
    structured = list(_json_ld_texts(metadata.json_ld))
    for url in (*metadata.images, *_other_pictures(parts, structured)):
        yield "image", url
    # What speaks to us by name is not to be crowded out by the rest.
    for ours in (True, False):
        for meta in parts.metas:
            for name in meta.names:
                if name.startswith("htmlcard:") is ours:
                    yield f"meta:{name}", meta.content
    yield from structured


def _other_pictures(parts: PageParts, structured: Iterable[tuple[str, str]]) -> Iterator[str]:
    """For a page whose tags all name its card: what its picture was before it had one."""
    yield from (meta.content for meta in parts.metas if "twitter:image" in meta.names)
    for name, text in structured:
        if name in _STRUCTURED_PICTURES and text.startswith(("https://", "http://", "/")):
            yield text
    yield from (link.href for link in parts.links if "image_src" in link.rel)
    yield from (addresses[0] for addresses in parts.pictures[:1])


def _json_ld_texts(documents: Iterable[Any]) -> Iterator[tuple[str, str]]:
    """Each text with its path (`offers.price`), those on top first; an object has its name's."""
    waiting: deque[tuple[tuple[str, ...], Any]] = deque(((), each) for each in documents)
    for _ in range(_MAX_NODES):
        if not waiting:
            return
        path, value = waiting.popleft()
        if isinstance(value, list):
            waiting.extend((path, item) for item in value[:_MAX_ITEMS])
        elif isinstance(value, dict):
            yield from _object_texts(path, value)
            for key, below in list(value.items())[:_MAX_ITEMS]:
                if key == "@graph":
                    waiting.append((path, below))
                elif not key.startswith("@") and len(path) <= _MAX_DEPTH:
                    waiting.append(((*path, key), below))
        elif path and isinstance(value, str | int | float) and not isinstance(value, bool):
            yield f"json-ld:{'.'.join(path)}", html.unescape(str(value)[:_MAX_TEXT])


def _object_texts(path: tuple[str, ...], value: dict[str, Any]) -> Iterator[tuple[str, str]]:
    name = value.get("@value", value.get("name"))
    if path and isinstance(name, str):
        yield f"json-ld:{'.'.join(path)}", html.unescape(name[:_MAX_TEXT])
