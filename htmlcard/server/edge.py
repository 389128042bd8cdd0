"""What aiohttp's parser refuses: mended where that is plain, else answered as everything is.

For `/render` that is a picture: a crawler that was given a broken URL asks once, and
remembers for a week. `hot_path` stands in front, the handlers of requests behind.
"""

from __future__ import annotations

import re
import secrets
from asyncio import AbstractEventLoop
from http import HTTPStatus
from typing import Any, cast

import structlog
from aiohttp import web

from htmlcard.errors import InvalidRequest
from htmlcard.server.context import Context
from htmlcard.server.handlers.render import brand_answer
from htmlcard.server.problems import REQUEST_ID, problem
from htmlcard.urls import Target, parse_target

#: Longest request line and header: marketing tools make long URLs.
MAX_LINE_BYTES = 64 * 1024
#: How long a kept connection may wait for its next request.
KEEP_ALIVE_S = 75.0
#: What aiohttp is told in the way it makes handlers, and in ours.
HANDLER_OPTIONS: dict[str, Any] = {
    "access_log": None,
    "keepalive_timeout": KEEP_ALIVE_S,
    "max_line_size": MAX_LINE_BYTES,
    "max_field_size": MAX_LINE_BYTES,
}

_REQUEST_LINE = re.compile(rb"([A-Z]{1,16}) ([^\r\n]+) (HTTP/1\.[01])(?=\r?\n)")
_NOT_IN_TARGETS = re.compile(rb"[^!-~]")
_RENDER = re.compile(rb"(?i:GET|HEAD|POST) \S{0,100}?/render/([a-z0-9_-]{1,64}(?:\.[a-z]{3,4})?)")

log = structlog.get_logger()


def mend_request(data: bytes) -> bytes:
    """A request whose target has letters, spaces or controls as they are, with them escaped.

    Mail programs and old content systems send such URLs. All else is left as it came.
    """
    line = _REQUEST_LINE.match(data)
    if line is None or _NOT_IN_TARGETS.search(line[2]) is None:
        return data
    target = _NOT_IN_TARGETS.sub(lambda found: b"%%%02X" % found[0][0], line[2])
    return b"%b %b %b%b" % (line[1], target, line[3], data[line.end() :])


def find_target(data: bytes) -> Target | None:
    """The card a request is for that may be broken in every other respect."""
    found = _RENDER.search(data)
    return parse_target(found[1].decode()) if found else None


class EdgeHandler(web.RequestHandler):
    """aiohttp's connection, with answers of ours for requests that it cannot parse."""

    __slots__ = ("_context", "target")

    def __init__(self, manager: web.Server, context: Context, loop: AbstractEventLoop) -> None:
        super().__init__(manager, loop=loop, **HANDLER_OPTIONS)
        self._context = context
        self.target: Target | None = None
        """The card that was asked for last."""

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The brand picture for a card, a problem for everything else."""
        if request.writer.output_size > 0:
            raise ConnectionError("an answer is under way: no other can be sent")
        request_id = secrets.token_hex(8)
        reason = type(exc).__name__ if exc else ""
        if status == HTTPStatus.BAD_REQUEST:
            log.info("bad request", reason=reason, request_id=request_id)
        else:
            log.error("a fault at the edge", exc_info=exc, status=status, request_id=request_id)
        request[REQUEST_ID] = request_id
        # Ours are made by an application, which makes no others.
        answer = self._answer(cast(web.Request, request), HTTPStatus(status))
        answer.force_close()
        return answer

    def _answer(self, request: web.Request, status: HTTPStatus) -> web.Response:
        if self.target is not None:
            reason = "bad_request" if status == HTTPStatus.BAD_REQUEST else "internal"
            return brand_answer(self._context, request, self.target, reason)
        detail = "The request is no HTTP that can be read."
        return problem(request, status, InvalidRequest.code, detail)
