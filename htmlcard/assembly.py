"""Wires the parts into a service; opens them in order, closes them in reverse."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from htmlcard import __version__
from htmlcard.browser.driver import Driver
from htmlcard.browser.launchpad import Launchpad
from htmlcard.browser.pool import BrowserPool
from htmlcard.browser.script_pass import ScriptPass
from htmlcard.cache import CardCache
from htmlcard.card import Brand
from htmlcard.config import Settings
from htmlcard.drawing import Drawer
from htmlcard.errors import InvalidSettings
from htmlcard.fallbacks import FallbackLadder
from htmlcard.fetch import AddressJudge, Fetcher
from htmlcard.fetch.politeness import MAX_CONNECTIONS_PER_HOST
from htmlcard.finishing import Finisher
from htmlcard.images import compare
from htmlcard.links.checking import Checker
from htmlcard.links.reading.reader import PageReader
from htmlcard.links.unfurling import Unfurler
from htmlcard.pages import PageAsker, PageFields, PageHosts, PageShelf, PageStore
from htmlcard.pictures import PictureFields, PictureHosts, PictureShelf, Preparer
from htmlcard.renderer import Renderer
from htmlcard.telemetry.loop_lag import LoopLag
from htmlcard.telemetry.metrics import Metrics
from htmlcard.templating.catalogue import Catalogue
from htmlcard.templating.workers import WorkerPool

#: Template processes: a hanging template holds up one of them, never all.
TEMPLATE_WORKERS = 2
_MAX_LOGO_BYTES = 2_000_000
#: Last good values of pages on disk, a few thousand of them.
_PAGES_BYTES = 32_000_000
#: To one host, of a check: fifteen crawlers and a browser ask at the same time.
_CRAWLER_CONNECTIONS = 16
#: Of a service at once: a dead site holds half of all connections there are for checks.
_MAX_CHECKS = 2


@dataclass(frozen=True, slots=True)
class Links:
    """What looks at pages on the web, open."""

    fetcher: Fetcher
    reader: PageReader
    unfurler: Unfurler
    scripts: ScriptPass
    checker: Checker
    check_turns: asyncio.Semaphore


@dataclass(frozen=True, slots=True)
class Service:
    """The open parts, for those who stand in front of them: HTTP and the command line."""

    settings: Settings
    catalogue: Catalogue
    renderer: Renderer
    cache: CardCache
    browsers: BrowserPool
    drawer: Drawer
    pictures: PictureShelf
    workers: WorkerPool
    fallbacks: FallbackLadder
    metrics: Metrics
    loop_lag: LoopLag
    picture_hosts: PictureHosts
    pages: PageFields
    links: Links


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
async def open_links(
    settings: Settings,
    *,
    own_port: int = 0,
    connections_per_host: int = MAX_CONNECTIONS_PER_HOST,
) -> AsyncIterator[Links]:
    """What looks at pages; the children that read them start with the first page.

    `own_port` is the service's own, which is never asked; commands have none. The fetcher is not
    the one of pictures in cards: these must not wait for strangers' pages.
    """
    judge = AddressJudge(
        allow_private=settings.allow_private, ports=settings.fetch_ports, own_port=own_port
    )
    fetcher = Fetcher(judge, connections_per_host=connections_per_host)
    crawlers = Fetcher(judge, connections_per_host=_CRAWLER_CONNECTIONS)
    reader = PageReader()
    unfurler = Unfurler(fetcher, reader)
    # Strangers' pages get no browser without a sandbox, whatever cards may have.
    scripts = ScriptPass(lambda: Launchpad(settings.chromium, compare, allow_unsafe=False))
    checker = Checker(crawlers, reader, scripts)
    async with fetcher, crawlers, reader, unfurler, scripts, checker:
        yield Links(fetcher, reader, unfurler, scripts, checker, asyncio.Semaphore(_MAX_CHECKS))


@asynccontextmanager
async def _open_pages(
    settings: Settings, fetcher: Fetcher, pictures: PictureHosts, *, anywhere: bool
) -> AsyncIterator[PageFields]:
    """What reads pages for cards, with children of its own: no card waits for `/unfurl`."""
    folder = settings.cache_dir / "pages" if settings.cache_bytes and settings.page_hosts else None
    hosts = PageHosts(
        PictureHosts(settings.page_hosts), own_url=settings.public_url, anywhere=anywhere
    )
    cache = CardCache(folder, memory_bytes=0, disk_bytes=min(_PAGES_BYTES, settings.cache_bytes))
    reader = PageReader()
    asker = PageAsker(fetcher, reader, hosts)
    async with cache, reader, PageShelf(asker, PageStore(cache)) as shelf:
        if settings.page_hosts:
            shelf.warm_up()
        yield PageFields(shelf, hosts, pictures, settings.image_wait_ms / 1000)


@asynccontextmanager
async def open_service(
    settings: Settings, driver: Driver | None = None, *, local_files: bool = False
) -> AsyncIterator[Service]:
    """All parts, running. Browsers come up in the background: pictures are answered at once.

    They come up sooner with a `driver` that was started ahead; it is closed with the rest.
    With `local_files` image fields may name files, and `url` any page: for commands, never for a
    server.

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
    picture_hosts = PictureHosts(settings.image_hosts)
    preparer = Preparer(browsers)
    shelf = PictureShelf(
        fetcher,
        preparer,
        picture_bytes=settings.image_bytes,
        limit_bytes=settings.image_memory_bytes,
        local_files=local_files,
    )
    loop_lag = LoopLag()
    async with AsyncExitStack() as stack:
        stack.callback(catalogue.close)
        await stack.enter_async_context(loop_lag)
        # The browsers first: they go on starting while the workers are waited for.
        for part in (fallbacks, finisher, browsers, cache, workers, fetcher, preparer):
            await stack.enter_async_context(part)
        stack.push_async_callback(shelf.aclose)
        links = await stack.enter_async_context(open_links(settings, own_port=settings.port))
        pages = await stack.enter_async_context(
            _open_pages(settings, fetcher, picture_hosts, anywhere=local_files)
        )
        places = settings.lanes + settings.queue
        drawer = Drawer(browsers, workers, finisher, metrics, places=places)
        renderer = Renderer(
            cache=cache,
            drawer=drawer,
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
            drawer=drawer,
            pictures=shelf,
            workers=workers,
            fallbacks=fallbacks,
            metrics=metrics,
            loop_lag=loop_lag,
            picture_hosts=picture_hosts,
            pages=pages,
            links=links,
        )
