"""One card, drawn: template, browser, byte budget. When that is needed, `renderer` knows.

Cards and templates that do harm are kept off, and so is what would only wait: `_admit`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, Protocol

import structlog

from htmlcard.card import CardImage, Document, ImageFormat, Shot
from htmlcard.card_request import CardRequest
from htmlcard.errors import AssetFailed, BadShot, QueueFull, RenderFailed, TemplateFailed
from htmlcard.finishing import Finisher
from htmlcard.pictures import PictureSet
from htmlcard.quarantine import Quarantine
from htmlcard.telemetry.metrics import Metrics
from htmlcard.telemetry.timings import Timings
from htmlcard.template_breakers import COSTLY_S, TemplateBreakers
from htmlcard.templating.document import build_document
from htmlcard.templating.workers import WorkerPool

log = structlog.get_logger()

#: Filling in a template takes about a millisecond; one that takes this long is broken.
TEMPLATE_TIMEOUT_S = 1.0
#: A card that is being drawn at its deadline may go on: the crawler's second ask finds it.
OVERTIME_S = 0.5
#: Tags of a filled-in template, which are laid out in a good second; the heaviest of the cards we
#: know has 300.
MAX_TAGS = 50_000
#: What the template is to blame for, and nobody else.
_OWN_FAULTS = (TemplateFailed, AssetFailed, BadShot)


class Browser(Protocol):
    """What this module needs of a browser pool."""

    async def shoot(
        self,
        document: Document,
        format: ImageFormat,
        limit_bytes: int,
        deadline_s: float,
        *,
        overtime_s: float,
    ) -> Shot: ...


class Drawer:
    """Turns card requests into finished cards, whatever any cache holds."""

    def __init__(
        self,
        browser: Browser,
        workers: WorkerPool,
        finisher: Finisher,
        metrics: Metrics,
        *,
        places: int,
    ) -> None:
        """`places` is how many cards may be drawn or wait at a time."""
        self._browser = browser
        self._places = places
        self._under_way = 0
        self._breakers = TemplateBreakers()
        self._quarantine = Quarantine()
        self._workers = workers
        self._finisher = finisher
        self._metrics = metrics

    async def draw(
        self, request: CardRequest, pictures: PictureSet, deadline_s: float, timings: Timings
    ) -> CardImage:
        """The card with these pictures, by a deadline of the event loop's clock, or a little later.

        Raises:
            RenderFailed: see its kinds.
        """
        self._admit(request)
        self._under_way += 1
        began_s = asyncio.get_running_loop().time()
        try:
            image = await self._draw(request, pictures, deadline_s, timings)
        except RenderFailed as error:
            self._blame(request, error, asyncio.get_running_loop().time() - began_s)
            raise
        finally:
            self._under_way -= 1
        self._breakers.note_success(request.template.name)
        self._quarantine.absolve(request.template.name, request.identity)
        return image

    def state(self) -> dict[str, Any]:
        """For health reports: templates and cards that are kept off."""
        return {"templates": self._breakers.state(), "quarantine": self._quarantine.state()}

    def _admit(self, request: CardRequest) -> None:
        """Say no at once to what would fail later, at the cost of others."""
        template = request.template
        self._quarantine.admit(template.name, template.fingerprint, request.identity)
        if self._under_way >= self._places:
            # The pool says the same, but only once the template is filled in.
            raise QueueFull(
                f"{self._places} cards are drawn or wait already; raise HTMLCARD_QUEUE or "
                "HTMLCARD_LANES"
            )
        self._breakers.admit(template.name, template.fingerprint)

    def _blame(self, request: CardRequest, error: RenderFailed, took_s: float) -> None:
        """Remember a failure that was the card's own fault and cost something."""
        name, version = request.template.name, request.template.fingerprint
        if error.lanes_lost and self._quarantine.strike(
            name, version, request.identity, error.lanes_lost
        ):
            log.warning("card quarantined", template=name, reason=error.reason)
        own = isinstance(error, _OWN_FAULTS) and took_s > COSTLY_S
        if (own or error.lanes_lost) and self._breakers.note_failure(name, version):
            log.warning("template breaker open", template=name, reason=error.reason)

    async def _draw(
        self, request: CardRequest, pictures: PictureSet, deadline_s: float, timings: Timings
    ) -> CardImage:
        params = request.params
        if pictures.paths:
            params = params.with_pictures(pictures.paths)
        with timings.measure("template"):
            document = await build_document(
                self._workers,
                request.template,
                params,
                size_name=request.size_name,
                scale=request.scale,
                lang=request.lang,
                timeout_s=TEMPLATE_TIMEOUT_S,
                pictures=pictures.assets,
            )
        if (tags := document.html.count("<")) > MAX_TAGS:
            raise TemplateFailed(
                f"template {document.template!r}: filled in it has {tags:,} tags; at most "
                f"{MAX_TAGS:,} are drawn"
            )
        with timings.measure("browser"):
            shot = await self._shoot(document, request.format, deadline_s)
        with timings.measure("encode"):
            image = await self._finisher.fit(shot)
        for stage in ("template", "browser", "encode"):
            self._metrics.render_seconds.labels(stage).observe(timings.stages[stage])
        self._metrics.image_bytes.observe(len(image.data))
        return image

    async def _shoot(self, document: Document, format: ImageFormat, deadline_s: float) -> Shot:
        """A shot that was looked at: whole, of the right size, and blank only if it must be."""

        def shoot() -> Awaitable[Shot]:
            return self._browser.shoot(
                document, format, self._finisher.max_bytes, deadline_s, overtime_s=OVERTIME_S
            )

        shot = await shoot()
        try:
            if not await self._finisher.check(shot):
                return shot
        except BadShot as error:
            log.warning("bad shot, drawing again", template=document.template, error=str(error))
        # Blank or broken: a fault of the browser, or the template is so. A second look tells.
        shot = await shoot()
        await self._finisher.check(shot)
        return shot
