"""Judges addresses where they are dialled, so that nothing can change between check and use.

A name is looked up once per connection, all its answers must pass, and what the socket is
opened for is judged again: for numeric hosts no resolver is ever asked. (DNS rebinding,
https://owasp.org/www-community/attacks/DNS_Rebinding.)
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from aiohttp import ClientRequest, ClientTimeout, TCPConnector
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

from htmlcard.fetch.addresses import AddressJudge

#: As `socket.getaddrinfo`: host, port, and the socket's type by keyword.
Lookup = Callable[..., list[tuple[Any, Any, int, str, tuple[Any, ...]]]]
AddressInfo = tuple[Any, Any, int, str, tuple[Any, ...]]

#: Look-ups block a thread each, and a slow name server must not take those of others.
_LOOKUP_THREADS = 4
_MAX_ANSWERS = 32
#: RFC 8305, section 5: how long the next address waits for the one before.
_NEXT_ADDRESS_S = 0.25


class RefusedAddress(OSError):  # noqa: N818 - reads like its sisters in htmlcard.errors
    """For aiohttp, which passes an OSError on; `client` turns it into RefusedTarget."""


class JudgingResolver(AbstractResolver):
    """Looks names up, and refuses those of which any answer is forbidden."""

    def __init__(self, judge: AddressJudge, lookup: Lookup) -> None:
        self._judge = judge
        self._lookup = lookup
        self._threads = ThreadPoolExecutor(_LOOKUP_THREADS, thread_name_prefix="lookup")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        ask = partial(self._lookup, host, port, family=family, type=socket.SOCK_STREAM)
        answers = await asyncio.get_running_loop().run_in_executor(self._threads, ask)
        addresses = [(kind, answer[0]) for kind, _, _, _, answer in answers[:_MAX_ANSWERS]]
        if not addresses:
            raise OSError("the name has no addresses")
        for _, address in addresses:
            if not self._judge.allows(address, port):
                raise RefusedAddress
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=kind,
                proto=0,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, address in addresses
        ]

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


class JudgingConnector(TCPConnector):
    """Opens one connection per request, to allowed addresses only."""

    def __init__(
        self, judge: AddressJudge, lookup: Lookup, tls: ssl.SSLContext | None = None
    ) -> None:
        self._judge = judge
        super().__init__(
            ssl=tls or True,
            resolver=JudgingResolver(judge, lookup),
            socket_factory=self._open_socket,
            use_dns_cache=False,
            force_close=True,
            limit=0,
            happy_eyeballs_delay=_NEXT_ADDRESS_S,
        )

    async def connect(
        self,
        req: ClientRequest,
        traces: Sequence[Trace],
        timeout: ClientTimeout,  # noqa: ASYNC109 - aiohttp's name
    ) -> Connection:
        connection = await super().connect(req, list(traces), timeout)
        # Before a byte is sent: is this who we meant to speak to?
        transport = connection.transport
        peer = transport.get_extra_info("peername") if transport else None
        if not peer or not self._judge.allows(peer[0], peer[1]):
            connection.close()
            raise RefusedAddress
        return connection

    def _open_socket(self, info: AddressInfo) -> socket.socket:
        family, kind, protocol, _, address = info
        if len(address) < 2 or not self._judge.allows(str(address[0]), int(address[1])):
            raise RefusedAddress
        if len(address) == 4 and address[3]:
            raise RefusedAddress  # an IPv6 zone
        return socket.socket(family, kind, protocol)
