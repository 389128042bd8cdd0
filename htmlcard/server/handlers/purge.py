"""`POST /purge`: forget cards, for who holds the admin token."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from urllib.parse import urlsplit

from aiohttp import web

from htmlcard.cache import Purged
from htmlcard.card_request import read_lenient
from htmlcard.errors import InvalidRequest
from htmlcard.server.access import bears, signing_required, unauthorized
from htmlcard.server.bodies import read_body
from htmlcard.server.context import context_of
from htmlcard.server.problems import problem
from htmlcard.urls import parse_query, parse_target

_USAGE = 'Send one of {"template": "name"}, {"url": "https://…/render/…"} or {"all": true}.'


async def purge(request: web.Request) -> web.Response:
    """Remove what the body names; answers how many cards went."""
    token = context_of(request).service.settings.admin_token
    if token is None:
        detail = "Purging is off. Set HTMLCARD_ADMIN_TOKEN to allow it."
        return problem(request, HTTPStatus.NOT_FOUND, "purge_off", detail)
    if not bears(request, token):
        return unauthorized(request, "Send the admin token: Authorization: Bearer …")
    removed = await _purge(request, await _read_body(request))
    return web.json_response({"removed": removed.removed, "complete": removed.complete})


async def _read_body(request: web.Request) -> tuple[str, object]:
    body = await read_body(request)
    if not isinstance(body, dict) or len(body) != 1:
        raise InvalidRequest(_USAGE)
    name, value = next(iter(body.items()))
    return str(name), value


async def _purge(request: web.Request, what: tuple[str, object]) -> Purged:
    cache = context_of(request).service.cache
    match what:
        case ("all", True):
            await context_of(request).service.pages.shelf.forget_all()
            return await cache.clear()
        case ("template", str(name)):
            return await cache.evict_template(name)
        case ("url", str(url)):
            return await cache.remove(await _forget_page(request, url))
        case _:
            raise InvalidRequest(_USAGE)


async def _forget_page(request: web.Request, url: str) -> str:
    """The identity of the card behind a render URL, whatever host it names.

    If it is filled in from a page, the page is read anew next time.

    Raises:
        InvalidRequest: it is no render URL.
        UnknownTemplate: its template does not exist.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise InvalidRequest(f"That is no URL: {error}") from error
    _, found, segment = parts.path.rpartition("/render/")
    if not found:
        raise InvalidRequest(f"That URL is not one of /render/. {_USAGE}")
    target = parse_target(segment)
    context = context_of(request)
    template = context.service.catalogue.get_template(target.template)
    query, pages = parse_query(parts.query), context.service.pages
    deadline_s = asyncio.get_running_loop().time() + context.service.settings.deadline_ms / 1000
    page = await pages.fill(template, query, deadline_s)
    await pages.forget(query)
    card, _, _ = read_lenient(
        template,
        target,
        query,
        context.service.picture_hosts,
        signed=signing_required(context),
        page=page,
    )
    return card.identity
