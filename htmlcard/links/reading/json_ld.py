"""JSON-LD: the objects a page describes itself with, and which of them speak for the page.

Only what crawlers use is read: lists, `@graph`, `@id` on the same page. Contexts are not fetched.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

Node = Mapping[str, Any]

_CONTENT_TYPE = re.compile(
    r".*(?:Article|Posting|Event|Episode)|AudioObject|Book|Course|CreativeWork|Dataset|HowTo|"
    r"MobileApplication|Movie|MusicAlbum|MusicRecording|PodcastSeries|Product|ProductGroup|"
    r"Question|Recipe|Report|Review|SoftwareApplication|SoftwareSourceCode|TVSeries|VideoGame|"
    r"VideoObject|WebApplication"
)
_PAGE_TYPE = re.compile(r".*Page")
_SITE_TYPE = re.compile(r"WebSite")
_IMAGES = ("image", "primaryImageOfPage", "thumbnailUrl")
#: Deeper than anything schema.org has, and far from what stops Python.
_MAX_DEPTH = 100


class JsonLd:
    """The scripts of a page. `documents` are those that are JSON, `warnings` tell of the others."""

    def __init__(self, scripts: Sequence[str]) -> None:
        self.documents: list[Any] = []
        self.warnings: list[str] = []
        for number, script in enumerate(scripts, 1):
            try:
                self.documents.append(_parse_script(script))
            except (ValueError, RecursionError) as error:
                reason = "it is nested too deeply" if isinstance(error, RecursionError) else error
                self.warnings.append(f"JSON-LD script {number} was passed over: {reason}.")
        nodes = [node for document in self.documents for node in _nodes(document)]
        self._by_id: dict[str, Node] = {}
        for node in nodes:
            if isinstance(node.get("@id"), str) and len(node) > 1:
                self._by_id.setdefault(node["@id"], node)
        self._own = [
            *(node for node in nodes if _has_type(node, _CONTENT_TYPE)),
            *(node for node in nodes if _has_type(node, _PAGE_TYPE)),
        ]
        self._sites = [node for node in nodes if _has_type(node, _SITE_TYPE)]

    def texts(self, *properties: str) -> Iterator[tuple[str, str]]:
        """Each property with each of its strings, by node, of those that speak for the page."""
        for node in self._own:
            for name in properties:
                for text in _strings(node.get(name)):
                    yield name, text

    def names(self, role: str) -> Iterator[str]:
        """The names of who has that role (`author`): strings, or objects that have a name."""
        for node in self._own:
            for item in _items(node.get(role)):
                item = self._resolve(item)
                yield from _strings(item.get("name") if _is_object(item) else item)

    def site_names(self) -> Iterator[str]:
        """The names of the WebSite nodes."""
        for node in self._sites:
            yield from _strings(node.get("name"))

    def pictures(self) -> Iterator[tuple[str, list[list[str]]]]:
        """Each picture property, node by node, with the addresses each of its pictures offers."""
        for node in self._own:
            for name in _IMAGES:
                items = [self._resolve(item) for item in _items(node.get(name))]
                yield name, [_addresses(item) for item in items]

    def _resolve(self, item: Any) -> Any:
        if _is_object(item) and set(item) == {"@id"} and isinstance(item["@id"], str):
            return self._by_id.get(item["@id"], item)
        return item


def _parse_script(script: str) -> Any:
    """Raises ValueError or RecursionError."""
    document = json.loads(script, strict=False, parse_constant=_refuse_constant)
    if script.count("[") + script.count("{") > _MAX_DEPTH:
        _check_depth(document)
    if re.search(r"\\u[dD][89a-fA-F]", script):
        # Half a pair is no letter and cannot be printed.
        text = json.dumps(document, ensure_ascii=False)
        units = text.encode("utf-16-le", "surrogatepass")
        return json.loads(units.decode("utf-16-le", "replace"))
    return document


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _check_depth(document: Any) -> None:
    level, depth = [document], 0
    while level := [
        child
        for item in level
        if isinstance(item, dict | list)
        for child in (item.values() if isinstance(item, dict) else item)
    ]:
        depth += 1
        if depth > _MAX_DEPTH:
            raise RecursionError


def _nodes(document: Any) -> Iterator[Node]:
    waiting = [item for item in reversed(_items(document)) if _is_object(item)]
    while waiting:
        node = waiting.pop()
        yield node
        below = [node.get("mainEntity"), *_items(node.get("@graph"))]
        waiting.extend(item for item in reversed(below) if _is_object(item))


def _has_type(node: Node, pattern: re.Pattern[str]) -> bool:
    types = (kind for kind in _items(node.get("@type")) if isinstance(kind, str))
    return any(pattern.fullmatch(re.split(r"[/#:]", kind)[-1]) for kind in types)


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _strings(value: Any) -> Iterator[str]:
    for item in _items(value):
        text = item.get("@value") if isinstance(item, dict) else item
        if isinstance(text, str):
            yield html.unescape(text)


def _addresses(item: Any) -> list[str]:
    if not isinstance(item, dict) or "@value" in item:
        return list(_strings(item))
    return [*_strings(item.get("url")), *_strings(item.get("contentUrl"))]
