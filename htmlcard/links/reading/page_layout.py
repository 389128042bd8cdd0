"""Where things stand in a page: what was read too late can be told, and where new tags go."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from turbohtml import Element

from htmlcard.links.reading.content_type import parse_content_type
from htmlcard.links.reading.parts import PageLayout
from htmlcard.links.reading.positions import Places
from htmlcard.links.reading.tree import Tree

_DOCTYPE = re.compile(r"\s*<!doctype[^>]*>", re.IGNORECASE)
_SCRIPT_TYPES = re.compile(
    r"|module|(?:text|application)/(?:x-)?(?:java|ecma)script|text/(?:jscript|livescript)"
)


def find_layout(
    tree: Tree,
    tags: Mapping[str, Sequence[Element]],
    title: Element | None,
    json_ld: Sequence[Element],
    places: Places,
) -> PageLayout:
    """The layout of a page of which these are the tags by name, the title and the JSON-LD."""
    head_start = _find_head_start(tree, places)
    charset_tag = next((e for e in tags["meta"] if _names_charset(e)), None)
    title_ends = _find_element_ends([title] if title is not None else [], places)
    return PageLayout(
        head_start=head_start,
        head_end=_find_head_end(tree, places, head_start),
        title_end=title_ends[0] if title_ends else 0,
        json_ld_ends=tuple(_find_element_ends(json_ld, places)),
        charset_tag=places.find_tags([charset_tag])[0] if charset_tag is not None else None,
        has_password=any(_type_of(e) == "password" for e in tags["input"]),
        has_scripts=any(_runs(e) for e in tags["script"]),
    )


def _find_head_start(tree: Tree, places: Places) -> int:
    for tag in ("head", "html"):
        element = next(tree.elements(tag), None)
        if element is not None and element.source_location is not None:
            return places.find_tags([element])[0][1]
    doctype = _DOCTYPE.match(places.text)
    return places.find_ends([doctype.end() - 1])[0] if doctype else places.start


def _find_head_end(tree: Tree, places: Places, head_start: int) -> int:
    head = next(tree.elements("head"), None)
    if head is None:
        return head_start
    if head.source_location is not None and head.source_location.end_tag is not None:
        return places.find_starts([head.source_location.end_tag.start_offset])[0]
    body = next(tree.elements("body"), None)
    if body is not None and body.source_location is not None:
        return places.find_tags([body])[0][0]
    inside = [e for e in head.children if isinstance(e, Element) and e.source_location is not None]
    return _find_element_ends(inside[-1:], places)[0] if inside else head_start


def _find_element_ends(elements: Sequence[Element], places: Places) -> list[int]:
    """Where each ends: behind its end tag, or where it has none behind its start tag."""
    spans = [
        location.end_tag or location.start_tag
        for element in elements
        if (location := element.source_location) is not None
    ]
    return places.find_ends([span.end_offset - 1 for span in spans])


def _names_charset(meta: Element) -> bool:
    if (meta.attr("charset") or "").strip():
        return True
    is_type = (meta.attr("http-equiv") or "").strip().lower() == "content-type"
    return is_type and parse_content_type(meta.attr("content")).charset is not None


def _type_of(element: Element) -> str:
    return (element.attr("type") or "").partition(";")[0].strip().lower()


def _runs(script: Element) -> bool:
    """Whether a browser runs it, from what stands in the page alone."""
    is_code = _SCRIPT_TYPES.fullmatch(_type_of(script)) is not None
    return is_code and script.attr("src") is None and bool(script.text.strip())
