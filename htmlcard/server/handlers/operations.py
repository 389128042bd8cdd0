"""What operators and their tools ask: alive, ready, which version, metrics. Never slow.

How it is in detail, `health` next door tells.
"""

from __future__ import annotations

import platform

from aiohttp import web

from htmlcard import __version__
from htmlcard.server.context import context_of
from htmlcard.server.handlers.health import is_ready


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
    numbers.loop_lag_seconds.set(service.loop_lag.worst_s)
    headers = {"Content-Type": numbers.content_type, "Cache-Control": "no-store"}
    return web.Response(body=numbers.expose(), headers=headers)


def _text(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text + "\n", status=status, headers={"Cache-Control": "no-store"})
