"""Requests that are hardly HTTP: a picture for a card all the same, and nobody waits for ever."""

from __future__ import annotations

import asyncio
import io
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from aiohttp import web
from PIL import Image
from running import Site

from htmlcard.server import bodies, connections, edge, hot_path
from htmlcard.server.app import build_app, listen
from htmlcard.server.connections import Connections

HANG_S = 30.0


class Edge:
    """A listening service, spoken to by the byte."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def send(self, *parts: bytes) -> tuple[str, dict[str, str], bytes]:
        """Status line, headers and body of the first answer; parts go one after the other."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            async with asyncio.timeout(HANG_S):
                for part in parts:
                    writer.write(part)
                    await writer.drain()
                    await asyncio.sleep(0.01)
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                headers = dict(line.split(": ", 1) for line in head[1:] if line)
                return head[0], headers, await reader.readexactly(int(headers["Content-Length"]))
        finally:
            writer.close()


@asynccontextmanager
async def open_edge(site: Site) -> AsyncIterator[Edge]:
    runner = web.AppRunner(build_app(site.service), **edge.HANDLER_OPTIONS)
    await runner.setup()
    server = await listen(runner, "127.0.0.1", 0)
    try:
        yield Edge(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        await runner.cleanup()


@pytest_asyncio.fixture(loop_scope="session")
async def front(site: Site) -> AsyncIterator[Edge]:
    async with open_edge(site) as opened:
        yield opened


def picture(body: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(body))
    image.load()
    return image


@pytest.mark.parametrize(
    "target",
    [
        "/render/nonce?nonce=%2300ff00&title=Grün",
        "/render/nonce?title=two words&nonce=%2300ff00",
        "/render/nonce?title=日本語&nonce=%2300ff00",
        "/render/nonce?title=tab\there&nonce=%2300ff00",
        '/render/nonce?title="<b>"&nonce=%2300ff00',
    ],
)
async def test_targets_that_are_not_escaped_are_the_card(front: Edge, target: str) -> None:
    """Mail programs and old content systems send addresses as people write them."""
    request = f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    status, headers, body = await front.send(request)
    assert status == "HTTP/1.1 200 OK"
    assert "X-Htmlcard-Fallback" not in headers
    assert picture(body).convert("RGB").getpixel((100, 300)) == (0, 255, 0)


@pytest.mark.parametrize(
    "parts",
    [
        [b"GET /render/nonce.jpg?title=" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"],
        [b"GET /render/nonce.jpg HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 70_000 + b"\r\n\r\n"],
        [b"GET /render/nonce.jpg HTTP/1.1\r\nHost: x\r\nno colon here\r\n\r\n"],
        [b"GET /render/nonce.jpg HTTP/1.1\r\nHost: x\r\nBad\x00Name: 1\r\n\r\n"],
        [b"GET /render/nonce.jpg HTTP/1.1\r\nHost: x\r\n", b"Content-Length: many\r\n\r\n"],
        [b"GET /render/nonce.jpg HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"],
        [b"GET /render/nonce.jpg HTTP/9.9\r\nHost: x\r\n\r\n"],
    ],
    ids=["line", "header", "colon", "NUL", "length", "lengths", "version"],
)
async def test_a_request_for_a_card_that_cannot_be_read_is_the_brand(
    front: Edge, parts: list[bytes]
) -> None:
    """A crawler that was given a broken address must not remember an error page."""
    status, headers, body = await front.send(*parts)
    assert " 200 " in status
    assert headers["X-Htmlcard-Fallback"] == "brand; reason=bad_request"
    assert headers["Cache-Control"] == "public, max-age=60"
    assert headers["Content-Type"] == "image/jpeg"
    assert headers["X-Request-Id"]
    assert picture(body).size == (1200, 630)


@pytest.mark.parametrize("expected", [b"100-continue", b"the unexpected"])
async def test_whatever_a_client_expects_it_gets_the_card(front: Edge, expected: bytes) -> None:
    """A crawler that is told 417 shows no picture for a week."""
    status, headers, body = await front.send(
        b"GET /render/nonce?title=x HTTP/1.1\r\nHost: x\r\nExpect: " + expected + b"\r\n\r\n"
    )
    assert status == "HTTP/1.1 200 OK"
    assert "X-Htmlcard-Fallback" not in headers
    assert picture(body).size == (1200, 630)


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\nHost: x\r\nno colon here\r\n\r\n",
        b"GET /templates?" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /render/../../etc/passwd HTTP/1.1\r\nHost x\r\n\r\n",
    ],
    ids=["TLS", "colon", "line", "dots"],
)
async def test_anything_else_that_cannot_be_read_is_a_problem(
    front: Edge, request_bytes: bytes
) -> None:
    """One short line in the log, an answer a program can read, and no traceback."""
    status, headers, body = await front.send(request_bytes + b"\r\n\r\n")
    assert " 400 " in status
    assert headers["Content-Type"].startswith("application/problem+json")
    assert b"Traceback" not in body


async def is_cut_off(reader: asyncio.StreamReader) -> bool:
    async with asyncio.timeout(HANG_S):
        try:
            while await reader.read(2**16):
                pass
        except ConnectionResetError:
            pass
        return True


@pytest.mark.parametrize("sent", [b"", b"GET /render/nonce HT", b"GET / HTTP/1.1\r\nHost: x\r\nA"])
async def test_who_never_ends_a_request_is_cut_off(
    front: Edge, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    """Open connections cost memory; some tools hold thousands open to take services down."""
    monkeypatch.setattr(hot_path, "REQUEST_WAIT_S", 0.3)
    reader, writer = await asyncio.open_connection("127.0.0.1", front.port)
    writer.write(sent)
    assert await is_cut_off(reader)
    writer.close()


async def test_who_never_ends_a_body_is_told_so(
    front: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A body that drips in holds a connection and a handler for as long as it likes."""
    monkeypatch.setattr(bodies, "BODY_WAIT_S", 0.3)
    head = b"POST /render/nonce HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"
    status, _, body = await front.send(head, b'{"title"')
    assert " 408 " in status
    assert b"request_timeout" in body


async def test_who_does_not_read_is_cut_off(
    site: Site, front: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its pictures would be held in memory for as long as it likes."""
    monkeypatch.setattr(hot_path, "READ_WAIT_S", 0.3)
    size = len((await site.get("/render/noise")).body)
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", front.port))
        client.setblocking(False)
        loop = asyncio.get_running_loop()
        request = b"GET /render/noise HTTP/1.1\r\nHost: x\r\n\r\n"
        await loop.sock_sendall(client, request * 40)
        await asyncio.sleep(1)
        got = 0
        async with asyncio.timeout(HANG_S):
            while data := await loop.sock_recv(client, 2**16):
                got += len(data)
    assert got < 30 * size


async def test_a_slow_client_that_reads_is_served(front: Edge) -> None:
    """Phones on bad networks are slow, and no attack."""
    reader, writer = await asyncio.open_connection("127.0.0.1", front.port)
    for byte in b"GET /render/nonce?nonce=%23ff0000 HTTP/1.1\r\nHost: x\r\n\r\n":
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.002)
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    writer.close()


class _Client:
    def __init__(self, *, idle: bool) -> None:
        self.idle, self.aborted = idle, False

    def is_idle(self) -> bool:
        return self.idle

    def abort(self) -> None:
        self.aborted = True


def test_the_oldest_idle_connection_makes_room() -> None:
    """Two thousand idle connections must not keep the next crawler out, nor cut off a busy one."""
    held = Connections(limit=3)
    busy, old, young = (_Client(idle=False), _Client(idle=True), _Client(idle=True))
    for client in (busy, old, young):
        held.add(client)
    late = _Client(idle=False)
    held.add(late)
    assert [each.aborted for each in (busy, old, young, late)] == [False, True, False, False]
    held.add(_Client(idle=False))
    last = _Client(idle=False)
    held.add(last)
    assert last.aborted
    assert len(held) == 3


async def test_idle_connections_do_not_keep_others_out(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same over real sockets, with more of them than are allowed."""
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 50)
    async with open_edge(site) as front:
        idle = [await asyncio.open_connection("127.0.0.1", front.port) for _ in range(200)]
        status, _, _ = await front.send(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        assert " 200 " in status
        assert await is_cut_off(idle[0][0])
        for _, writer in idle:
            writer.close()
