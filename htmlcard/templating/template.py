"""A loaded template: everything a card needs of it, wholly in memory.

A frozen value made by `loading` and kept by `catalogue`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from htmlcard.card import Asset, Brand, Size
from htmlcard.templating.fields import Field


@dataclass(frozen=True, slots=True)
class Template:
    """A template as it was on disk at one moment.

    `fingerprint` (SHA-256, hex) covers whatever a card of it may show.
    """

    name: str
    title: str
    description: str
    tags: tuple[str, ...]
    scripts: bool
    fields: Mapping[str, Field]
    sizes: Mapping[str, Size]
    brand: Brand
    fingerprint: str
    entry: str
    """Name of the HTML the card starts from, among `sources`."""
    sources: Mapping[str, str] = field(repr=False)
    """Jinja source by the name it is included with."""
    assets: Mapping[str, Asset] = field(repr=False)
    """What its documents may load, by absolute decoded URL path."""
    logo_path: str = ""
    """URL path of the brand's logo among `assets`, or empty."""

    @property
    def base_path(self) -> str:
        """Where relative URLs of its HTML start."""
        return f"/template/{self.name}/"

    @property
    def brand_context(self) -> Mapping[str, str]:
        """What the HTML sees as `brand`."""
        return {"name": self.brand.name, "color": self.brand.color, "logo": self.logo_path}
