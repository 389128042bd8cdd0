"""`/tags`: what a site pastes into its pages."""

from __future__ import annotations

from html.parser import HTMLParser

from running import MakeSite, Site

QUERY = "title=Fish+%26+%22chips%22+%3Cb%3E&utm_source=x&must=1&title=second"


class Metas(HTMLParser):
    """Name and content of all meta tags, and whether anything else was there."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.others: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag != "meta":
            self.others.append(tag)
        self.found[given.get("property") or given["name"] or ""] = given["content"] or ""


async def test_tags_lead_to_the_card_they_describe(site: Site) -> None:
    """Type and size in the tags let Facebook show the picture at the very first share."""
    answer = await site.get(f"/tags/nonce.jpg?{QUERY}&size=square&scale=2")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    metas = Metas(answer.body.decode())
    assert metas.others == []
    tags = metas.found
    assert tags["og:image"] == tags["twitter:image"]
    assert tags["twitter:card"] == "summary_large_image"
    assert tags["og:image:alt"] == tags["twitter:image:alt"] == 'Fish & "chips" <b>'
    assert "utm_source" not in tags["og:image"]
    assert "second" not in tags["og:image"]
    assert tags["og:image"].startswith(str(site.client.make_url("/render/nonce.jpg?")))
    card = await site.get(tags["og:image"])
    assert card.fallback == ""
    assert card.headers["Content-Type"] == tags["og:image:type"]
    size = (int(tags["og:image:width"]), int(tags["og:image:height"]))
    assert card.picture.size == size == (800, 800)


async def test_tags_come_as_json_for_programs(site: Site) -> None:
    """Build tools put them into pages themselves."""
    page = Metas((await site.get(f"/tags/nonce?{QUERY}")).body.decode()).found
    answer = await site.get(f"/tags/nonce?{QUERY}", Accept="application/json")
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.headers["Vary"] == "Accept"
    assert answer.json == page
    browsers = "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8"
    assert (await site.get("/tags/nonce", Accept=browsers)).body.startswith(b"<meta")


async def test_a_public_url_makes_tags_absolute_and_secure(make_site: MakeSite) -> None:
    """Behind a proxy the service cannot know its own name; crawlers need it whole."""
    site = await make_site(public_url="https://cards.example/og/", chromium="/nonexistent")
    tags = (await site.get("/tags/nonce?title=x", Accept="application/json")).json
    assert tags["og:image"] == "https://cards.example/og/render/nonce?title=x"
    assert tags["og:image:secure_url"] == tags["og:image"]


async def test_a_hostile_host_header_stays_text(site: Site) -> None:
    """Host is the caller's text: it must not become markup in a page that a cache may keep."""
    answer = await site.get("/tags/nonce?title=x", Host='a"><script>alert(1)</script>')
    assert b"<script" not in answer.body


async def test_tags_know_a_field_however_its_accents_are_written(make_site: MakeSite) -> None:
    """A card shows it either way, so the tags must not drop it."""
    site = await make_site()
    site.write("accents.html", "<p>{{ größe }}</p>")
    answer = await site.get("/tags/accents?gro%CC%88%C3%9Fe=42", Accept="application/json")
    assert "gr%C3%B6%C3%9Fe=42" in answer.json["og:image"]
