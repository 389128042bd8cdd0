"""What is known of each picture's URL: one fetch for all who ask, kept while it is fresh.

Nobody waits longer than it may: a slow picture goes on in the background, and is there for the
next card. Kept in memory only; what survives a restart is the finished card.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

import structlog

from htmlcard.cache import Flights
from htmlcard.card import Asset
from htmlcard.errors import (
    AnswerTooLarge,
    BadAnswer,
    FetchFailed,
    RefusedTarget,
    RenderFailed,
    UnusablePicture,
)
from htmlcard.fetch import Fetched, Limits
from htmlcard.pictures.freshness import MAX_FRESH_S, Freshness, read_freshness
from htmlcard.pictures.hosts import path_of

log = structlog.get_logger()

#: When to ask again for what is no picture, and for what was out of reach.
UNUSABLE_S = 60.0
TROUBLE_S = 15.0
MAX_URLS = 4096
MAX_PENDING = 256
_MAX_VERDICTS = 1024
#: A picture that no browser could draw so often is to blame itself, or all browsers are busy:
#: it is left alone for a while.
_MAX_DRAWING_FAILURES = 2
_DRAWING_PAUSE_S = 600.0
_ACCEPT = {"Accept": "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8"}


class Web(Protocol):
    """What this module needs of a fetcher."""

    async def fetch(
        self, url: str, *, limits: Limits, headers: dict[str, str] | None = None
    ) -> Fetched: ...


class Studio(Protocol):
    """What this module needs of a preparer."""

    async def prepare(self, data: bytes) -> Asset: ...


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a URL. `problem` says why there is no picture, or why it is an old one."""

    asset: Asset | None
    fresh_until_s: float
    """On the clock of `time.monotonic`."""
    problem: str = ""
    passing: bool = False
    """Whether the problem may be gone next time."""
    freshness: Freshness = field(default_factory=Freshness, repr=False)
    sha256: str = ""
    """Of the bytes as they came."""


class PictureShelf:
    """Pictures by URL, at most `limit_bytes` of them. One event loop only."""

    def __init__(
        self,
        web: Web,
        studio: Studio,
        *,
        picture_bytes: int,
        limit_bytes: int,
        local_files: bool = False,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._web = web
        self._studio = studio
        self._limits = Limits(raw_bytes=picture_bytes, decoded_bytes=picture_bytes)
        self._limit_bytes = limit_bytes
        self._local_files = local_files
        self.now = now
        self._known: OrderedDict[str, Known] = OrderedDict()
        self._used_bytes = 0
        self._flights: Flights[Known] = Flights()
        self._verdicts: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._failures: dict[str, int] = {}

    def __repr__(self) -> str:
        return f"<PictureShelf {len(self._known)} known, {self._flights.pending} under way>"

    def state(self) -> dict[str, int]:
        """For health reports: pictures kept, their size, those under way, and URLs without one."""
        return {
            "pictures": sum(known.asset is not None for known in self._known.values()),
            "failed": sum(known.asset is None for known in self._known.values()),
            "bytes": self._used_bytes,
            "limit_bytes": self._limit_bytes,
            "under_way": self._flights.pending,
        }

    async def aclose(self) -> None:
        """Give up what is under way."""
        await self._flights.drain(0)

    def find_now(self, url: str) -> Known | None:
        """What is known, if it is fresh."""
        known = self._known.get(url)
        if known is None or known.fresh_until_s <= self.now():
            return None
        self._known.move_to_end(url)
        return known

    async def get(self, url: str, by_s: float) -> Known:
        """What is known by a time of the event loop's clock; the fetch goes on beyond it."""
        known = self.find_now(url)
        if known is not None:
            return known
        if self._flights.pending >= MAX_PENDING:
            return self._late(url, "too many other pictures are on their way")
        try:
            async with asyncio.timeout_at(by_s):
                found, _ = await self._flights.share(url, lambda: self._load(url))
                return found
        except TimeoutError:
            return self._late(url, "it is not here yet")
        except RenderFailed:
            return self._late(url, "the service is stopping")

    def _late(self, url: str, why: str) -> Known:
        old = self._known.get(url)
        asset = old.asset if old else None
        return Known(asset, self.now(), why, passing=True, sha256=old.sha256 if old else "")

    async def _load(self, url: str) -> Known:
        old = self._known.get(url)
        try:
            known = await self._ask(url, old)
        except (RefusedTarget, AnswerTooLarge, UnusablePicture) as error:
            known = Known(None, self.now() + UNUSABLE_S, str(error))
        except (FetchFailed, RenderFailed) as error:
            # The last good one is better than none; it is asked for again soon.
            problem = str(error) if isinstance(error, FetchFailed) else "it cannot be drawn now"
            again_s = self.now() + TROUBLE_S
            known = replace(
                old or Known(None, again_s), fresh_until_s=again_s, problem=problem, passing=True
            )
        except Exception:
            log.exception("a picture failed by a fault of our own")
            known = Known(None, self.now() + TROUBLE_S, "it cannot be had now", passing=True)
        if known.problem:
            log.info("picture not had", url=url[:200], problem=known.problem)
        self._keep(url, known)
        return known

    async def _ask(self, url: str, old: Known | None) -> Known:
        if path := path_of(url):
            if not self._local_files:
                raise RefusedTarget
            try:
                data = await asyncio.to_thread(path.read_bytes)
            except OSError as error:
                raise UnusablePicture(f"it cannot be read: {error.strerror}") from error
            return await self._prepare(data, Freshness(), None)
        has_old = old is not None and old.asset is not None
        validators = old.freshness.validators if old and has_old else {}
        answer = await self._web.fetch(url, limits=self._limits, headers={**_ACCEPT, **validators})
        freshness = read_freshness(answer.headers)
        if answer.status == 304 and old and has_old:
            renewed = freshness.over(old.freshness)
            until_s = self.now() + renewed.fresh_s
            return replace(old, fresh_until_s=until_s, freshness=renewed, problem="", passing=False)
        if answer.status == 429 or answer.status >= 500:
            raise BadAnswer(f"its server answers {answer.status}")
        if answer.status != 200:
            raise UnusablePicture(f"its server answers {answer.status}")
        return await self._prepare(answer.body, freshness, old)

    async def _prepare(self, data: bytes, freshness: Freshness, old: Known | None) -> Known:
        sha256 = hashlib.sha256(data).hexdigest()
        until_s = self.now() + min(freshness.fresh_s, MAX_FRESH_S)
        if old is not None and old.asset is not None and old.sha256 == sha256:
            return Known(old.asset, until_s, freshness=freshness, sha256=sha256)
        verdict, holds_until_s = self._verdicts.get(sha256, ("", 0.0))
        if self.now() < holds_until_s:
            raise UnusablePicture(verdict)
        try:
            asset = self._find_same(sha256) or await self._studio.prepare(data)
        except UnusablePicture as error:
            self._judge(sha256, str(error), math.inf)
            raise
        except RenderFailed:
            if len(self._failures) > _MAX_VERDICTS:
                self._failures.clear()
            self._failures[sha256] = self._failures.get(sha256, 0) + 1
            if self._failures[sha256] >= _MAX_DRAWING_FAILURES:
                del self._failures[sha256]
                self._judge(sha256, "it takes too long to draw", self.now() + _DRAWING_PAUSE_S)
            raise
        self._failures.pop(sha256, None)
        return Known(asset, until_s, freshness=freshness, sha256=sha256)

    def _judge(self, sha256: str, verdict: str, holds_until_s: float) -> None:
        """Remember bytes that are no picture, so that they are not tried every minute."""
        self._verdicts[sha256] = verdict, holds_until_s
        if len(self._verdicts) > _MAX_VERDICTS:
            self._verdicts.popitem(last=False)

    def _find_same(self, sha256: str) -> Asset | None:
        """The picture, where it is known by another URL."""
        same = (known.asset for known in self._known.values() if known.sha256 == sha256)
        return next((asset for asset in same if asset is not None), None)

    def _keep(self, url: str, known: Known) -> None:
        self._used_bytes -= _cost_bytes(self._known.pop(url, None))
        self._known[url] = known
        self._used_bytes += _cost_bytes(known)
        while self._used_bytes > self._limit_bytes or len(self._known) > MAX_URLS:
            _, oldest = self._known.popitem(last=False)
            self._used_bytes -= _cost_bytes(oldest)


def _cost_bytes(known: Known | None) -> int:
    return 0 if known is None or known.asset is None else len(known.asset.data)
