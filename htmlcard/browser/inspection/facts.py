"""What a look into a card found, as values. Boxes are left, top, right, bottom in CSS px."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class TextRun:
    """The part of a text that stands on one line."""

    element: int
    """Its element's place in `Facts.elements`."""
    text: str
    size_px: float
    """Font size as it is drawn, transforms included."""
    weight: float
    full_px: Box
    box_px: Box
    """What the boxes around leave of `full_px`; empty where they leave nothing."""
    cut: bool
    """Whether a box around it may cut it off."""
    ellipsis: bool
    """Whether that box ends its lines with an ellipsis."""
    decorative: bool
    """`aria-hidden`, by itself or by an ancestor."""
    kind: Literal["plain", "gradient", "outline"]
    color: tuple[int, int, int, int] | None
    """Computed fill, only for plain text."""
    layer: int | None
    """Which picture of `Inspection.layers` shows it; only for texts that touch others."""
    vertical: bool
    moved: bool = False
    """Whether it stands elsewhere in the unclipped picture, which then says nothing about it."""


@dataclass(frozen=True, slots=True)
class UsedFont:
    """A font that letters of an element were drawn with; `custom` for those of `@font-face`."""

    family: str
    custom: bool
    glyphs: int


@dataclass(frozen=True, slots=True)
class TextElement:
    """An element with text of its own, and the families its style names, first choice first."""

    selector: str
    heading: bool
    """Whether it is an `<h1>`, or in one."""
    families: tuple[str, ...]
    fonts: tuple[UsedFont, ...]


@dataclass(frozen=True, slots=True)
class FontFace:
    """A rule `@font-face`; `unicode_range` as CSS writes it, empty for everything."""

    family: str
    unicode_range: str
    urls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Load:
    """Something the card wanted to load; `works` is None where the page cannot tell."""

    selector: str
    kind: Literal["picture", "stylesheet"]
    url: str
    works: bool | None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of a card besides its pictures.

    `pairs` are numbers of runs whose boxes touch; `failed_families` have fonts that did not load.
    """

    runs: tuple[TextRun, ...]
    elements: tuple[TextElement, ...]
    faces: tuple[FontFace, ...]
    loads: tuple[Load, ...]
    pairs: tuple[tuple[int, int], ...]
    failed_families: frozenset[str]


@dataclass(frozen=True, slots=True)
class Inspection:
    """A card's facts and pictures, lossless PNGs in device pixels, all of one size.

    `behind` lacks the texts; `ink` has texts alone, white on black, without what stands in front
    of them; `unclipped` is like it, of those that may be cut, but whole (None where none may be);
    `layers` are like it, each with some of the texts that touch.
    """

    facts: Facts
    origin: str
    """Where relative URLs of the card lead: `https://host`."""
    as_drawn: bytes = field(repr=False)
    behind: bytes = field(repr=False)
    ink: bytes = field(repr=False)
    unclipped: bytes | None = field(repr=False)
    layers: tuple[bytes, ...] = field(repr=False)


def read_facts(said: Mapping[str, Any], fonts: Mapping[int, tuple[UsedFont, ...]]) -> Facts:
    """Facts from what the page said, and the fonts of each element by number."""
    return Facts(
        runs=tuple(_read_run(run) for run in said["runs"]),
        elements=tuple(
            TextElement(
                element["selector"],
                element["heading"],
                tuple(element["families"]),
                fonts.get(number, ()),
            )
            for number, element in enumerate(said["elements"])
        ),
        faces=tuple(
            FontFace(face["family"], face["unicode_range"], tuple(face["urls"]))
            for face in said["faces"]
        ),
        loads=tuple(Load(**load) for load in said["loads"]),
        pairs=tuple((one, other) for one, other in said["pairs"]),
        failed_families=frozenset(said["failed"]),
    )


def with_moved(facts: Facts, moved: list[int]) -> Facts:
    """The same facts, with these runs marked as moved."""
    return replace(
        facts,
        runs=tuple(replace(run, moved=number in moved) for number, run in enumerate(facts.runs)),
    )


def _read_run(said: Mapping[str, Any]) -> TextRun:
    color = said["color"]
    return TextRun(
        **{
            **said,
            "full_px": tuple(said["full_px"]),
            "box_px": tuple(said["box_px"]),
            "color": None if color is None else tuple(color),
        }
    )
