"""Wires the parts into a service; opens them in order, closes them in reverse."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from htmlcard import __version__
from htmlcard.browser.driver import Driver
from htmlcard.browser.launchpad import Launchpad
from htmlcard.browser.pool import BrowserPool
from htmlcard.cache import CardCache
from htmlcard.card import Brand
from htmlcard.config import Settings
from htmlcard.drawing import Drawer
from htmlcard.errors import InvalidSettings
from htmlcard.fallbacks import FallbackLadder
from htmlcard.fetch import AddressJudge, Fetcher
from htmlcard.finishing import Finisher
from htmlcard.images import compare
from htmlcard.pictures import PictureFields, PictureHosts, PictureShelf, Preparer
from htmlcard.renderer import Renderer
from htmlcard.telemetry.metrics import Metrics
from htmlcard.templating.catalogue import Catalogue
from htmlcard.templating.workers import WorkerPool

#: Template processes: a hanging template holds up one of them, never all.
TEMPLATE_WORKERS = 2
_MAX_LOGO_BYTES = 2_000_000


@dataclass(frozen=True, slots=True)
class Service:
    """The open parts, for those who stand in front of them: HTTP and the command line."""

    settings: Settings
    catalogue: Catalogue
    renderer: Renderer
    cache: CardCache
    browsers: BrowserPool
    workers: WorkerPool
    fallbacks: FallbackLadder
    metrics: Metrics
    picture_hosts: PictureHosts


def template_roots(settings: Settings) -> list[Path]:
    """Where templates are looked for, first match wins."""
    package = Path(__file__).parent
    built_in = package / "templates"  # In a wheel; beside the package in a source tree.
    if not built_in.is_dir():
        built_in = package.parent / "templates"
    roots = [*settings.templates, Path.cwd() / "templates", built_in]
    return list(dict.fromkeys(root.resolve() for root in roots if root.is_dir()))


def load_brand(settings: Settings) -> Brand:
    """The service's brand.

    Raises:
        InvalidSettings: the logo cannot be read.
    """
    logo = None
    if settings.brand_logo is not None:
        try:
            logo = settings.brand_logo.read_bytes()
        except OSError as error:
            raise InvalidSettings(f"HTMLCARD_BRAND_LOGO cannot be read: {error}") from error
        if len(logo) > _MAX_LOGO_BYTES:
            raise InvalidSettings(
                f"HTMLCARD_BRAND_LOGO is {len(logo)} bytes; at most {_MAX_LOGO_BYTES} are allowed"
            )
    return Brand(settings.brand_name, settings.brand_color, logo)


def load_catalogue(settings: Settings) -> Catalogue:
    """The templates of these settings."""
    for folder in settings.templates:
        if not folder.is_dir():
            raise InvalidSettings(f"HTMLCARD_TEMPLATES: there is no folder {folder}")
    return Catalogue(template_roots(settings), load_brand(settings))


@asynccontextmanager
async def open_service(
    settings: Settings, driver: Driver | None = None, *, local_files: bool = False
) -> AsyncIterator[Service]:
    """All parts, running. Browsers come up in the background: pictures are answered at once.

    They come up sooner with a `driver` that was started ahead; it is closed with the rest.
    With `local_files` image fields may name files: for commands, never for a server.

    Raises:
        InvalidSettings: a setting names something that is not there.
    """
    catalogue = load_catalogue(settings)
    metrics = Metrics()
    launchpad = Launchpad(
        settings.chromium, compare, allow_unsafe=settings.unsafe_browser, driver=driver
    )
    browsers = BrowserPool(
        launchpad,
        lanes=settings.lanes,
        queue=settings.queue,
        cards_per_lane=settings.cards_per_browser,
        lane_memory_bytes=settings.browser_bytes,
        on_restart=lambda reason: metrics.browser_restarts.labels(reason).inc(),
    )
    cache_folder = settings.cache_dir if settings.cache_bytes else None
    cache = CardCache(
        cache_folder,
        memory_bytes=settings.cache_memory_bytes,
        disk_bytes=settings.cache_bytes,
    )
    fallbacks = FallbackLadder(load_brand(settings), settings.max_bytes, metrics)
    workers = WorkerPool(TEMPLATE_WORKERS)
    finisher = Finisher(settings.max_bytes, threads=os.cpu_count() or 1)
    fetcher = Fetcher(
        AddressJudge(
            allow_private=settings.allow_private,
            ports=settings.fetch_ports,
            own_port=settings.port,
        )
    )
    preparer = Preparer(browsers)
    shelf = PictureShelf(
        fetcher,
        preparer,
        picture_bytes=settings.image_bytes,
        limit_bytes=settings.image_memory_bytes,
        local_files=local_files,
    )
    async with AsyncExitStack() as stack:
        stack.callback(catalogue.close)
        # The browsers first: they go on starting while the workers are waited for.
        for part in (fallbacks, finisher, browsers, cache, workers, fetcher, preparer):
            await stack.enter_async_context(part)
        stack.push_async_callback(shelf.aclose)
        renderer = Renderer(
            cache=cache,
            drawer=Drawer(browsers, workers, finisher, metrics),
            fallbacks=fallbacks,
            pictures=PictureFields(shelf, settings.image_wait_ms / 1000),
            metrics=metrics,
            engine_version=lambda: f"{__version__}-{launchpad.version}-{settings.max_bytes}",
            ttl_s=settings.cache_ttl_s,
            deadline_s=settings.deadline_ms / 1000,
        )
        yield Service(
            settings=settings,
            catalogue=catalogue,
            renderer=renderer,
            cache=cache,
            browsers=browsers,
            workers=workers,
            fallbacks=fallbacks,
            metrics=metrics,
            picture_hosts=PictureHosts(settings.image_hosts),
        )
