"""Where an element stands, and the text it shows: what the rules ask of the parsed tree.

Every element is asked about once and remembered, so that no page, however deep, takes more than
time in proportion to its length.
"""

from __future__ import annotations

from collections.abc import Iterator

from turbohtml import Element, Namespace, Node, Text

from htmlcard.links.reading.values import collapse

# What an element is inside of, itself included. Plain numbers: an enum's `|` costs ten times more.
HEAD, TEMPLATE, NOSCRIPT, HIDDEN, ARTICLE, FURNITURE = (1 << bit for bit in range(6))
UNSEEN = TEMPLATE | NOSCRIPT | HIDDEN

_BY_TAG = {
    "head": HEAD,
    "template": TEMPLATE,
    "noscript": NOSCRIPT,
    "dialog": HIDDEN,
    "article": ARTICLE,
    "main": ARTICLE,
    "nav": FURNITURE,
    "aside": FURNITURE,
}
_DIALOGS = frozenset({"dialog", "alertdialog"})
_TEXTLESS = frozenset({"script", "style", "template", "noscript", "svg"})


class Tree:
    """A parsed page, without what is inside its templates."""

    def __init__(self, document: Node) -> None:
        self._document = document
        self._places: dict[Node | None, int] = {None: 0}

    def elements(self, *tags: str) -> Iterator[Element]:
        """HTML elements by these names, in document order."""
        for element in self._document.iter_elements(tags):
            if element.namespace is Namespace.HTML and not self.around(element) & TEMPLATE:
                yield element

    def select(self, selector: str) -> Iterator[Element]:
        """Elements by a selector, in document order."""
        for element in self._document.select(selector):
            if not self.around(element) & TEMPLATE:
                yield element

    def place(self, element: Element) -> int:
        """What the element is inside of, itself included."""
        around = self.around(element)
        return around | _own_place(element, around)

    def around(self, element: Element) -> int:
        """What the element is inside of."""
        path: list[Node] = []
        node: Node | None = element.parent
        while node not in self._places:
            assert node is not None
            path.append(node)
            node = node.parent
        place = self._places[node]
        for node in reversed(path):
            if isinstance(node, Element):
                place |= _own_place(node, place)
            self._places[node] = place
        return place


def _own_place(element: Element, around: int) -> int:
    place = 0
    if element.namespace is Namespace.HTML:
        tag = element.tag
        place = _BY_TAG.get(tag, 0)
        if tag in ("header", "footer") and not around & ARTICLE:
            place = FURNITURE
    role = element.attr("role")
    is_dialog = role is not None and not _DIALOGS.isdisjoint(role.lower().split())
    if is_dialog or element.attr("hidden") is not None:
        place |= HIDDEN
    return place


class Texts:
    """The texts of elements of one kind, until one of them will do.

    Who asks for the next has no use for this one, nor then for those inside it, whose texts are
    parts of this: they are passed over, or a page could have us read the same text without end.
    """

    def __init__(self) -> None:
        self._read: set[Node] = set()

    def __contains__(self, element: Element) -> bool:
        """Whether it was read as a part of another."""
        return element in self._read

    def read(self, element: Element) -> str:
        """The collapsed text; empty for what was read as a part of another."""
        if element in self._read:
            return ""
        pieces: list[str] = []
        waiting: list[Node] = [*reversed(element.children)]
        while waiting:
            node = waiting.pop()
            if isinstance(node, Text):
                pieces.append(node.data)
            elif isinstance(node, Element) and node.tag not in _TEXTLESS:
                self._read.add(node)
                pieces.append(" " if node.tag == "br" else "")
                waiting.extend(reversed(node.children))
        return collapse("".join(pieces))
