from __future__ import annotations

import pytest

from htmlcard.templating.fields import Field, FieldType
from htmlcard.templating.manifest import parse_manifest
from htmlcard.templating.page_sources import PAGE_VALUES, sources_of


@pytest.mark.parametrize(
    "source",
    [
        *PAGE_VALUES,
        *("og:title", "article:section", "product:price:amount", "twitter:image:alt"),
        *("htmlcard:cover", "meta:keywords", "meta:dc.title", "meta:fediverse:creator"),
        *("json-ld:headline", "json-ld:offers.price", "json-ld:location.address.addressLocality"),
    ],
)
def test_what_a_page_can_give_may_be_a_source(source: str) -> None:
    manifest, mistakes = parse_manifest(f'[fields.x]\nsources = ["{source}"]\n', "card.toml")
    assert mistakes == []
    assert manifest.fields["x"].sources == (source,)


@pytest.mark.parametrize(
    ("source", "hint"),
    [
        ("titel", "did you mean title?"),
        ("ogg:title", "did you mean og:title?"),
        ("OG:Title", "did you mean og:title?"),
        ("json-ld:", ""),
        ("json-ld:a.b.c.d.e", ""),
        ("meta:", ""),
        ("", ""),
        ("h1", ""),
        ("x" * 5000, ""),
    ],
)
def test_a_source_that_gives_nothing_is_a_mistake(source: str, hint: str) -> None:
    """It would never fill in anything, and its author would look for the reason in the page."""
    text = f'title = "x"\n[fields.name]\ntype = "text"\nsources = ["title", "{source}"]\n'
    _, mistakes = parse_manifest(text, "t/card.toml")
    (mistake,) = mistakes
    assert str(mistake).startswith("t/card.toml:4: fields.name.sources: unknown source")
    assert hint in mistake.message
    assert len(mistake.message) < 500


def test_a_page_that_names_the_field_comes_first() -> None:
    """`<meta name="htmlcard:title">` is how a page says it to this field alone."""
    field = Field("Title", sources=("og:title", "meta:og:title", "title"))
    assert sources_of(field) == ("meta:htmlcard:title", *["meta:og:title"] * 2, "title")


def test_usual_names_need_no_sources() -> None:
    """A template without a manifest works from a page, too."""
    assert sources_of(Field("headline")) == ("meta:htmlcard:headline", "title")
    assert sources_of(Field("site"))[1:] == ("site_name", "host")
    assert sources_of(Field("cover", type=FieldType.IMAGE))[1:] == ("image",)
    # An address is no text to show, and a name no picture.
    assert sources_of(Field("cover"))[1:] == ()
    assert sources_of(Field("author", type=FieldType.IMAGE))[1:] == ()
