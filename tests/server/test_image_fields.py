"""Pictures of image fields, from a true server on loopback into the card's pixels."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio
from desk import Desk
from incoming_pictures import BLUE, GREEN, RED, SVG_WITH_A_HOLE, UNUSABLE, held, plain
from PIL import Image
from running import Answer, MakeSite, Site, is_near, open_site, until
from web_server import Request, WebServer, answer, open_web_server, redirect

from htmlcard.signatures import KeyRing

#: The cover as an element on the left, as a background on the right; gray where there is none.
CARD = """\
<!doctype html><title>cover</title>
<style>
body { margin: 0; background: #808080 }
img, i { position: absolute; top: 0; width: 600px; height: 630px; object-fit: cover }
i { left: 600px; background-position: center; background-size: cover }
h1 { position: absolute; left: 20px; top: 20px; font: 20px sans-serif }
</style>
{% if cover %}<img src="{{ cover }}" alt=""><i style="background-image: url('{{ cover }}')"></i>
{% endif %}<h1>{{ title }}</h1>
"""
TOML = '[fields.title]\n[fields.cover]\ntype = "image"\n'
PLACEHOLDER = (128, 128, 128)
PNG = "image/png"
#: A busy machine must not turn pictures into placeholders.
PATIENT: dict[str, Any] = {"allow_private": True, "deadline_ms": 20_000, "image_wait_ms": 15_000}
KEY = "0123456789abcdef0123456789abcdef"


@pytest_asyncio.fixture(loop_scope="session")
async def web() -> AsyncIterator[WebServer]:
    async with open_web_server() as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def covers(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Site]:
    """A service that fetches from loopback, for the tests of this file to share."""
    folder = tmp_path_factory.mktemp("covers")
    async with open_site(folder, lanes=2, image_hosts=["127.0.0.1"], **PATIENT) as opened:
        write_card(opened)
        yield opened


def write_card(site: Site) -> None:
    site.write("cover/card.html", CARD)
    site.write("cover/card.toml", TOML)


def card_url(cover: str, title: str = "x", more: str = "") -> str:
    return f"/render/cover?title={quote(title)}&cover={quote(cover, safe='')}{more}"


def shown(card: Answer) -> tuple[int, int, int]:
    """The color of the cover, which is the same in both places."""
    assert card.status == 200
    assert not card.fallback
    left, right = card.pixel(300, 400), card.pixel(900, 400)
    assert is_near(left, right, 4)
    return left


async def test_a_picture_is_drawn_as_an_element_and_as_a_background(
    covers: Site, web: WebServer
) -> None:
    """What image fields are for; and it is fetched once, not once per card."""
    web.pages["/a"] = answer(plain((12, 140, 90)), PNG, Cache_Control="max-age=900")
    first = await covers.get(card_url(web.url("/a")))
    assert is_near(shown(first), (12, 140, 90))
    assert "X-Htmlcard-Warnings" not in first.headers
    assert "pictures;dur=" in first.headers["Server-Timing"]
    again = await covers.get(card_url(web.url("/a")))
    assert (again.body, again.headers["Cache-Status"]) == (first.body, "htmlcard; hit")
    assert is_near(shown(await covers.get(card_url(web.url("/a"), "other"))), (12, 140, 90))
    assert web.hits["/a"] == 1
    max_age_s = int(first.headers["Cache-Control"].split("max-age=")[1].split(",")[0])
    assert 800 < max_age_s <= 900


@pytest.mark.parametrize("name", UNUSABLE)
async def test_what_is_no_picture_leaves_the_placeholder(
    covers: Site, web: WebServer, name: str
) -> None:
    """The card comes, its author is told why, and nobody keeps it for long."""
    data, reason = UNUSABLE[name]
    web.pages["/bad"] = answer(data, PNG)
    card = await covers.get(card_url(web.url("/bad"), name, "&v=1"))
    assert is_near(shown(card), PLACEHOLDER)
    assert reason in card.headers["X-Htmlcard-Warnings"]
    assert card.headers["X-Htmlcard-Warnings"].startswith("cover: ")
    assert card.headers["Cache-Control"] == "public, max-age=60"


async def test_a_bad_server_leaves_the_placeholder(covers: Site, web: WebServer) -> None:
    """Errors, ends too soon, redirects out of the web or in circles: never a broken card."""
    web.pages |= {
        "/broken": answer(plain(RED), PNG, status=500),
        "/short": answer(plain(RED), PNG, Content_Length="99999"),
        "/circle": redirect("/circle"),
        "/out": redirect("file:///etc/passwd"),
        "/moved": redirect("/a"),
        "/a": answer(plain(RED), PNG),
    }
    for path in ("/none", "/broken", "/short", "/circle", "/out"):
        card = await covers.get(card_url(web.url(path)))
        assert is_near(shown(card), PLACEHOLDER), path
        assert card.headers["Cache-Control"] == "public, max-age=60"
    assert is_near(shown(await covers.get(card_url(web.url("/moved")))), RED)


async def test_of_other_hosts_nothing_is_fetched(covers: Site, web: WebServer) -> None:
    """And it is the card without a cover, so strangers cannot make new ones by new URLs."""
    bare = await covers.get("/render/cover?title=x")
    for cover in (web.url("/a").replace("127.0.0.1", "localhost"), "file:///etc/passwd", "//x/y"):
        card = await covers.get(card_url(cover))
        assert (card.body, card.headers["ETag"]) == (bare.body, bare.headers["ETag"])
        assert "placeholder drawn" in card.headers["X-Htmlcard-Warnings"]
    assert not web.hits


async def test_posted_cards_are_strict_about_it(covers: Site, web: WebServer) -> None:
    """A program hears of a wrong host at once, with the field's name."""
    web.pages["/a"] = answer(plain(RED), PNG)
    body = {"title": "x", "cover": "https://elsewhere.test/a.png"}
    refused = await covers.ask("POST", "/render/cover", data=json.dumps(body))
    assert refused.status == 422
    message = "pictures of this host are not fetched"
    assert refused.json["errors"] == [{"field": "cover", "message": message}]
    body["cover"] = web.url("/a")
    card = await covers.ask("POST", "/render/cover", data=json.dumps(body))
    assert is_near(shown(card), RED)


async def test_an_allowed_name_for_a_private_address_is_not_enough(
    make_site: MakeSite, web: WebServer
) -> None:
    """The list says whom we trust to show pictures, not that our network may be entered."""
    site = await make_site(
        image_hosts=["127.0.0.1", "localhost"], fetch_ports=[web.port], deadline_ms=15_000
    )
    write_card(site)
    for host in ("127.0.0.1", "localhost"):
        card = await site.get(card_url(f"http://{host}:{web.port}/a"))
        assert is_near(shown(card), PLACEHOLDER)
        assert "not an address htmlcard fetches from" in card.headers["X-Htmlcard-Warnings"]
    assert not web.hits


async def test_a_slow_picture_costs_no_card(make_site: MakeSite, web: WebServer) -> None:
    """The card comes in time without it, is kept by nobody, and is right the next time."""
    go = asyncio.Event()

    async def late(_: Request) -> bytes:
        await go.wait()
        return answer(plain(GREEN), PNG)

    web.pages["/slow"] = late
    site = await make_site(
        image_hosts=["127.0.0.1"], allow_private=True, image_wait_ms=100, deadline_ms=15_000
    )
    write_card(site)
    early = await site.get(card_url(web.url("/slow"), more="&v=1"))
    assert is_near(shown(early), PLACEHOLDER)
    assert early.headers["Cache-Control"] == "public, max-age=60"
    assert "not here yet" in early.headers["X-Htmlcard-Warnings"]
    go.set()

    async def is_there() -> bool:
        again = await site.get(card_url(web.url("/slow"), more="&v=1"))
        return not is_near(shown(again), PLACEHOLDER)

    await until(is_there)
    card = await site.get(card_url(web.url("/slow"), more="&v=1"))
    assert is_near(shown(card), GREEN)
    assert "immutable" in card.headers["Cache-Control"]
    assert card.headers["ETag"] != early.headers["ETag"]
    assert web.hits["/slow"] == 1


async def test_a_changed_picture_is_another_card(
    covers: Site, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the old one is no longer fresh, nobody gets the old card, its tag, or a mixture."""
    monkeypatch.setattr("htmlcard.pictures.freshness.MIN_FRESH_S", 0.3)
    url = card_url(web.url("/changing"))
    unsent = await covers.metric("htmlcard_requests_total", result="not_modified")
    tags: dict[str, bytes] = {}
    for color in (RED, BLUE, GREEN, RED):
        web.pages["/changing"] = answer(plain(color), PNG, Cache_Control="no-cache")
        await asyncio.sleep(0.4)
        for _ in range(3):
            card = await covers.get(url)
            assert is_near(shown(card), color)
            assert tags.setdefault(card.headers["ETag"], card.body) == card.body
        for tag in tags:
            told = await covers.get(url, If_None_Match=tag)
            assert told.status == (304 if tag == card.headers["ETag"] else 200)
    assert len(tags) == 3
    # The operator's figures tell them apart, as for other cards.
    assert await covers.metric("htmlcard_requests_total", result="not_modified") - unsent == 4


async def test_a_card_outlives_its_pictures_server(make_site: MakeSite, web: WebServer) -> None:
    """After a restart nothing is known of the picture, but the card that showed it is on disk."""
    web.pages["/a"] = answer(plain(BLUE), PNG)
    settings: dict[str, Any] = {"image_hosts": ["127.0.0.1"], **PATIENT}
    site = await make_site(**settings)
    write_card(site)
    url = card_url(web.url("/a"))
    first = await site.get(url)
    web.pages["/a"] = answer(b"down", status=503)

    async def is_on_disk() -> bool:
        return bool(site.service.cache.state()["disk"]["entries"])

    await until(is_on_disk)
    restarted = await make_site(**settings)
    card = await restarted.get(url)
    assert is_near(shown(card), BLUE)
    assert card.headers["ETag"] == first.headers["ETag"]
    assert card.headers["Cache-Control"] == "public, max-age=60"
    assert "an older card shown" in card.headers["X-Htmlcard-Warnings"]


async def test_many_cards_at_once_show_each_their_own(covers: Site, web: WebServer) -> None:
    """The worst there is: somebody else's face. Twenty pictures, two lanes, three formats."""
    colors = [(number * 12, 255 - number * 10, number % 3 * 100) for number in range(20)]
    formats = ("PNG", "JPEG", "WEBP")
    for number, color in enumerate(colors):
        web.pages[f"/{number}"] = answer(plain(color, formats[number % 3]), PNG)

    async def check(number: int, title: str) -> None:
        card = await covers.get(card_url(web.url(f"/{number}"), title))
        assert is_near(shown(card), colors[number], 6), number

    for title in ("one", "two"):
        await asyncio.gather(*(check(number, title) for number in range(20)))
    assert max(web.hits.values()) == 1


async def test_upright_svg_and_all(
    covers: Site, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A phone's photograph stands, and a drawing lets the card show through."""
    monkeypatch.setattr("htmlcard.pictures.preparing._DRAW_TIMEOUT_S", 15)
    web.pages["/held"] = answer(held(6), "image/jpeg")
    card = await covers.get(card_url(web.url("/held")))
    # 80 x 40 in 600 x 630: the middle of the picture, red above and blue below on its left.
    assert is_near(card.pixel(250, 100), RED, 25)
    assert is_near(card.pixel(250, 500), BLUE, 25)
    web.pages["/drawing"] = answer(SVG_WITH_A_HOLE, "image/svg+xml")
    card = await covers.get(card_url(web.url("/drawing")))
    assert is_near(card.pixel(10, 610), RED, 4)
    assert is_near(card.pixel(330, 315), PLACEHOLDER, 4)  # the hole
    assert is_near(card.pixel(200, 315), (64, 64, 192), 6)  # half blue on gray


async def test_a_signature_vouches_for_a_picture_where_it_is_required(
    make_site: MakeSite, web: WebServer
) -> None:
    """Elsewhere `/tags` signs for everybody, so there it vouches for nothing."""
    web.pages["/a"] = answer(plain(RED), PNG)
    query = [("cover", web.url("/a")), ("title", "x")]
    signature = KeyRing([KEY]).sign("/render/cover", query)
    url = card_url(web.url("/a"), more=f"&sig={signature}")
    settings: dict[str, Any] = {"signing_keys": [KEY], **PATIENT}
    site = await make_site(signing="required", **settings)
    write_card(site)
    assert is_near(shown(await site.get(url)), RED)
    assert (await site.get(card_url(web.url("/a")))).status == 403
    lax = await make_site(signing="off", **settings)
    assert is_near(shown(await lax.get(url)), PLACEHOLDER)


def test_a_command_takes_a_file(desk: Desk) -> None:
    """`-p cover=./me.jpg`: who types it may read it."""
    folder = desk.templates / "cover"
    folder.mkdir()
    (folder / "card.html").write_text(CARD)
    (folder / "card.toml").write_text(TOML)
    (desk.folder / "me.jpg").write_bytes(held(6))
    done = desk.run("render", "cover", "-p", "cover=./me.jpg", "-o", "x.png")
    assert done.returncode == 0, done.stderr
    with Image.open(desk.folder / "x.png") as picture:
        assert is_near(picture.convert("RGB").getpixel((250, 100)), RED, 25)  # type: ignore[arg-type]
