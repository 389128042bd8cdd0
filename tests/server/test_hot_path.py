"""Answers past aiohttp: the same to the byte, never an outdated one, and nothing else goes past."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast
from unittest.mock import DEFAULT, Mock

import pytest
import pytest_asyncio
import uvloop
from aiohttp import web
from aiohttp.http import HttpRequestParser
from hypothesis import given
from hypothesis import strategies as st
from running import MakeSite, Site, until
from structlog.testing import capture_logs

from htmlcard.server import hot_cards
from htmlcard.server.app import HOT_CARDS, build_app, listen
from htmlcard.server.connections import Connections
from htmlcard.server.edge import EdgeHandler
from htmlcard.server.handlers import render
from htmlcard.server.hot_path import HotPath, parse_whole, tell_when_answered

HANG_S = 30.0
#: Another in every answer.
OWN = ("X-Request-Id", "Server-Timing", "Date")


@dataclass
class Reply:
    """An answer as it came over the wire."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes

    def __getitem__(self, name: str) -> str:
        (value,) = [value for key, value in self.headers if key == name]
        return value

    @property
    def fixed(self) -> list[tuple[str, str]]:
        return [(name, "" if name in OWN else value) for name, value in self.headers]


class Wire:
    """One connection, by the byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def ask(self, path: str, *headers: str, method: str = "GET") -> Reply:
        lines = [f"{method} {path} HTTP/1.1", "Host: cards.test", *headers, "", ""]
        self.writer.write("\r\n".join(lines).encode())
        return await self.read(method)

    async def read(self, method: str = "GET") -> Reply:
        async with asyncio.timeout(HANG_S):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            status, *lines = head[:-4].split("\r\n")
            headers = [(name, value) for name, _, value in (line.partition(": ") for line in lines)]
            reply = Reply(status, headers, b"")
            if method != "HEAD" and " 304 " not in status:
                reply.body = await self.reader.readexactly(int(reply["Content-Length"]))
            return reply


@dataclass
class Front:
    """A server with the hot path in front, on a site's open service."""

    runner: web.AppRunner
    port: int

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Wire]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield Wire(reader, writer)
        finally:
            writer.close()

    @property
    def slow(self) -> int:
        """How many requests aiohttp got."""
        assert self.runner.server
        return self.runner.server.requests_count

    async def heat(self, wire: Wire, path: str) -> Reply:
        """Ask until the answer comes past aiohttp; that answer."""
        for _ in range(4):
            before = self.slow
            reply = await wire.ask(path)
            if self.slow == before:
                return reply
        raise AssertionError(f"never hot: {path}")


@asynccontextmanager
async def open_front(site: Site, **mode: Any) -> AsyncIterator[Front]:
    runner = web.AppRunner(build_app(site.service, **mode), access_log=None)
    await runner.setup()
    server = await listen(runner, "127.0.0.1", 0)
    try:
        yield Front(runner, server.sockets[0].getsockname()[1])
    finally:
        server.close()
        await runner.cleanup()


@pytest_asyncio.fixture(loop_scope="session")
async def front(site: Site) -> AsyncIterator[Front]:
    async with open_front(site) as opened:
        yield opened


@pytest.mark.parametrize(
    "path",
    [
        "/render/nonce?title=hot",
        "/render/nonce.webp?title=hot%20one&nonce=%23ff0000&v=7",
        "/render/nonce.jpg?title=hot&count=many&mood=100%25&size=square",
    ],
)
async def test_a_hot_answer_is_the_slow_one(front: Front, path: str) -> None:
    """Header by header, in order: nobody may tell by which way a picture came."""
    async with front.connect() as wire:
        await wire.ask(path)
        async with front.connect() as other:
            slow = await other.ask(path, "X-Request-Id: forces-the-long-way")
            slow_head = await other.ask(path, "Range: bytes=0-", method="HEAD")
        hot = await front.heat(wire, path)
        count = front.slow
        hot_head = await wire.ask(path, method="HEAD")
        again = await wire.ask(path, "Connection: keep-alive", "User-Agent: Twitterbot/1.0")
    assert front.slow == count
    for one in (hot, hot_head, again):
        assert one.status == slow.status == "HTTP/1.1 200 OK"
        assert one.fixed == slow.fixed == slow_head.fixed
    assert hot.body == again.body == slow.body
    assert hot_head.body == b""
    assert hot["Cache-Status"] == "htmlcard; hit"
    assert re.fullmatch(r"[0-9a-f]{16}", hot["X-Request-Id"])
    assert hot["X-Request-Id"] != again["X-Request-Id"]
    for name, pattern in (
        ("Server-Timing", r'encoding;desc="(lossless|q90)", total;dur=\d+\.\d'),
        ("Date", r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT"),
    ):
        assert all(re.fullmatch(pattern, one[name]) for one in (hot, slow, hot_head))


async def test_only_pictures_are_kept(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    """The brand's picture, sent for a fault after the card was found, is not kept as the card."""
    path = "/render/nonce?title=kept&nonce=%2300ff00"
    async with front.connect() as wire:
        assert (await wire.ask(path)).status.endswith("200 OK")
        once = [ValueError("a fault of ours"), DEFAULT]
        with monkeypatch.context() as patch:
            patch.setattr(render, "_picture", Mock(wraps=render._picture, side_effect=once))
            assert (await wire.ask(path))["X-Htmlcard-Fallback"].startswith("brand; ")
        hot = await front.heat(wire, path)
        assert hot["Content-Type"] == "image/png"
        assert hot["ETag"] == (await wire.ask(path, "X-Request-Id: slow"))["ETag"]


async def test_headers_are_kept_as_they_are(front: Front, site: Site) -> None:
    """They become a pattern that is filled in; a manifest may say what looks like a part of it."""
    site.write("percent/card.html", "<!doctype html>{{ share }}")
    site.write("percent/card.toml", '[fields.share]\ntype = "choice"\nchoices = ["50%d", "%%"]')
    async with front.connect() as wire:
        for _ in range(2):
            slow = await wire.ask("/render/percent?share=x")
        hot = await front.heat(wire, "/render/percent?share=x")
    assert "50%d" in slow["X-Htmlcard-Warnings"]
    assert hot.fixed == slow.fixed


async def test_how_a_connection_goes_on_is_its_own_business(front: Front) -> None:
    """A hit that closes its connection, or is of an older HTTP, is not the answer for others."""
    path = "/render/nonce?title=goes-on"
    async with front.connect() as wire:
        await wire.ask(path)
    for version, connection in (("1.0", "close"), ("1.0", "keep-alive"), ("1.1", "close")):
        async with front.connect() as wire:
            request = f"GET {path} HTTP/{version}\r\nHost: x\r\nConnection: {connection}\r\n\r\n"
            wire.writer.write(request.encode())
            assert (await wire.read())["Cache-Status"] == "htmlcard; hit"
    async with front.connect() as wire:
        for _ in range(3):
            assert "Connection" not in dict((await wire.ask(path)).headers)


async def test_hot_answers_are_counted_and_logged_like_others(site: Site, front: Front) -> None:
    """Operators watch the hit rate; it must not fall because hits got faster."""

    async def numbers() -> list[float]:
        hits = await site.metric(
            "htmlcard_requests_total", template="nonce", format="png", result="hit"
        )
        return [hits, await site.metric("htmlcard_cache_total", tier="memory", result="hit")]

    async with front.connect() as wire:
        with capture_logs() as logs:
            await front.heat(wire, "/render/nonce?title=count")
            before = await numbers()
            logs.clear()
            hot = await wire.ask("/render/nonce?title=count")
            slow = await wire.ask("/render/nonce?title=count", "Range: bytes=0-")
        assert await numbers() == [number + 2 for number in before]
    first, second = [entry for entry in logs if entry["event"] == "request"]
    assert first.keys() == second.keys()
    assert first["request_id"] == hot["X-Request-Id"]
    for entry, reply in ((first, hot), (second, slow)):
        assert entry.pop("request_id") == reply["X-Request-Id"]
        assert entry.pop("ms") < HANG_S * 1000
    assert first == second


PATH = "/render/nonce?title=odd"

#: Requests that are not whole and plain, in the pieces they come in.
ODD = {
    "none_match": ["GET {path} HTTP/1.1\r\nHost: x\r\nIf-None-Match: {etag}\r\n\r\n"],
    "none_match_odd_case": ["GET {path} HTTP/1.1\r\nhost: x\r\niF-nOnE-mAtCh:{etag}\r\n\r\n"],
    "request_id": ["GET {path} HTTP/1.1\r\nHost: x\r\nX-Request-Id: mine\r\n\r\n"],
    "close": ["GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"],
    "old": ["GET {path} HTTP/1.0\r\nHost: x\r\n\r\n"],
    "post": ["POST /render/nonce HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{{}}"],
    "body": ["GET {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{{}}"],
    "body_later": ["GET {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n", "{{}}"],
    "chunked": ["GET {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    "two_hosts": ["GET {path} HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"],
    "no_colon": ["GET {path} HTTP/1.1\r\nHost: x\r\nFoo\r\n\r\n"],
    "space_before_colon": ["GET {path} HTTP/1.1\r\nHost: x\r\nContent-Length : 2\r\n\r\n{{}}"],
    "folded": ["GET {path} HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n"],
    "nul": ["GET {path} HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n"],
    "not_ascii": ["GET {path} HTTP/1.1\r\nHost: x\r\nA: ü\r\n\r\n"],
    "bare_lf": ["GET {path} HTTP/1.1\nHost: x\n\n"],
    "many_headers": ["GET {path} HTTP/1.1\r\nHost: x\r\n" + "A: b\r\n" * 500 + "\r\n"],
    "lower_case": ["get {path} HTTP/1.1\r\nHost: x\r\n\r\n"],
    "nonsense": ["\x16\x03\x01 hello\r\n\r\n"],
}


@pytest.mark.parametrize("odd", ODD)
async def test_what_is_not_plain_is_answered_as_without_the_hot_path(
    site: Site, front: Front, odd: str
) -> None:
    """Byte for byte what aiohttp alone answers, up to whether the connection stays open.

    What aiohttp refuses is for `edge`: see its tests.
    """
    async with front.connect() as wire:
        etag = (await front.heat(wire, PATH))["ETag"]
    pieces = [piece.format(path=PATH, etag=etag).encode() for piece in ODD[odd]]
    answers = []
    for port in (front.port, site.client.port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.05)
        # A second request shows where the first one ended for the server.
        writer.write(f"GET {PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        async with asyncio.timeout(HANG_S):
            answers.append(await reader.read())
        writer.close()
    own = re.compile(rb"((?:%b): )[^\r]*|(\"request_id\": \")[^\"]*" % "|".join(OWN).encode())
    if answers[1].startswith(b"HTTP/1.0 400"):
        assert answers[0].startswith(b"HTTP/1.0 400" if odd == "nonsense" else b"HTTP/1.0 200")
        return
    assert own.sub(rb"\1\2", answers[0]) == own.sub(rb"\1\2", answers[1])
    assert answers[0]


async def test_pieces_and_pipelines_are_answered_in_order(front: Front) -> None:
    """Where requests begin is for aiohttp to say, once they do not come one by one; a picture
    put in between would be the answer to another request."""
    paths = [f"/render/nonce?title=order&nonce=%23{color}" for color in ("f00", "0f0", "00f")]
    async with front.connect() as wire:
        bodies = [(await front.heat(wire, path)).body for path in paths]
        assert len(set(bodies)) == len(bodies)
        wire.writer.write(f"GET {paths[0]} HTTP/1.1\r\nHost: x\r\n".encode())
        await asyncio.sleep(0.05)
        wire.writer.write(f"A: b\r\n\r\nGET {paths[1]} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert [(await wire.read()).body for _ in range(2)] == bodies[:2]
        wire.writer.write(
            b"".join(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode() for path in paths)
        )
        assert [(await wire.read()).body for _ in paths] == bodies
    async with front.connect() as wire:
        wire.writer.write(b"GET /livez HTTP/1.1\r\nA: ")
        await asyncio.sleep(0.05)
        # Alone this would be a request; here its first line is the end of a header.
        wire.writer.write(f"GET {paths[0]} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert (await wire.read()).body == b"ok\n"


async def test_a_hot_answer_waits_for_the_one_before(front: Front, site: Site) -> None:
    """A card under way takes long; what is asked behind it on one connection is answered behind."""
    hot_path, slow_path = "/render/nonce?title=behind", "/render/nonce?title=under-way"
    async with front.connect() as wire:
        hot = await front.heat(wire, hot_path)
        wire.writer.write(f"GET {slow_path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        await asyncio.sleep(0.02)
        wire.writer.write(f"GET {hot_path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        first, second = await wire.read(), await wire.read()
    assert first["Cache-Status"] == "htmlcard; fwd=miss; stored"
    assert second.body == hot.body != first.body


async def test_a_connection_is_hot_again_after_other_requests(front: Front) -> None:
    """Proxies keep few connections and send everything through them."""
    async with front.connect() as wire:
        await front.heat(wire, PATH)
        assert (await wire.ask("/livez")).body == b"ok\n"
        assert (await wire.ask("/nothing")).status == "HTTP/1.1 404 Not Found"
        etag = (await wire.ask(PATH))["ETag"]
        not_modified = await wire.ask(PATH, f"If-None-Match: {etag}")
        assert not_modified.status == "HTTP/1.1 304 Not Modified"
        before = front.slow
        await asyncio.sleep(0.05)
        await wire.ask(PATH)
        assert front.slow == before


async def test_an_edit_ends_it_at_once(front: Front, site: Site) -> None:
    text = "<!doctype html><style>html{{background:{}}}</style>{{{{ title }}}}"
    path = site.write("heated.html", text.format("#0f0"))
    async with front.connect() as wire:
        green = await front.heat(wire, "/render/heated?title=x")
        site.write("heated.html", text.format("#f00"))
        red = await wire.ask("/render/heated?title=x")
        assert red["Cache-Status"] == "htmlcard; fwd=miss; stored"
        assert red["ETag"] != green["ETag"]
        assert red.body != green.body
        assert (await front.heat(wire, "/render/heated?title=x")).body == red.body
        path.unlink()
        assert (await wire.ask("/render/heated?title=x")).status == "HTTP/1.1 404 Not Found"


async def test_a_purge_ends_it_at_once(front: Front, site: Site) -> None:
    async with front.connect() as wire:
        before = await front.heat(wire, PATH)
        await site.service.cache.evict_template("nonce")
        after = await wire.ask(PATH)
        assert after["Cache-Status"] == "htmlcard; fwd=miss; stored"
        assert after.body == before.body


async def test_an_expired_card_is_drawn_anew(make_site: MakeSite) -> None:
    """And one that replaced another brings its own length."""
    site = await make_site(cache_ttl_s=1)
    async with open_front(site) as front, front.connect() as wire:
        await front.heat(wire, PATH)
        await asyncio.sleep(1.1)
        assert (await wire.ask(PATH))["Cache-Status"] == "htmlcard; hit; detail=stale"

        async def is_new() -> bool:
            return (await wire.ask(PATH))["Cache-Status"] == "htmlcard; hit"

        await until(is_new)


async def test_without_memory_nothing_is_hot(make_site: MakeSite) -> None:
    """It keeps no pictures of its own: what the memory tier has dropped is not there."""
    site = await make_site(cache_memory_bytes=0)
    async with open_front(site) as front, front.connect() as wire:
        for _ in range(3):
            assert (await wire.ask(PATH)).status == "HTTP/1.1 200 OK"
        assert front.slow == 3


async def test_in_dev_mode_nothing_is_hot(site: Site) -> None:
    """Who edits asks for exactness, not for speed."""
    async with open_front(site, dev=True) as front, front.connect() as wire:
        for _ in range(4):
            assert (await wire.ask(PATH))["Cache-Control"] == "no-store"
        assert front.slow == 4


async def test_few_answers_are_known(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    """URLs are strangers' inventions; the ones used last stay."""
    monkeypatch.setattr(hot_cards, "MAX_ANSWERS", 2)
    cards = front.runner.app[HOT_CARDS]
    async with front.connect() as wire:
        for number in range(5):
            await front.heat(wire, PATH)
            await front.heat(wire, f"{PATH}&utm={number}")
            assert len(cards) <= 2
        long = PATH + "&utm=" + "x" * hot_cards.MAX_TARGET_BYTES
        before = front.slow
        for _ in range(3):
            await wire.ask(long)
        assert front.slow == before + 3


async def test_who_does_not_read_is_not_written_to(front: Front) -> None:
    """Requests are small and pictures large: answers would pile up in memory."""
    asked = 300
    async with front.connect() as wire:
        hot = await front.heat(wire, "/render/noise?title=pile")
        before = front.slow
        for _ in range(asked):
            wire.writer.write(b"GET /render/noise?title=pile HTTP/1.1\r\nHost: x\r\n\r\n")
            await asyncio.sleep(0.001)
        assert asked * len(hot.body) > 20_000_000
        await asyncio.sleep(0.2)
        # The first of them fill the system's buffers, then aiohttp is asked, which waits.
        assert 0 < front.slow - before < asked / 2
        for _ in range(asked):
            assert (await wire.read()).body == hot.body


async def test_stopping_closes_hot_connections(site: Site) -> None:
    """For aiohttp they are idle; an answer under way is still finished."""
    async with open_front(site) as front, front.connect() as wire:
        await front.heat(wire, PATH)
        wire.writer.write(f"GET {PATH} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        await wire.read()
        async with asyncio.timeout(HANG_S):
            await front.runner.cleanup()
            assert await wire.reader.read() == b""


class OneCard(hot_cards.HotCards):
    """Knows one answer, without a service behind it."""

    def __init__(self) -> None:
        self.body = bytes(300_000)

    def find(self, method: bytes, target: bytes) -> tuple[bytes, bytes] | None:
        if target != b"/card":
            return None
        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(self.body)
        return head, b"" if method == b"HEAD" else self.body


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_either_event_loop_will_do(loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    """The service runs on uvloop, the other tests on Python's own."""

    async def answer(request: web.BaseRequest) -> web.Response:
        tell_when_answered(cast(web.Request, request))
        return web.Response(text="slow")

    async def talk() -> None:
        server, cards, held = web.Server(answer), OneCard(), Connections()
        loop = asyncio.get_running_loop()

        def connect() -> HotPath:
            return HotPath(EdgeHandler(server, cast(Any, None), loop), cards, held)

        listening = await loop.create_server(connect, "127.0.0.1", 0)
        port = listening.sockets[0].getsockname()[1]
        wire = Wire(*await asyncio.open_connection("127.0.0.1", port))
        for method, size in (("GET", 300_000), ("HEAD", 0), ("GET", 300_000)):
            assert len((await wire.ask("/card", method=method)).body) == size
        assert server.requests_count == 0
        assert (await wire.ask("/other")).body == b"slow"
        assert len((await wire.ask("/card")).body) == 300_000
        assert server.requests_count == 1
        for _ in range(100):
            wire.writer.write(b"GET /card HTTP/1.1\r\nHost: x\r\n\r\n")
            await asyncio.sleep(0.001)
        assert server.requests_count > 1
        for _ in range(100):
            await wire.read()
        await asyncio.sleep(0.01)
        server.pre_shutdown()
        await server.shutdown(1.0)
        assert await wire.reader.read() == b""
        wire.writer.close()
        listening.close()

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(asyncio.wait_for(talk(), HANG_S))


PLAIN_NAMES = """Host User-Agent Accept Content-Length Connection Transfer-Encoding Upgrade
Expect Sec-WebSocket-Key1 Cookie X-A"""
NAMES = st.sampled_from([*PLAIN_NAMES.split(), "content-length ", " A", "", "\tB"])
VALUES = st.one_of(
    st.sampled_from(["x", "0", "5", "close", "keep-alive", "chunked", "websocket", "a\r\n b"]),
    st.text(st.characters(codec="latin-1"), max_size=8),
)
TARGETS = st.text(st.characters(codec="latin-1"), max_size=12).map(lambda text: "/render/" + text)


@given(
    method=st.sampled_from(["GET", "HEAD", "get", "POST", "GET "]),
    target=TARGETS,
    version=st.sampled_from(["1.1", "1.1", "1.1", "1.0", "2.0"]),
    headers=st.lists(st.tuples(NAMES, VALUES), max_size=4),
    rest=st.sampled_from(["", "", "x", "GET /render/a HTTP/1.1\r\n\r\n"]),
)
async def test_what_looks_whole_is_one_request_for_aiohttp_too(
    method: str, target: str, version: str, headers: list[tuple[str, str]], rest: str
) -> None:
    """Were the two to disagree about where a request ends, one caller would get what another
    asked for."""
    lines = [f"{method} {target} HTTP/{version}", *(f"{name}: {text}" for name, text in headers)]
    data = ("\r\n".join([*lines, "", ""]) + rest).encode("latin-1")
    whole = parse_whole(data)
    if whole is None or not whole[2]:
        return
    parser = HttpRequestParser(Mock(), asyncio.get_running_loop(), 2**16)
    ((message, payload),), upgraded, tail = parser.feed_data(data)
    assert (message.method, message.path) == (whole[0].decode(), whole[1].decode())
    assert message.version == (1, 1)
    assert payload.is_eof()
    assert (upgraded, message.upgrade, message.chunked, tail) == (False, False, False, b"")
    assert not message.should_close
