"""One card, drawn: template, browser, byte budget. When that is needed, `renderer` knows."""

from __future__ import annotations

from typing import Protocol

import structlog

from htmlcard.card import CardImage, Document, ImageFormat, Shot
from htmlcard.card_request import CardRequest
from htmlcard.errors import BadShot
from htmlcard.finishing import Finisher
from htmlcard.pictures import PictureSet
from htmlcard.telemetry.metrics import Metrics
from htmlcard.telemetry.timings import Timings
from htmlcard.templating.document import build_document
from htmlcard.templating.workers import WorkerPool

log = structlog.get_logger()

#: Filling in a template takes about a millisecond; one that takes this long is broken.
TEMPLATE_TIMEOUT_S = 1.0


class Browser(Protocol):
    """What this module needs of a browser pool."""

    async def shoot(
        self, document: Document, format: ImageFormat, limit_bytes: int, deadline_s: float
    ) -> Shot: ...


class Drawer:
    """Turns card requests into finished cards, whatever any cache holds."""

    def __init__(
        self, browser: Browser, workers: WorkerPool, finisher: Finisher, metrics: Metrics
    ) -> None:
        self._browser = browser
        self._workers = workers
        self._finisher = finisher
        self._metrics = metrics

    async def draw(
        self, request: CardRequest, pictures: PictureSet, deadline_s: float, timings: Timings
    ) -> CardImage:
        """The card with these pictures, by a deadline of the event loop's clock.

        Raises:
            RenderFailed: see its kinds.
        """
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
        limit_bytes = self._finisher.max_bytes
        shot = await self._browser.shoot(document, format, limit_bytes, deadline_s)
        try:
            if not await self._finisher.check(shot):
                return shot
        except BadShot as error:
            log.warning("bad shot, drawing again", template=document.template, error=str(error))
        # Blank or broken: a fault of the browser, or the template is so. A second look tells.
        shot = await self._browser.shoot(document, format, limit_bytes, deadline_s)
        await self._finisher.check(shot)
        return shot
