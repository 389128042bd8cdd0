"""`POST /purge`: only for who holds the token, and only what was named."""

from __future__ import annotations

from typing import Any

import pytest
from running import Answer, MakeSite, Site

CARDS = ("/render/nonce?title=p1", "/render/nonce?title=p2", "/render/lang?title=p3")


async def purge(site: Site, body: Any, token: str = "letmein") -> Answer:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return await site.ask("POST", "/purge", json=body, headers=headers)


async def cached(site: Site) -> list[bool]:
    """Which cards are cached; asks with an If-None-Match that never matches, and draws them."""
    statuses = [(await site.get(path)).headers["Cache-Status"] for path in CARDS]
    return [status.startswith("htmlcard; hit") for status in statuses]


async def test_purging_removes_what_was_named_and_nothing_else(site: Site) -> None:
    """A wrong picture must go at once; the rest of the cache is hours of work."""
    await cached(site)
    by_url = await purge(site, {"url": "https://any.host/render/nonce?utm=1&title=p1"})
    assert by_url.json == {"removed": 1, "complete": True}
    assert await cached(site) == [False, True, True]
    by_template = await purge(site, {"template": "lang"})
    assert by_template.json["removed"] >= 1
    assert await cached(site) == [True, True, False]
    everything = await purge(site, {"all": True})
    assert everything.json["removed"] >= 3
    assert await cached(site) == [False, False, False]


@pytest.mark.parametrize("token", ["", "wrong", "letmeinn", "ünï"])
async def test_without_the_token_nothing_is_purged(site: Site, token: str) -> None:
    """Anybody could otherwise keep the cache empty and the browsers busy."""
    await cached(site)
    answer = await purge(site, {"all": True}, token)
    assert answer.status == 401
    assert answer.json["code"] == "unauthorized"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert await cached(site) == [True, True, True]


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        None,
        {"all": False},
        {"all": 1},
        {"all": "true"},
        {"template": 1},
        {"template": "x", "all": True},
        {"url": "https://a/templates/x"},
        {"url": "http://[::1/render/nonce"},
        {"nonsense": True},
    ],
)
async def test_an_unclear_purge_is_refused(site: Site, body: Any) -> None:
    """Guessing at what somebody wanted deleted is no service."""
    await cached(site)
    answer = await purge(site, body)
    assert answer.status == 400
    assert await cached(site) == [True, True, True]


async def test_purging_is_off_without_a_token_set(make_site: MakeSite) -> None:
    """A service nobody configured must not be emptied by anybody."""
    site = await make_site(chromium="/nonexistent")
    assert (await purge(site, {"all": True}, "")).status == 404
    assert (await purge(site, {"all": True}, "None")).status == 404
