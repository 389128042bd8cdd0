"""The web application, and the process around it: start, wait for a signal, drain, stop."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from htmlcard.assembly import Service, open_service
from htmlcard.browser.driver import Driver
from htmlcard.card import DEFAULT_SIZE
from htmlcard.config import Settings
from htmlcard.server.connections import Connections
from htmlcard.server.context import CONTEXT, Context
from htmlcard.server.edge import HANDLER_OPTIONS, EdgeHandler
from htmlcard.server.hot_cards import HotCards
from htmlcard.server.hot_path import HotPath
from htmlcard.server.middlewares import MIDDLEWARES
from htmlcard.server.routes import add_routes
from htmlcard.signatures import KeyRing

if TYPE_CHECKING:
    from htmlcard.server.limits import Budgets

log = structlog.get_logger()

HOT_CARDS = web.AppKey("hot_cards", HotCards)

#: Largest body of a POST: far more than any template's fields hold.
MAX_BODY_BYTES = 1_000_000
#: A host's name is looked up before it can be listened on, and that may take for ever.
LISTEN_TIMEOUT_S = 10.0
#: Connections that may wait to be accepted.
BACKLOG = 128
#: Fallbacks take a second of computing to prepare, which the first card needs more.
PREPARE_AFTER_S = 1.5
#: How long requests under way may take when the service stops.
DRAIN_S = 6.0


def build_app(service: Service, *, dev: bool = False) -> web.Application:
    """The application in front of an open service."""
    app = web.Application(middlewares=MIDDLEWARES, client_max_size=MAX_BODY_BYTES)
    keys = KeyRing([key.get_secret_value() for key in service.settings.signing_keys])
    app[CONTEXT] = Context(service, dev=dev, keys=keys, budgets=_open_budgets(service.settings))
    app[HOT_CARDS] = HotCards(service)
    if not dev:
        app.on_response_prepare.append(app[HOT_CARDS].remember)
    add_routes(app, dev_mode=dev)
    return app


async def listen(runner: web.AppRunner, host: str, port: int) -> asyncio.Server:
    """Serve a runner that is set up, with the hot path in front; `runner.cleanup` closes
    connections, but not what is returned.

    Raises:
        OSError: the address cannot be listened on.
    """
    loop = asyncio.get_running_loop()
    manager, context, cards = runner.server, runner.app[CONTEXT], runner.app[HOT_CARDS]
    connections = Connections()
    if manager is None:
        raise RuntimeError("the runner is not set up")

    def connect() -> HotPath:
        handler = EdgeHandler(manager, context, loop)
        return HotPath(handler, cards, connections)

    return await loop.create_server(connect, host, port, backlog=BACKLOG)


def _open_budgets(settings: Settings) -> Budgets | None:
    if not settings.rate_limit:
        return None
    # 40 ms of imports that most services start without.
    from htmlcard.server.limits import Budgets

    redis = settings.redis_url.get_secret_value() if settings.redis_url else None
    return Budgets(settings.rate_limit, settings.crawler_rate_limit, redis)


async def _prepare_fallbacks(service: Service) -> None:
    await asyncio.sleep(PREPARE_AFTER_S)
    await service.fallbacks.prepare([DEFAULT_SIZE])
    # What is there now stays: the collector need not go through all of it again and again. (A
    # collection before would hold all requests up for 90 ms.)
    gc.freeze()


async def run_server(
    settings: Settings,
    *,
    dev: bool,
    driver: Driver | None = None,
    on_listening: Callable[[str], None] = lambda url: None,
) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is under way.

    `on_listening` is called once with the service's URL.

    Raises:
        InvalidSettings: a setting names something that is not there.
        OSError: the address cannot be listened on.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    async with open_service(settings, driver) as service:
        runner = web.AppRunner(
            build_app(service, dev=dev), shutdown_timeout=DRAIN_S, **HANDLER_OPTIONS
        )
        await runner.setup()
        # In the background: until then the pictures of last resort are drawn when needed.
        preparing = asyncio.create_task(_prepare_fallbacks(service))
        listening: asyncio.Server | None = None
        try:
            async with asyncio.timeout(LISTEN_TIMEOUT_S):
                listening = await listen(runner, settings.host, settings.port)
            port = listening.sockets[0].getsockname()[1]
            host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104
            log.info("listening", host=settings.host, port=port)
            on_listening(f"http://{f'[{host}]' if ':' in host else host}:{port}")
            await stop.wait()
            log.info("stopping", renders_in_flight=service.renderer.in_flight)
        finally:
            preparing.cancel()
            if listening:
                listening.close()
            await runner.cleanup()
            await service.renderer.drain(DRAIN_S / 3)
