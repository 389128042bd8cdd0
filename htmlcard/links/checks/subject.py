"""All that was fetched about one page: what the rules look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from htmlcard.errors import FetchFailed
from htmlcard.fetch import Fetched
from htmlcard.links.checks.page import Page
from htmlcard.links.checks.taking import Taken, take, wants
from htmlcard.links.profiles import Profile
from htmlcard.links.reading.picture_header import PictureHeader


@dataclass(frozen=True, slots=True)
class Visit:
    """What one user agent got. `page` where that is a page that could be read."""

    answer: Fetched | FetchFailed
    page: Page | None = None

    @property
    def status(self) -> int:
        """0 where there was no answer."""
        return self.answer.status if isinstance(self.answer, Fetched) else 0

    @property
    def is_good(self) -> bool:
        """Whether the status is one of success."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Picture:
    """What is at a picture's address; `header` where it is one.

    `center_share` is how much of its edges lies in the center square, 0 to 1, None where nobody
    has looked.
    """

    answer: Fetched | FetchFailed
    header: PictureHeader | None = None
    center_share: float | None = None


@dataclass(slots=True)
class Subject:
    """A page with all that belongs to it.

    `visits` are by platform, `robots` the texts by origin, '' where there is none; `scripted` the
    pages after their scripts ran, `icons` whether there is one by origin at its customary place,
    `pictures` by URL.
    """

    url: str
    browser: Visit
    visits: Mapping[str, Visit]
    robots: Mapping[str, str] = field(default_factory=dict)
    scripted: Mapping[Page, Page] = field(default_factory=dict)
    icons: Mapping[str, str] = field(default_factory=dict)
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    _taken: dict[object, Taken] = field(default_factory=dict, repr=False)

    def take(self, profile: Profile) -> Taken | None:
        """What the platform takes of the page it got; None where it got none.

        Those that look for the same find the same.
        """
        page = self.visits[profile.platform].page
        if page is None:
            return None
        key = (page, *wants(profile, page))
        if key not in self._taken:
            self._taken[key] = take(profile, page)
        return self._taken[key]
