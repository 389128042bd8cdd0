"""A site of many pages, served by a process of its own so that it does not share a client's time.

`python large_site.py PAGES` prints its port and serves until it is killed. Pages are articles of
about 20 kB; every seventh lacks its og:image. One picture is on all of them.
"""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

#: Every so many pages lack their picture.
LACKING = 7
_PARAGRAPH = "<p>What is there to say of it that has not been said, and better, before? " * 5
_PAGE = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Article {number}</title>
<link rel="icon" href="/icon.png"><link rel="stylesheet" href="/style.css">
<meta name="description" content="All there is to say of number {number}.">
<meta property="og:title" content="Article {number}">
<meta property="og:description" content="All there is to say of number {number}.">
<meta property="og:type" content="article">
<meta property="og:url" content="{origin}/{number}">
{picture}
<meta name="twitter:card" content="summary_large_image">
</head><body><nav>{links}</nav><main><h1>Article {number}</h1>{text}</main></body></html>
"""
_PICTURE = """\
<meta property="og:image" content="{origin}/picture.png">
<meta property="og:image:width" content="1200"><meta property="og:image:height" content="630">
<meta property="og:image:alt" content="A circle">
<meta name="twitter:image" content="{origin}/picture.png">"""


def write_page(number: int, origin: str) -> str:
    """The HTML of one page."""
    picture = "" if number % LACKING == 0 else _PICTURE.format(origin=origin)
    links = "".join(f'<a href="/{each}">Article {each}</a>' for each in range(100))
    return _PAGE.format(
        number=number, origin=origin, picture=picture, links=links, text=_PARAGRAPH * 40
    )


def draw_picture() -> bytes:
    """A PNG of 1200 x 630 with what matters in its middle."""
    image = Image.new("RGB", (1200, 630), "#123")
    ImageDraw.Draw(image).ellipse((400, 115, 800, 515), "#fc5")
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


def write_site(folder: Path, count: int, origin: str) -> None:
    """The same site as files."""
    for number in range(count):
        (folder / f"{number}.html").write_text(write_page(number, origin))
    (folder / "picture.png").write_bytes(draw_picture())
    (folder / "icon.png").write_bytes(draw_picture())


@dataclass(frozen=True)
class LargeSite:
    """A running one."""

    url: str
    process: asyncio.subprocess.Process


@asynccontextmanager
async def open_large_site(pages: int) -> AsyncIterator[LargeSite]:
    """A site in a process of its own; killed at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, __file__, str(pages), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        port = int(await process.stdout.readline())
        yield LargeSite(f"http://127.0.0.1:{port}", process)
    finally:
        process.kill()
        await process.wait()


class _Server(asyncio.Protocol):
    answers: dict[str, bytes]
    missing = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._head = b""

    def data_received(self, data: bytes) -> None:
        self._head += data
        if b"\r\n\r\n" in self._head:
            path = self._head.split(b" ", 2)[1].decode()
            self._transport.write(self.answers.get(path, self.missing))
            self._transport.close()


def _answer(body: bytes, content_type: str) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + body


async def _serve(count: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Server, "127.0.0.1", 0, backlog=512)
    port = server.sockets[0].getsockname()[1]
    origin = f"http://127.0.0.1:{port}"
    urls = "".join(f"<url><loc>{origin}/{number}</loc></url>" for number in range(count))
    picture = _answer(draw_picture(), "image/png")
    _Server.answers = {
        f"/{number}": _answer(write_page(number, origin).encode(), "text/html; charset=utf-8")
        for number in range(count)
    }
    _Server.answers |= {
        "/sitemap.xml": _answer(f"<urlset>{urls}</urlset>".encode(), "application/xml"),
        "/picture.png": picture,
        "/icon.png": picture,
    }
    print(port, flush=True)  # noqa: T201 - for whoever started it
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
