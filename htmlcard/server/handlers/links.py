"""`/unfurl`: what a page on the web says about itself, for who may ask."""

from __future__ import annotations

from aiohttp import web

from htmlcard.errors import InvalidRequest
from htmlcard.server.access import refuse_links
from htmlcard.server.context import context_of
from htmlcard.urls import parse_query

#: A page's tags change seldom, and what is kept here is an hour old at most.
_MAX_AGE_S = 300


async def unfurl(request: web.Request) -> web.Response:
    """The metadata of the page at `url`."""
    if refused := refuse_links(request):
        return refused
    url = asked_url(request)
    metadata = await context_of(request).service.links.unfurler.unfurl(url)
    return web.json_response(metadata.as_dict(), headers=link_headers(request))


def asked_url(request: web.Request) -> str:
    """The page that is asked for. Raises InvalidRequest where there is none."""
    query = parse_query(request.raw_path.partition("?")[2])
    url = next((value for name, value in query if name == "url"), "").strip(" ")
    if not url:
        raise InvalidRequest(f"Say which page: {request.path}?url=https://example.org/")
    return url


def link_headers(request: web.Request) -> dict[str, str]:
    """Headers of an answer that quotes a stranger's page."""
    keep = "no-store" if context_of(request).dev else f"max-age={_MAX_AGE_S}"
    return {"Cache-Control": keep, "X-Content-Type-Options": "nosniff"}
