"""The pictures a page offers for itself: five families, and the first that has one is taken."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from htmlcard.links.reading.json_ld import JsonLd
from htmlcard.links.reading.open_graph import Medium, group_media
from htmlcard.links.reading.parts import MetaTag, PageParts
from htmlcard.links.reading.values import collapse

Resolve = Callable[[str], str | None]

_OG_NAMES = ("og:image", "og:image:secure_url", "og:image:url")
_NUMBER = re.compile(r"[0-9]{1,6}")


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A picture with an absolute address, and the name it was found under.

    What else its `og:image` says is in `properties`, by full name.
    """

    url: str
    source: str
    properties: Medium = field(default_factory=dict)

    def side_px(self, name: str) -> int | None:
        """`width` or `height` as the page claims it."""
        match = _NUMBER.fullmatch(collapse(self.properties.get(f"og:image:{name}", "")))
        return int(match[0]) if match else None


def find_pictures(parts: PageParts, json_ld: JsonLd, resolve: Resolve) -> list[PagePicture]:
    """All pictures of the first family that has any, in order, each address once."""
    for family in (_og, _twitter):
        if found := _once(family(parts.metas, resolve)):
            return found
    for name, pictures in json_ld.pictures():
        if found := _once(_resolve_all(f"json-ld:{name}", pictures, resolve)):
            return found
    links = [[link.href] for link in parts.links if "image_src" in link.rel]
    if found := _once(_resolve_all("image_src", links, resolve)):
        return found
    return list(islice(_resolve_all("img", parts.pictures, resolve, _is_no_drawing), 1))


def _og(metas: Sequence[MetaTag], resolve: Resolve) -> Iterator[PagePicture]:
    for picture in group_media(metas, "image"):
        for name in _OG_NAMES:
            if url := resolve(picture.get(name, "")):
                yield PagePicture(url, name, picture)
                break


def _twitter(metas: Sequence[MetaTag], resolve: Resolve) -> Iterator[PagePicture]:
    for name in ("twitter:image", "twitter:image:src"):
        values = [[meta.content] for meta in metas if name in meta.names]
        yield from _resolve_all(name, values, resolve)


def _resolve_all(
    source: str,
    pictures: Iterable[Sequence[str]],
    resolve: Resolve,
    is_wanted: Callable[[str], bool] = bool,
) -> Iterator[PagePicture]:
    """Each picture by the first of its addresses that is usable."""
    for addresses in pictures:
        url = next((url for text in addresses if (url := resolve(text))), None)
        if url and is_wanted(url):
            yield PagePicture(url, source)


def _is_no_drawing(url: str) -> bool:
    path = url.partition("#")[0].partition("?")[0]
    return not path.lower().endswith(".svg")


def _once(pictures: Iterable[PagePicture]) -> list[PagePicture]:
    found: dict[str, PagePicture] = {}
    for picture in pictures:
        found.setdefault(picture.url, picture)
    return list(found.values())
