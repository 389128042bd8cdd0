"""Values nobody would write by hand: each is a card, and harms nothing else (faults 1-14)."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest
import pytest_asyncio
from running import is_near
from server.test_edge import Edge, picture
from web_server import open_web_server

from .service import Service, check_picture, open_service

GREEN, GRAY = (0, 255, 0), (128, 128, 128)
REST = """<!doctype html><style>
body { margin: 0; background: #fff }
h1 { height: 250px; margin: 0; overflow: hidden; font: 40px sans-serif }
p { position: absolute; left: 40px; top: 400px; font: 40px sans-serif }
</style><h1>{{ title }}</h1><p>The rest (of 12) the card, א ב ג!</p>"""

VALUES = {
    "nothing": "",
    "blank": "title=%20%e2%80%8b%20&must=",
    "controls": "title=a%00b%01c%c2%9f%0d%0aX-Evil:%201",
    "no UTF-8": "title=%ff%fe%c0%af%ed%a0%bd%ed%b8%80%e2%82",
    "half an escape": "title=%4&%zz=%",
    "bidi": "title=" + quote("\u202eevil\u2066\u2067 never closed"),
    "stacked marks": "title=" + quote("Z" + "\u0301\u0489" * 4000),
    "emoji": "title=" + quote("😀" * 4000),
    "joined emoji": "title=" + quote("👩\u200d" * 2500),
    "no break": "title=" + "x" * 60_000,
    "four scripts": "title=" + quote("שלום 漢字 ภาษาไทย हिन्दी"),
    "markup": "title=" + quote("</h1><style>*{background:red!important}</style>"),
    "attribute": "title=" + quote("\"'><img src=x onerror=\"document.body.innerHTML=''\">"),
    "Jinja": "title=" + quote("{{ 7*7 }}{% raw %}{% include '/etc/passwd' %}{# "),
    "numbers": "count=1e309",
    "no number": "count=NaN&count=2",
    "negative": "count=-99999999999999999999",
    "hex": "count=0x10",
    "junk": "&".join(f"p{number}={number}" for number in range(3000)),
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service() -> AsyncIterator[Service]:
    """A patient one: here the card itself is asked for, however busy the machine is."""
    async with open_service(deadline_ms=15_000) as opened:
        (opened.desk.templates / "rest.html").write_text(REST)
        yield opened


@pytest.mark.parametrize("query", VALUES.values(), ids=VALUES)
async def test_whatever_is_asked_for_is_the_card(service: Service, query: str) -> None:
    """Marketing tools, mail programs and attackers write URLs, too; the reader sees a card."""
    answer = await service.picture(f"/render/nonce?nonce=%2300ff00&{query}")
    assert answer.fallback == ""
    assert is_near(answer.pixel(100, 300), GREEN)
    assert "X-Evil" not in answer.headers


async def test_values_fetch_nothing_and_choose_no_style(service: Service) -> None:
    """A color that is a piece of CSS would let any stranger call home from our machine."""
    template = '<!doctype html><body style="margin:0"><img src="{{ image }}" width=1200>'
    folder = service.desk.templates / "pictured"
    folder.mkdir(exist_ok=True)
    (folder / "card.html").write_text(template)
    (folder / "card.toml").write_text('[fields.image]\ntype = "image"\n')
    async with open_web_server() as web:
        color = quote(f"red;}}body{{background:url(//127.0.0.1:{web.port}/color)}}")
        answer = await service.picture(f"/render/nonce?title=injected&nonce={color}")
        assert is_near(answer.pixel(100, 300), GRAY)
        host = f"127.0.0.1:{web.port}"
        for place in (
            f"//{host}/x",
            f"http://{host}/x",
            "javascript:alert(1)",
            "data:text/html,<script>1</script>",
            "file:///etc/passwd",
            "FILE:///etc/passwd",
            f"\\\\{host}\\share",
            f"view-source:http://{host}/",
            f"blob:http://{host}/1",
        ):
            answer = await service.picture(f"/render/pictured?image={quote(place, safe='')}")
            assert answer.fallback == ""
        assert web.hits == {}


async def test_a_title_leaves_the_rest_of_the_card_alone(service: Service) -> None:
    """An override that is never closed would turn the site's own name around."""
    rests = set()
    for title in ("Plain", "P\u202eevil", "P\u2067\u2066 open", "P" + "\u0301" * 900, "P</h1>{{"):
        answer = await service.picture(f"/render/rest?title={quote(title)}")
        assert answer.fallback == ""
        rests.add(answer.picture.convert("RGB").crop((0, 380, 1200, 630)).tobytes())
    assert len(rests) == 1


async def test_words_that_look_like_code_are_words(service: Service) -> None:
    """A title about Jinja must show its braces, and not what they would come to."""
    seen = set()
    for title in ("{{ 7*7 }}", "49", "<b>49</b>"):
        answer = await service.picture(f"/render/rest?title={quote(title)}")
        assert answer.fallback == ""
        seen.add(answer.picture.convert("L").tobytes())
    assert len(seen) == 3


HEAD = "GET /render/nonce?nonce=%2300ff00&title=wire HTTP/1.1\r\nHost: x\r\n"
WIRE = {
    "old": HEAD.replace("1.1", "1.0"),
    "expecting": HEAD + "Expect: the unexpected\r\n",
    "range": HEAD + "Range: bytes=5-,-1,0-0\r\n",
    "tags": HEAD + 'If-None-Match: W/"x", "y", nonsense\r\n',
    "two hosts": HEAD + "Host: y\r\n",
    "two lengths": HEAD + "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
    "bare line feeds": HEAD.replace("\r\n", "\n"),
    "raw letters": HEAD.replace("wire", "Grün 日本"),
    "a long line": HEAD.replace("wire", "x" * 100_000),
    "a header without end": HEAD + "A: " + "b" * 100_000 + "\r\n",
}


@pytest.mark.parametrize("head", WIRE.values(), ids=WIRE)
async def test_odd_http_is_a_picture(service: Service, head: str) -> None:
    """Proxies and old crawlers speak dialects; a parser's 400 would be remembered for a week."""
    end = "\n" if "\r" not in head else "\r\n"
    status, headers, body = await Edge(service.port).send((head + end).encode())
    assert " 200 " in status
    assert picture(body).size == (1200, 630)
    if "X-Htmlcard-Fallback" in headers:
        assert headers["Cache-Control"] == "public, max-age=60"
    else:
        assert picture(body).convert("RGB").getpixel((100, 300)) == GREEN


async def test_a_thousand_at_once_on_one_connection(service: Service) -> None:
    """Answers that change places on a connection are other people's cards."""
    paths = [f"/render/nonce?title=line{number}&nonce=%23{number}0{number}0ff" for number in (1, 2)]
    wanted = [(await service.picture(path)).body for path in paths]
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    requests = [f"GET {paths[n % 2]} HTTP/1.1\r\nHost: x\r\n\r\n".encode() for n in range(1000)]

    async def send() -> None:
        writer.write(b"".join(requests))
        await writer.drain()

    sending = asyncio.create_task(send())
    async with asyncio.timeout(60):
        for number in range(1000):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = int(head.lower().partition("content-length: ")[2].partition("\r\n")[0])
            assert await reader.readexactly(length) == wanted[number % 2]
        await sending
    writer.close()


async def test_posted_values_are_bounded(service: Service) -> None:
    """Whoever posts may be told off; nobody may fill the memory or stop the next card."""
    before = service.census()
    bodies = {
        b'{"title": "\\ud800", "must": "1"}': 200,
        b'{"title": "' + b"x" * 900_000 + b'", "must": "1"}': None,
        b"[" * 100_000: 400,
        b"x" * 2_000_000: 413,
    }
    for body, status in bodies.items():
        answer = await service.ask("/render/nonce", "POST", data=io.BytesIO(body))
        assert status is None or answer.status == status
        if answer.status == 200:
            check_picture(answer)
    await service.recovered(before)
