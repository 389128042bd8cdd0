"""`/health`: the state of every part, for people. Never slow, and nothing that is secret.

What is here is documented in `docs/operations.md`. Nothing is asked of a browser or a disk, but
for the list of templates, which has a time of its own.
"""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any

from aiohttp import web

from htmlcard import __version__
from htmlcard.assembly import Service
from htmlcard.browser.lane import Lane, LaneState
from htmlcard.server.context import Context, context_of
from htmlcard.templating.catalogue import Catalogue

#: Ready means: a true card was drawn at most so long ago.
READY_WINDOW_S = 60.0
#: Templates are looked for on a disk, which may hang; the first look reads all of them.
_TEMPLATES_WAIT_S = 0.5
#: Messages of systems and browsers name files, and where these are is nobody's business.
_PATH = re.compile(r"(?<![\w.:/-])/(?:[\w.+@-]+/)*[\w.+@-]+")


class TemplatesLook:
    """What is wrong with which templates, as of the last look that came to an end."""

    def __init__(self) -> None:
        self._look: asyncio.Task[dict[str, Any]] | None = None
        self._known: dict[str, Any] = {"count": None, "problems": {}}

    async def get(self, catalogue: Catalogue) -> dict[str, Any]:
        """`late` says that the disk did not answer in time, and this is what was known before."""
        # A disk that hangs holds up one thread, not one for each who asks.
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(asyncio.to_thread(_look_at, catalogue))
        look = self._look
        await asyncio.wait({look}, timeout=_TEMPLATES_WAIT_S)
        if look.done():
            self._known = look.result()
        return {**self._known, "late": not look.done()}


def _look_at(catalogue: Catalogue) -> dict[str, Any]:
    names = catalogue.names()
    problems = {name: list(found) for name in names if (found := catalogue.problems(name))}
    return {"count": len(names), "problems": problems}


TEMPLATES_LOOK = web.AppKey("templates_look", TemplatesLook)


async def health(request: web.Request) -> web.Response:
    """The state of every part."""
    context = context_of(request)
    service = context.service
    body = {
        "ready": is_ready(context),
        "version": __version__,
        "event_loop": {
            "lag_ms": _ms(service.loop_lag.last_s),
            "worst_lag_ms": _ms(service.loop_lag.worst_s),
        },
        "browser": _browser_state(service),
        "queue": {
            "depth": service.browsers.queue_depth,
            "age_s": round(service.browsers.queue_age_s, 3),
            "limit": service.settings.queue,
        },
        "breakers": {
            "browsers": service.browsers.supervisor.breaker.state(),
            "templates": service.drawer.state()["templates"],
        },
        "quarantine": service.drawer.state()["quarantine"],
        "renders_in_flight": service.renderer.in_flight,
        "cache": _without_paths(service.cache.state()),
        "pictures": service.pictures.state(),
        "template_workers": {"running": len(service.workers.pids)},
        "templates": await request.app[TEMPLATES_LOOK].get(service.catalogue),
    }
    return web.json_response(body, headers={"Cache-Control": "no-store"})


def is_ready(context: Context) -> bool:
    """Whether a real render succeeded within the last minute."""
    supervisor = context.service.browsers.supervisor
    if not supervisor.lanes or supervisor.last_success_s is None:
        return False
    return time.monotonic() - supervisor.last_success_s < READY_WINDOW_S


def _browser_state(service: Service) -> dict[str, Any]:
    supervisor = service.browsers.supervisor
    launchpad = service.browsers.launchpad
    return {
        "version": launchpad.version,
        "isolation": launchpad.isolation,
        "cut_off": launchpad.cut_off,
        "driver_pid": launchpad.driver_pid,
        "last_error": _without_paths(supervisor.last_error),
        "restarts": supervisor.restarts,
        "missing": max(0, supervisor.wanted - len(supervisor.lanes)),
        "lanes": [_lane_state(lane) for lane in supervisor.lanes],
    }


def _lane_state(lane: Lane) -> dict[str, Any]:
    now_s = time.monotonic()
    state: dict[str, Any] = {
        "number": lane.number,
        "state": lane.state.value,
        "cards": lane.cards,
        "path": lane.path,
        "seen_well_s": round(now_s - lane.seen_well_s, 1),
        "idle_s": round(now_s - lane.last_success_s, 1),
    }
    if lane.state is LaneState.BUSY:
        state |= {"template": lane.template, "busy_s": round(now_s - lane.busy_since_s, 1)}
    return state


def _without_paths(state: Any) -> Any:
    if isinstance(state, dict):
        return {name: _without_paths(value) for name, value in state.items()}
    return _PATH.sub("…", state) if isinstance(state, str) else state


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
