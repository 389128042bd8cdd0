from __future__ import annotations

import asyncio
import gzip
import itertools
import ssl
import subprocess
import tracemalloc
import zlib
from dataclasses import replace
from pathlib import Path

import brotli
import pytest
from web_server import Request, WebServer, answer, redirect

from htmlcard.errors import (
    AnswerTooLarge,
    BadAnswer,
    FetchFailed,
    FetchTimedOut,
    RefusedTarget,
    TooManyRedirects,
    Unreachable,
    UntrustedServer,
)
from htmlcard.fetch import AddressJudge, Fetcher, Limits
from htmlcard.fetch.decoding import BodyDecoder
from htmlcard.fetch.politeness import MAX_CONNECTIONS_PER_HOST

LIMITS = Limits(total_s=5, connect_s=2, raw_bytes=100_000, decoded_bytes=200_000)
HURRIED = Limits(total_s=0.4, connect_s=0.3, raw_bytes=100_000, decoded_bytes=200_000)
BOMB = bytes(30_000_000)


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("br", brotli.compress),
        ("gzip, br", lambda data: brotli.compress(gzip.compress(data))),
        ("identity", bytes),
    ],
)
async def test_bodies_are_unpacked_and_bombs_are_not(
    fetcher: Fetcher, web: WebServer, encoding: str, pack: object
) -> None:
    """30 kB on the wire may be 30 MB in memory; what is honest must come through whole."""
    assert callable(pack)
    honest = b"honest " * 20_000
    web.pages["/honest"] = answer(pack(honest), Content_Encoding=encoding)
    web.pages["/bomb"] = answer(pack(BOMB), Content_Encoding=encoding)
    limits = Limits(total_s=5, raw_bytes=150_000, decoded_bytes=150_000)
    assert (await fetcher.fetch(web.url("/honest"), limits=limits)).body == honest
    with pytest.raises(AnswerTooLarge):
        await fetcher.fetch(web.url("/bomb"), limits=limits)


def test_what_follows_a_packed_body_is_passed_over() -> None:
    """zlib keeps it, and copies all of it for each piece that comes: seconds for ten megabytes,
    in which no card is sent."""
    decoder = BodyDecoder("gzip", 10_000)
    decoder.feed(gzip.compress(b"honest"))
    tracemalloc.start()
    try:
        for _ in range(100):
            decoder.feed(bytes(10_000))
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()
    assert decoder.finish() == b"honest"


async def test_a_bomb_within_a_bomb_is_one(fetcher: Fetcher, web: WebServer) -> None:
    """Packed twice, 30 MB are 200 bytes."""
    web.pages["/bomb"] = answer(gzip.compress(gzip.compress(BOMB)), Content_Encoding="gzip, gzip")
    with pytest.raises(AnswerTooLarge):
        await fetcher.fetch(web.url("/bomb"), limits=LIMITS)


@pytest.mark.parametrize(
    "said",
    [
        answer(b"not packed at all", Content_Encoding="gzip"),
        answer(gzip.compress(b"cut off" * 100)[:-20], Content_Encoding="gzip"),
        answer(brotli.compress(b"cut off" * 100)[:-3], Content_Encoding="br"),
        answer(b"x", Content_Encoding="zstd"),
        answer(b"x", Content_Encoding="gzip, gzip, gzip"),
        answer(b"short", Content_Length="50"),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n123456",
        b"HTTP/1.1 9999 What\r\n\r\n",
        b"220 ftp.example.org ready\r\n",
        b"\x16\x03\x01\x00\xa5",
        b"",
    ],
    ids=range(12),
)
async def test_what_is_no_sound_answer_is_none(
    fetcher: Fetcher, web: WebServer, said: bytes
) -> None:
    """A half picture must not be taken for one, and no library's error may come out."""
    web.pages["/odd"] = said
    with pytest.raises(BadAnswer):
        await fetcher.fetch(web.url("/odd"), limits=LIMITS)


async def test_too_many_bytes_are_too_many_however_they_come(
    fetcher: Fetcher, web: WebServer
) -> None:
    """With a length, without one, and with one that lies."""
    sent = 0

    async def endless(request: Request) -> None:
        nonlocal sent
        request.writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while sent < 50_000_000:
            request.writer.write(bytes(50_000))
            sent += 50_000
            await request.writer.drain()

    web.pages |= {"/told": answer(bytes(100_001)), "/endless": endless}
    for path in ("/told", "/endless"):
        with pytest.raises(AnswerTooLarge):
            await fetcher.fetch(web.url(path), limits=LIMITS)
    assert sent < 20_000_000


async def test_a_flood_of_headers_is_cut_off(fetcher: Fetcher, web: WebServer) -> None:
    """Headers are held in memory before anybody looks at them."""
    many = "".join(f"X-{number}: y\r\n" for number in range(10_000)).encode()
    web.pages["/many"] = b"HTTP/1.1 200 OK\r\n" + many + b"\r\n"
    web.pages["/long"] = b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1_000_000 + b"\r\n\r\n"
    for path in ("/many", "/long"):
        with pytest.raises(BadAnswer):
            await fetcher.fetch(web.url(path), limits=LIMITS)


@pytest.mark.parametrize(
    "start", [b"HTTP/1.1 200 ", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n"]
)
async def test_a_server_that_drips_is_left_in_time(
    fetcher: Fetcher, web: WebServer, start: bytes
) -> None:
    """One byte a moment keeps every pause short; only a limit on the whole ends it."""
    left = asyncio.Event()

    async def drip(request: Request) -> None:
        try:
            request.writer.write(start)
            for _ in range(1000):
                request.writer.write(b"x")
                await request.writer.drain()
                await asyncio.sleep(0.02)
        except OSError:
            left.set()
            raise

    web.pages["/drip"] = drip
    async with asyncio.timeout(60):
        with pytest.raises(FetchTimedOut):
            await fetcher.fetch(web.url("/drip"), limits=HURRIED)
        await left.wait()


async def test_redirects_are_followed_five_times(fetcher: Fetcher, web: WebServer) -> None:
    """Sites move; whoever moves in circles is left."""
    for status, step in zip((301, 302, 303, 307, 308), range(5), strict=True):
        web.pages[f"/{step}"] = redirect(f"/{step + 1}#part", status)
    web.pages |= {"/5": answer(b"here"), "/far": redirect("/0"), "/loop": redirect("/loop")}
    found = await fetcher.fetch(web.url("/0"), limits=LIMITS)
    assert (found.body, found.url, found.status) == (b"here", web.url("/5"), 200)
    assert [hop.status for hop in found.hops] == [301, 302, 303, 307, 308]
    for path, asked in (("/far", ["/far", "/0", "/1", "/2", "/3", "/4"]), ("/loop", ["/loop"])):
        with pytest.raises(TooManyRedirects, match="more than 5 times") as caught:
            await fetcher.fetch(web.url(path), limits=LIMITS)
        assert list(caught.value.urls) == [web.url(url) for url in asked]
    assert web.hits["/loop"] == 1


async def test_a_body_can_be_cut_instead_of_refused(fetcher: Fetcher, web: WebServer) -> None:
    """Crawlers that stop early show what they have; so must who speaks for them."""

    async def endless(request: Request) -> None:
        request.writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            request.writer.write(b"endless " * 1000)
            await request.writer.drain()

    limits = replace(LIMITS, raw_bytes=50_000, decoded_bytes=20_000, cut=True)
    web.pages |= {
        "/long": answer(b"x" * 60_000),
        "/bomb": answer(gzip.compress(BOMB), Content_Encoding="gzip"),
        "/endless": endless,
        "/short": answer(gzip.compress(b"short"), Content_Encoding="gzip"),
    }
    for path in ("/long", "/bomb", "/endless"):
        found = await fetcher.fetch(web.url(path), limits=limits)
        assert (len(found.body), found.is_cut) == (20_000, True), path
    found = await fetcher.fetch(web.url("/long"), limits=replace(limits, raw_bytes=10_000))
    assert (len(found.body), found.is_cut) == (10_000, True)
    found = await fetcher.fetch(web.url("/short"), limits=limits)
    assert (found.body, found.is_cut) == (b"short", False)


async def test_waiting_for_a_turn_is_not_the_servers_time(web: WebServer) -> None:
    """A check asks a dozen times at once, and must not call a server slow for that."""

    async def slow(_: Request) -> bytes:
        await asyncio.sleep(0.3)
        return answer(b"here")

    web.pages["/slow"] = slow
    judge = AddressJudge(allow_private=True)
    async with Fetcher(judge, connections_per_host=1) as polite:
        fetches = (polite.fetch(web.url("/slow"), limits=LIMITS) for _ in range(6))
        found = await asyncio.gather(*fetches)
    # With the waiting it would be 6.3 s: 0.3 and 0.6 and so on.
    assert 1.8 <= sum(answer.took_s for answer in found) < 5


@pytest.mark.parametrize(
    "place",
    ["ftp://127.0.0.1/", "file:///etc/passwd", "javascript:1", "http://u:p@127.0.0.1/", "//\\x/"],
)
async def test_redirects_do_not_lead_out_of_the_web(
    fetcher: Fetcher, web: WebServer, place: str
) -> None:
    """The first URL was judged; each next one is a stranger again."""
    web.pages["/out"] = redirect(place)
    with pytest.raises(RefusedTarget):
        await fetcher.fetch(web.url("/out"), limits=LIMITS)


async def test_a_redirect_without_a_place_is_an_answer(fetcher: Fetcher, web: WebServer) -> None:
    """It is for the caller to say that 302 is no picture."""
    web.pages["/nowhere"] = answer(b"moved", status=302)
    assert (await fetcher.fetch(web.url("/nowhere"), limits=LIMITS)).status == 302


async def test_nothing_of_us_is_told(
    fetcher: Fetcher, web: WebServer, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    """No cookies, no credentials, no proxy: two fetches of one URL are the same fetch."""
    netrc = f"{tmp_path}/netrc"
    with open(netrc, "w") as file:  # noqa: ASYNC230, PTH123
        file.write("machine 127.0.0.1 login canary password canary\n")
    monkeypatch.setenv("NETRC", netrc)
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    web.pages["/a"] = answer(b"a", Set_Cookie="canary=1; Path=/", Location="/b", status=302)
    web.pages["/b"] = answer(b"b")
    async with Fetcher(AddressJudge(allow_private=True)) as own:
        for _ in range(2):
            assert (await own.fetch(web.url("/a"), limits=LIMITS)).body == b"b"
    assert len(web.heads) == 4
    assert web.heads[:2] == web.heads[2:]
    assert "canary" not in "".join(web.heads)
    assert "cookie" not in "".join(web.heads).lower()


async def test_one_host_is_not_stormed(fetcher: Fetcher, web: WebServer) -> None:
    """A hundred cards with pictures of one small server must not take it down."""
    here = most = 0

    async def count(_: Request) -> bytes:
        nonlocal here, most
        here += 1
        most = max(most, here)
        await asyncio.sleep(0.02)
        here -= 1
        return answer(b"x")

    web.pages["/slow"] = count
    await asyncio.gather(*(fetcher.fetch(web.url("/slow"), limits=LIMITS) for _ in range(30)))
    assert most == MAX_CONNECTIONS_PER_HOST


async def test_who_is_not_there_is_told_apart_from_who_is_refused(web: WebServer) -> None:
    """For an address that may be asked the reason helps; for one that may not, it would map us."""
    closed = f"http://127.0.0.1:{web.port}"
    async with Fetcher(AddressJudge(allow_private=True)) as local:
        with pytest.raises(Unreachable, match="name is not known"):
            await local.fetch("http://nobody.invalid/", limits=LIMITS)
        with pytest.raises(Unreachable, match="nobody answers"):
            await local.fetch("http://127.0.0.1:1/", limits=LIMITS)
    async with Fetcher(AddressJudge(ports=[web.port, 1])) as public:
        said = set()
        for url in (closed, "http://127.0.0.1:1/", "http://localhost:1/", "http://[::1]:22/"):
            with pytest.raises(RefusedTarget) as caught:
                await public.fetch(url, limits=LIMITS)
            said.add(str(caught.value))
        assert len(said) == 1
    assert not web.hits


@pytest.fixture
def self_signed(tmp_path: Path) -> ssl.SSLContext:
    """For a server that vouches for itself."""
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem")
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=localhost",
        "-keyout",
    ]
    subprocess.run([*command, key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


async def test_a_server_nobody_vouches_for_is_named(
    fetcher: Fetcher, web: WebServer, self_signed: ssl.SSLContext
) -> None:
    """An expired or self-made certificate is for the site's owner to mend, so it is told."""
    server = await asyncio.start_server(web.accept, "127.0.0.1", 0, ssl=self_signed)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(UntrustedServer, match="self-signed certificate"):
            await fetcher.fetch(f"https://localhost:{port}/", limits=LIMITS)
    assert not web.hits


async def test_https_to_who_does_not_speak_it_is_named(fetcher: Fetcher) -> None:
    """A wrong port or scheme looks like an attack on the line; it is a mistake in the URL."""

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(UntrustedServer, match="does not speak TLS"):
            await fetcher.fetch(f"https://127.0.0.1:{port}/", limits=LIMITS)


async def test_the_service_does_not_fetch_from_itself(web: WebServer) -> None:
    """A card that shows itself would be drawn for ever."""
    judge = AddressJudge(allow_private=True, own_port=web.port)
    async with Fetcher(judge) as fetcher:
        for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "127.1.2.3"):
            with pytest.raises(RefusedTarget):
                await fetcher.fetch(f"http://{host}:{web.port}/", limits=LIMITS)
    assert not web.hits


async def test_leaving_closes_the_connection(fetcher: Fetcher, web: WebServer) -> None:
    """Hundreds of callers who hang up must not leave hundreds of sockets."""
    here, closed = asyncio.Event(), asyncio.Event()

    async def wait(request: Request) -> None:
        here.set()
        for _ in itertools.count():
            await asyncio.sleep(0.02)
            request.writer.write(b"x")
            try:
                await request.writer.drain()
            except OSError:
                closed.set()
                return

    web.pages["/wait"] = wait
    task = asyncio.create_task(fetcher.fetch(web.url("/wait"), limits=LIMITS))
    await here.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(60):
        await closed.wait()


async def test_every_failure_is_one_of_ours(fetcher: Fetcher) -> None:
    """Callers catch FetchFailed and nothing else."""
    for url in ("", "http://", "http://127.0.0.1:99999/", "http://\udcff/", "x" * 100_000):
        with pytest.raises(FetchFailed):
            await fetcher.fetch(url, limits=LIMITS)


async def test_a_redirect_does_not_take_the_lock_off(
    fetcher: Fetcher, web: WebServer, self_signed: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever sits between could otherwise turn a picture of an https page into another."""
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    monkeypatch.setattr("aiohttp.connector._SSL_CONTEXT_VERIFIED", trusting)
    web.pages |= {"/down": redirect(web.url("/plain")), "/plain": answer(b"plain")}
    async with await asyncio.start_server(web.accept, "127.0.0.1", 0, ssl=self_signed) as server:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        web.pages["/up"] = redirect(f"{url}/plain")
        with pytest.raises(BadAnswer, match="from https to http"):
            await fetcher.fetch(f"{url}/down", limits=LIMITS)
        assert not web.hits["/plain"]
        found = await fetcher.fetch(f"{url}/down", limits=LIMITS, allow_downgrade=True)
        assert found.body == b"plain"
        assert (await fetcher.fetch(web.url("/up"), limits=LIMITS)).url == f"{url}/plain"
