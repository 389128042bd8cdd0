"""Host names: with a list of them, pages answer under no other."""

from __future__ import annotations

import pytest
from running import MakeSite


async def test_pages_answer_under_their_own_names_only(make_site: MakeSite) -> None:
    """A stranger's name that leads here would otherwise get tags with URLs of his in them."""
    site = await make_site(allowed_hosts="cards.example, [::1]", deadline_ms=15_000)
    for host in ("cards.example", "CARDS.example:8080", "[::1]:8080", "[::1]"):
        assert (await site.get("/tags/nonce", Host=host)).status == 200, host
    for host in ("evil.example", "cards.example.evil.example", "127.0.0.1:80", "x:y", "[::2]"):
        for path in ("/", "/tags/nonce", "/templates", "/openapi.json"):
            answer = await site.get(path, Host=host)
            assert answer.status == 421, (host, path)
            assert answer.json["code"] == "unknown_host"
    for path in ("/render/nonce", "/livez", "/health", "/metrics"):
        assert (await site.get(path, Host="evil.example")).status == 200


@pytest.mark.parametrize("path", ["/", "/templates", "/health", "/tags/nonce"])
async def test_only_pictures_are_for_other_sites_scripts(make_site: MakeSite, path: str) -> None:
    """A page a person of yours visits must not read your service through his browser."""
    site = await make_site(deadline_ms=15_000)
    answer = await site.get(path, Origin="https://evil.example")
    assert "Access-Control-Allow-Origin" not in answer.headers
    picture = await site.get("/render/nonce", Origin="https://evil.example")
    assert picture.headers["Access-Control-Allow-Origin"] == "*"
