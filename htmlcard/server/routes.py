"""Every address of the service, in one table. `/openapi.json` is made from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from htmlcard.server.handlers import (
    checks,
    dev,
    health,
    home,
    links,
    openapi,
    operations,
    purge,
    render,
    tags,
    templates,
)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Route:
    """One method at one address. GET serves HEAD, too."""

    method: str
    path: str
    handler: Handler
    summary: str
    answers: str
    """Content type of a good answer."""


PICTURE = "image/*"
JSON = "application/json"

ROUTES = (
    Route("GET", "/render/{template}", render.render, "A card as a picture.", PICTURE),
    Route("POST", "/render/{template}", render.render, "The same, from a JSON object.", PICTURE),
    Route("GET", "/", home.home, "What this is, with all templates.", "text/html"),
    Route("GET", "/templates", templates.list_templates, "All templates.", JSON),
    Route("GET", "/templates/{template}", templates.show_template, "One template's fields.", JSON),
    Route("GET", "/tags/{template}", tags.tags, "Meta tags for a card.", "text/html"),
    Route("GET", "/unfurl", links.unfurl, "What a page says about itself.", JSON),
    Route("GET", "/check", checks.check, "What crawlers make of a page.", JSON),
    Route("POST", "/purge", purge.purge, "Forget cached cards (admin token).", JSON),
    Route("GET", "/livez", operations.livez, "The process answers.", "text/plain"),
    Route("GET", "/readyz", operations.readyz, "Cards can be drawn.", "text/plain"),
    Route("GET", "/health", health.health, "The state of every part.", JSON),
    Route("GET", "/version", operations.version, "Versions.", JSON),
    Route("GET", "/metrics", operations.metrics, "Prometheus metrics.", "text/plain"),
    Route("GET", "/openapi.json", openapi.openapi, "This description.", JSON),
)

#: Parts of our own pages: no interface for others.
_PAGE_ROUTES = (("/pages/{name}", home.page_file),)


def add_routes(app: web.Application, *, dev_mode: bool) -> None:
    """Put all routes of a mode into an application."""
    app[openapi.DESCRIPTION] = openapi.describe(ROUTES)
    app[health.TEMPLATES_LOOK] = health.TemplatesLook()
    for route in ROUTES:
        if route.method != "GET":
            app.router.add_route(route.method, route.path, route.handler)
            continue
        for method in ("GET", "HEAD"):
            app.router.add_route(method, route.path, route.handler, expect_handler=_go_on)
    for path, handler in _PAGE_ROUTES:
        app.router.add_get(path, handler)
    if dev_mode:
        app.router.add_get("/dev/events", dev.events)


async def _go_on(_: web.Request) -> None:
    """Whatever a GET expects of us, it has no body to hold back (RFC 9110, section 10.1.1).

    aiohttp would answer 417 where a picture is promised.
    """
