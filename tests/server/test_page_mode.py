"""Cards drawn from a page alone: from a true server on loopback into the card's pixels."""

from __future__ import annotations

import asyncio
import gzip
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import closing
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import pytest_asyncio
from desk import Desk
from incoming_pictures import BLUE, RED, plain
from PIL import Image
from running import Answer, MakeSite, Site, is_near, open_site, until
from web_server import Request, WebServer, answer, open_web_server

from htmlcard.card_request import read_lenient
from htmlcard.server.app import HOT_CARDS
from htmlcard.signatures import KeyRing
from htmlcard.telemetry.timings import Timings
from htmlcard.urls import encode_query, parse_target

#: The left half has the page's color, the right half its picture; gray where there is none.
CARD = """\
<!doctype html><title>post</title>
<style>
body { margin: 0; background: #808080 }
i, img { position: absolute; top: 0; left: 0; width: 600px; height: 630px; object-fit: cover }
i { background: {{ accent or "#808080" }} }
img { left: 600px }
h1 { position: absolute; left: 20px; top: 20px; font: 20px sans-serif }
</style>
<i></i>{% if cover %}<img src="{{ cover }}" alt="">{% endif %}
<h1>{{ title }} {{ date | format_date("%Y") if date else "" }}</h1>
"""
TOML = """\
[fields.title]
max_length = 40
[fields.date]
type = "date"
[fields.accent]
type = "color"
sources = ["meta:theme-color"]
[fields.cover]
type = "image"
"""
GRAY = (128, 128, 128)
COLORS = {"red": RED, "green": (0, 128, 0), "blue": (0, 0, 255)}
HTML = "text/html; charset=utf-8"
#: A busy machine must not turn pages into nothing.
PATIENT: dict[str, Any] = {"allow_private": True, "deadline_ms": 30_000, "image_wait_ms": 15_000}
KEY = "0123456789abcdef0123456789abcdef"


@pytest_asyncio.fixture(loop_scope="session")
async def web() -> AsyncIterator[WebServer]:
    async with open_web_server() as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def posts(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A service that reads pages of 127.0.0.1, for the tests of this file to share."""
    folder = tmp_path_factory.mktemp("posts")
    settings: dict[str, Any] = {"page_hosts": ["127.0.0.1"], "admin_token": "letmein", **PATIENT}
    async with open_site(folder, lanes=2, **settings) as opened:
        write_card(opened)
        yield opened


def write_card(site: Site) -> None:
    site.write("post/card.html", CARD)
    site.write("post/card.toml", TOML)


def post(
    title: str = "Fog", color: str = "red", cover: str = "", more: str = "", **headers: str
) -> bytes:
    """A page about that."""
    image = f'<meta property="og:image" content="{cover}">' if cover else ""
    head = f'<title>{title}</title><meta name="theme-color" content="{color}">{image}{more}'
    return answer(f"<!doctype html><head>{head}</head>".encode(), HTML, **headers)


def card_url(page: str, **fields: str) -> str:
    return f"/render/post?{urlencode({**fields, 'url': page}, quote_via=quote)}"


def shown(card: Answer) -> tuple[int, int, int]:
    """The page's color on the card."""
    assert card.status == 200
    assert not card.fallback
    return card.pixel(300, 400)


def max_age_s(card: Answer) -> int:
    return int(card.headers["Cache-Control"].split("max-age=")[1].split(",")[0])


async def test_a_page_fills_in_the_card(posts: Site, web: WebServer) -> None:
    """What page mode is for: the picture's tag is the same line on every page of a site."""
    web.pages["/a.png"] = answer(plain(BLUE), "image/png")
    web.pages["/1"] = post("Fog at sea", "green", "/a.png", Cache_Control="max-age=900")
    card = await posts.get(card_url(web.url("/1")))
    assert is_near(shown(card), COLORS["green"])
    assert is_near(card.pixel(900, 400), BLUE)
    assert "X-Htmlcard-Warnings" not in card.headers
    assert "page;dur=" in card.headers["Server-Timing"]
    assert 800 < max_age_s(card) <= 900
    again = await posts.get(card_url(web.url("/1?utm_source=mail#top")))
    assert (again.body, again.headers["Cache-Status"]) == (card.body, "htmlcard; hit")
    assert web.hits == {"/1": 1, "/a.png": 1}
    # What was read is the card's name, not where: it is the card of these words.
    spelled = "/render/post?" + urlencode({"title": "Fog at sea", "accent": "green", "cover": ""})
    no_cover = await posts.get(card_url(web.url("/1"), cover=""))
    assert (await posts.get(spelled)).headers["ETag"] == no_cover.headers["ETag"]


async def test_the_query_beats_the_page(posts: Site, web: WebServer) -> None:
    """An author may say it better than the page; and an empty value leaves something out."""
    web.pages["/1"] = post("Fog", "red", "/a.png", Cache_Control="max-age=900")
    card = await posts.get(card_url(web.url("/1"), accent="blue", cover=""))
    assert is_near(shown(card), COLORS["blue"])
    assert is_near(card.pixel(900, 400), GRAY)
    assert web.hits["/a.png"] == 0


async def test_values_of_a_page_are_judged_like_others(posts: Site, web: WebServer) -> None:
    """Too long is cut, what is no color or date is none: a page is a stranger's text, too."""
    long = "x" * 60
    more = '<meta property="article:published_time" content="Friday 13th, 2026">'
    web.pages["/1"] = post(long, "expression(alert(1))", more=more)
    card = await posts.get(card_url(web.url("/1")))
    assert is_near(shown(card), GRAY)
    assert card.headers["X-Htmlcard-Warnings"] == "title: longer than 40 characters, cut"
    cut = await posts.get("/render/post?title=" + long)
    assert cut.headers["ETag"] == card.headers["ETag"]


async def test_pages_of_other_hosts_are_not_read(posts: Site, web: WebServer) -> None:
    """And it is the card as if no page were named, so that strangers cannot make new ones."""
    web.pages["/1"] = post()
    bare = await posts.get("/render/post?title=x")
    others = (web.url("/1").replace("127.0.0.1", "localhost"), "file:///etc/passwd", "//x/y", "1")
    for page in others:
        card = await posts.get(card_url(page, title="x"))
        assert (card.body, card.headers["ETag"]) == (bare.body, bare.headers["ETag"])
        assert card.headers["X-Htmlcard-Warnings"].startswith("url: ")
        assert card.headers["X-Htmlcard-Warnings"].endswith("card drawn without it")
        assert card.headers["Cache-Control"] == "public, max-age=60"
    assert not web.hits
    assert "X-Htmlcard-Warnings" not in (await posts.get("/render/post?title=x&url=")).headers


async def test_pictures_of_a_page_are_of_its_own_host(posts: Site, web: WebServer) -> None:
    """Or of HTMLCARD_IMAGE_HOSTS: a page's author may not have us fetch from anywhere."""
    other = web.url("/a.png").replace("127.0.0.1", "localhost")
    web.pages |= {"/1": post("Fog", "red", other), "/a.png": answer(plain(BLUE), "image/png")}
    card = await posts.get(card_url(web.url("/1")))
    assert is_near(shown(card), COLORS["red"])
    assert is_near(card.pixel(900, 400), GRAY)
    told = "cover: pictures of this host are not fetched, placeholder drawn"
    assert card.headers["X-Htmlcard-Warnings"] == told
    # The page vouches for what it names, not for what the query does.
    by_hand = await posts.get(card_url(web.url("/1"), cover=web.url("/a.png")))
    assert by_hand.headers["X-Htmlcard-Warnings"] == told
    assert web.hits["/a.png"] == 0


async def test_a_page_names_its_own_card_as_its_picture(posts: Site, web: WebServer) -> None:
    """As every page in page mode does. The card shows a picture of the page, never itself."""
    page = web.url("/self")
    card = posts.client.make_url(card_url(page)).with_host("127.0.0.1")
    web.pages |= {
        "/a.png": answer(plain(BLUE), "image/png"),
        "/self": post("Fog", "red", str(card).replace("&", "&amp;"), '<body><img src="/a.png">'),
    }
    drawn = await posts.get(card_url(page))
    assert is_near(shown(drawn), COLORS["red"])
    assert is_near(drawn.pixel(900, 400), BLUE)


async def test_a_changed_page_is_another_card(
    posts: Site, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the old one is no longer fresh, nobody gets the old card, its tag, or a mixture."""
    monkeypatch.setattr("htmlcard.pages.shelf.MIN_FRESH_S", 0.3)
    monkeypatch.setattr("htmlcard.pages.shelf.STALE_S", 0.0)
    monkeypatch.setattr("htmlcard.pictures.freshness.MIN_FRESH_S", 0.3)
    url = card_url(web.url("/changing"))
    tags: dict[str, bytes] = {}
    for color in ("red", "blue", "green", "red"):
        web.pages["/changing"] = post("Fog", color, Cache_Control="no-cache")
        await asyncio.sleep(0.4)
        for _ in range(3):
            card = await posts.get(url)
            assert is_near(shown(card), COLORS[color])
            assert tags.setdefault(card.headers["ETag"], card.body) == card.body
            assert max_age_s(card) == 60
        for tag in tags:
            told = await posts.get(url, If_None_Match=tag)
            assert told.status == (304 if tag == card.headers["ETag"] else 200)
            assert max_age_s(told) == 60
    assert len(tags) == 3


async def test_a_new_version_shows_the_page_as_it_is(posts: Site, web: WebServer) -> None:
    """Its card is kept for a year, so it must not be of the page before the edit."""
    web.pages["/1"] = post("Fog", "red", Cache_Control="max-age=86400")
    assert is_near(shown(await posts.get(card_url(web.url("/1"), v="1"))), COLORS["red"])
    web.pages["/1"] = post("Fog", "blue", Cache_Control="max-age=86400")
    card = await posts.get(card_url(web.url("/1"), v="2"))
    assert is_near(shown(card), COLORS["blue"])
    assert "immutable" in card.headers["Cache-Control"]
    assert web.hits["/1"] == 2


async def test_a_page_that_is_down_keeps_its_card(
    make_site: MakeSite, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it is down, and after a restart meanwhile: what is on the disk is the page's."""
    monkeypatch.setattr("htmlcard.pages.shelf.MIN_FRESH_S", 0.0)
    monkeypatch.setattr("htmlcard.pictures.freshness.MIN_FRESH_S", 0.0)
    monkeypatch.setattr("htmlcard.pages.shelf.STALE_S", 0.0)
    settings: dict[str, Any] = {"page_hosts": ["127.0.0.1"], **PATIENT}
    site = await make_site(**settings)
    write_card(site)
    web.pages["/1"] = post("Fog", "blue", Cache_Control="no-cache")
    url = card_url(web.url("/1"))
    good = await site.get(url)
    database = site.service.settings.cache_dir / "pages" / "cache.db"

    async def is_on_disk() -> bool:
        with closing(sqlite3.connect(database)) as connection:
            return connection.execute("SELECT COUNT(*) FROM Cache").fetchone() == (1,)

    await until(is_on_disk)
    web.pages["/1"] = answer(b"<title>Sorry</title>", HTML, status=503)
    down = await site.get(url)
    restarted = await make_site(**settings)
    for card in (down, await restarted.get(url)):
        assert is_near(shown(card), COLORS["blue"])
        assert card.headers["ETag"] == good.headers["ETag"]
        told = "url: its server answers 503, older values used"
        assert card.headers["X-Htmlcard-Warnings"] == told
        assert card.headers["Cache-Control"] == "public, max-age=60"


async def test_a_slow_page_costs_no_card(
    posts: Site, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The card comes in time without it, is kept by nobody, and is right the next time."""
    go = asyncio.Event()

    async def late(_: Request) -> bytes:
        await go.wait()
        return post("Fog", "green")

    web.pages["/slow"] = late
    monkeypatch.setattr(posts.service.pages, "_wait_s", 0.1)
    url = card_url(web.url("/slow"), v="1")
    early = await posts.get(url)
    assert is_near(shown(early), GRAY)
    assert early.headers["Cache-Control"] == "public, max-age=60"
    assert early.headers["X-Htmlcard-Warnings"].startswith("url: it is not here yet")
    go.set()

    async def is_there() -> bool:
        return is_near(shown(await posts.get(url)), COLORS["green"])

    await until(is_there)
    assert "immutable" in (await posts.get(url)).headers["Cache-Control"]
    assert web.hits["/slow"] == 1


async def test_one_reading_for_a_hundred_crawlers(posts: Site, web: WebServer) -> None:
    async def slow(_: Request) -> bytes:
        await asyncio.sleep(0.2)
        return post("Crowd", "blue")

    web.pages["/crowd"] = slow
    url = card_url(web.url("/crowd"))
    cards = await asyncio.gather(*(posts.get(url) for _ in range(100)))
    assert {card.headers["ETag"] for card in cards} == {cards[0].headers["ETag"]}
    assert is_near(shown(cards[0]), COLORS["blue"])
    assert web.hits["/crowd"] == 1


async def test_many_pages_at_once_fill_each_their_own_card(posts: Site, web: WebServer) -> None:
    """The worst there is: one post under another's title."""
    colors = {f"/{number}": (number * 12, 255 - number * 10, 99) for number in range(16)}
    for path, rgb in colors.items():
        web.pages[path] = post(path, "#{:02x}{:02x}{:02x}".format(*rgb))

    async def check(path: str) -> None:
        assert is_near(shown(await posts.get(card_url(web.url(path)))), colors[path]), path

    await asyncio.gather(*(check(path) for path in [*colors, *colors]))


async def test_a_hostile_page_leaves_a_card(posts: Site, web: WebServer) -> None:
    """Whatever a page is, the answer is a picture, and it is there in time."""
    bomb = gzip.compress(b"<title>Bomb</title>" + b"\0" * 50_000_000)
    web.pages |= {
        "/bomb": answer(bomb, HTML, Content_Encoding="gzip"),
        "/lie": answer(b"x", HTML, Content_Encoding="gzip"),
        "/json": answer(b"{}", "application/json"),
        "/markup": post(
            "&lt;/h1&gt;&lt;script&gt;for(;;);&lt;/script&gt;{{ 7*7 }}\u202e\x00", "red"
        ),
        "/utf16": answer("<title>Nebel</title>".encode("utf-16"), "text/html"),
        "/status": answer(b"no", HTML, status=418),
    }
    for path in ("/bomb", "/lie", "/json", "/markup", "/utf16", "/status", "/none"):
        card = await posts.get(card_url(web.url(path)))
        assert card.status == 200
        assert not card.fallback
        assert card.picture.size == (1200, 630)


async def test_a_private_address_is_no_page(make_site: MakeSite, web: WebServer) -> None:
    """The list says whose pages are trusted, not that our network may be entered."""
    site = await make_site(
        page_hosts=["127.0.0.1", "localhost"],
        fetch_ports=[web.port],
        deadline_ms=15_000,
        chromium="/nonexistent",  # Nothing is to be seen here.
    )
    write_card(site)
    for host in ("127.0.0.1", "localhost"):
        card = await site.get(card_url(f"http://{host}:{web.port}/1"))
        assert card.status == 200
        assert "not an address htmlcard fetches from" in card.headers["X-Htmlcard-Warnings"]
    assert not web.hits


async def test_signed_urls_cover_the_page_but_not_its_words(
    make_site: MakeSite, web: WebServer
) -> None:
    """Nobody has a card made of a page that was not signed; and a signed one follows the page."""
    web.pages |= {"/1": post("Fog", "blue", Cache_Control="max-age=900"), "/2": post()}
    site = await make_site(
        signing="required", signing_keys=[KEY], page_hosts=["127.0.0.1"], api_token="t", **PATIENT
    )
    write_card(site)
    query = [("url", web.url("/1"))]
    signed = [*query, ("sig", KeyRing([KEY]).sign("/render/post", query))]
    card = await site.get(f"/render/post?{encode_query(signed)}")
    assert is_near(shown(card), COLORS["blue"])
    assert "immutable" not in card.headers["Cache-Control"]
    assert max_age_s(card) <= 900
    other = [(name, value.replace("/1", "/2")) for name, value in signed]
    assert (await site.get(f"/render/post?{encode_query(other)}")).status == 403
    assert (await site.get(card_url(web.url("/2")))).status == 403
    assert web.hits == {"/1": 1}
    web.pages["/3"] = post("Fog", "blue", "/a.png", Cache_Control="max-age=900")
    web.pages["/a.png"] = answer(plain(BLUE), "image/png", Cache_Control="max-age=60")
    query = [("url", web.url("/3")), ("exp", str(int(time.time()) + 3600))]
    query += [("sig", KeyRing([KEY]).sign("/render/post", query))]
    card = await site.get(f"/render/post?{encode_query(query)}")
    assert is_near(shown(card), COLORS["blue"])
    assert max_age_s(card) <= 60, "its picture is good for no longer"


async def test_tags_keep_the_page_and_tell_its_title(posts: Site, web: WebServer) -> None:
    web.pages["/1"] = post("Fog &amp; sea", "blue")
    page = web.url("/1?id=7&b=ü")
    web.pages["/1?id=7&b=%C3%BC"] = web.pages["/1"]
    url = f"/tags/post?{urlencode({'url': page})}"
    tags = (await posts.get(url, Accept="application/json")).json
    assert tags["og:image:alt"] == "Fog & sea"
    assert quote(page, safe="") in tags["og:image"]
    assert is_near(shown(await posts.get(tags["og:image"])), COLORS["blue"])


async def test_purging_a_card_has_its_page_read_anew(posts: Site, web: WebServer) -> None:
    """The way out for who has mended a title and cannot wait."""
    web.pages["/1"] = post("Fog", "red", Cache_Control="max-age=86400")
    url = card_url(web.url("/1"))
    await posts.get(url)
    web.pages["/1"] = post("Fog", "green", Cache_Control="max-age=86400")
    assert is_near(shown(await posts.get(url)), COLORS["red"])
    bearer = {"Authorization": "Bearer letmein"}
    body = {"url": f"https://cards.test{url}"}
    purged = await posts.ask("POST", "/purge", json=body, headers=bearer)
    assert purged.json == {"removed": 1, "complete": True}
    assert is_near(shown(await posts.get(url)), COLORS["green"])
    web.pages["/1"] = post("Fog", "blue", Cache_Control="max-age=86400")
    await posts.ask("POST", "/purge", json={"all": True}, headers=bearer)
    assert is_near(shown(await posts.get(url)), COLORS["blue"])


async def test_posted_cards_have_no_page(posts: Site, web: WebServer) -> None:
    """A program that expects one hears that there is none, before it ships blank cards."""
    refused = await posts.ask("POST", card_url(web.url("/1")), json={"title": "x"})
    assert refused.status == 422
    assert refused.json["errors"][0]["field"] == "url"


async def test_reading_a_page_counts_like_a_card(make_site: MakeSite, web: WebServer) -> None:
    """Or strangers could have us ask a blog for ever new addresses; what is known stays free."""
    web.pages |= {f"/{number}": post(f"n{number}", "red") for number in range(3)}
    site = await make_site(page_hosts=["127.0.0.1"], rate_limit="4/hour", **PATIENT)
    write_card(site)
    for number in (0, 1):
        assert (await site.get(card_url(web.url(f"/{number}")))).status == 200
    refused = await site.get(card_url(web.url("/2")))
    assert (refused.status, web.hits["/2"]) == (429, 0)
    assert (await site.get(card_url(web.url("/1")))).status == 200
    assert await site.metric("htmlcard_requests_total", result="limited") == 1


async def test_no_card_of_a_page_is_answered_past_its_freshness(
    posts: Site, web: WebServer
) -> None:
    """Answers past aiohttp know no page: a card that was fresh once would be so for ever."""
    web.pages["/1"] = post("Fog", "red", Cache_Control="max-age=86400")
    hot = posts.client.app[HOT_CARDS]
    before = len(hot)
    for page in (web.url("/1"), "https://other.test/"):
        for _ in range(3):
            await posts.get(card_url(page))
    assert len(hot) == before
    for _ in range(3):
        await posts.get("/render/post?title=hot")
    assert len(hot) == before + 1


async def test_a_command_reads_any_page(desk: Desk, web: WebServer) -> None:
    """`--url` without any setting: who types it may read it."""
    folder = desk.templates / "post"
    folder.mkdir()
    (folder / "card.html").write_text(CARD)
    (folder / "card.toml").write_text(TOML)
    web.pages |= {"/1": post("Fog", "green", "/a.png"), "/a.png": answer(plain(BLUE), "image/png")}
    arguments = ("render", "post", "--url", web.url("/1"), "--allow-private", "-o", "x.png")
    done = await asyncio.to_thread(desk.run, *arguments)
    assert done.returncode == 0, done.stderr
    with Image.open(desk.folder / "x.png") as picture:
        colors = [picture.convert("RGB").getpixel((x, 400)) for x in (300, 900)]
    assert is_near(colors[0], COLORS["green"])  # type: ignore[arg-type]
    assert is_near(colors[1], BLUE)  # type: ignore[arg-type]


async def test_waiting_for_the_page_is_part_of_the_deadline(posts: Site) -> None:
    """A crawler counts from its request: a page that took all the time leaves a fallback."""
    template = posts.service.catalogue.get_template("post")
    card, _, _ = read_lenient(template, parse_target("post"), [("title", "never drawn")])
    timings = Timings()
    timings.stages["page"] = PATIENT["deadline_ms"] / 1000
    rendered = await posts.service.renderer.render(card, timings)
    assert rendered.fallback is not None
    assert rendered.fallback.reason == "deadline"
