"""`/check`: the report over HTTP, as JSON and as a page, for who may ask."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from html import unescape
from urllib.parse import quote

import pytest
import pytest_asyncio
from links.crafted.case import FOLDER, load_case
from links.crafted.site import open_site as open_case
from running import Answer, MakeSite, Site, open_site
from web_server import Request, open_web_server

GREEN = load_case(FOLDER / "001-article.toml")
NO_PICTURE = load_case(FOLDER / "105-no-picture.toml")
#: No card is drawn here.
NO_BROWSER = {"chromium": "/nonexistent"}
HTML = "text/html,application/xhtml+xml,*/*;q=0.8"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def near(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """Open to all, and reaches loopback."""
    folder = tmp_path_factory.mktemp("near")
    async with open_site(folder, links="open", allow_private=True, **NO_BROWSER) as opened:
        yield opened


async def check(site: Site, url: str, **headers: str) -> Answer:
    return await site.get(f"/check?url={quote(url, safe='')}", **headers)


async def test_the_report_comes_as_json(near: Site) -> None:
    """Keys and verdicts are promised; after a mend the next answer must be a new one."""
    async with open_case(NO_PICTURE) as case:
        found = await check(near, case.page)
        assert found.json["url"] == case.page
    assert found.status == 200
    assert found.headers["Content-Type"].startswith("application/json")
    assert found.headers["Cache-Control"] == "no-store"
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    assert found.json.keys() == {"url", "final_url", "platforms", "findings"}
    verdicts = {view["platform"]: view["verdict"] for view in found.json["platforms"]}
    assert verdicts == NO_PICTURE.verdicts


async def test_a_browser_gets_the_page_with_the_pictures(near: Site) -> None:
    """Whoever pastes the address into a browser sees cards, under a policy that lets none act."""
    async with open_case(GREEN) as case:
        found = await check(near, case.page, Accept=HTML)
    page = found.body.decode()
    assert found.headers["Content-Type"] == "text/html; charset=utf-8"
    assert found.headers["Vary"] == "Accept"
    assert "Fine on all 15 platforms" in page
    assert page.count("data:image/webp;base64,") == 1
    within = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert within is not None
    policy = found.headers["Content-Security-Policy"]
    assert policy == f"{unescape(within[1])}; frame-ancestors 'none'"
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    assert "unsafe" not in policy


async def test_refusals_are_those_of_unfurl(make_site: MakeSite) -> None:
    """The two routes have one guard: what one keeps shut the other must not open."""
    site = await make_site(api_token="a-token", **NO_BROWSER)
    token = {"Authorization": "Bearer a-token"}
    assert (await check(site, "https://example.org/")).status == 401
    nothing = await site.get("/check", **token)
    assert (nothing.status, nothing.json["code"]) == (400, "invalid_request")
    assert "/check?url=https://" in nothing.json["detail"]
    async with open_web_server() as server:
        refused = await check(site, server.url("/"), **token)
        assert server.hits.total() == 0
    assert (refused.status, refused.json["code"]) == (422, "refused_url")
    off = await make_site(links="off", **NO_BROWSER)
    assert (await check(off, "https://example.org/")).status == 404


async def test_who_waits_too_long_for_a_turn_is_told_so(
    near: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages that never answer must not hold up the others for good, nor fill the memory."""
    monkeypatch.setattr("htmlcard.server.handlers.checks._ANSWER_S", 0.5)

    async def hang(_: Request) -> bytes | None:
        await asyncio.Event().wait()
        return None

    async with open_web_server() as server, open_case(GREEN) as case:
        server.pages["/hang"] = hang
        found = await asyncio.gather(*(check(near, server.url("/hang")) for _ in range(12)))
        assert {(each.status, each.json["code"]) for each in found} == {(503, "overloaded")}
        assert found[0].headers["Retry-After"]
        monkeypatch.undo()
        assert (await check(near, case.page)).status == 200
