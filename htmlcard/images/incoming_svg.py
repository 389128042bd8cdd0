"""What an SVG from a stranger is: its size, and whether drawing it may be tried at all.

Chromium draws it as a picture: without scripts, without anything from outside. What is refused
here is what would only cost time or memory: entities, `use` inside `use`, pictures inside.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.parsers import expat

from htmlcard.errors import UnusablePicture

MAX_SVG_BYTES = 2_000_000
#: Elements it may come to with every `use` written out; a world map with borders has 2,000.
MAX_ELEMENTS = 20_000
MAX_DEPTH = 200
_MAX_RATIO = 20
#: CSS 2.1, section 10.3.2: of what has no size.
_DEFAULT_SIZE = (300.0, 150.0)
_REFUSED = frozenset({"foreignObject", "image", "feImage", "script", "iframe"})
_LENGTH = re.compile(
    r"\s*([0-9]*\.?[0-9]+(?:e[+-]?[0-9]+)?)\s*(px|pt|mm|cm|in|pc|em|rem)?\s*", re.I
)
_MAX_LENGTH_TEXT = 64


@dataclass(slots=True)
class _Element:
    uses: str = ""
    children: list[_Element] = field(default_factory=list)
    cost: int | None = None


def looks_like_svg(data: bytes) -> bool:
    """Whether this is text with an `<svg` near its beginning."""
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    return head.startswith(b"<") and b"<svg" in data[:8192]


def parse_svg_size(data: bytes) -> tuple[int, int]:
    """Width and height in px to draw it at, the longer one 1200.

    Raises UnusablePicture.
    """
    if len(data) > MAX_SVG_BYTES:
        raise UnusablePicture(f"it is an SVG of over {MAX_SVG_BYTES:,} bytes")
    reader = _Reader()
    try:
        reader.parser.Parse(data, True)
    except expat.ExpatError as error:
        raise UnusablePicture(f"it is an SVG with a mistake in line {error.lineno}") from None
    try:
        cost = reader.cost(reader.root, frozenset())
    except RecursionError:
        cost = MAX_ELEMENTS + 1
    if cost > MAX_ELEMENTS:
        raise UnusablePicture("it is an SVG of too many elements")
    width, height = reader.size()
    ratio = width / height
    if not 1 / _MAX_RATIO <= ratio <= _MAX_RATIO:
        raise UnusablePicture("it is an SVG that is too wide or too high")
    longest = 1200
    if ratio >= 1:
        return longest, max(1, round(longest / ratio))
    return max(1, round(longest * ratio)), longest


class _Reader:
    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.EntityDeclHandler = self._refuse_entity
        self.root = _Element()
        self._open = [self.root]
        self._by_id: dict[str, _Element] = {}
        self._count = 0
        self._attributes: dict[str, str] = {}

    def _refuse_entity(self, *_: object) -> None:
        raise UnusablePicture("it is an SVG that declares entities")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        self._count += 1
        if self._count == 1:
            if tag != "svg":
                raise UnusablePicture("it is no PNG, JPEG, WebP, GIF, AVIF or SVG")
            self._attributes = attributes
        if self._count > MAX_ELEMENTS or len(self._open) > MAX_DEPTH:
            raise UnusablePicture("it is an SVG of too many elements")
        if tag in _REFUSED:
            raise UnusablePicture(f"it is an SVG with <{tag}> in it")
        element = _Element()
        if tag == "use":
            links = (v for n, v in attributes.items() if n.rpartition(" ")[2] == "href")
            element.uses = next(links, "").strip().removeprefix("#")
        if "id" in attributes:
            self._by_id.setdefault(attributes["id"], element)
        self._open[-1].children.append(element)
        self._open.append(element)

    def _end(self, _: str) -> None:
        self._open.pop()

    def cost(self, element: _Element, inside: frozenset[int]) -> int:
        """Elements there are with every `use` written out; endless ones count as too many."""
        if id(element) in inside:
            return MAX_ELEMENTS + 1
        if element.cost is None:
            inside = inside | {id(element)}
            used = self._by_id.get(element.uses) if element.uses else None
            total = 1 + (self.cost(used, inside) if used else 0)
            for child in element.children:
                total += self.cost(child, inside)
                if total > MAX_ELEMENTS:
                    break
            element.cost = total
        return element.cost

    def size(self) -> tuple[float, float]:
        width, height = (_find_length(self._attributes.get(n, "")) for n in ("width", "height"))
        box = re.split(r"[\s,]+", self._attributes.get("viewBox", "").strip())
        sides = [_find_length(side) for side in box[2:]] if len(box) == 4 else []
        if len(sides) == 2 and sides[0] and sides[1]:
            if width and not height:
                height = width * sides[1] / sides[0]
            elif height and not width:
                width = height * sides[0] / sides[1]
            elif not width or not height:
                width, height = sides[0], sides[1]
        return width or _DEFAULT_SIZE[0], height or _DEFAULT_SIZE[1]


def _find_length(text: str) -> float | None:
    """A positive length; units are taken as equal, since only the ratio counts."""
    # Matching takes time by the square of a text's length.
    match = _LENGTH.fullmatch(text) if len(text) <= _MAX_LENGTH_TEXT else None
    value = float(match[1]) if match else 0.0
    return value if 0 < value < 1e6 else None
