"""The JSON of the contract: what the corpus does not label."""

from __future__ import annotations

import json

import pytest

from htmlcard.links import Metadata, parse_page, read_metadata

URL = "https://site.example/post"


def read(page: str) -> Metadata:
    return read_metadata(parse_page(page.encode(), "text/html; charset=utf-8"), URL)


def test_the_shape_is_the_contracts() -> None:
    """Programs read this: every key is there, on the emptiest page, in plain JSON."""
    found = read("").as_dict()
    assert json.loads(json.dumps(found)) == {
        **dict.fromkeys(("status", "title", "description", "image", "site_name", "type")),
        **dict.fromkeys(("lang", "author", "published", "oembed")),
        "url": URL,
        "final_url": URL,
        "favicon": "https://site.example/favicon.ico",
        "images": [],
        "sources": {},
        "og": {},
        "twitter": {},
        "json_ld": [],
        "warnings": [],
    }


def test_open_graph_is_kept_in_order_with_its_structure() -> None:
    """Properties belong to the picture before them; a second picture's width is not the first's."""
    found = read(
        """<meta property="og:image:width" content="9"><meta property="og:title" content="A">
        <meta property="og:image" content="/1.png"><meta property="og:image:alt" content="one">
        <meta property="og:image" content="/2.png"><meta property="og:image:width" content="640">
        <meta property="og:image:width" content="1"><meta property="og:image:height" content="6em">
        <meta property="og:locale:alternate" content="de"><meta name="og:title" content="B">
        <meta name="twitter:card" content="summary"><meta property="og:video" content="/v.mp4">"""
    )
    assert found.og == {
        "title": ["A", "B"],
        "locale:alternate": ["de"],
        "image": [
            {"url": "/1.png", "alt": "one"},
            {"url": "/2.png", "width": "640", "height": "6em"},
        ],
        "video": [{"url": "/v.mp4"}],
    }
    assert found.twitter == {"card": ["summary"]}
    assert found.image is not None
    assert (found.image.width, found.image.height) == (None, None)


def test_the_sides_are_those_of_the_picture_that_is_shown() -> None:
    """The first picture may be unusable, and its sides are then nobody's."""
    found = read(
        """<meta property="og:image" content="data:,"><meta property="og:image:width" content="1">
        <meta property="og:image" content="/2.png"><meta property="og:image:width" content="640">
        <meta property="og:image:type" content="image/png">"""
    )
    assert found.as_dict()["image"] == {
        "url": "https://site.example/2.png",
        "width": 640,
        "height": None,
        "type": "image/png",
        "bytes": None,
    }


def test_oembed_is_discovered() -> None:
    """Video pages name an address that answers with a player."""
    link = '<link rel="alternate" type="application/json+oembed" href="/o?u=1">'
    assert read(link).oembed == "https://site.example/o?u=1"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ('{"@type": "Article", "headline": }', "Expecting value"),
        ("NaN", "NaN is no JSON"),
        ("[" * 50_000, "nested too deeply"),
        ("[" * 300 + "]" * 300, "nested too deeply"),
    ],
)
def test_a_broken_script_costs_itself_and_is_told(script: str, reason: str) -> None:
    """Authors do not see that their JSON-LD is broken unless somebody says so."""
    fine = '<script type="application/ld+json">{"@type": "Article", "headline": "T"}</script>'
    found = read(f'<script type="application/ld+json">{script}</script>{fine}')
    assert (found.title, len(found.json_ld)) == ("T", 1)
    (warning,) = found.warnings
    assert reason in warning


def test_half_a_letter_in_json_is_no_letter() -> None:
    """A lone surrogate cannot be written anywhere: no answer, no terminal, no log."""
    page = r'{"@type": "Article", "headline": "a\ud83d b \ud83d\ude00 \\ud83d"}'
    found = read(f'<script type="application/ld+json">{page}</script>')
    assert found.title == "a\ufffd b \U0001f600 \\ud83d"
    json.dumps(found.as_dict(), ensure_ascii=False).encode()


def test_what_is_no_page_is_told() -> None:
    """A feed or a picture behind the link: nothing is guessed from it."""
    found = read_metadata(parse_page(b"<title>T</title>", "application/pdf"), URL)
    assert (found.title, found.favicon) == (None, None)
    assert "application/pdf" in found.warnings[0]


def test_an_address_that_is_none_is_refused() -> None:
    """Without it no relative address can be resolved."""
    with pytest.raises(ValueError, match="no http"):
        read_metadata(parse_page(b"", None), "/post")
