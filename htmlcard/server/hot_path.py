"""Between socket and aiohttp: requests whose answer `hot_cards` knows are answered right here.

Parser, router, middlewares, request, response and a task cost aiohttp several times what
sending a picture does. All that is not a whole, plain request for a card in memory goes on
to aiohttp, byte for byte but for what `edge` mends; so do shutdown and flow control.
"""

from __future__ import annotations

import asyncio
import re
from typing import cast

from aiohttp import web

from htmlcard.server.connections import READ_WAIT_S, REQUEST_WAIT_S, Connections, Patience
from htmlcard.server.edge import EdgeHandler, find_target, mend_request
from htmlcard.server.hot_cards import HotCards

_MAX_REQUEST_BYTES = 8192
_REQUEST = re.compile(
    rb"(GET|HEAD) (/[!-~]*) HTTP/1\.1\r\n"
    rb"((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~]*\r\n){1,64})\r\n"
)
#: `Connection: keep-alive` says what HTTP/1.1 means anyway.
_NAME = re.compile(rb"^(?!connection: keep-alive\r)[^:]+", re.MULTILINE)
#: With one of these more may follow than this request, or something else than requests.
_FRAMING = frozenset(
    {b"connection", b"content-length", b"expect", b"transfer-encoding", b"upgrade"}
)
#: With one of these the answer may be another.
_TELLING = frozenset(
    {b"authorization", b"if-match", b"if-modified-since", b"if-none-match", b"if-range"}
    | {b"if-unmodified-since", b"range", b"sec-websocket-key1", b"x-request-id"}
)


def parse_whole(data: bytes) -> tuple[bytes, bytes, bool] | None:
    """Method, target and whether it is plain, of what is exactly one GET or HEAD request.

    Only for a plain request is the target all that the answer depends on. What aiohttp
    might refuse is none or not plain: it refuses headers that come twice, for example.
    """
    match = _REQUEST.fullmatch(data) if len(data) <= _MAX_REQUEST_BYTES else None
    if match is None:
        return None
    names = _NAME.findall(match[3].lower())
    known = frozenset(names)
    if not _FRAMING.isdisjoint(known):
        return None
    return match[1], match[2], len(known) == len(names) and _TELLING.isdisjoint(known)


class HotPath(asyncio.Protocol):
    """One connection, in front of aiohttp's `handler` of it."""

    def __init__(self, handler: EdgeHandler, cards: HotCards, connections: Connections) -> None:
        self._handler = handler
        self._cards = cards
        self._connections = connections
        self._request_wait = Patience(self)
        self._read_wait = Patience(self)
        self._transport: asyncio.Transport | None = None
        self._unanswered = 0
        """Requests aiohttp has to answer before anybody else may write."""
        self._is_in_step = True
        """Whether aiohttp was given whole requests only, so that it waits for a new one."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._request_wait.wait(REQUEST_WAIT_S)
        self._handler.connection_made(transport)
        self._connections.add(self)

    def data_received(self, data: bytes) -> None:
        if self._is_in_step:
            request = parse_whole(data)
            if request is None:
                self._is_in_step = False
                data = mend_request(data)
            elif self._answer(*request):
                return
            else:
                self._unanswered += 1
        self._handler.target = find_target(data) or self._handler.target
        self._handler.data_received(data)

    def eof_received(self) -> None:
        self._handler.eof_received()

    def pause_writing(self) -> None:
        self._read_wait.wait(READ_WAIT_S)
        self._handler.pause_writing()

    def resume_writing(self) -> None:
        self._read_wait.end()
        self._handler.resume_writing()

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._request_wait.end()
        self._read_wait.end()
        self._connections.remove(self)
        self._handler.connection_lost(error)

    def is_idle(self) -> bool:
        """Whether nothing is under way that anybody waits for."""
        return self._is_in_step and not self._unanswered

    def abort(self) -> None:
        """Cut the connection off, whatever is under way."""
        if self._transport is not None:
            self._transport.abort()

    def note_request(self) -> None:
        """A whole request has come."""
        self._request_wait.end()

    def note_answer(self, _: object = None) -> None:
        """Aiohttp has written the whole answer to one more request."""
        self._unanswered -= 1

    def _answer(self, method: bytes, target: bytes, plain: bool) -> bool:
        transport = self._transport
        if not plain or self._unanswered or transport is None:
            return False
        # Who asks on without reading is for aiohttp to slow down.
        if transport.is_closing() or transport.get_write_buffer_size():
            return False
        answer = self._cards.find(method, target)
        if answer is None:
            return False
        self.note_request()
        transport.writelines(answer)
        return True


def tell_when_answered(request: web.Request) -> None:
    """Have the connection of a request know when its answer is written.

    aiohttp runs each request, writing included, in a task of its own. Were that to change,
    connections would stay with it after their first request to it: slower, but right.
    """
    connection = request.transport and request.transport.get_protocol()
    task = asyncio.current_task()
    if isinstance(connection, HotPath) and task is not None:
        connection.note_request()
        task.add_done_callback(connection.note_answer)
