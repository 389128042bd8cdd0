"""Texts that are cut off, stand on each other, or where platforms crop."""

from __future__ import annotations

from typing import Any

from htmlcard.card import Document

from ..scenery import PORTRAIT, SQUARE, make_card

_LONG = "The lighthouse keeper’s guide to fog, gales and growing tomatoes by the sea"
_THAI = "ที่นี่มีผู้ใหญ่ชื่อปู่ตู่อยู่"

CARDS: dict[str, tuple[Document, frozenset[str]]] = {}


def _add(name: str, rule: str, css: str, body: str, **more: Any) -> None:
    CARDS[name] = (make_card(name, css, body, **more), frozenset((rule,)))


_add(
    "third-line-cut-in-half",
    "clipped-text",
    "h1{height:230px;overflow:hidden}",
    f"<h1>{_LONG}</h1>",
)
_add(
    "one-line-without-ellipsis",
    "clipped-text",
    "h1{white-space:nowrap;overflow:hidden}",
    f"<h1>{_LONG}</h1>",
)
_add("title-leaves-the-card", "clipped-text", "h1{white-space:nowrap}", f"<h1>{_LONG}</h1>")
_add(
    "descenders-cut",
    "clipped-text",
    "h1{line-height:.72;overflow:hidden;font-size:110px}",
    "<h1>Jumpy gypsy</h1>",
)
_add(
    "sinks-below-the-edge",
    "clipped-text",
    "p{position:absolute;left:400px;top:600px}",
    "<h1>Harbor news</h1><p>Sold out until spring</p>",
)
_add(
    "corner-of-a-pill",
    "clipped-text",
    "p{display:inline-block;overflow:hidden;border-radius:60px;background:#dde;font-size:64px;"
    "line-height:70px;text-indent:-14px}",
    "<p>Engineering notes</p>",
)
_add(
    "clip-path-through-words",
    "clipped-text",
    "h1{clip-path:polygon(0 0,100% 0,100% 55%,0 70%)}",
    "<h1>Slanted edges are<br>in fashion again</h1>",
)
_add(
    "arabic-cut-at-its-end",
    "clipped-text",
    "h1{white-space:nowrap;width:700px;overflow:hidden}",
    "<h1>دليل حارس المنارة إلى الضباب والعواصف وزراعة الطماطم</h1>",
    lang="ar",
    direction="rtl",
)
_add(
    "clamp-in-too-low-a-box",
    "clipped-text",
    "h1{display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:3;overflow:hidden;"
    "height:132px}",
    f"<h1>{_LONG}</h1>",
)
_add(
    "thai-marks-cut",
    "clipped-text",
    "h1{overflow:hidden;line-height:.8;font-size:96px}",
    f"<h1>{_THAI}</h1>",
    lang="th",
)
_add(
    "flex-item-squeezed",
    "clipped-text",
    "main{display:flex;flex-direction:column;height:200px}h1{min-height:0;overflow:hidden}",
    f"<main><h1>{_LONG}</h1><p style='flex:none'>A footer that needs its room</p></main>",
    scale=2,
)
_add(
    "script-writes-too-much",
    "clipped-text",
    "h1{height:120px;overflow:hidden}",
    f"<h1></h1><script>document.querySelector('h1').textContent = {_LONG!r}</script>",
    scripts=True,
)
_add(
    "two-at-one-place",
    "overlapping-text",
    "h1,p{position:absolute;left:200px;top:200px}",
    "<h1>Harbor news</h1><p>Every Friday at noon</p>",
)
_add(
    "lines-on-lines",
    "overlapping-text",
    "h1{line-height:.45}",
    f"<h1>{_LONG}</h1>",
)
_add(
    "title-grows-into-header",
    "overlapping-text",
    "header{font-size:40px}h1{position:absolute;bottom:190px;left:72px;right:72px;font-size:100px}",
    f"<header>Harbor news, the weekly of the north coast</header><h1>{_LONG} and more</h1>",
)
_add(
    "subtitle-pulled-up",
    "overlapping-text",
    "p{margin-top:-48px}",
    "<h1>Growing tomatoes</h1><p>A guide for keepers</p>",
)
_add(
    "slanted-stamp-on-the-title",
    "overlapping-text",
    "p{position:absolute;left:300px;top:90px;font-size:64px;transform:rotate(-12deg);color:#b00}",
    "<h1>Growing tomatoes by the sea</h1><p>Sold out</p>",
)
_add(
    "close-to-the-top",
    "safe-zone",
    "p{position:absolute;top:4px;left:400px}",
    "<h1>Harbor news</h1><p>Friday edition</p>",
)
_add(
    "under-the-label-of-x",
    "safe-zone",
    "p{position:absolute;left:40px;bottom:40px;font-size:32px}",
    "<h1>Harbor news</h1><p>harbor.ex</p>",
)
_add(
    "headline-far-from-the-middle",
    "safe-zone",
    "h1{margin-left:740px;width:330px;font-size:60px}",
    "<h1>News from the north coast</h1>",
)
_add(
    "in-the-corner-of-a-square",
    "safe-zone",
    "p{position:absolute;right:6px;top:400px}",
    "<h1>Harbor news</h1><p>No. 14</p>",
    size=SQUARE,
)
_add(
    "bottom-of-a-portrait",
    "safe-zone",
    "p{position:absolute;bottom:0;left:300px;line-height:1}",
    "<h1>Harbor news</h1><p>No. 14</p>",
    size=PORTRAIT,
)
