"""`/check`: what each crawler would show of a page, for who may ask."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from aiohttp import web

from htmlcard.errors import Overloaded
from htmlcard.links.checking import Checked
from htmlcard.links.reports.html import write_html
from htmlcard.links.reports.json import write_json
from htmlcard.links.reports.thumbnails import Thumbnail, Thumbnailer
from htmlcard.server.access import refuse_links
from htmlcard.server.context import context_of
from htmlcard.server.handlers.links import asked_url

#: A check takes 9.8 s at most. One that waited for its turn may not be done by then.
_ANSWER_S = 10.0


async def check(request: web.Request) -> web.Response:
    """The report about the page at `url`: as JSON, or as a page where the caller prefers that."""
    if refused := refuse_links(request):
        return refused
    url = asked_url(request)
    by_s = asyncio.get_running_loop().time() + _ANSWER_S
    try:
        async with asyncio.timeout_at(by_s), context_of(request).service.links.check_turns:
            checked = await context_of(request).service.links.checker.look(url)
    except TimeoutError:
        raise Overloaded from None
    # Whoever asks again has mended something, and wants to know.
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Vary": "Accept"}
    if not _prefers_html(request.headers.get("Accept", "")):
        text = write_json(checked.report)
        return web.Response(text=text, content_type="application/json", headers=headers)
    report = write_html([checked.report], await _shrink_pictures(checked, by_s))
    return web.Response(
        body=report.data,
        content_type="text/html",
        charset="utf-8",
        headers={
            **headers,
            "Content-Security-Policy": f"{report.policy}; frame-ancestors 'none'",
            "Referrer-Policy": "no-referrer",
        },
    )


async def _shrink_pictures(checked: Checked, by_s: float) -> Mapping[str, Thumbnail]:
    """Thumbnails by URL, as many as there is time for."""
    thumbnails: dict[str, Thumbnail] = {}
    with suppress(TimeoutError):
        async with asyncio.timeout_at(by_s), Thumbnailer() as thumbnailer:
            for url, data in checked.pictures.items():
                if thumbnail := await thumbnailer.shrink(data):
                    thumbnails[url] = thumbnail
    return thumbnails


def _prefers_html(accept: str) -> bool:
    """Whether HTML stands in the header before any JSON."""
    kinds = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    named = [kind for kind in kinds if kind in ("text/html", "application/json")]
    return named[:1] == ["text/html"]
