from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest

from htmlcard.card import Brand
from htmlcard.pages.filling import Filled, fill_fields
from htmlcard.pages.texts import Page
from htmlcard.pictures.freshness import Freshness
from htmlcard.templating.catalogue import Catalogue

TOML = """
[fields.title]
max_length = 20
sources = ["og:title", "title"]
[fields.day]
type = "date"
sources = ["published", "json-ld:startDate"]
[fields.price]
type = "number"
max = 100
sources = ["product:price:amount", "json-ld:offers.price"]
[fields.accent]
type = "color"
sources = ["meta:theme-color"]
[fields.mood]
type = "choice"
choices = ["calm", "loud"]
sources = ["article:tag"]
[fields.cover]
type = "image"
sources = ["og:image", "image"]
[fields.note]
"""


def fill(tmp_path: Path, texts: dict[str, str], given: Collection[str] = ()) -> Filled:
    """Fill the template above; a text may be several, with `|` between them."""
    folder = tmp_path / "t"
    folder.mkdir(exist_ok=True)
    (folder / "card.html").write_text("<p>{{ title }}{{ free }}")
    (folder / "card.toml").write_text(TOML)
    catalogue = Catalogue([tmp_path], Brand())
    named = {name: tuple(text.split("|")) for name, text in texts.items()}
    page = Page("https://a.test/p", "https://a.test/b/", named, Freshness(), 0.0)
    try:
        return fill_fields(catalogue.get_template("t"), given, page, _admit)
    finally:
        catalogue.close()


def _admit(url: str) -> str:
    if "/render/" in url:
        return ""
    if "evil" in url:
        raise ValueError("pictures of this host are not fetched")
    return url


def test_the_first_source_that_fits_is_taken(tmp_path: Path) -> None:
    """A date nobody can read or a mood there is not is passed over, not drawn as nothing."""
    filled = fill(
        tmp_path,
        {
            "meta:og:title": "\u200b|Fog",
            "title": "Other",
            "published": "Yesterday|2026-01-31T10:00:00Z",
            "meta:theme-color": "inherit",
            "meta:product:price:amount": "many",
            "json-ld:offers.price": "49.0",
            "meta:article:tag": "sea|calm",
        },
    )
    assert filled.values == {
        "title": "Fog",
        "day": "2026-01-31T10:00:00Z",
        "price": "49.0",
        "mood": "calm",
    }
    assert filled.warnings == ()


def test_what_the_query_gives_is_left_alone(tmp_path: Path) -> None:
    filled = fill(tmp_path, {"title": "Fog", "meta:og:image": "/c.png"}, given={"title"})
    assert filled.values == {"cover": "https://a.test/c.png"}


def test_a_field_is_filled_by_its_own_tag_first(tmp_path: Path) -> None:
    """Fields the page's vocabulary has no word for, too, and those without a manifest."""
    own = {
        "meta:htmlcard:title": "Mine",
        "meta:htmlcard:free": "Free",
        "meta:htmlcard:note": "Note",
    }
    filled = fill(tmp_path, {"meta:og:title": "Fog", **own})
    assert filled.values == {"title": "Mine", "free": "Free", "note": "Note"}


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("c.png", "https://a.test/b/c.png"),
        ("//cdn.test/c.png", "https://cdn.test/c.png"),
        ("data:image/png;base64,AA", None),
        ("file:///etc/passwd", None),
        ("javascript:alert(1)", None),
    ],
)
def test_pictures_are_found_where_the_page_means(
    tmp_path: Path, text: str, url: str | None
) -> None:
    """And those with no address of the web are passed over for the next source."""
    filled = fill(tmp_path, {"meta:og:image": text, "image": "https://a.test/next.png"})
    assert filled.values == {"cover": url or "https://a.test/next.png"}
    assert filled.pictures == set(filled.values.values())


def test_a_card_of_the_page_is_not_its_picture(tmp_path: Path) -> None:
    """Or the card would show itself; behind its own tag a page has its true pictures."""
    texts = {"meta:og:image": "/render/x?url=1", "image": "/render/x?url=1|/true.png"}
    assert fill(tmp_path, texts).values == {"cover": "https://a.test/true.png"}


def test_a_picture_that_may_not_be_fetched_is_told(tmp_path: Path) -> None:
    """The next best picture of a page may be anything: rather none, and the reason."""
    filled = fill(
        tmp_path, {"meta:og:image": "https://evil.test/c.png", "image": "https://a.test/x"}
    )
    assert filled.values == {}
    assert filled.pictures == frozenset()
    assert filled.warnings == ("cover: pictures of this host are not fetched, placeholder drawn",)
