"""The nouns every part speaks of: sizes, formats, documents, shots, cards.

Frozen values without I/O. Where they come from and where they go is the
business of `templating`, `browser`, `cache` and `renderer`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class ImageFormat(StrEnum):
    """A picture format that every crawler in the field can read."""

    PNG = "png"
    JPEG = "jpeg"
    WEBP = "webp"

    @property
    def content_type(self) -> str:
        return f"image/{self.value}"

    @property
    def extension(self) -> str:
        """The usual file name extension, without the dot."""
        return "jpg" if self is ImageFormat.JPEG else self.value


#: What may stand behind the template's name in a render URL.
FORMAT_BY_EXTENSION: Mapping[str, ImageFormat] = {
    "png": ImageFormat.PNG,
    "jpg": ImageFormat.JPEG,
    "jpeg": ImageFormat.JPEG,
    "webp": ImageFormat.WEBP,
}


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height in pixels (CSS pixels unless a name says otherwise)."""

    width_px: int
    height_px: int

    def scaled(self, scale: int) -> Size:
        return Size(self.width_px * scale, self.height_px * scale)

    def __str__(self) -> str:
        return f"{self.width_px}x{self.height_px}"


#: The size every platform of the field shows uncropped as a large card.
DEFAULT_SIZE_NAME = "og"
DEFAULT_SIZE = Size(1200, 630)


@dataclass(frozen=True, slots=True)
class Brand:
    """Who a card speaks for: used by templates and by the pictures of last resort.

    `logo` holds the bytes of a PNG, JPEG or WebP picture, or None.
    """

    name: str = "htmlcard"
    color: str = "#4f46e5"
    logo: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that a document may load: font, stylesheet or picture, wholly in memory."""

    data: bytes = field(repr=False)
    content_type: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Document:
    """Finished HTML, with all it may load: what a browser turns into a shot.

    `assets` maps absolute paths (`/template/article/logo.svg`, `/shared/base.css`)
    to their content; `base_path` (`/template/article/`) is where relative URLs of
    the HTML start. `pictures` are what its image fields hold, by paths that can only
    ever mean these bytes. Anything else the HTML asks for does not exist.
    """

    html: str = field(repr=False)
    template: str
    fingerprint: str
    size: Size
    scale: int
    lang: str
    direction: str
    base_path: str
    assets: Mapping[str, Asset] = field(repr=False)
    scripts: bool = False
    pictures: Mapping[str, Asset] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Shot:
    """What a browser made of a document: an encoded picture, size in device pixels."""

    data: bytes = field(repr=False)
    format: ImageFormat
    size_px: Size
    encoding: str
    """The step of the byte-budget ladder reached so far: `lossless`, `near-lossless`, `q90`, …"""
    path: str
    """How it was drawn: `canvas`, `beginframe` or `portable`."""


@dataclass(frozen=True, slots=True)
class CardImage:
    """A finished card: validated bytes within the byte budget."""

    data: bytes = field(repr=False)
    format: ImageFormat
    size_px: Size
    encoding: str
    """The step of the byte-budget ladder: `lossless`, `near-lossless`, `palette-…`, `q90`, …"""
