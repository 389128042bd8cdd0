"""The pictures of one card: what its image fields hold, and what is to be said about it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from htmlcard.card import Asset
from htmlcard.pictures.preparing import path_of
from htmlcard.pictures.shelf import Known, PictureShelf


@dataclass(frozen=True, slots=True)
class PictureSet:
    """The pictures of one card, as they were at one moment.

    `paths` has the URL path of each image field that was asked for, '' where there is none.
    """

    paths: Mapping[str, str]
    assets: Mapping[str, Asset] = field(repr=False)
    """Pictures by URL path."""
    problems: tuple[tuple[str, str], ...] = ()
    """Field and what is wrong with its picture."""
    fresh_s: float = 0.0
    """For how long all of this is good; a problem that may pass is no good for long."""
    lacking: bool = False
    """Whether a picture is missing that was there before, or may be there next time."""

    def warnings(self, lacking: str = "placeholder drawn") -> tuple[str, ...]:
        """What to tell the caller; `lacking` is what was done where there is no picture."""
        outcomes = {
            name: "an older copy drawn" if path else lacking for name, path in self.paths.items()
        }
        return tuple(f"{name}: {problem}, {outcomes[name]}" for name, problem in self.problems)

    @property
    def digest(self) -> str:
        """Which pictures these are: two sets that draw alike have the same, 16 hex digits."""
        shown = "\n".join(f"{name}={path}" for name, path in sorted(self.paths.items()))
        return hashlib.sha256(shown.encode()).hexdigest()[:16]


NO_PICTURES = PictureSet(paths={}, assets={})


class PictureFields:
    """Finds the pictures of cards. Nobody waits longer than `wait_s` for them."""

    def __init__(self, shelf: PictureShelf, wait_s: float) -> None:
        self._shelf = shelf
        self._wait_s = wait_s

    def find_now(self, urls: Mapping[str, str]) -> PictureSet | None:
        """The pictures of these fields, where all is known and fresh."""
        if not urls:
            return NO_PICTURES
        found: dict[str, Known] = {}
        for name, url in urls.items():
            known = self._shelf.find_now(url)
            if known is None:
                return None
            found[name] = known
        return self._as_set(found)

    async def gather(self, urls: Mapping[str, str], deadline_s: float) -> PictureSet:
        """The pictures of these fields by name; what is not there in time is left out.

        `deadline_s` is when the card must be drawn, by the event loop's clock: half of the time
        until then is for drawing it.
        """
        if not urls:
            return NO_PICTURES
        now_s = asyncio.get_running_loop().time()
        by_s = now_s + min(self._wait_s, max(0.0, deadline_s - now_s) / 2)
        known = await asyncio.gather(*(self._shelf.get(url, by_s) for url in urls.values()))
        return self._as_set(dict(zip(urls, known, strict=True)))

    def _as_set(self, found: Mapping[str, Known]) -> PictureSet:
        paths: dict[str, str] = {}
        assets: dict[str, Asset] = {}
        for name, known in found.items():
            paths[name] = ""
            if known.asset is not None:
                paths[name] = path_of(known.asset)
                assets[paths[name]] = known.asset
        return PictureSet(
            paths=paths,
            assets=assets,
            problems=tuple((name, known.problem) for name, known in found.items() if known.problem),
            fresh_s=min(known.fresh_until_s for known in found.values()) - self._shelf.now(),
            lacking=any(known.passing and known.asset is None for known in found.values()),
        )
