"""Texts that are there and cannot be read."""

from __future__ import annotations

from typing import Any

from htmlcard.card import Document

from ..scenery import PORTRAIT, make_card, photo

_LONG = "The lighthouse keeper’s guide to fog and gales by the sea"
_DARK = "body{background:#16181d;color:#fff}"
_PHOTO = "body{background:url(photo.jpg) 0 0/100% 100%}"

CARDS: dict[str, tuple[Document, frozenset[str]]] = {}


def _add(name: str, rule: str, css: str, body: str, **more: Any) -> None:
    page = f"body{{text-align:center}}{css}"
    CARDS[name] = (make_card(name, page, body, **more), frozenset((rule,)))


_add(
    "box-in-front",
    "covered-text",
    "i{position:absolute;left:72px;top:60px;width:420px;height:120px;background:#246}",
    f"<h1>{_LONG}</h1><i></i>",
)
_add(
    "picture-over-half",
    "covered-text",
    "img{position:absolute;left:560px;top:0;width:640px;height:630px}",
    f"<h1>{_LONG}</h1><img src=photo.jpg>",
    assets={"photo.jpg": photo("bright")},
)
_add(
    "ribbon-over-the-end",
    "covered-text",
    "h1{position:relative}h1::after{content:'';position:absolute;right:0;top:0;width:260px;"
    "height:100%;background:#c24}",
    "<h1>Growing tomatoes by the sea</h1>",
)
_add(
    "drawing-over-the-title",
    "covered-text",
    "svg{position:absolute;left:0;top:0}",
    f"<h1>{_LONG}</h1><svg width=1200 height=630><circle cx=300 cy=160 r=130 fill='#fc3'/></svg>",
)
_add("gray-on-white", "low-contrast", "p{color:#9ca3af}", "<h1>Harbor</h1><p>Every Friday</p>")
_add("white-on-yellow", "low-contrast", "body{background:#fde047;color:#fff}", "<h1>Summer</h1>")
_add(
    "white-on-a-bright-photo",
    "low-contrast",
    f"{_PHOTO}body{{color:#fff}}",
    "<h1>Harbor news</h1>",
    assets={"photo.jpg": photo("bright")},
)
_add(
    "into-the-light-of-a-photo",
    "low-contrast",
    f"{_PHOTO}body{{color:#fff}}h1{{font-size:90px;white-space:nowrap}}",
    "<h1>Harbor news of Friday</h1>",
    assets={"photo.jpg": photo("split")},
)
_add(
    "gradient-behind-runs-out",
    "low-contrast",
    "body{background:linear-gradient(90deg,#123,#eef 80%);color:#fff}h1{white-space:nowrap}",
    "<h1>Growing tomatoes by sea</h1>",
)
_add("see-through", "low-contrast", "p{opacity:.35}", "<h1>Harbor</h1><p>Every Friday</p>")
_add("its-own-background", "low-contrast", f"{_DARK}h1{{color:#16181d}}", "<h1>Harbor</h1>")
_add(
    "gradient-text-fades-out",
    "low-contrast",
    "h1{background:linear-gradient(90deg,#135,#fff);background-clip:text;color:transparent;"
    "width:max-content}",
    "<h1>Growing tomatoes</h1>",
)
_add(
    "pale-outline",
    "low-contrast",
    "h1{color:transparent;-webkit-text-stroke:3px #e2e5ea;font-size:140px}",
    "<h1>OUTLINE</h1>",
)
_add(
    "dark-on-dark",
    "low-contrast",
    f"{_DARK}p{{color:#4b5563}}",
    "<h1>Harbor</h1><p>Every Friday</p>",
)
_add(
    "one-pale-word",
    "low-contrast",
    "b{color:#93c5fd}",
    "<h1>Growing <b>tomatoes</b> by the sea</h1>",
)
_add(
    "veil-over-the-text",
    "low-contrast",
    "i{position:absolute;inset:0;background:#fffc}",
    f"<h1>{_LONG}</h1><i></i>",
)
_add("fine-print", "small-text", "p{font-size:17px}", "<h1>Harbor</h1><p>All rights reserved</p>")
_add(
    "scaled-down",
    "small-text",
    "p{transform:scale(.4)}",
    "<h1>Harbor</h1><p>Every Friday at noon</p>",
)
_add(
    "fine-print-of-a-portrait",
    "small-text",
    "p{font-size:16px}",
    "<h1>Harbor</h1><p>All rights reserved</p>",
    size=PORTRAIT,
)
_add(
    "words-in-a-small-drawing",
    "small-text",
    "text{font-size:30px}",
    "<h1>Harbor</h1><svg width=500 viewBox='0 0 1000 300'><text x=300 y=150>Friday</text></svg>",
)
