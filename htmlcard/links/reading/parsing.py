"""Bytes to the parts of a page; the only door to the HTML parser, with `tree` beside it.

The tree is the WHATWG standard's with scripting off: what a crawler sees, who runs no scripts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator

import turbohtml
from turbohtml import Element

from htmlcard.links.reading.content_type import parse_content_type
from htmlcard.links.reading.decoding import decode, find_charset
from htmlcard.links.reading.merged_tags import defuse
from htmlcard.links.reading.page_layout import find_layout
from htmlcard.links.reading.parts import ContentPicture, LinkTag, MetaTag, PageParts
from htmlcard.links.reading.positions import Places
from htmlcard.links.reading.tree import FURNITURE, HEAD, HIDDEN, UNSEEN, Texts, Tree
from htmlcard.links.reading.values import find_date, find_person, find_text

_MIN_PARAGRAPH_LETTERS = 40
_MIN_PICTURE_PX = 64
_PICTURE_SOURCES = ("src", "data-src", "data-lazy-src")
#: The first usable one counts. Behind so many that are none, no page has one worth showing.
_MAX_PICTURES = 64

_PIXELS = re.compile(r"0*([0-9]+)(?:\.[0-9]*)?(?:px)?", re.IGNORECASE)
_FOREIGN_SCHEME = re.compile(r"[\x00-\x20]*(?!https?:)[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_JSON_LD = "application/ld+json"
_PREFIXES = ("og:", "twitter:")
_COLLECTED = ("meta", "link", "base", "title", "script", "input")


def parse_page(data: bytes, content_type: str | None) -> PageParts:
    """The parts of a page, from the body and the Content-Type header as they were sent.

    Takes time in proportion to the length, whatever is in it. Types other than HTML give parts
    that are empty but for a warning.
    """
    kind = parse_content_type(content_type)
    if not kind.is_page:
        warning = f"Nothing was read: the server says this is {kind.essence}, not a page."
        return PageParts(warnings=(warning,))
    charset = find_charset(data, kind.charset)
    text = defuse(decode(data, charset).replace("\r\n", "\n").replace("\r", "\n"))
    document = turbohtml.parse(text, source_locations=True, allow_declarative_shadow_roots=False)
    tree = Tree(document)
    root = document.root
    # One walk for what pages have many of; what follows stops at the first that will do.
    tags: dict[str, list[Element]] = {tag: [] for tag in _COLLECTED}
    for element in tree.elements(*_COLLECTED):
        tags[element.tag].append(element)
    places = Places(data, charset, text)
    title = next((e for e in tags["title"] if find_text(e.text)), None)
    json_ld = [e for e in tags["script"] if _is_json_ld(e)]
    pictures = list(_pictures(tree))
    return PageParts(
        charset=charset,
        metas=tuple(_metas(tags["meta"], tree, places)),
        links=tuple(_links(tags["link"], places)),
        base=next((href for e in tags["base"] if (href := e.attr("href")) is not None), None),
        title=find_text(title.text) if title else None,
        languages=(root.attr("lang") or "", root.attr("xml:lang") or "") if root else (),
        h1=_find_h1(tree),
        paragraph=_find_paragraph(tree),
        pictures=tuple(sources for sources, _ in pictures),
        picture_facts=tuple(_picture_facts([e for _, e in pictures], places)),
        json_ld=tuple(e.text for e in json_ld),
        author_item=_find_item(tree, "author", find_person),
        author_link=_find_author_link(tree),
        published_item=_find_item(tree, "datePublished", find_date),
        time=_find_time(tree),
        layout=find_layout(tree, tags, title, json_ld, places),
    )


def _first(values: Iterator[str | None]) -> str | None:
    return next((value for value in values if value), None)


def _metas(metas: list[Element], tree: Tree, places: Places) -> Iterator[MetaTag]:
    tags = [(element, names) for element in metas if (names := _names(element))]
    spans = places.find_tags([element for element, _ in tags])
    for (element, (words, name, http_equiv)), (start, end) in zip(tags, spans, strict=True):
        yield MetaTag(
            properties=tuple(words.lower().split()),
            name=name.strip().lower(),
            http_equiv=http_equiv.strip().lower(),
            content=element.attr("content") or "",
            start_byte=start,
            end_byte=end,
            in_head=bool(tree.around(element) & HEAD),
            is_mixed_case=any(
                word != word.lower() and word.lower().startswith(_PREFIXES)
                for word in (*words.split(), name.strip())
            ),
        )


def _names(meta: Element) -> tuple[str, str, str] | None:
    names = (
        meta.attr("property") or "",
        meta.attr("name") or "",
        meta.attr("http-equiv") or "",
    )
    return names if any(names) else None


def _links(links: list[Element], places: Places) -> Iterator[LinkTag]:
    tags = [(element, href) for element in links if (href := element.attr("href")) is not None]
    spans = places.find_tags([element for element, _ in tags])
    for (element, href), (start, end) in zip(tags, spans, strict=True):
        rel = tuple((element.attr("rel") or "").lower().split())
        yield LinkTag(rel, href, (element.attr("type") or "").strip().lower(), start, end)


def _find_h1(tree: Tree) -> str | None:
    texts = Texts()
    return _first(texts.read(e) for e in tree.elements("h1") if not tree.place(e) & UNSEEN)


def _find_paragraph(tree: Tree) -> str | None:
    texts = Texts()
    for element in tree.elements("p"):
        if not tree.place(element) & (UNSEEN | FURNITURE):
            text = texts.read(element)
            if len(text) >= _MIN_PARAGRAPH_LETTERS:
                return text
    return None


def _pictures(tree: Tree) -> Iterator[tuple[tuple[str, ...], Element]]:
    left = _MAX_PICTURES
    for element in tree.elements("img"):
        sources = [element.attr(name) or "" for name in _PICTURE_SOURCES]
        sources = [s for s in sources if s.strip() and not _FOREIGN_SCHEME.match(s)]
        if not sources or _is_small(element.attr("width")) or _is_small(element.attr("height")):
            continue
        if not tree.place(element) & (HIDDEN | FURNITURE):
            yield tuple(sources), element
            left -= 1
            if not left:
                return


def _picture_facts(pictures: list[Element], places: Places) -> Iterator[ContentPicture]:
    spans = places.find_tags(pictures)
    for element, (_, end) in zip(pictures, spans, strict=True):
        sides = (_side_px(element.attr(name)) for name in ("width", "height"))
        yield ContentPicture(math.prod(sides), end)


def _side_px(length: str | None) -> int:
    match = _PIXELS.fullmatch((length or "").strip())
    return int(match[1]) if match is not None and len(match[1]) < 6 else 0


def _is_small(length: str | None) -> bool:
    match = _PIXELS.fullmatch((length or "").strip())
    return match is not None and len(match[1]) < 3 and int(match[1]) < _MIN_PICTURE_PX


def _is_json_ld(script: Element) -> bool:
    return (script.attr("type") or "").partition(";")[0].strip().lower() == _JSON_LD


def _find_item(tree: Tree, name: str, find: Callable[[str], str | None]) -> str | None:
    """The first usable value of the microdata by that name."""
    texts = Texts()
    items = (
        item
        for item in tree.select("[itemprop]")
        if name in (item.attr("itemprop") or "").split() and not tree.place(item) & UNSEEN
    )
    return _first(find(value) for item in items for value in _item_values(item, texts))


def _item_values(item: Element, texts: Texts) -> Iterator[str]:
    """Its content, else its datetime, else the name inside it, else its text."""
    if own := item.attr("content") or item.attr("datetime"):
        yield own
    elif item not in texts:
        text = texts.read(item)
        if named := item.select_one("[itemprop~=name]"):
            yield named.attr("content") or named.attr("datetime") or Texts().read(named)
        yield text


def _find_author_link(tree: Tree) -> str | None:
    texts = Texts()
    return _first(find_person(texts.read(e)) for e in tree.select('a[rel~="author" i]'))


def _find_time(tree: Tree) -> str | None:
    for element in tree.elements("time"):
        date = find_date(element.attr("datetime") or "")
        if date and not tree.place(element) & (UNSEEN | FURNITURE):
            return date
    return None
