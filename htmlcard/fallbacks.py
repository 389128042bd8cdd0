"""The pictures that come back when a card cannot: the rungs below `stale`.

`drawn` shows the requested title, without a browser; `brand` is held in
memory from the start. Which one is answered depends on the time that is left:
under a flood of failures drawing is for the few, and the rest get `brand`.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import OrderedDict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, Self

import structlog

from htmlcard.card import Brand, ImageFormat, Size
from htmlcard.children.process import ChildDied, ChildKind, ChildProcess
from htmlcard.children.service import OUT_OF_MEMORY, READY
from htmlcard.errors import EnvironmentLacking
from htmlcard.images.brand import BrandPictures
from htmlcard.images.character_maps import MAPS, make_ranges
from htmlcard.images.fallback import draw_fallback
from htmlcard.images.fonts import INSTALLED
from htmlcard.telemetry.metrics import Metrics

log = structlog.get_logger()

Rung = Literal["stale", "drawn", "brand"]

_FONT_READER = ChildKind(
    name="font reader",
    module="htmlcard.images.character_maps",
    max_answer_bytes=2**26,
    answers=frozenset((READY, OUT_OF_MEMORY, MAPS)),
)
_READING_S = 30.0
_NONSENSE = (ValueError, TypeError, OverflowError)

#: One is enough for the odd failure, and leaves the other cores to the browsers.
_DRAWING_THREADS = 1
#: How long a caller waits for that thread before taking the brand picture, and how many do:
#: drawing takes some 40 ms, and whoever stands further behind would wait for nothing.
_MAX_WAIT_S = 0.1
_MAX_WAITING = 3
_SEND_RESERVE_S = 0.05
_REMEMBERED_PICTURES = 128


@dataclass(frozen=True, slots=True)
class Fallback:
    """Which rung held, and why the card did not come."""

    rung: Rung
    reason: str


# Under a flood it is one picture, again and again.
@lru_cache(maxsize=16)
def _etag(data: bytes) -> str:
    return f'"{hashlib.sha256(data).hexdigest()[:32]}"'


@dataclass(frozen=True, slots=True)
class FallbackPicture:
    data: bytes = field(repr=False)
    fallback: Fallback

    @property
    def etag(self) -> str:
        return _etag(self.data)


def _learn(paths: list[str], said: bytes) -> None:
    """Take over what a font reader said; raises one of `_NONSENSE`."""
    maps = [each and make_ranges(*each) for each in json.loads(said)]
    INSTALLED.learn(dict(zip(paths, maps, strict=True)))


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a drawn fallback depends on."""

    title: str
    subtitle: str
    brand: Brand
    size_px: Size
    format: ImageFormat
    lang: str
    direction: str


class FallbackLadder:
    """Draws fallbacks in a thread of its own; never fails."""

    def __init__(self, brand: Brand, max_bytes: int, metrics: Metrics) -> None:
        self.brand = brand
        self._max_bytes = max_bytes
        self._metrics = metrics
        self._brand_pictures = BrandPictures(brand, max_bytes)
        self._threads = ThreadPoolExecutor(_DRAWING_THREADS, thread_name_prefix="fallback")
        self._free = asyncio.Semaphore(_DRAWING_THREADS)
        self._waiting = 0
        self._remembered: OrderedDict[_Wish, bytes] = OrderedDict()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def prepare(self, sizes: Iterable[Size]) -> None:
        """Draw the brand pictures of these sizes, and have all fonts read: a second or two."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._threads, self._brand_pictures.prepare, [*sizes])
        try:
            await self._read_fonts()
        # No child, a late one, or one that has answered nonsense.
        except (EnvironmentLacking, ChildDied, TimeoutError, *_NONSENSE) as error:
            log.warning("fonts are read here", error=repr(error))
            await loop.run_in_executor(self._threads, INSTALLED.warm)

    async def _read_fonts(self) -> None:
        """In a process that ends with it: cards would wait for the interpreter meanwhile."""
        loop = asyncio.get_running_loop()
        paths = await loop.run_in_executor(self._threads, INSTALLED.unread)
        if not paths:
            return
        reader = await ChildProcess.start(_FONT_READER)
        try:
            async with asyncio.timeout(_READING_S):
                kind, said = await reader.exchange(json.dumps(paths).encode(), _READING_S)
        finally:
            await reader.kill()
        if kind != MAPS:
            raise ChildDied
        # In the thread, since whoever draws there holds the shelf's lock.
        await loop.run_in_executor(self._threads, _learn, paths, said)

    def count(self, rung: Rung, reason: str) -> Fallback:
        """Note that a fallback was answered."""
        self._metrics.fallbacks.labels(rung, reason).inc()
        return Fallback(rung, reason)

    async def draw(
        self,
        *,
        title: str,
        subtitle: str,
        brand: Brand,
        size_px: Size,
        format: ImageFormat,
        lang: str,
        direction: str,
        reason: str,
        answer_by_s: float,
    ) -> FallbackPicture:
        """The drawn picture where time allows, else the brand picture; always one of them.

        `answer_by_s` is a time of the event loop's clock.
        """
        wish = _Wish(title, subtitle, brand, size_px, format, lang, direction)
        data = await self._find_drawn(wish, answer_by_s - _SEND_RESERVE_S)
        if data is not None:
            return FallbackPicture(data, self.count("drawn", reason))
        return self.get_brand(size_px, format, reason)

    def get_brand(self, size_px: Size, format: ImageFormat, reason: str) -> FallbackPicture:
        """The brand picture: in memory, or drawn in a few milliseconds."""
        data = self._brand_pictures.get_picture(size_px, format)
        return FallbackPicture(data, self.count("brand", reason))

    async def _find_drawn(self, wish: _Wish, by_s: float) -> bytes | None:
        if wish in self._remembered:
            self._remembered.move_to_end(wish)
            return self._remembered[wish]
        if self._waiting >= _MAX_WAITING:
            return None
        loop = asyncio.get_running_loop()
        self._waiting += 1
        try:
            async with asyncio.timeout_at(min(by_s, loop.time() + _MAX_WAIT_S)):
                await self._free.acquire()
        except TimeoutError:
            return None
        finally:
            self._waiting -= 1
        work = loop.run_in_executor(self._threads, self._draw, wish)
        work.add_done_callback(lambda _: self._free.release())
        try:
            async with asyncio.timeout_at(by_s):
                data = await asyncio.shield(work)
        except TimeoutError:
            return None
        self._remembered[wish] = data
        while len(self._remembered) > _REMEMBERED_PICTURES:
            self._remembered.popitem(last=False)
        return data

    def _draw(self, wish: _Wish) -> bytes:
        return draw_fallback(
            wish.title,
            wish.subtitle,
            wish.brand,
            wish.size_px,
            wish.format,
            self._max_bytes,
            wish.lang,
            wish.direction,
        )
