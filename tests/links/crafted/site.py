"""Serves one crafted case on loopback: over http, and over https with a certificate of its own.

`site.test` leads here for whoever asks `Site.lookup`, so that a host may be plain http
without being loopback by its name.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from aiohttp import web

from .case import Case, Response
from .picture import encode_picture

NAME = "site.test"


@dataclass
class Site:
    """A running case. `hits` counts requests by path and user agent."""

    case: Case
    trusting: ssl.SSLContext
    http_port: int = 0
    https_port: int = 0
    hits: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def page(self) -> str:
        """The URL to check."""
        return self.fill(self.case.page)

    def fill(self, text: str) -> str:
        """A text of the case with this site's addresses in it."""
        places = {
            "{origin}": f"http://127.0.0.1:{self.http_port}",
            "{host}": f"127.0.0.1:{self.http_port}",
            "{http}": f"http://{NAME}:{self.http_port}",
            "{https}": f"https://{NAME}:{self.https_port}",
        }
        for name, place in places.items():
            text = text.replace(name, place)
        return text

    def lookup(self, host: str, port: int, **options: Any) -> list[Any]:
        """As `socket.getaddrinfo`, for a resolver: `site.test` is here."""
        return socket.getaddrinfo("127.0.0.1" if host == NAME else host, port, **options)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """The first response of the case that fits."""
        user_agent = request.headers.get("User-Agent", "")
        self.hits[request.path, user_agent] += 1
        for response in self.case.responses:
            if response.is_for(request.path, user_agent):
                return await self._send(response, request)
        return web.Response(status=404, text="Nothing here.\n")

    async def _send(self, response: Response, request: web.BaseRequest) -> web.StreamResponse:
        await asyncio.sleep(response.delay_s)
        if response.drop and request.transport is not None:
            request.transport.abort()
            raise ConnectionResetError("the case says so")
        headers = {"Content-Type": "text/html; charset=utf-8"}
        body = self.encode(response)
        if response.picture is not None:
            headers["Content-Type"] = response.picture.content_type
            body = encode_picture(response.picture)
        headers |= {name: self.fill(value) for name, value in response.headers}
        answer = web.Response(status=response.status, headers=headers, body=body)
        if response.chunked:
            answer.enable_chunked_encoding()
        return answer

    def encode(self, response: Response) -> bytes:
        """The body as it is sent: addresses filled in, `{pad}` blown up."""
        before, pad, after = self.fill(response.body).partition("{pad}")
        start = before.encode(response.encoding)
        filling = response.pad_to_bytes - len(start) - len("<!---->")
        comment = f"<!--{'x' * filling}-->" if pad else ""
        return start + (comment + after).encode(response.encoding)


@asynccontextmanager
async def open_site(case: Case) -> AsyncIterator[Site]:
    """The case, running on two free ports."""
    site = Site(case, _trusting())
    runner = web.ServerRunner(web.Server(site.answer, access_log=None))
    await runner.setup()
    try:
        site.http_port = await _listen(runner, None)
        site.https_port = await _listen(runner, _vouched())
        yield site
    finally:
        await runner.cleanup()


async def _listen(runner: web.ServerRunner, tls: ssl.SSLContext | None) -> int:
    listener = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, listener, ssl_context=tls).start()
    port: int = listener.getsockname()[1]
    return port


@cache
def _vouched() -> ssl.SSLContext:
    """The server's side; made once, for a key costs more than a case."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        key, certificate = Path(folder, "key.pem"), Path(folder, "certificate.pem")
        command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
        name = f"-subj /CN={NAME} -addext subjectAltName=DNS:{NAME}"
        files = ["-keyout", str(key), "-out", str(certificate)]
        subprocess.run([*command.split(), *name.split(), *files], check=True, capture_output=True)
        context.load_cert_chain(certificate, key)
        _trusting().load_verify_locations(certificate)
    return context


@cache
def _trusting() -> ssl.SSLContext:
    """The client's side: trusts whom everybody trusts, and this server."""
    return ssl.create_default_context()
