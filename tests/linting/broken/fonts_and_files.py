"""Letters no font has, fonts that are not there, files that do not load."""

from __future__ import annotations

from typing import Any

from htmlcard.card import Document

from ..scenery import inter, make_asset, make_card, photo

CARDS: dict[str, tuple[Document, frozenset[str]]] = {}
_NEWS = "<h1>Harbor news</h1>"


def _add(name: str, rules: str, css: str, body: str, **more: Any) -> None:
    page = f"body{{text-align:center}}{css}"
    CARDS[name] = (make_card(name, page, body, **more), frozenset(rules.split()))


_add("apple-logo", "missing-glyph", "", "<h1>\uf8ff Music</h1>")
_add("icon-without-its-font", "missing-glyph", "", "<h1>Harbor <span>\ue5cd</span></h1>")
_add(
    "font-file-is-not-there",
    "fallback-font failed-asset",
    "@font-face{font-family:Brand;src:url(brand.woff2)}h1{font-family:Brand,Inter}",
    _NEWS,
)
_add(
    "font-file-is-damaged",
    "fallback-font failed-asset",
    "@font-face{font-family:Brand;src:url(brand.woff2)}h1{font-family:Brand,serif}",
    _NEWS,
    assets={"brand.woff2": make_asset(inter().data[:900], "font/woff2")},
)
_add("name-misspelled", "fallback-font", "h1{font-family:Intr,Helvetica,sans-serif}", _NEWS)
_add("font-lacks-letters", "fallback-font", "", "<h1>Zażółć gęślą jaźń</h1>", lang="pl")
_add("picture-is-not-there", "failed-asset", "", f"{_NEWS}<img src=logo.png width=90 height=90>")
_add(
    "picture-is-damaged",
    "failed-asset",
    "",
    f"{_NEWS}<img src=logo.jpg width=90 height=90>",
    assets={"logo.jpg": make_asset(photo("dark").data[:40], "image/jpeg")},
)
_add(
    "picture-on-the-web", "failed-asset", "", f"{_NEWS}<img src='https://a.example/a.png' width=9>"
)
_add("background-is-not-there", "failed-asset", "body{background:url(sea.jpg)}", _NEWS)
_add("background-of-a-pseudo", "failed-asset", "h1::after{content:url(star.svg)}", _NEWS)
_add("stylesheet-is-not-there", "failed-asset", "", f"<link rel=stylesheet href=a.css>{_NEWS}")
_add("import-is-not-there", "failed-asset", "", f"<style>@import 'b.css';</style>{_NEWS}")
_add(
    "import-of-an-import",
    "failed-asset",
    "",
    f"<link rel=stylesheet href=a.css>{_NEWS}",
    assets={"a.css": make_asset("@import 'b.css';", "text/css")}
    | {"b.css": make_asset("@import 'c.css';p{color:red}", "text/css")},
)
