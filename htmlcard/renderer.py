"""The use case: a card request becomes a card, from the cache or drawn, or a fallback.

HTTP, the command line and whatever comes later all join here. A request flows
down this file: `find_now`, `render`, `_draw`, and where that fails `_fall_back`.
Drawing itself is `drawing`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from htmlcard.cache import CacheEntry, CardCache, Flights, Tier, etag
from htmlcard.card import DEFAULT_SIZE, ImageFormat
from htmlcard.card_request import CardRequest
from htmlcard.drawing import Drawer
from htmlcard.errors import DeadlineExceeded, InvalidRequest, QueueFull, RenderFailed
from htmlcard.fallbacks import FallbackLadder
from htmlcard.pictures import NO_PICTURES, PictureFields, PictureSet
from htmlcard.rendered import Rendered, from_entry, from_fallback
from htmlcard.telemetry.metrics import Metrics
from htmlcard.telemetry.timings import Timings
from htmlcard.templating.lang import DEFAULT_LANG, find_direction, find_lang
from htmlcard.templating.template import Template

log = structlog.get_logger()

#: What is kept back of a deadline for drawing a fallback and sending it.
FALLBACK_RESERVE_S = 0.35
#: Who is told no because too many ask is told so soon: with the title, if it is drawn by then.
SHED_WITHIN_S = 0.1


class Renderer:
    """Turns card requests into pictures."""

    def __init__(
        self,
        *,
        cache: CardCache,
        drawer: Drawer,
        fallbacks: FallbackLadder,
        pictures: PictureFields,
        metrics: Metrics,
        engine_version: Callable[[], str],
        ttl_s: float,
        deadline_s: float,
    ) -> None:
        self._cache = cache
        self._drawer = drawer
        self._fallbacks = fallbacks
        self._pictures = pictures
        self._metrics = metrics
        self._engine_version = engine_version
        self._ttl_s = ttl_s
        self._deadline_s = deadline_s
        self._flights: Flights[CacheEntry] = Flights()
        self._refreshes: set[asyncio.Task[None]] = set()
        self._memory_hits = metrics.cache.labels(Tier.MEMORY.value, "hit")

    @property
    def in_flight(self) -> int:
        return self._flights.pending

    async def drain(self, timeout_s: float) -> None:
        """Let the cards under way finish."""
        await self._flights.drain(timeout_s)

    def fingerprint(self, template: Template, pictures: PictureSet = NO_PICTURES) -> str:
        """All that a card's look depends on, besides what was asked for."""
        fingerprint = f"{template.fingerprint}-{self._engine_version()}"
        return f"{fingerprint}-{pictures.digest}" if pictures.paths else fingerprint

    def etag(self, request: CardRequest) -> str | None:
        """The card's entity tag, known before it is drawn; None where it depends on pictures."""
        if request.params.pictures:
            return None
        return etag(request.identity, self.fingerprint(request.template))

    def find_now(self, request: CardRequest) -> Rendered | None:
        """The card if it is in memory and fresh, and so are its pictures, without waiting."""
        pictures = self._pictures.find_now(request.params.pictures)
        if pictures is None:
            return None
        fingerprint = self.fingerprint(request.template, pictures)
        entry = self.find_entry(request.identity, fingerprint)
        return None if entry is None else from_entry(entry, "hit", pictures=pictures)

    def find_entry(self, identity: str, fingerprint: str) -> CacheEntry | None:
        """The same for who knows the card's identity and today's fingerprint already."""
        entry = self._cache.find_now(identity)
        if entry is None or entry.fingerprint != fingerprint or self._expired(entry):
            return None
        self._memory_hits.inc()
        return entry

    async def render(
        self,
        request: CardRequest,
        timings: Timings,
        *,
        fall_back: bool = True,
        admit: Callable[[], Awaitable[None]] | None = None,
    ) -> Rendered:
        """The card within the deadline, or else a fallback.

        `admit` is asked before a card is drawn that is in no cache.

        Raises:
            InvalidRequest: `admit` did not let it pass.
            RenderFailed: only with `fall_back=False`.
        """
        loop = asyncio.get_running_loop()
        # What was waited for the card's page is gone already.
        answer_by_s = loop.time() + self._deadline_s - timings.stages.get("page", 0.0)
        draw_by_s = answer_by_s - FALLBACK_RESERVE_S
        known: CacheEntry | None = None
        pictures = NO_PICTURES
        try:
            with timings.measure("cache"):
                found = await self._cache.find(request.identity)
            tier = found[1].value if found else Tier.DISK.value
            known = found[0] if found else None
            if request.params.pictures:
                if admit and known is None:
                    await admit()
                    admit = None
                with timings.measure("pictures"):
                    pictures = await self._pictures.gather(request.params.pictures, draw_by_s)
                waited_s = timings.stages["pictures"]
                self._metrics.render_seconds.labels("pictures").observe(waited_s)
            if known and known.fingerprint == self.fingerprint(request.template, pictures):
                expired = self._expired(known)
                self._metrics.cache.labels(tier, "stale" if expired else "hit").inc()
                if expired:
                    self._refresh(request)
                status = "hit; detail=stale" if expired else "hit"
                return from_entry(known, status, pictures=pictures)
            if known and pictures.lacking and self._is_of_today(known, request.template):
                # Drawn when its pictures could be had: better than the same without them.
                self._metrics.cache.labels(tier, "stale").inc()
                return from_entry(
                    known,
                    "hit; detail=stale",
                    pictures=pictures,
                    lacking="an older card shown",
                )
            self._metrics.cache.labels(tier, "miss").inc()
            if admit:
                await admit()
            try:
                async with asyncio.timeout_at(draw_by_s):
                    entry, leader = await self._share_flight(request, pictures, draw_by_s, timings)
            except TimeoutError as error:
                raise DeadlineExceeded("the card was not ready in time") from error
            status = f"fwd=miss; {'stored' if leader else 'collapsed'}"
            return from_entry(entry, status, pictures=pictures)
        except InvalidRequest:
            raise
        except RenderFailed as error:
            if not fall_back:
                raise
            log.warning(
                "fallback", template=request.template.name, reason=error.reason, error=str(error)
            )
            if isinstance(error, QueueFull):
                answer_by_s = min(answer_by_s, loop.time() + SHED_WITHIN_S)
            return await self._fall_back(request, error.reason, known, answer_by_s, timings)
        except Exception:
            if not fall_back:
                raise
            log.exception("fallback after a fault of our own", template=request.template.name)
            return await self._fall_back(request, "internal", known, answer_by_s, timings)

    def _refresh(self, request: CardRequest) -> None:
        """Draw an expired card anew in the background; failing is no harm, the old one stays."""

        async def refresh() -> None:
            draw_by_s = asyncio.get_running_loop().time() + self._deadline_s
            try:
                pictures = await self._pictures.gather(request.params.pictures, draw_by_s)
                if not pictures.lacking:
                    await self._share_flight(request, pictures, draw_by_s, Timings(), refresh=True)
            except Exception as error:
                log.info("refresh failed", template=request.template.name, error=str(error))

        task = asyncio.create_task(refresh())
        self._refreshes.add(task)
        task.add_done_callback(self._refreshes.discard)

    async def _share_flight(
        self,
        request: CardRequest,
        pictures: PictureSet,
        draw_by_s: float,
        timings: Timings,
        *,
        refresh: bool = False,
    ) -> tuple[CacheEntry, bool]:
        fingerprint = self.fingerprint(request.template, pictures)

        async def start() -> CacheEntry:
            landed = self._cache.find_now(request.identity)
            if landed and landed.fingerprint == fingerprint and not refresh:
                return landed
            return await self._draw(request, pictures, draw_by_s, timings)

        return await self._flights.share(etag(request.identity, fingerprint), start)

    async def _draw(
        self, request: CardRequest, pictures: PictureSet, draw_by_s: float, timings: Timings
    ) -> CacheEntry:
        """The card, drawn and put into the cache."""
        # Taken before: a browser that comes meanwhile must not sign what the old one drew.
        fingerprint = self.fingerprint(request.template, pictures)
        image = await self._drawer.draw(request, pictures, draw_by_s, timings)
        entry = CacheEntry(
            identity=request.identity,
            fingerprint=fingerprint,
            template=request.template.name,
            format=image.format,
            size_px=image.size_px,
            encoding=image.encoding,
            data=image.data,
            stored_at_s=time.time(),
        )
        self._cache.put(entry)
        return entry

    async def _fall_back(
        self,
        request: CardRequest,
        reason: str,
        known: CacheEntry | None,
        answer_by_s: float,
        timings: Timings,
    ) -> Rendered:
        with timings.measure("fallback"):
            if known is not None:
                stale = self._fallbacks.count("stale", reason)
                return from_entry(known, "hit; detail=stale", fallback=stale)
            title, subtitle = request.words
            picture = await self._fallbacks.draw(
                title=title,
                subtitle=subtitle,
                brand=request.template.brand,
                size_px=request.size_px,
                format=request.format,
                lang=request.lang or find_lang(request.words),
                direction=find_direction(request.lang or DEFAULT_LANG, [title]),
                reason=reason,
                answer_by_s=answer_by_s,
            )
        return from_fallback(picture, request.format, request.size_px)

    def render_brand(self, format: ImageFormat, reason: str) -> Rendered:
        """The brand's picture, which is at hand."""
        picture = self._fallbacks.get_brand(DEFAULT_SIZE, format, reason)
        return from_fallback(picture, format, DEFAULT_SIZE)

    async def render_title(self, title: str, format: ImageFormat, reason: str) -> Rendered:
        """A fallback where not even the template can be had: its title, in the service's brand."""
        picture = await self._fallbacks.draw(
            title=title,
            subtitle="",
            brand=self._fallbacks.brand,
            size_px=DEFAULT_SIZE,
            format=format,
            lang=find_lang([title]),
            direction=find_direction(DEFAULT_LANG, [title]),
            reason=reason,
            answer_by_s=asyncio.get_running_loop().time() + self._deadline_s,
        )
        return from_fallback(picture, format, DEFAULT_SIZE)

    def _is_of_today(self, entry: CacheEntry, template: Template) -> bool:
        """Whether a card was drawn as it would be now, but for its pictures."""
        return entry.fingerprint.startswith(f"{self.fingerprint(template)}-")

    def _expired(self, entry: CacheEntry) -> bool:
        return time.time() - entry.stored_at_s > self._ttl_s
