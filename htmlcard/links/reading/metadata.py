"""The parts of a page to what it is about: title, description, picture and the rest, and why.

The precedence is the contract's; where that is silent, the rules of `tests/links/corpus/README.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import chain
from typing import Any

from htmlcard.links.reading.json_ld import JsonLd
from htmlcard.links.reading.open_graph import list_open_graph
from htmlcard.links.reading.parts import PageParts
from htmlcard.links.reading.pictures import PagePicture, find_pictures
from htmlcard.links.reading.values import find_date, find_language, find_person, find_text
from htmlcard.links.web_url import WebUrl, parse_web_url

#: A value and the name it was found under.
Found = tuple[str | None, str | None]

_OEMBED_TYPES = ("application/json+oembed", "text/xml+oembed")


@dataclass(frozen=True, slots=True)
class MetadataImage:
    """The picture a preview shows: sides in px and type as the page claims until it is fetched."""

    url: str
    width: int | None = None
    height: int | None = None
    type: str | None = None
    bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a page says about itself; None for what it does not say.

    `og` has every name after `og:` with its values in order, those of `image`, `video` and `audio`
    as objects of their own properties; `twitter` likewise, with strings alone. `sources` tells
    under which name title, description and image were found. `oembed` is the address to ask.
    """

    url: str
    final_url: str
    status: int | None = None
    title: str | None = None
    description: str | None = None
    image: MetadataImage | None = None
    images: tuple[str, ...] = ()
    favicon: str | None = None
    site_name: str | None = None
    type: str | None = None
    lang: str | None = None
    author: str | None = None
    published: str | None = None
    sources: dict[str, str | None] = field(default_factory=dict)
    og: dict[str, list[Any]] = field(default_factory=dict)
    twitter: dict[str, list[str]] = field(default_factory=dict)
    json_ld: tuple[Any, ...] = ()
    oembed: str | None = None
    warnings: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """For JSON, with lists."""
        values = asdict(self)
        return {name: list(v) if isinstance(v, tuple) else v for name, v in values.items()}


def read_metadata(parts: PageParts, url: str) -> Metadata:
    """What the parts of the page at `url`, its address after redirects, say about it.

    `url` and `final_url` are both that, `status` is None: whoever fetched the page knows better.
    Raises ValueError where `url` is no absolute http(s) address.
    """
    final = parse_web_url(url)
    if final is None:
        raise ValueError(f"{url!r} is no http(s) address. Give the one the page was found at.")
    if parts.charset is None:
        return Metadata(url=str(final), final_url=str(final), warnings=parts.warnings)
    return _Reader(parts, final).read()


class _Reader:
    """One page, with what several rules look at."""

    def __init__(self, parts: PageParts, final: WebUrl) -> None:
        self._parts = parts
        self._final = final
        self._base = (parts.base is not None and parse_web_url(parts.base, final)) or final
        self._json_ld = JsonLd(parts.json_ld)
        self._named: dict[str, list[str]] = {}
        for meta in parts.metas:
            for name in meta.names:
                self._named.setdefault(name, []).append(meta.content)

    def read(self) -> Metadata:
        parts, json_ld = self._parts, self._json_ld
        title, title_source = self._find_title()
        description, description_source = self._find_description()
        pictures = find_pictures(parts, json_ld, self._resolve)
        first = pictures[0] if pictures else None
        sources = {
            "title": title_source,
            "description": description_source,
            "image": first.source if first else None,
        }
        return Metadata(
            url=str(self._final),
            final_url=str(self._final),
            title=title,
            description=description,
            image=_image_of(first) if first else None,
            images=tuple(picture.url for picture in pictures),
            favicon=self._find_favicon(),
            site_name=_first(
                find_text,
                self._values("og:site_name", "application-name"),
                json_ld.site_names(),
                json_ld.names("publisher"),
            ),
            type=_first(find_text, self._values("og:type")),
            lang=self._find_language(),
            author=_first(
                find_person,
                self._values("article:author", "author"),
                json_ld.names("author"),
                (parts.author_item or "", parts.author_link or ""),
            ),
            published=_first(
                find_date,
                self._values("article:published_time"),
                (text for _, text in json_ld.texts("datePublished", "uploadDate")),
                (parts.published_item or "",),
                self._values("date"),
                (parts.time or "",),
            ),
            sources={name: source for name, source in sources.items() if source},
            og=list_open_graph(parts.metas),
            twitter=self._list_twitter(),
            json_ld=tuple(json_ld.documents),
            oembed=self._find_link(lambda rel, kind: "alternate" in rel and kind in _OEMBED_TYPES),
            warnings=(*parts.warnings, *json_ld.warnings),
        )

    def _find_title(self) -> Found:
        return _find_first(
            self._labeled("og:title", "twitter:title"),
            _prefixed(self._json_ld.texts("headline", "name")),
            [("title", self._parts.title or ""), ("h1", self._parts.h1 or "")],
        )

    def _find_description(self) -> Found:
        return _find_first(
            self._labeled("og:description", "twitter:description", "description"),
            _prefixed(self._json_ld.texts("description")),
            [("p", self._parts.paragraph or "")],
        )

    def _find_language(self) -> str | None:
        content_languages = (
            meta.content for meta in self._parts.metas if meta.http_equiv == "content-language"
        )
        return _first(
            find_language, self._parts.languages, self._values("og:locale"), content_languages
        )

    def _find_favicon(self) -> str:
        return (
            self._find_link(lambda rel, _: "icon" in rel)
            or self._find_link(lambda rel, _: "apple-touch-icon" in rel)
            or f"{self._final.origin}/favicon.ico"
        )

    def _find_link(self, is_wanted: Callable[[tuple[str, ...], str], bool]) -> str | None:
        urls = (self._resolve(x.href) for x in self._parts.links if is_wanted(x.rel, x.type))
        return next((url for url in urls if url), None)

    def _list_twitter(self) -> dict[str, list[str]]:
        prefix = "twitter:"
        return {
            name.removeprefix(prefix): values
            for name, values in self._named.items()
            if name.startswith(prefix)
        }

    def _values(self, *names: str) -> Iterator[str]:
        return (value for name in names for value in self._named.get(name, ()))

    def _labeled(self, *names: str) -> Iterator[tuple[str, str]]:
        return ((name, value) for name in names for value in self._named.get(name, ()))

    def _resolve(self, text: str) -> str | None:
        """An attribute's absolute address; None for what is empty or cannot be fetched."""
        url = parse_web_url(text, self._base) if find_text(text) else None
        return str(url) if url else None


def _first(find: Callable[[str], str | None], *candidates: Iterable[str]) -> str | None:
    return next((found for text in chain(*candidates) if (found := find(text))), None)


def _find_first(*candidates: Iterable[tuple[str, str]]) -> Found:
    """The first text that is not empty, and where it is from."""
    for source, value in chain(*candidates):
        if text := find_text(value):
            return text, source
    return None, None


def _prefixed(texts: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    return ((f"json-ld:{name}", text) for name, text in texts)


def _image_of(picture: PagePicture) -> MetadataImage:
    return MetadataImage(
        url=picture.url,
        width=picture.side_px("width"),
        height=picture.side_px("height"),
        type=find_text(picture.properties.get("og:image:type", "")),
    )
