"""What operators and their tools ask: alive, ready, how, which version, metrics. Never slow."""

from __future__ import annotations

import platform
import time

from aiohttp import web

from htmlcard import __version__
from htmlcard.server.context import Context, context_of

#: Ready means: a true card was drawn at most so long ago.
READY_WINDOW_S = 60.0


async def livez(request: web.Request) -> web.Response:
    """The process answers."""
    return _text("ok")


async def readyz(request: web.Request) -> web.Response:
    """A real render succeeded within the last minute."""
    if is_ready(context_of(request)):
        return _text("ready")
    supervisor = context_of(request).service.browsers.supervisor
    reason = supervisor.last_error or "no card has been drawn within the last minute"
    return _text(f"not ready: {reason}", status=503)


async def health(request: web.Request) -> web.Response:
    """The state of every part."""
    context = context_of(request)
    service = context.service
    supervisor = service.browsers.supervisor
    launchpad = service.browsers.launchpad
    names = service.catalogue.names()
    body = {
        "ready": is_ready(context),
        "version": __version__,
        "browser": {
            "version": launchpad.version,
            "isolation": launchpad.isolation,
            "cut_off": launchpad.cut_off,
            "driver_pid": launchpad.driver_pid,
            "last_error": supervisor.last_error,
            "restarts": supervisor.restarts,
            "lanes": [
                {
                    "number": lane.number,
                    "state": lane.state.value,
                    "cards": lane.cards,
                    "path": lane.path,
                    "idle_s": round(time.monotonic() - lane.last_success_s, 1),
                }
                for lane in supervisor.lanes
            ],
        },
        "queue": {
            "depth": service.browsers.queue_depth,
            "age_s": round(service.browsers.queue_age_s, 3),
            "limit": service.settings.queue,
        },
        "renders_in_flight": service.renderer.in_flight,
        "cache": service.cache.state(),
        "templates": {
            "count": len(names),
            "problems": {
                name: list(p) for name in names if (p := service.catalogue.problems(name))
            },
        },
    }
    return web.json_response(body, headers={"Cache-Control": "no-store"})


async def version(request: web.Request) -> web.Response:
    """What runs here."""
    body = {
        "htmlcard": __version__,
        "chromium": context_of(request).service.browsers.launchpad.version,
        "python": platform.python_version(),
    }
    return web.json_response(body, headers={"Cache-Control": "no-store"})


async def metrics(request: web.Request) -> web.Response:
    """Prometheus text."""
    service = context_of(request).service
    numbers = service.metrics
    numbers.queue_depth.set(service.browsers.queue_depth)
    states = [lane.state.value for lane in service.browsers.supervisor.lanes]
    for state in ("idle", "busy"):
        numbers.browsers.labels(state).set(states.count(state))
    numbers.browsers.labels("missing").set(max(0, service.settings.lanes - len(states)))
    headers = {"Content-Type": numbers.content_type, "Cache-Control": "no-store"}
    return web.Response(body=numbers.expose(), headers=headers)


def is_ready(context: Context) -> bool:
    supervisor = context.service.browsers.supervisor
    if not supervisor.lanes or supervisor.last_success_s is None:
        return False
    return time.monotonic() - supervisor.last_success_s < READY_WINDOW_S


def _text(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text + "\n", status=status, headers={"Cache-Control": "no-store"})
