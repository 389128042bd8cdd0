"""`/render/<template>`: the card. Reads like the table of contents of a request."""

from __future__ import annotations

import time
from functools import partial

from aiohttp import web

from htmlcard.card_request import CardRequest, read_lenient, read_strict
from htmlcard.errors import RenderFailed, TemplateFailed, TooManyRequests, UnknownTemplate
from htmlcard.rendered import Rendered
from htmlcard.server.access import (
    refuse_unsigned,
    signing_required,
    spend_budget,
    verify_signature,
)
from htmlcard.server.bodies import read_body
from htmlcard.server.conditional import matches_etag
from htmlcard.server.context import Context, context_of
from htmlcard.server.hot_cards import CARD_IN_MEMORY
from htmlcard.server.page_mode import read_page
from htmlcard.server.problems import REQUEST_ID
from htmlcard.signatures import Signed
from htmlcard.telemetry.metrics import UNKNOWN_TEMPLATE
from htmlcard.telemetry.timings import Timings
from htmlcard.templating.template import Template
from htmlcard.templating.text import clean_text
from htmlcard.urls import Target, first_values, parse_query, parse_target

FALLBACK_MAX_AGE_S = 60
YEAR_S = 31_536_000
_MAX_WARNINGS_BYTES = 2000
#: Characters of a title that are looked at where no template says how many.
MAX_TITLE = 300


async def render(request: web.Request) -> web.Response:
    """Answer a card as a picture."""
    context = context_of(request)
    timings = Timings()
    target = parse_target(request.match_info["template"])
    query = parse_query(request.raw_path.partition("?")[2])
    try:
        template = _get_template(context, target)
    except TemplateFailed as error:
        return await _without_template(request, target, query, error, timings)
    signed = None
    hosts = context.service.picture_hosts
    if request.method == "POST":
        if refused := refuse_unsigned(request):
            return refused
        body = await read_body(request)
        card, options, warnings = read_strict(
            template, target, query, body, hosts, signed=signing_required(context)
        )
    else:
        signed = verify_signature(context, request.path, template, query)
        # Where signing is not required, /tags signs whatever it is given.
        vouched = signed is not None and signing_required(context)
        page = await read_page(request, template, target, query, timings)
        card, options, warnings = read_lenient(
            template, target, query, hosts, signed=vouched, page=page
        )
    renderer = context.service.renderer
    known = request.headers.get("If-None-Match")
    etag = renderer.etag(card) if known is not None else None
    if known is not None and etag is not None and matches_etag(known, etag):
        return _not_modified(context, card, etag, _cache_control(context, card, signed))
    rendered = renderer.find_now(card)
    in_memory = rendered is not None
    if rendered is None:
        try:
            rendered = await renderer.render(
                card,
                timings,
                fall_back=options.fall_back,
                admit=partial(spend_budget, request) if context.budgets else None,
            )
        except TooManyRequests:
            _count(context, card, "limited")
            raise
        except RenderFailed:
            _count(context, card, "failed")
            raise
    cache_control = _cache_control(context, card, signed, rendered)
    if known is not None and not rendered.fallback and matches_etag(known, rendered.etag):
        # Of a card with pictures that is known only now.
        return _not_modified(context, card, rendered.etag, cache_control)
    _count(context, card, _result(rendered))
    warnings += rendered.warnings
    answer = _picture(request, template.name, rendered, cache_control, warnings, timings)
    # Pictures and pages have a freshness of their own, which is asked for the long way.
    alone = not card.params.pictures and not card.page
    if in_memory and alone and (not signed or signed.expires_at_s is None):
        request[CARD_IN_MEMORY] = card
    return answer


async def _without_template(
    request: web.Request,
    target: Target,
    query: list[tuple[str, str]],
    error: TemplateFailed,
    timings: Timings,
) -> web.Response:
    """The answer for a template that is there but has never loaded."""
    context = context_of(request)
    given = first_values(query, ("title", "fallback"))
    if signing_required(context):
        # Which parameters are signed is the template's to say: without it none are heeded.
        given = {}
    if given.get("fallback") == "0":
        raise error
    service = context.service
    title = clean_text(given.get("title", ""), MAX_TITLE)
    rendered = await service.renderer.render_title(title, target.format, error.reason)
    service.metrics.requests.labels(target.template, target.format.value, "fallback").inc()
    cache_control = _fallback_cache_control(context)
    return _picture(request, target.template, rendered, cache_control, (), timings)


def brand_answer(
    context: Context, request: web.Request, target: Target, reason: str
) -> web.Response:
    """The brand's picture, at once: for requests that do not even say what is on the card."""
    rendered = context.service.renderer.render_brand(target.format, reason)
    return _picture(
        request, target.template, rendered, _fallback_cache_control(context), (), Timings()
    )


def _get_template(context: Context, target: Target) -> Template:
    try:
        return context.service.catalogue.get_template(target.template)
    except UnknownTemplate:
        requests = context.service.metrics.requests
        requests.labels(UNKNOWN_TEMPLATE, target.format.value, "not_found").inc()
        raise


def _count(context: Context, card: CardRequest, result: str) -> None:
    name, format = card.template.name, card.format.value
    context.service.metrics.requests.labels(name, format, result).inc()


def _not_modified(
    context: Context, card: CardRequest, etag: str, cache_control: str
) -> web.Response:
    _count(context, card, "not_modified")
    return web.Response(status=304, headers={"ETag": etag, "Cache-Control": cache_control})


def _result(rendered: Rendered) -> str:
    """`hit`, `miss` or `fallback`, for the metric."""
    if rendered.fallback:
        return "fallback"
    return "hit" if rendered.cache_status.startswith("hit") else "miss"


def _picture(
    request: web.Request,
    name: str,
    rendered: Rendered,
    cache_control: str,
    warnings: tuple[str, ...],
    timings: Timings,
) -> web.Response:
    fallback = rendered.fallback
    timings.notes["encoding"] = rendered.encoding
    headers = {
        "Content-Type": rendered.format.content_type,
        "ETag": rendered.etag,
        "Content-Disposition": f'inline; filename="{name}.{rendered.format.extension}"',
        "Cache-Control": cache_control,
        "Cache-Status": f"htmlcard; {rendered.cache_status}",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Access-Control-Allow-Origin": "*",
        "X-Request-Id": request[REQUEST_ID],
        "Server-Timing": timings.header(),
    }
    if fallback:
        headers["X-Htmlcard-Fallback"] = f"{fallback.rung}; reason={fallback.reason}"
    if warnings:
        headers["X-Htmlcard-Warnings"] = _as_header(warnings)
    return web.Response(body=rendered.data, headers=headers)


def _cache_control(
    context: Context, card: CardRequest, signed: Signed | None, rendered: Rendered | None = None
) -> str:
    if rendered and rendered.fallback:
        return _fallback_cache_control(context)
    if context.dev:
        return "no-store"
    page = card.page
    if page.lacking or (rendered and rendered.warnings):
        # Its page or a picture of it could not be had: soon it may be there.
        return _fallback_cache_control(context)
    settings = context.service.settings
    max_age_s = settings.max_age_s
    if page:
        max_age_s = min(max_age_s, max(FALLBACK_MAX_AGE_S, int(page.fresh_s)))
    if rendered and rendered.fresh_s is not None:
        max_age_s = min(max_age_s, max(FALLBACK_MAX_AGE_S, int(rendered.fresh_s)))
    # What a page says is under nobody's signature: only `v` tells when it has changed.
    is_fixed = bool(card.version) or (signed is not None and not page)
    if signed and signed.expires_at_s is not None:
        left_s = max(0, min(YEAR_S, signed.expires_at_s - int(time.time())))
        if not is_fixed:
            return f"public, max-age={min(left_s, max_age_s)}, no-transform"
        return f"public, max-age={left_s}, immutable, no-transform"
    if is_fixed:
        return f"public, max-age={YEAR_S}, immutable, no-transform"
    return (
        f"public, max-age={max_age_s}, stale-while-revalidate={settings.stale_s}, "
        f"stale-if-error={settings.stale_s}, no-transform"
    )


def _fallback_cache_control(context: Context) -> str:
    # In dev mode a mended template must show at once.
    return "no-store" if context.dev else f"public, max-age={FALLBACK_MAX_AGE_S}"


def _as_header(warnings: tuple[str, ...]) -> str:
    """Warnings as one header value: ASCII, one line, bounded."""
    text = " | ".join(warnings).encode("ascii", "replace")[:_MAX_WARNINGS_BYTES].decode("ascii")
    return "".join(char if char.isprintable() else " " for char in text)
