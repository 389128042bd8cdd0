"""The usual kinds of card, in their own layouts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from htmlcard.card import DEFAULT_SIZE, Size

from ..scenery import PORTRAIT, SQUARE
from .contents import Content


@dataclass(frozen=True)
class Design:
    """`build` answers the CSS and the body of a card for a content."""

    build: Callable[[Content], tuple[str, str]]
    size: Size = DEFAULT_SIZE
    scale: int = 1
    scripts: bool = False


def _article(c: Content) -> tuple[str, str]:
    css = (
        "body{display:grid;grid-template-rows:minmax(0,1fr) auto;gap:32px;text-align:start}"
        "footer{text-align:right;font-size:30px}"
    )
    return css, f"<h1 data-fit='44 96'>{c.title}</h1><footer>{c.author} · {c.label}</footer>"


def _photo_with_scrim(c: Content) -> tuple[str, str]:
    css = (
        "body{background:linear-gradient(#0000,#000c 24%),url(split.jpg) 0 0/100% 100%;"
        "color:#fff;display:flex;flex-direction:column;justify-content:flex-end;gap:16px}"
        "h1{font-size:68px}"
    )
    return css, f"<h1>{c.title}</h1><p>{c.text}</p>"


def _quote(c: Content) -> tuple[str, str]:
    css = (
        "blockquote{margin:70px 60px 24px;font:italic 500 60px/1.3 'Noto Serif',serif}"
        f"b{{position:absolute;left:480px;top:-20px;font-size:300px;color:{c.accent};opacity:.25}}"
    )
    return (
        css,
        f"<b aria-hidden=true>”</b><blockquote>{c.title}</blockquote><cite>{c.author}</cite>",
    )


def _event(c: Content) -> tuple[str, str]:
    css = (
        "body{display:flex;gap:56px;align-items:center;text-align:start}"
        f"time{{flex:none;background:{c.accent};color:#fff;border-radius:28px;overflow:hidden;"
        "text-align:center;width:230px;padding:30px 0;font-size:36px;line-height:1.2}"
        "time b{display:block;font-size:128px;line-height:1}h1{font-size:64px}"
    )
    return css, f"<time>{c.label}<b>28</b></time><div><h1>{c.title}</h1><p>{c.text}</p></div>"


def _statistics(c: Content) -> tuple[str, str]:
    css = (
        "h1{font-size:52px}dl{display:grid;grid-template-columns:repeat(3,1fr);gap:24px}"
        f"dt{{font-size:104px;font-weight:800;color:{c.vivid}}}dd{{margin:0;font-size:30px}}"
    )
    numbers = "".join(f"<div><dt>{n}</dt><dd>{c.label}</dd></div>" for n in ("98%", "4.2k", "17"))
    return css, f"<h1>{c.title}</h1><dl>{numbers}</dl>"


def _price(c: Content) -> tuple[str, str]:
    css = (
        f"body{{border:18px solid {c.accent}}}h1{{font-size:60px}}"
        "s{text-decoration-thickness:4px}strong{font-size:90px}"
    )
    return css, f"<h1>{c.title}</h1><p><s>€ 49</s> <strong>€ 29</strong></p><p><u>{c.text}</u></p>"


def _code(c: Content) -> tuple[str, str]:
    css = (
        "pre{background:#0b1020;color:#c9d6ff;text-align:start;padding:36px;margin:28px 0 0;"
        "border-radius:20px;overflow:hidden;font:30px/1.5 monospace;direction:ltr}"
        "pre b{color:#7ee787}pre i{color:#ffb86c}h1{font-size:54px}"
    )
    code = "<b>def</b> watch(sea):\n    <b>for</b> ship <b>in</b> sea:\n        greet(<i>ship</i>)"
    return css, f"<h1>{c.title}</h1><pre>{code}</pre>"


def _list_of_changes(c: Content) -> tuple[str, str]:
    css = (
        "body{padding:72px 200px;text-align:start}h1{font-size:54px}ul{font-size:34px;"
        "line-height:1.5}"
        f"li::marker{{color:{c.vivid}}}kbd{{background:{c.accent};color:#fff;padding:0 14px;"
        "border-radius:8px;font:28px monospace}"
    )
    items = "".join(f"<li><kbd>{kind}</kbd> {c.label}, {c.author}" for kind in ("new", "fix"))
    return css, f"<h1>{c.title}</h1><ul>{items}</ul>"


def _square(c: Content) -> tuple[str, str]:
    css = f"body{{padding:120px 100px;border-top:60px solid {c.accent}}}p{{margin-top:40px}}"
    return css, f"<h1 data-fit='60 150' style='height:560px'>{c.title}</h1><p>{c.text}</p>"


def _portrait(c: Content) -> tuple[str, str]:
    css = (
        "body{padding:0;display:grid;grid-template-rows:700px 1fr}"
        "div{background:url(dark.jpg) center/cover}section{padding:60px}p{margin-top:30px}"
    )
    return css, f"<div></div><section><h1>{c.title}</h1><p>{c.text}</p></section>"


DESIGNS = {
    "article": Design(_article),
    "photo-with-scrim": Design(_photo_with_scrim),
    "quote": Design(_quote),
    "event": Design(_event),
    "statistics": Design(_statistics),
    "price": Design(_price),
    "code": Design(_code),
    "changes": Design(_list_of_changes),
    "square": Design(_square, size=SQUARE),
    "portrait": Design(_portrait, size=PORTRAIT),
}
