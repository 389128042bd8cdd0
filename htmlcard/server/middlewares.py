"""What happens around every request, outermost first: id and log line, problems, host names.

The order is decided in one place, `MIDDLEWARES`.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import structlog
from aiohttp import web

from htmlcard.errors import FetchFailed, InvalidRequest, RenderFailed
from htmlcard.server.context import context_of
from htmlcard.server.handlers.render import brand_answer
from htmlcard.server.hot_path import tell_when_answered
from htmlcard.server.problems import REQUEST_ID, problem, problem_of
from htmlcard.urls import parse_target

log = structlog.get_logger()

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
#: Where no host is asked for.
_ANY_HOST = ("/render/", "/livez", "/readyz", "/health", "/version", "/metrics")
_PORT = re.compile(r":[0-9]+$")
_CODES = {
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    413: "body_too_large",
}
_DETAILS = {
    404: "There is nothing here. The service's page lists its templates: /",
    405: "This method is not for this address; the Allow header names those that are.",
    408: "The body did not come in time.",
    413: "The body is too large.",
}


@web.middleware
async def identify(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give the request an id, or keep the caller's, and log how it ended."""
    given = request.headers.get("X-Request-Id", "")
    request_id = given if _ID.fullmatch(given) else secrets.token_hex(8)
    request[REQUEST_ID] = request_id
    started_s = time.perf_counter()
    tell_when_answered(request)
    response = await handler(request)
    if not response.prepared:
        response.headers["X-Request-Id"] = request_id
        response.headers["Server"] = "htmlcard"
    log.debug(
        "request",
        method=request.method,
        path=request.path[:200],
        status=response.status,
        ms=round((time.perf_counter() - started_s) * 1000, 1),
        request_id=request_id,
    )
    return response


@web.middleware
async def answer_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what went wrong into a problem; a traceback goes to the log, never to the caller."""
    try:
        return await handler(request)
    except (InvalidRequest, RenderFailed, FetchFailed) as error:
        return problem_of(request, error)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        status = HTTPStatus(error.status)
        allow = error.headers.get("Allow")
        return problem(
            request,
            status,
            _CODES.get(error.status, "http_error"),
            _DETAILS.get(error.status, status.description or status.phrase),
            headers={"Allow": allow} if allow else None,
        )
    except Exception:
        log.exception("a fault of our own", path=request.path[:200], request_id=request[REQUEST_ID])
        if request.path.startswith("/render/") and request.method != "POST":
            target = parse_target(request.match_info["template"])
            return brand_answer(context_of(request), request, target, "internal")
        return problem(
            request,
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "internal_error",
            "The service has a fault. Its log holds the reason under the request's id.",
        )


@web.middleware
async def check_host(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer pages under our own names only, where those are set.

    A stranger's name that leads to us would make our pages and tags his. Pictures say nothing of
    hosts, and balancers ask for our health by address.
    """
    allowed = context_of(request).service.settings.allowed_hosts
    if not allowed or request.path.startswith(_ANY_HOST):
        return await handler(request)
    name = request.host.rpartition(":")[0] if _PORT.search(request.host) else request.host
    if name.lower() in {host.lower() for host in allowed}:
        return await handler(request)
    detail = "This service does not answer under that name. HTMLCARD_ALLOWED_HOSTS lists those."
    return problem(request, HTTPStatus.MISDIRECTED_REQUEST, "unknown_host", detail)


MIDDLEWARES = (identify, answer_problems, check_host)
