"""RFC 9457 problems, and the one table that says which failure has which status."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus

import structlog
from aiohttp import web

from htmlcard.errors import (
    BadShot,
    BreakerOpen,
    BrowserFailed,
    BrowserUnavailable,
    DeadlineExceeded,
    FetchFailed,
    FetchTimedOut,
    HtmlcardError,
    InputError,
    InvalidParams,
    InvalidRequest,
    Overloaded,
    Quarantined,
    QueueFull,
    RefusedTarget,
    RenderFailed,
    SignatureRefused,
    TemplateFailed,
    TooManyRequests,
    UnknownTemplate,
)

log = structlog.get_logger()

REQUEST_ID = web.RequestKey("request_id", str)

#: The most special class comes first. `RenderFailed` is answered as a problem only when
#: fallbacks were switched off (`fallback=0`), `FetchFailed` where a page is what was asked for.
STATUS_BY_ERROR: Mapping[type[HtmlcardError], HTTPStatus] = {
    UnknownTemplate: HTTPStatus.NOT_FOUND,
    InvalidParams: HTTPStatus.UNPROCESSABLE_ENTITY,
    SignatureRefused: HTTPStatus.FORBIDDEN,
    TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    InvalidRequest: HTTPStatus.BAD_REQUEST,
    QueueFull: HTTPStatus.SERVICE_UNAVAILABLE,
    BrowserUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    BreakerOpen: HTTPStatus.SERVICE_UNAVAILABLE,
    Quarantined: HTTPStatus.SERVICE_UNAVAILABLE,
    DeadlineExceeded: HTTPStatus.GATEWAY_TIMEOUT,
    BrowserFailed: HTTPStatus.BAD_GATEWAY,
    BadShot: HTTPStatus.BAD_GATEWAY,
    RenderFailed: HTTPStatus.INTERNAL_SERVER_ERROR,
    RefusedTarget: HTTPStatus.UNPROCESSABLE_ENTITY,
    FetchTimedOut: HTTPStatus.GATEWAY_TIMEOUT,
    Overloaded: HTTPStatus.SERVICE_UNAVAILABLE,
    FetchFailed: HTTPStatus.BAD_GATEWAY,
}
_DETAILS = {
    HTTPStatus.SERVICE_UNAVAILABLE: "No browser is free to draw the card. Try again soon.",
    HTTPStatus.GATEWAY_TIMEOUT: "The card was not finished within its time.",
    HTTPStatus.BAD_GATEWAY: "The browser failed while it drew the card. Try again.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "The card cannot be drawn. The log says why.",
}
_RETRY_AFTER_S = {HTTPStatus.SERVICE_UNAVAILABLE: 2}


def problem_of(
    request: web.Request, error: InvalidRequest | RenderFailed | FetchFailed
) -> web.Response:
    """The answer for one of our own failures."""
    status = next(STATUS_BY_ERROR[kind] for kind in type(error).__mro__ if kind in STATUS_BY_ERROR)
    if isinstance(error, InvalidRequest):
        wait = {"Retry-After": str(error.wait_s)} if isinstance(error, TooManyRequests) else None
        return problem(request, status, error.code, error.detail, error.errors, wait)
    if isinstance(error, FetchFailed):
        return problem(request, status, error.reason, f"The page cannot be had: {error}.")
    log.warning("problem", reason=error.reason, error=str(error), request_id=request[REQUEST_ID])
    # A mistake in a template is what its author asks for; how a browser failed is for the log,
    # since that can name paths of the machine.
    detail = str(error) if isinstance(error, TemplateFailed) else _DETAILS[status]
    return problem(request, status, error.reason, detail)


def problem(
    request: web.Request,
    status: HTTPStatus,
    code: str,
    detail: str,
    errors: Sequence[InputError] = (),
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """A problem with a stable `code` for programs and a `detail` for people."""
    body = {
        "type": f"urn:htmlcard:problem:{code}",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "code": code,
        "request_id": request.get(REQUEST_ID, ""),
    }
    if errors:
        body["errors"] = [{"field": error.field, "message": error.message} for error in errors]
    response = web.Response(
        status=status.value,
        body=json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"),
        content_type="application/problem+json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )
    if (wait_s := _RETRY_AFTER_S.get(status)) is not None:
        response.headers["Retry-After"] = str(wait_s)
    return response
