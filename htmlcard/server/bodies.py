"""JSON bodies of requests."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import web

from htmlcard.errors import InvalidRequest

#: A body is a few kilobytes: who takes longer than this is no client of ours.
BODY_WAIT_S = 10.0


async def read_body(request: web.Request) -> Any:
    """The decoded JSON of a request.

    Raises:
        InvalidRequest: it is none, or nested too deeply.
        HTTPRequestTimeout: it did not come in time.
    """
    try:
        async with asyncio.timeout(BODY_WAIT_S):
            raw = await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    return parse_body(raw)


def parse_body(raw: bytes) -> Any:
    """The decoded JSON.

    Raises:
        InvalidRequest: it is none, or nested too deeply.
    """
    try:
        return json.loads(raw)
    except RecursionError as error:
        raise InvalidRequest("The body is nested too deeply.") from error
    except ValueError as error:
        raise InvalidRequest(f"The body is not JSON: {error}") from error
