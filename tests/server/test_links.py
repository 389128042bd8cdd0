"""`/unfurl`: for whom it is there, what it answers, and what it never says."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio
from incoming_pictures import RED, plain
from running import Answer, MakeSite, Site, open_site
from web_server import Request, WebServer, answer, open_web_server

from htmlcard.errors import InvalidSettings
from htmlcard.settings_sources import load_settings

PAGE = '<!doctype html><title>Hello</title><meta property="og:image" content="/cover.png">'
#: No card is drawn here.
NO_BROWSER: dict[str, Any] = {"chromium": "/nonexistent"}
KEYS = {
    *("url", "final_url", "status", "title", "description", "image", "images", "favicon"),
    *("site_name", "type", "lang", "author", "published", "sources", "og", "twitter"),
    *("json_ld", "oembed", "warnings"),
}


@pytest_asyncio.fixture(loop_scope="session")
async def web() -> AsyncIterator[WebServer]:
    async with open_web_server() as opened:
        opened.pages |= {
            "/post": answer(PAGE.encode(), "text/html"),
            "/cover.png": answer(plain(RED), "image/png"),
        }
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def near(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """Open to all, and reaches loopback."""
    folder = tmp_path_factory.mktemp("near")
    async with open_site(folder, links="open", allow_private=True, **NO_BROWSER) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def far(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """Open to all, and keeps away from private addresses."""
    folder = tmp_path_factory.mktemp("far")
    async with open_site(folder, links="open", **NO_BROWSER) as opened:
        yield opened


async def unfurl(site: Site, url: str, **headers: str) -> Answer:
    return await site.get(f"/unfurl?url={quote(url, safe='')}", **headers)


async def test_a_page_comes_as_json(near: Site, web: WebServer) -> None:
    """The shape is the contract's: clients are written against it."""
    found = await unfurl(near, web.url("/post"))
    assert found.status == 200
    assert found.headers["Content-Type"].startswith("application/json")
    assert found.headers["Cache-Control"] == "max-age=300"
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    assert found.json.keys() == KEYS
    assert found.json["title"] == "Hello"
    assert found.json["image"] == {
        "url": web.url("/cover.png"),
        "width": 64,
        "height": 48,
        "type": "image/png",
        "bytes": len(plain(RED)),
    }
    head = await near.ask("HEAD", f"/unfurl?url={web.url('/post')}")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Length"] == found.headers["Content-Length"]


@pytest.mark.parametrize(
    ("settings", "statuses"),
    [
        ({}, (404, 404, 404)),
        ({"api_token": "a-token"}, (401, 401, 400)),
        ({"links": "token", "api_token": "a-token"}, (401, 401, 400)),
        ({"links": "off", "api_token": "a-token"}, (404, 404, 404)),
        ({"links": "open", "api_token": "a-token"}, (400, 400, 400)),
        ({"dev": True}, (400, 400, 400)),
        ({"dev": True, "links": "off"}, (404, 404, 404)),
    ],
)
async def test_who_may_ask(
    make_site: MakeSite, settings: dict[str, Any], statuses: tuple[int, ...]
) -> None:
    """Whoever fetches for strangers is a proxy: off, until the operator says to whom it is open."""
    site = await make_site(**settings, **NO_BROWSER)
    tokens = ("", "Bearer wrong", "Bearer a-token")
    answers = [await site.get("/unfurl", **({"Authorization": t} if t else {})) for t in tokens]
    assert tuple(each.status for each in answers) == statuses
    if statuses[0] == 401:
        assert answers[0].headers["WWW-Authenticate"] == "Bearer"
    if statuses[0] == 404:
        unknown = await site.get("/no-such-route")
        told, expected = answers[0].json, unknown.json
        del told["request_id"], expected["request_id"]
        assert told == expected


def test_a_token_that_is_asked_for_must_be_there() -> None:
    """Otherwise nobody could ever ask, and nobody would know why."""
    with pytest.raises(InvalidSettings, match="HTMLCARD_API_TOKEN"):
        load_settings(environ={"HTMLCARD_LINKS": "token"})
    loaded = load_settings(environ={"HTMLCARD_LINKS": "token", "HTMLCARD_API_TOKEN": "x"})
    assert loaded.settings.links == "token"


@pytest.mark.parametrize("query", ["", "?", "?url", "?url=", "?url=%20", "?URL=http://x/", "?u=1"])
async def test_no_page_is_asked_for(far: Site, query: str) -> None:
    """The answer shows how to ask."""
    found = await far.get(f"/unfurl{query}")
    assert (found.status, found.json["code"]) == (400, "invalid_request")
    assert "/unfurl?url=https://" in found.json["detail"]


async def test_a_refusal_tells_nothing_of_our_network(far: Site, web: WebServer) -> None:
    """Same words for an open port, a closed one and no host at all: we are no port scanner."""
    async with open_web_server() as other:
        closed = other.port
    urls = (
        web.url("/post"),
        f"http://127.0.0.1:{closed}/",
        f"http://localhost:{web.port}/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://10.255.255.1/",
        "http://0x7f.1/",
        "https://example.org:22/",
        "file:///etc/passwd",
        "gopher://x/",
        "//127.0.0.1/",
        "http://a@b/",
        "\x00\x1b[31m",
        "x" * 6000,
    )
    told = set()
    for url in urls:
        began_s = time.monotonic()
        refusal = await unfurl(far, url)
        assert refusal.status == 422, url
        # Nobody was asked: an answer that waits for a closed port or a silent host takes longer.
        assert time.monotonic() - began_s < 1.0, url
        problem = refusal.json
        del problem["request_id"]
        told.add(json.dumps(problem))
    [problem] = told
    assert json.loads(problem)["code"] == "refused_url"
    assert not web.hits


async def test_what_a_page_names_is_refused_like_what_is_asked_for(
    make_site: MakeSite, web: WebServer
) -> None:
    """A picture on our own address would be a card that is drawn from itself."""
    own = web.port
    async with open_web_server() as page:
        page.pages["/"] = answer(
            f"<title>Hi</title><meta property=og:image content={web.url('/x.png')}>".encode(),
            "text/html",
        )
        site = await make_site(links="open", allow_private=True, port=own, **NO_BROWSER)
        found = (await unfurl(site, page.url("/"))).json
    assert found["title"] == "Hi"
    assert "not an address htmlcard fetches from" in found["warnings"][0]
    assert not web.hits


async def test_failures_have_statuses_and_codes(near: Site, web: WebServer) -> None:
    """Programs tell a dead site from a slow one, and from their own mistake."""

    async def hang_up(request: Request) -> None:
        request.writer.transport.abort()

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    web.pages["/hang-up"] = hang_up
    async with open_web_server() as other:
        closed = other.url("/")
    without_tls = await asyncio.start_server(greet, "127.0.0.1", 0)
    port = without_tls.sockets[0].getsockname()[1]
    for url, status, code in (
        (web.url("/missing"), 502, "bad_answer"),
        (web.url("/hang-up"), 502, "bad_answer"),
        (closed, 502, "unreachable"),
        (f"https://127.0.0.1:{port}/", 502, "tls"),
    ):
        found = await unfurl(near, url)
        assert (found.status, found.json["code"]) == (status, code), url
        assert found.headers["Content-Type"].startswith("application/problem+json")
        assert found.headers["Cache-Control"] == "no-store"
    without_tls.close()


async def test_slow_pages_are_another_failure(
    near: Site, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """504 is worth another try."""
    monkeypatch.setattr("htmlcard.links.unfurling.PAGE_S", 0.3)

    async def wait(request: Request) -> None:
        await asyncio.sleep(60)

    web.pages["/slow"] = wait
    found = await unfurl(near, web.url("/slow"))
    assert (found.status, found.json["code"]) == (504, "timeout")


async def test_many_at_once_are_one_visit(near: Site, web: WebServer) -> None:
    """A hundred viewers of a channel, one hit in the page's log."""
    answers = await asyncio.gather(*(unfurl(near, web.url("/post")) for _ in range(100)))
    assert {each.status for each in answers} == {200}
    assert web.hits == {"/post": 1, "/cover.png": 1}


async def test_the_description_names_every_status(far: Site) -> None:
    """Clients are generated from it: a status it does not name crashes them."""
    described = (await far.get("/openapi.json")).json["paths"]["/unfurl"]["get"]
    assert {"200", "400", "401", "404", "422", "502", "503", "504"} <= described["responses"].keys()
    [parameter] = described["parameters"]
    assert (parameter["name"], parameter["required"]) == ("url", True)
