"""`/openapi.json`: the interface for programs, made from the table of routes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from aiohttp import web

from htmlcard import __version__
from htmlcard.card import FORMAT_BY_EXTENSION, ImageFormat

DESCRIPTION = web.AppKey("openapi", dict[str, Any])

_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_QUERY = {
    "size": ("A size the template declares.", {"type": "string", "default": "og"}),
    "scale": ("Pixels per CSS pixel.", {"type": "integer", "enum": [1, 2], "default": 1}),
    "lang": ("Language of the card, BCP 47.", {"type": "string"}),
    "v": (
        "Any version; a new one is a new picture, cached for a year.",
        {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
    ),
    "fallback": ("`0`: real status codes instead of fallback pictures.", {"type": "string"}),
}
_PAGE = {
    "name": "url",
    "in": "query",
    "description": "A page that fills in the fields not given; of hosts in `HTMLCARD_PAGE_HOSTS`.",
    "schema": {"type": "string"},
}


class DescribedRoute(Protocol):
    """What is needed of a route to describe it."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def summary(self) -> str: ...
    @property
    def answers(self) -> str: ...


async def openapi(request: web.Request) -> web.Response:
    """The description."""
    return web.json_response(request.app[DESCRIPTION], headers={"Cache-Control": "no-cache"})


def describe(routes: Iterable[DescribedRoute]) -> dict[str, Any]:
    """OpenAPI 3.1 of these routes."""
    paths: dict[str, Any] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "htmlcard", "version": __version__, "license": {"name": "MIT"}},
        "paths": paths,
        "components": {
            "schemas": {"Problem": _problem_schema()},
            "securitySchemes": {
                "admin": {"type": "http", "scheme": "bearer"},
                "api": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _operation(route: DescribedRoute) -> dict[str, Any]:
    renders = route.path.startswith("/render/")
    operation: dict[str, Any] = {
        "summary": route.summary,
        "operationId": f"{route.method.lower()}{route.path.title()}".replace("/", "")
        .replace("{Template}", "ByName")
        .replace(".", ""),
        "responses": {"200": {"description": "OK", "content": _content(route.answers)}},
    }
    if "{template}" in route.path:
        description = "The template's name"
        if renders or route.path.startswith("/tags/"):
            endings = ", ".join(f"`.{extension}`" for extension in FORMAT_BY_EXTENSION)
            description += f"; {endings} behind it chooses the format"
        operation["parameters"] = [
            {
                "name": "template",
                "in": "path",
                "required": True,
                "description": description + ".",
                "schema": {"type": "string"},
            }
        ]
        operation["responses"]["404"] = {"description": "No such template", "content": _PROBLEM}
    if renders or route.path.startswith("/tags/"):
        operation["parameters"] += [
            {"name": name, "in": "query", "description": text, "schema": schema}
            for name, (text, schema) in _QUERY.items()
        ]
        if route.method == "GET":
            operation["parameters"].append(_PAGE)
    if route.path in ("/unfurl", "/check"):
        operation |= _page_operation(operation["responses"])
    if route.path == "/check":
        # The same as a page, to who prefers that.
        operation["responses"]["200"]["content"] |= _content("text/html")
    if renders:
        operation["responses"]["304"] = {"description": "The caller has the card already"}
        operation["responses"]["429"] = {"description": "Budget used up", "content": _PROBLEM}
        if route.method == "GET":
            operation["responses"]["403"] = {"description": "Not signed", "content": _PROBLEM}
    if route.path.startswith("/tags/") or (renders and route.method == "POST"):
        # Where signing is required, these ask for the API token.
        operation["responses"]["401"] = {"description": "No or wrong token", "content": _PROBLEM}
    if route.method == "POST":
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": {"type": "object"}}},
        }
        operation["responses"]["400"] = {"description": "No JSON", "content": _PROBLEM}
        operation["responses"]["413"] = {"description": "Too large", "content": _PROBLEM}
        if renders:
            operation["responses"]["422"] = {"description": "Bad fields", "content": _PROBLEM}
    if route.path == "/purge":
        operation["security"] = [{"admin": []}]
        operation["responses"]["401"] = {"description": "No or wrong token", "content": _PROBLEM}
        operation["responses"]["404"] = {"description": "Purging is off", "content": _PROBLEM}
    if route.path == "/readyz":
        operation["responses"]["503"] = {
            "description": "Not ready",
            "content": _content("text/plain"),
        }
    return operation


def _page_operation(responses: dict[str, Any]) -> dict[str, Any]:
    """What is said of routes that look at a page of the web."""
    refusals = {
        "400": "No URL",
        "401": "No or wrong token",
        "404": "Looking at pages is off",
        "422": "Not an address that is fetched from",
        "502": "The page cannot be had",
        "503": "Too many pages at once",
        "504": "The page did not come in time",
    }
    told = {status: {"description": text, "content": _PROBLEM} for status, text in refusals.items()}
    url = {
        "name": "url",
        "in": "query",
        "required": True,
        "description": "The page, http or https.",
        "schema": {"type": "string"},
    }
    # Where everybody may ask, no token is needed.
    return {"parameters": [url], "responses": {**responses, **told}, "security": [{}, {"api": []}]}


def _content(content_type: str) -> dict[str, Any]:
    if content_type == "image/*":
        return {
            each.content_type: {"schema": {"type": "string", "format": "binary"}}
            for each in ImageFormat
        }
    kind = "object" if content_type == "application/json" else "string"
    return {content_type: {"schema": {"type": kind}}}


def _problem_schema() -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "type": "object",
        "required": ["type", "title", "status", "detail", "code", "request_id"],
        "properties": {
            "type": text,
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "code": text,
            "request_id": text,
            "errors": {
                "type": "array",
                "items": {"type": "object", "properties": {"field": text, "message": text}},
            },
        },
    }
