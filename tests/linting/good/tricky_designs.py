"""Right, but hard to judge: what looks like a fault to a machine is meant here."""

from __future__ import annotations

from .contents import Content
from .designs import Design

_EMOJI = "🦊 👩🏽‍🚀 🇯🇵 7️⃣ 🏳️‍🌈"


def _ellipsis(c: Content) -> tuple[str, str]:
    css = (
        "h1{overflow:hidden;display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:2;"
        "line-height:1.3}p{white-space:nowrap;overflow:hidden;text-overflow:ellipsis;width:700px;"
        "margin:24px auto}"
    )
    return css, f"<h1>{c.title} {c.text} {c.title} {c.text}</h1><p>{c.text} {c.title} {c.text}</p>"


def _gradient_text(c: Content) -> tuple[str, str]:
    css = (
        "body{background:#101218}h1{background:linear-gradient(90deg,#ffd166,#ff9e7d,#8ec5ff);"
        "background-clip:text;color:transparent;line-height:1.3}p{color:#fff}"
    )
    return css, f"<h1>{c.title}</h1><p>{c.text}</p>"


def _outlined(c: Content) -> tuple[str, str]:
    css = (
        "body{background:#fff}h1{color:transparent;-webkit-text-stroke:3px #111;line-height:1.3}"
        f"p{{color:{c.accent}}}"
    )
    return css, f"<h1>{c.title}</h1><p>{c.text}</p>"


def _outline_on_a_photo(c: Content) -> tuple[str, str]:
    css = (
        "body{background:url(split.jpg) 0 0/100% 100%}h1{color:#fff;-webkit-text-stroke:14px #000;"
        "paint-order:stroke fill;line-height:1.4}"
    )
    return css, f"<h1>{c.title}</h1>"


def _shadow_on_a_photo(c: Content) -> tuple[str, str]:
    css = (
        "body{background:url(bright.jpg) 0 0/100% 100%}h1{color:#fff;line-height:1.3;"
        "text-shadow:0 0 6px #000,0 0 6px #000,0 0 10px #000,0 0 14px #000,0 0 24px #000}"
    )
    return css, f"<h1>{c.title}</h1>"


def _ghost_number(c: Content) -> tuple[str, str]:
    css = (
        "b{position:absolute;right:-60px;bottom:-140px;font-size:620px;line-height:1;opacity:.07}"
        "h1{position:relative}body{overflow:hidden}"
    )
    return css, f"<b aria-hidden=true>42</b><h1>{c.title}</h1><p>{c.text}</p>"


def _turned(c: Content) -> tuple[str, str]:
    css = (
        "body{overflow:hidden}h1{margin:60px 120px;transform:rotate(-6deg);font-size:64px}"
        f"aside{{position:absolute;left:60px;top:120px;writing-mode:vertical-rl;color:{c.vivid};"
        "transform:rotate(180deg)}"
    )
    return css, f"<aside>{c.label} 2026</aside><h1>{c.title}</h1>"


def _drawing(c: Content) -> tuple[str, str]:
    css = "h1{font-size:56px}svg{margin-top:30px}"
    bars = "".join(
        f"<rect x={80 + 170 * at} y={240 - high} width=110 height={high} fill='{c.accent}' />"
        f"<text x={135 + 170 * at} y=290 text-anchor=middle fill='{c.pen}' font-size=32>{high}"
        "</text>"
        f"<text aria-hidden=true x={90 + 170 * at} y={236 - high} font-size=9>tiny</text>"
        for at, high in enumerate((90, 160, 60, 200, 120))
    )
    return css, f"<h1>{c.title}</h1><svg width=960 height=300>{bars}</svg>"


def _for_screen_readers(c: Content) -> tuple[str, str]:
    css = (
        ".away{position:absolute;width:1px;height:1px;overflow:hidden;clip:rect(0,0,0,0);"
        "white-space:nowrap}.off{position:absolute;left:-9999px}.none{opacity:0}"
    )
    hidden = "".join(f"<span class={kind}>{c.text}</span>" for kind in ("away", "off", "none"))
    return css, f"<h1>{c.title}</h1>{hidden}<p>{c.text}</p><p hidden>{c.text}</p>"


def _tight(c: Content) -> tuple[str, str]:
    css = "h1{line-height:1.02;font-weight:900;overflow:hidden;padding:30px;font-size:76px}"
    return css, f"<h1>{c.title}</h1>"


def _emoji(c: Content) -> tuple[str, str]:
    css = "h1{font-size:64px}p{font-size:56px;overflow:hidden;line-height:1.5}"
    return css, f"<p>{_EMOJI}</p><h1>{c.title} 🦊</h1><p>{c.label} {_EMOJI}</p>"


def _glass(c: Content) -> tuple[str, str]:
    css = (
        "body{background:url(split.jpg) 0 0/100% 100%}section{backdrop-filter:blur(18px);"
        "background:#0a0c12d0;color:#fff;border-radius:32px;padding:48px;overflow:hidden}"
    )
    return (
        css,
        f"<section><h1 data-fit='40 80' style='height:300px'>{c.title}</h1>{c.text}</section>",
    )


def _layers(c: Content) -> tuple[str, str]:
    css = (
        "section{position:relative;width:800px;margin:20px auto;padding:40px;background:#fff;"
        "color:#111;z-index:1}section::before{content:'';position:absolute;inset:-14px;"
        f"background:{c.accent};z-index:-1;transform:rotate(-2deg)}}section::after{{content:'';"
        "position:absolute;inset:0;background:#fff;z-index:-1}}h1{font-size:52px}"
    ).replace("}}", "}")
    return css, f"<section><h1>{c.title}</h1><p>{c.text}</p></section>"


def _mixed_scripts(c: Content) -> tuple[str, str]:
    css = "h1{font-size:60px}p{font-size:34px;line-height:1.7}"
    others = "Ελλάδα · Україна · ישראל · ไทยที่นี่ · हिन्दी · 한국어 · العربية"
    return (
        css,
        f"<h1><bdi>{c.title}</bdi></h1><p>{others}</p><p><bdi>{c.author}</bdi> #1 (2026)</p>",
    )


def _written_by_script(c: Content) -> tuple[str, str]:
    css = "h1{font-size:64px}"
    script = f"document.querySelector('h1').textContent = {c.title!r}"
    return css, f"<h1></h1><p>{c.text}</p><script>{script}</script>"


TRICKY_DESIGNS = {
    "ellipsis": Design(_ellipsis),
    "gradient-text": Design(_gradient_text),
    "outlined": Design(_outlined),
    "outline-on-a-photo": Design(_outline_on_a_photo),
    "shadow-on-a-photo": Design(_shadow_on_a_photo),
    "ghost-number": Design(_ghost_number),
    "turned": Design(_turned),
    "drawing": Design(_drawing),
    "for-screen-readers": Design(_for_screen_readers),
    "tight": Design(_tight),
    "emoji": Design(_emoji),
    "glass": Design(_glass),
    "layers": Design(_layers),
    "mixed-scripts": Design(_mixed_scripts),
    "written-by-script": Design(_written_by_script, scripts=True),
}
