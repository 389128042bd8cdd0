"""The example blog, read the way crawlers read it: page, tags, picture.

Pages come from a file server, pictures from the real service.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from running import Answer, Site

BLOG = Path(__file__).parents[2] / "examples" / "blog"
PAGES = sorted(path.name for path in BLOG.glob("*.html"))

#: As their operators write them.
CRAWLERS = (
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Twitterbot/1.0",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "WhatsApp/2.23.20.0",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
)
#: Slack reads no further for tags.
HEAD_BYTES = 32 * 1024
#: Above it some messengers show no picture.
MAX_BYTES = 300_000


class MetaTags(HTMLParser):
    """The `<meta>` tags of a page by name or property; the first of repeated ones wins."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("property") or given.get("name")
        if tag == "meta" and name:
            self.found.setdefault(name, given.get("content") or "")


Blog = TestClient[web.Request, web.Application]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def blog() -> AsyncIterator[Blog]:
    app = web.Application()
    app.router.add_static("/", BLOG)
    async with TestClient(TestServer(app)) as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def ready(site: Site) -> None:
    """A machine under load may start its browsers slowly; until then fallbacks are right."""
    async with asyncio.timeout(60):
        while (await site.get("/readyz")).status != 200:  # noqa: ASYNC110 - it is told by HTTP alone
            await asyncio.sleep(0.1)


async def read_tags(blog: Blog, page: str, crawler: str) -> dict[str, str]:
    response = await blog.get(f"/{page}", headers={"User-Agent": crawler})
    assert response.status == 200
    parser = MetaTags()
    parser.feed((await response.read())[:HEAD_BYTES].decode("utf-8", "ignore"))
    return parser.found


def check_picture(answer: Answer, tags: dict[str, str]) -> None:
    assert answer.status == 200
    assert not answer.fallback
    assert answer.headers["Content-Type"] == tags["og:image:type"]
    assert 0 < int(answer.headers["Content-Length"]) <= MAX_BYTES
    assert answer.headers["Content-Disposition"].startswith("inline")


def path_of(url: str) -> str:
    """The part of a picture's URL that the service sees, wherever the tags say it runs."""
    parts = urlsplit(url)
    assert f"{parts.scheme}://{parts.netloc}" == "http://127.0.0.1:8080"
    return f"{parts.path}?{parts.query}"


@pytest.mark.browser
@pytest.mark.parametrize("page", PAGES)
async def test_every_crawler_gets_the_card_cold_and_warm(site: Site, blog: Blog, page: str) -> None:
    """The examples are copied: a page whose picture one crawler would refuse teaches a mistake."""
    deadline_ms = site.service.settings.deadline_ms
    for crawler in CRAWLERS:
        tags = await read_tags(blog, page, crawler)
        # A version of its own for each crawler, so that each one's first ask is a cold one.
        path = path_of(tags["og:image"]).replace("v=1", f"v={CRAWLERS.index(crawler)}.{page}")
        for cache_status in ("fwd=miss; stored", "hit"):
            answer = await site.ask(
                "GET", path, allow_redirects=False, headers={"User-Agent": crawler}
            )
            check_picture(answer, tags)
            assert answer.headers["Cache-Status"] == f"htmlcard; {cache_status}"
            assert "immutable" in answer.headers["Cache-Control"]
            stated = (int(tags["og:image:width"]), int(tags["og:image:height"]))
            assert answer.picture.size == stated == (1200, 630)
            assert len(answer.body) == int(answer.headers["Content-Length"])
            total = answer.headers["Server-Timing"].rpartition("total;dur=")[2]
            assert float(total) < deadline_ms
        head = await site.ask("HEAD", path, allow_redirects=False, headers={"User-Agent": crawler})
        check_picture(head, tags)
        assert head.body == b""
        assert head.headers["ETag"] == answer.headers["ETag"]


@pytest.mark.browser
@pytest.mark.parametrize("page", PAGES)
async def test_a_head_that_comes_first_is_answered_like_a_get(
    site: Site, blog: Blog, page: str
) -> None:
    """Some crawlers ask for the size before anything was drawn, and trust the answer."""
    tags = await read_tags(blog, page, CRAWLERS[0])
    path = path_of(tags["og:image"]).replace("v=1", f"v=head.{page}")
    head = await site.ask("HEAD", path, allow_redirects=False)
    check_picture(head, tags)
    answer = await site.get(path)
    assert len(answer.body) == int(head.headers["Content-Length"])


@pytest.mark.parametrize("page", PAGES)
async def test_the_tags_say_all_that_crawlers_ask_for(blog: Blog, page: str) -> None:
    """Facebook shows no picture on the first share without its size; X takes no og:image:alt."""
    tags = await read_tags(blog, page, CRAWLERS[0])
    wanted = {"og:title", "og:description", "og:url", "og:type", "og:image", "og:image:type"}
    wanted |= {"og:image:width", "og:image:height", "og:image:alt", "twitter:card"}
    wanted |= {"twitter:image", "twitter:image:alt"}
    assert {name for name in wanted if not tags.get(name)} == set()
    assert tags["og:image"] == tags["twitter:image"]
    assert tags["twitter:card"] == "summary_large_image"
    assert urlsplit(tags["og:url"]).path.removeprefix("/") in (page, "")


@pytest.mark.parametrize("page", PAGES)
async def test_the_fields_in_the_urls_are_used(site: Site, blog: Blog, page: str) -> None:
    """A misspelled field is ignored in silence by crawlers; here it must not be."""
    tags = await read_tags(blog, page, CRAWLERS[0])
    answer = await site.get(path_of(tags["og:image"]))
    assert "X-Htmlcard-Warnings" not in answer.headers
    known = set(site.service.catalogue.get_template(_template(tags)).fields) | {"v", "lang"}
    assert {name for name, _ in _query(tags)} <= known


def _template(tags: dict[str, str]) -> str:
    return urlsplit(tags["og:image"]).path.rpartition("/")[2].partition(".")[0]


def _query(tags: dict[str, str]) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(tags["og:image"]).query, strict_parsing=True)
