"""Signing as callers meet it: what is drawn, what is refused, what else is shut."""

from __future__ import annotations

import random
import string
import time

import pytest
from running import MakeSite, Site
from yarl import URL

from htmlcard.signatures import KeyRing, recognized
from htmlcard.urls import encode_query, parse_query

KEY, OLD_KEY = "new-key-" * 4, "old-key-" * 4
REQUIRED = {
    "signing": "required",
    "signing_keys": f"{KEY},{OLD_KEY}",
    "api_token": "opensesame",
    "deadline_ms": 15_000,
}
FIELDS = ("title", "nonce", "count", "mood", "must")


def signed(path: str, key: str = KEY, **params: str) -> str:
    query = [*params.items()]
    return f"{path}?{encode_query([*query, ('sig', KeyRing([key]).sign(path, query))])}"


async def renders(site: Site) -> float:
    """How many answers were pictures."""
    drawn = ("hit", "miss", "fallback", "not_modified")
    return sum([await site.metric("htmlcard_requests_total", result=each) for each in drawn])


async def test_only_signed_urls_are_drawn(make_site: MakeSite) -> None:
    """Nobody puts words of his own under somebody else's name."""
    site = await make_site(**REQUIRED)
    good = await site.get(signed("/render/nonce.png", title="Hello", nonce="#ff0000"))
    assert good.status == 200
    assert not good.fallback
    assert good.pixel(100, 300) == (255, 0, 0)
    assert good.headers["Cache-Control"].startswith("public, max-age=31536000, immutable")
    refused = await site.get("/render/nonce.png?title=Hello&nonce=%23ff0000")
    assert refused.status == 403
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json["code"] == "signature_refused"
    # Known from memory by now, and asked for by its ETag: still nothing for who did not sign.
    etag = good.headers["ETag"]
    again = await site.get("/render/nonce.png?title=Hello&nonce=%23ff0000", If_None_Match=etag)
    assert again.status == 403
    assert (await site.get(signed("/render/nosuch"))).status == 404
    old = await site.get(signed("/render/nonce", OLD_KEY, title="old"))
    assert old.status == 200


async def test_what_tools_add_does_no_harm(make_site: MakeSite) -> None:
    """Newsletters add their parameters to every link."""
    site = await make_site(**REQUIRED)
    url = signed("/render/nonce", title="A & B", v="2")
    path, _, query = url.partition("?")
    turned = "&".join(reversed(query.split("&")))
    for other in (f"{path}?utm_source=x&{query}&fbclid=1", f"{path}?{turned}"):
        assert (await site.get(other)).status == 200


async def test_a_url_that_ends(make_site: MakeSite) -> None:
    """Good until `exp`, cached no longer, and not answered from memory after."""
    site = await make_site(**REQUIRED)
    soon = str(int(time.time()) + 3)
    url = signed("/render/nonce", title="brief", exp=soon)
    for _ in range(3):
        answer = await site.get(url)
        if answer.status == 403 and time.time() > int(soon):
            break  # A busy machine has drawn for three seconds.
        assert answer.status == 200
        age_s = int(answer.headers["Cache-Control"].partition("max-age=")[2].partition(",")[0])
        assert age_s <= 3
    while time.time() <= int(soon):
        answer = await site.get(url)
    assert (await site.get(url)).json["detail"] == "The signature of this URL has expired."


async def test_what_signs_or_draws_for_anybody_is_shut(make_site: MakeSite) -> None:
    """Open, `/tags` would sign whatever a stranger asks for."""
    site = await make_site(**REQUIRED)
    bearer = {"Authorization": "Bearer opensesame"}
    body = {"must": "x", "nonce": "#00ff00"}
    assert (await site.get("/tags/nonce?title=x")).status == 401
    assert (await site.ask("POST", "/render/nonce", json=body)).status == 401
    wrong = {"Authorization": "Bearer wrong"}
    assert (await site.ask("POST", "/render/nonce", json=body, headers=wrong)).status == 401
    drawn = await site.ask("POST", "/render/nonce", json=body, headers=bearer)
    assert drawn.pixel(100, 300) == (0, 255, 0)
    tags = await site.ask(
        "GET", "/tags/nonce?title=x&utm=1", headers={**bearer, "Accept": "application/json"}
    )
    assert (await site.get(str(URL(tags.json["og:image"], encoded=True)))).status == 200


async def test_our_own_page_shows_its_samples(make_site: MakeSite) -> None:
    """The gallery of `/` and the URLs of `/templates` must not show broken pictures."""
    site = await make_site(**REQUIRED)
    for each in (await site.get("/templates")).json["templates"]:
        if each["name"] == "nonce":
            assert (await site.get(each["sample_url"])).status == 200
    assert "sig=" in (await site.get("/")).body.decode()


async def test_a_broken_template_draws_nobodys_words(make_site: MakeSite) -> None:
    """What a signature covers is not known then, so nothing of the query is heeded."""
    site = await make_site(**REQUIRED)
    (site.templates / "broken.html").write_text("{% if %}")
    one = await site.get("/render/broken?title=VOTE+FOR+ME")
    other = await site.get("/render/broken?title=something+else&fallback=0")
    assert one.fallback
    assert one.body == other.body


async def test_signatures_that_are_not_required_are_still_worth_a_year(
    make_site: MakeSite,
) -> None:
    """Signing can be tried out before it is required; a bad one is then like none."""
    site = await make_site(signing_keys=[KEY], deadline_ms=15_000)
    good = await site.get(signed("/render/nonce", title="x"))
    bad = await site.get(signed("/render/nonce", "wrong-key-wrong-key", title="x"))
    assert "immutable" in good.headers["Cache-Control"]
    assert bad.status == 200
    assert "immutable" not in bad.headers["Cache-Control"]


@pytest.mark.parametrize(
    "count", [800, pytest.param(10_000, marks=pytest.mark.soak)], ids=["quick", "soak"]
)
async def test_no_mutated_url_is_drawn(make_site: MakeSite, count: int) -> None:
    """One changed byte anywhere: the picture of another card must never come of it."""
    site = await make_site(**REQUIRED)
    dice = random.Random(20_26)
    url = signed("/render/nonce.png", title="Hello there", nonce="#123456", mood="loud", count="7")
    assert (await site.get(url)).status == 200
    meant = recognized(parse_query(url.partition("?")[2]), FIELDS)
    before = await renders(site)
    same = 0
    for _ in range(count):
        mutant = mutate(dice, url)
        path, _, query = mutant.partition("?")
        found = await site.get(mutant)
        if path == "/render/nonce.png" and sorted(recognized(parse_query(query), FIELDS)) == sorted(
            meant
        ):
            same += 1
            assert found.status == 200
        else:
            assert found.status in (403, 404), mutant
    assert await renders(site) - before == same
    assert same < count / 4


def mutate(dice: random.Random, url: str) -> str:
    """Another URL: a byte changed, lost, doubled or moved, or a parameter taken or added."""
    at = dice.randrange(len("/render/"), len(url))
    letter = dice.choice(string.ascii_letters + string.digits + "-_.~%&=+;")
    match dice.randrange(5):
        case 0:
            return url[:at] + letter + url[at + 1 :]
        case 1:
            return url[:at] + url[at + 1 :]
        case 2:
            return url[:at] + letter + url[at:]
        case 3:
            other = dice.randrange(len("/render/"), len(url))
            low, high = sorted((at, other))
            return url[:low] + url[high:] + url[low:high]
        case _:
            path, _, query = url.partition("?")
            parts = query.split("&")
            parts[dice.randrange(len(parts))] = f"{dice.choice(FIELDS)}={letter}"
            return f"{path}?{'&'.join(parts)}"
