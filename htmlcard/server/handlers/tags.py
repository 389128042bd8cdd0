"""`/tags/<template>`: the meta tags a site pastes into its page."""

from __future__ import annotations

from html import escape

from aiohttp import web

from htmlcard.card_request import read_lenient
from htmlcard.server.access import refuse_unsigned
from htmlcard.server.context import context_of, public_base
from htmlcard.server.page_mode import read_page
from htmlcard.signatures import recognized
from htmlcard.telemetry.timings import Timings
from htmlcard.urls import parse_query, parse_target

#: X cuts longer ones (platforms: `twitter:image:alt`, 420 characters).
_MAX_ALT = 420
#: A signature is made anew, and what crawlers get is always a picture.
_NOT_IN_TAGS = frozenset({"fallback", "sig", "exp"})


async def tags(request: web.Request) -> web.Response:
    """All tags for one card, as HTML or, where the caller prefers it, as JSON."""
    if refused := refuse_unsigned(request):
        return refused
    context = context_of(request)
    target = parse_target(request.match_info["template"])
    template = context.service.catalogue.get_template(target.template)
    query = parse_query(request.raw_path.partition("?")[2])
    page = await read_page(request, template, target, query, Timings())
    card, _, _ = read_lenient(template, target, query, page=page)
    kept = [pair for pair in recognized(query, template.fields) if pair[0] not in _NOT_IN_TAGS]
    url = public_base(request) + context.local_url(target, kept)
    title, subtitle = card.words
    alt = (title or subtitle or template.title)[:_MAX_ALT]
    found = [
        ("property", "og:image", url),
        *([("property", "og:image:secure_url", url)] if url.startswith("https:") else []),
        ("property", "og:image:type", card.format.content_type),
        ("property", "og:image:width", str(card.size_px.width_px)),
        ("property", "og:image:height", str(card.size_px.height_px)),
        ("property", "og:image:alt", alt),
        ("name", "twitter:card", "summary_large_image"),
        ("name", "twitter:image", url),
        ("name", "twitter:image:alt", alt),
    ]
    headers = {"Cache-Control": "no-cache", "Vary": "Accept"}
    if _prefers_json(request.headers.get("Accept", "")):
        return web.json_response({name: value for _, name, value in found}, headers=headers)
    lines = [
        f'<meta {attribute}="{name}" content="{escape(value)}">' for attribute, name, value in found
    ]
    return web.Response(
        text="\n".join(lines) + "\n",
        content_type="text/html",
        charset="utf-8",
        headers={
            **headers,
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'",
        },
    )


def _prefers_json(accept: str) -> bool:
    """Whether JSON stands in the header before any HTML."""
    kinds = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    for kind in kinds:
        if kind == "application/json":
            return True
        if kind == "text/html":
            return False
    return False
