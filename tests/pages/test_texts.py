from __future__ import annotations

import json
from typing import Any

from htmlcard.links import parse_page, read_metadata
from htmlcard.pages.texts import MAX_CHARS, find_base, read_texts

URL = "https://www.blog.test/posts/fog?x=1"


def read(page: str) -> dict[str, tuple[str, ...]]:
    parts = parse_page(page.encode(), "text/html; charset=utf-8")
    return read_texts(parts, read_metadata(parts, URL))


def with_json_ld(document: Any) -> dict[str, tuple[str, ...]]:
    return read(f'<script type="application/ld+json">{json.dumps(document)}</script>')


def test_every_tag_and_every_value_has_its_name() -> None:
    texts = read(
        """<title> On
        fog </title><html lang=en-GB><meta property="og:title" content="Fog">
        <meta property="og:title" content=""><meta name="twitter:title" content="Fog, short">
        <meta property="article:section" content="Weather &amp; sea">
        <meta name="HTMLCARD:Cover" content="/c.png"><meta name="keywords" content="a, b">
        <meta property="og:image" content="cover.png">"""
    )
    assert texts["title"] == ("Fog",)
    assert texts["meta:og:title"] == ("Fog",)
    assert texts["meta:twitter:title"] == ("Fog, short",)
    assert texts["meta:article:section"] == ("Weather & sea",)
    assert texts["meta:htmlcard:cover"] == ("/c.png",)
    assert texts["meta:keywords"] == ("a, b",)
    assert texts["image"] == ("https://www.blog.test/posts/cover.png",)
    assert texts["host"] == ("blog.test",)
    assert "author" not in texts


def test_all_pictures_a_page_may_mean_are_kept_in_order() -> None:
    """Pages whose tags name their card have a picture of their own further down."""
    article = {"@type": "Article", "image": {"url": "https://c.test/3", "name": "Fog"}}
    texts = read(
        f"""<meta property="og:image" content="/render/x"><meta name="twitter:image" content="/2">
        <script type="application/ld+json">{json.dumps(article)}</script>
        <link rel="image_src" href="/4"><img src="5.png"><img src="6.png">"""
    )
    first = "https://www.blog.test/render/x"
    assert texts["image"] == (first, "/2", "https://c.test/3", "/4", "5.png")


def test_json_ld_is_named_by_its_path() -> None:
    """Prices and dates of shops and events are nowhere else."""
    texts = with_json_ld(
        {
            "@context": "https://schema.org",
            "@graph": [
                {"@type": "WebSite", "name": "Shop"},
                {
                    "@type": "Product",
                    "name": "Vase &amp; lid",
                    "sku": True,
                    "offers": [{"price": 68.5, "seller": {"name": "Nordlys"}}, {"price": "70"}],
                },
            ],
        }
    )
    assert texts["json-ld:name"] == ("Shop", "Vase & lid")
    assert texts["json-ld:offers.price"] == ("68.5", "70")
    assert texts["json-ld:offers.seller"] == ("Nordlys",)
    assert "json-ld:sku" not in texts


def test_a_page_of_anything_is_kept_within_bounds() -> None:
    """What is kept lies in memory and on the disk, for each page."""
    hostile = [
        with_json_ld([{f"k{i}": "x" * 9000} for i in range(500)]),
        with_json_ld(json.loads("[" * 90 + "{}" + "]" * 90)),
        with_json_ld([{}] * 50_000),
        with_json_ld({"a": {"b": {"c": {"d": {"e": "deep"}}}}}),
        read("".join(f'<meta name="n{i}" content="{"y" * 300}">' for i in range(5000))),
        read("".join(f'<meta name="same" content="z{i}">' for i in range(5000))),
    ]
    for texts in hostile:
        size = sum(len(name) + sum(map(len, found)) for name, found in texts.items())
        assert size <= MAX_CHARS
    assert "json-ld:a.b.c.d" not in hostile[3]
    assert len(hostile[5]["meta:same"]) == 8


def test_what_names_a_field_is_not_crowded_out() -> None:
    """However much else a page says, its author's own words for the card are kept."""
    crowd = "".join(f'<meta name="n{i}" content="{"y" * 300}">' for i in range(500))
    texts = read(f'{crowd}<meta name="htmlcard:title" content="Mine">')
    assert texts["meta:htmlcard:title"] == ("Mine",)


def test_addresses_are_relative_to_the_base() -> None:
    parts = parse_page(b'<base href="/media/">', "text/html")
    assert find_base(parts, URL) == "https://www.blog.test/media/"
    for base in (b"", b'<base href="javascript:1">'):
        assert find_base(parse_page(base, "text/html"), URL) == URL
