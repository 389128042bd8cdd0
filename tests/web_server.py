"""A web server on loopback that says exactly the bytes a test wants, well-formed or not."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

#: Takes the head of a request and where to write; whoever returns bytes has them sent.
Say = Callable[["Request"], Awaitable[bytes | None]]


@dataclass(frozen=True)
class Request:
    """The head of a request as it came, and the way back."""

    head: str
    writer: asyncio.StreamWriter

    @property
    def headers(self) -> dict[str, str]:
        pairs = (line.partition(": ") for line in self.head.split("\r\n")[1:] if line)
        return {name.lower(): value for name, _, value in pairs}


def answer(
    body: bytes = b"", content_type: str = "text/plain", status: int = 200, **headers: str
) -> bytes:
    """A whole, well-formed answer; `Cache_Control` is `Cache-Control`."""
    lines = [f"HTTP/1.1 {status} Status", f"Content-Type: {content_type}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if "Content_Length" not in headers:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body


def redirect(place: str, status: int = 302) -> bytes:
    return answer(status=status, Location=place)


@dataclass
class WebServer:
    """Answers by path: bytes, or what a function says. Everything else is a 404."""

    port: int = 0
    pages: dict[str, bytes | Say] = field(default_factory=dict)
    hits: Counter[str] = field(default_factory=Counter)
    heads: list[str] = field(default_factory=list)
    """Heads of all requests, in the order they came."""
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A task of our own, so that who never ends his answer is ended with the server.
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._answer(reader, writer)
        finally:
            with suppress(OSError):
                writer.close()
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            path = head.split(" ")[1]
            self.hits[path] += 1
            self.heads.append(head)
            page = self.pages.get(path, answer(b"no such page", status=404))
            said = await page(Request(head, writer)) if callable(page) else page
            if said is not None:
                writer.write(said)
                await writer.drain()


@asynccontextmanager
async def open_web_server() -> AsyncIterator[WebServer]:
    """A running server on a free port."""
    web = WebServer()
    server = await asyncio.start_server(web.accept, "127.0.0.1", 0)
    web.port = server.sockets[0].getsockname()[1]
    try:
        yield web
    finally:
        server.close()
        await web.close()
