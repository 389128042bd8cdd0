"""One page as some crawlers got it, with what several rules ask for. Answers are remembered."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice

from htmlcard.links.reading.content_type import ContentType, parse_content_type
from htmlcard.links.reading.decoding import decode
from htmlcard.links.reading.json_ld import JsonLd
from htmlcard.links.reading.open_graph import group_tags
from htmlcard.links.reading.parts import MetaTag, PageParts
from htmlcard.links.reading.values import collapse, find_text
from htmlcard.links.web_url import WebUrl, parse_web_url

#: Where a picture's address may be, in the order they are tried.
PICTURE_NAMES = ("og:image", "og:image:secure_url", "og:image:url")
TWITTER_NAMES = ("twitter:image", "twitter:image:src")
#: Mastodon passes over all others.
_NEWS_TYPES = ("NewsArticle", "WebPage")
_MAX_QUOTE = 300
_MAX_CARDS = 300

#: The tags of one `og:image`, by their full names.
Group = dict[str, MetaTag]


class Page:
    """The body that was sent from `url`, and its parts.

    `reads` is how many bytes a crawler looks at, None for all of them; with `by_property` it does
    not see tags that go by `name`.
    """

    def __init__(self, body: bytes, content_type: str | None, url: str, parts: PageParts) -> None:
        final = parse_web_url(url)
        assert final is not None, "it was fetched"
        self.body = body
        self.kind: ContentType = parse_content_type(content_type)
        self.url: WebUrl = final
        self.parts = parts
        self.base = (parts.base is not None and parse_web_url(parts.base, final)) or final
        self._named: dict[str, list[MetaTag]] = {}
        for meta in parts.metas:
            for name in meta.names:
                tags = self._named.setdefault(name, [])
                if len(tags) < _MAX_CARDS:
                    tags.append(meta)
        self._json_ld: dict[int | None, JsonLd] = {}
        self._json_ld_texts: dict[tuple[tuple[str, ...], int | None], str | None] = {}
        self._json_ld_pictures: dict[int | None, WebUrl | None] = {}
        self._urls: dict[str, WebUrl | None] = {}
        self._groups: dict[tuple[int | None, bool], list[Group]] = {}

    def tags(self, name: str) -> list[MetaTag]:
        """The tags of that name, in order."""
        return self._named.get(name, [])

    @cached_property
    def cards(self) -> list[MetaTag]:
        """The tags of Open Graph or Twitter, as many as a page by people has."""
        tags = (m for m in self.parts.metas if any(map(is_card_name, m.names)))
        return list(islice(tags, _MAX_CARDS))

    @cached_property
    def has_icon(self) -> bool:
        """Whether a link names a favicon that can be fetched."""
        return any(
            self.resolve(link.href)
            for link in self.parts.links
            if "icon" in link.rel or "apple-touch-icon" in link.rel
        )

    def find_tag(
        self, name: str, reads: int | None = None, *, by_property: bool = False
    ) -> MetaTag | None:
        """The first tag of that name with a text."""
        return next(
            (
                meta
                for meta in self.tags(name)
                if (reads is None or meta.end_byte <= reads)
                and (not by_property or name in meta.properties)
                and meta.content.strip()
            ),
            None,
        )

    def find_text(self, *names: str) -> str | None:
        """The text of the first tag that has one, of the first of these names that has one."""
        found = (meta for name in names if (meta := self.find_tag(name)))
        return next((collapse(meta.content) for meta in found), None)

    def find_picture(
        self, reads: int | None = None, *, by_property: bool = False
    ) -> tuple[MetaTag, Group] | None:
        """The tag with the address of the first usable `og:image`, and all that belongs to it."""
        for group in self.list_pictures(reads, by_property=by_property):
            for name in PICTURE_NAMES:
                if name in group and self.resolve(group[name].content):
                    return group[name], group
        return None

    def list_pictures(self, reads: int | None = None, *, by_property: bool = False) -> list[Group]:
        """Every `og:image` with its properties, usable or not."""
        key = (reads, by_property)
        if key not in self._groups:
            self._groups[key] = group_tags(self._seen(reads, by_property), "image")
        return self._groups[key]

    def _seen(self, reads: int | None, by_property: bool) -> Iterator[tuple[str, MetaTag]]:
        for meta in self.parts.metas:
            if reads is None or meta.end_byte <= reads:
                for name in meta.properties if by_property else meta.names:
                    yield name, meta

    def json_ld(self, reads: int | None = None) -> JsonLd:
        """What the scripts say that end within what is read."""
        if reads not in self._json_ld:
            scripts: Iterable[str] = self.parts.json_ld
            if reads is not None:
                ends = self.parts.layout.json_ld_ends
                scripts = [s for s, end in zip(scripts, ends, strict=False) if end <= reads]
            self._json_ld[reads] = JsonLd(tuple(scripts))
        return self._json_ld[reads]

    def find_json_ld(self, names: tuple[str, ...], reads: int | None = None) -> str | None:
        """The first text of these properties, of the nodes that speak for the page."""
        key = (names, reads)
        if key not in self._json_ld_texts:
            texts = (find_text(text) for _, text in self.json_ld(reads).texts(*names))
            self._json_ld_texts[key] = next(filter(None, texts), None)
        return self._json_ld_texts[key]

    def find_news(self, what: str, reads: int | None = None) -> str | None:
        """The title or description that Mastodon takes from JSON-LD: of the first script that has
        a node of its types at the top (`link_details_extractor.rb`)."""
        name = "headline" if what == "title" else what
        for document in self.json_ld(reads).documents:
            nodes = document if isinstance(document, list) else [document]
            for node in nodes:
                if isinstance(node, dict) and node.get("@type") in _NEWS_TYPES:
                    text = node.get(name)
                    return find_text(html.unescape(text)) if isinstance(text, str) else None
        return None

    def find_json_ld_picture(self, reads: int | None = None) -> WebUrl | None:
        """The first usable picture of the nodes that speak for the page."""
        if reads not in self._json_ld_pictures:
            addresses = (
                text
                for _, pictures in self.json_ld(reads).pictures()
                for picture in pictures
                for text in picture
            )
            urls = filter(None, map(self.resolve, addresses))
            self._json_ld_pictures[reads] = next(urls, None)
        return self._json_ld_pictures[reads]

    def resolve(self, text: str) -> WebUrl | None:
        """The address an attribute means; None for what is empty or cannot be fetched."""
        if text not in self._urls:
            self._urls[text] = parse_web_url(text, self.base) if text.strip() else None
        return self._urls[text]

    def source(self, start_byte: int, end_byte: int) -> str:
        """A piece of the page as it was written."""
        return decode(self.body[start_byte:end_byte], self.parts.charset or "utf-8")

    def quote(self, tag: MetaTag) -> str:
        """A tag as it was written, for evidence."""
        return shorten(self.source(tag.start_byte, tag.end_byte))


def is_card_name(name: str) -> bool:
    """Whether tags of that name are about link previews."""
    return name.startswith(("og:", "twitter:"))


def shorten(text: str) -> str:
    """A text fit for evidence: on one line, not without end."""
    text = collapse(text)
    return text if len(text) <= _MAX_QUOTE else text[: _MAX_QUOTE - 1] + "…"
