"""One page and the platforms that got it: what the rules about a page are asked with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from htmlcard.links.checks.mends import PageMends
from htmlcard.links.checks.page import Page
from htmlcard.links.checks.subject import Picture
from htmlcard.links.checks.taking import Taken
from htmlcard.links.profiles import Profile
from htmlcard.links.reading.parts import MetaTag
from htmlcard.links.reading.values import find_text

_CARDS = ("summary", "summary_large_image", "app", "player")


@dataclass
class Audience:
    """`scripted` is the page after its scripts ran, where somebody looked.

    `pictures` are by URL. `missing_icon` says what became of the favicon at its customary place,
    where there is none.
    """

    page: Page
    profiles: tuple[Profile, ...]
    taken: Mapping[str, Taken]
    mends: PageMends
    scripted: Page | None = None
    missing_icon: str | None = None
    pictures: Mapping[str, Picture] = field(default_factory=dict)

    def find_size(self, url: str) -> tuple[int, int] | None:
        """The sides of the picture at that URL in px, as its bytes tell them."""
        picture = self.pictures.get(url)
        header = picture.header if picture else None
        if header is None or header.width_px is None or header.height_px is None:
            return None
        return header.width_px, header.height_px

    def find_present(self, name: str) -> MetaTag | None:
        """The tag, whoever wrote it: the page or its scripts."""
        found = self.page.find_tag(name)
        return found or (self.scripted.find_tag(name) if self.scripted else None)

    @property
    def has_picture(self) -> bool:
        """Whether there is a usable `og:image`, whoever wrote it."""
        pages = (self.page, self.scripted)
        return any(page is not None and page.find_picture() is not None for page in pages)

    @cached_property
    def is_large_card(self) -> bool:
        """Whether twitter:card asks for the large picture."""
        return self.page.find_text("twitter:card") == "summary_large_image"

    @cached_property
    def has_card(self) -> bool:
        """Whether there is a twitter:card that exists."""
        pages = (self.page, self.scripted)
        return any(
            (find_text(tag.content) or "").lower() in _CARDS
            for page in pages
            if page is not None
            for tag in page.tags("twitter:card")
        )
