"""Queries and templates nobody would write, from a seed: the same seed, the same nonsense."""

from __future__ import annotations

import random
from urllib.parse import quote

FIELDS = ("title", "description", "author", "category", "accent", "theme", "published", "avatar")
RESERVED = ("v", "size", "scale", "lang", "url", "sig", "exp", "fallback")

#: Longer request lines are answered before there is a query: see the tests of `edge`.
MAX_QUERY = 60_000

_WORDS = (
    "Hello",
    "日本語のとても長い題名",
    "العربية مع English مختلط",
    "ไทยไม่มีช่องว่างเลย",
    "👩‍👩‍👧‍👦🏳️‍🌈🇺🇳1️⃣👍🏿",
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L",
    "\u202eesrever\u202c \u2066open",
    "\u200b\u200c\u200d\ufeff",
    "</h1><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}{% raw %}{%",
    "red;}body{background:url(//127.0.0.1:9)}",
    "../../../../etc/passwd",
    "\x00\x01\x1b[31m\x7f\x85",
    "A" * 90,
    "1e309",
    "NaN",
    "-0x1F",
    "٣٤٥",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "data:text/html,<b>",
    "#ff0000",
    "2024-02-30",
    "dark",
    "square",
    "2",
    "zh-Hant-HK-x-private",
    "\U0010ffff\U000e0001",
)
_RAW = (
    "%ff",
    "%c0%af",
    "%ed%a0%80",
    "%",
    "%zz",
    "%00",
    "+",
    "&",
    "=",
    ";",
    "&&",
    "%25",
    "é",
    "%F4%90",
)


class Dice:
    """Throws of one seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def query(self) -> str:
        """A raw query string, mostly of a few hundred characters."""
        parts = [self._pair() for _ in range(self._random.choice((0, 1, 1, 2, 3, 5, 9, 40)))]
        if self._random.random() < 0.2:
            parts += [self._random.choice(parts or ["x"])] * self._random.randrange(30)
        query = self._random.choice(("&", "&", "&", ";", "&&")).join(parts)
        return query[:MAX_QUERY]

    def _pair(self) -> str:
        names = self._random.choice((FIELDS, FIELDS, RESERVED, ("utm_source", "", "[]", "tïtle")))
        name = quote(self._random.choice(names), safe="")
        return f"{name}{self._random.choice(('=', '=', '=', '==', ''))}{self._value()}"

    def _value(self) -> str:
        kind = self._random.randrange(6)
        if kind == 0:
            return "".join(
                self._random.choices((*_RAW[:-2], "%F4%90"), k=self._random.randrange(6))
            )
        if kind == 1:
            points = self._random.choices(range(1, 0x110000), k=self._random.randrange(40))
            return quote("".join(map(chr, points)), safe="", errors="surrogatepass")
        count = 1 if kind < 5 else self._random.randrange(1, 60)
        return quote(" ".join(self._random.choices(_WORDS, k=count)), safe="")

    def template(self) -> str:
        """A template: broken, hostile, enormous, or only strange."""
        body = "".join(self._piece() for _ in range(self._random.randrange(1, 9)))
        if self._random.random() < 0.3:
            cut = self._random.randrange(len(body) + 1)
            body = (
                body[:cut] + self._random.choice(("", "<", "{{", "{%", "\x00", "&#")) + body[cut:]
            )
        head = self._random.choice(
            ("", "<!doctype html>", "<html lang=ar dir=rtl>", "\ufeff", "<?xml?>")
        )
        return head + body

    def _piece(self) -> str:
        number = self._random.randrange(1, 400)
        return self._random.choice(_PIECES).replace("N", str(number))


_PIECES = (
    "<h1 data-fit='20 N'>{{ title }}</h1>",
    "<p style='font-size:Npx;color:{{ accent or \"red\" }}'>{{ title * N }}</p>",
    "<div style='width:N00px;height:N00px;filter:blur(Npx)'>x</div>",
    "<div style='" + "box-shadow:0 0 Npx red," * 20 + "'></div>",
    "{% for i in range(N) %}<b>{{ i }}{{ title }}</b>{% endfor %}",
    "{% for i in range(10 ** 9) %}{{ i }}{% endfor %}",
    "{{ 'x' * 10 ** 9 }}",
    "{{ ''.__class__.__mro__ }}{{ title|attr('__class__') }}",
    "{{ cycler.__init__.__globals__ }}",
    "{% include '/etc/passwd' %}",
    "{% include 'fuzz.html' %}",
    "{% set x = namespace(a=1) %}{{ x.a / 0 }}",
    "{{ undefined.thing.other }}",
    "{{ title|nosuchfilter }}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "<script>for(;;);</script><img src=x onerror='for(;;);'>",
    "<meta http-equiv=refresh content='0;url=http://127.0.0.1:9/'>",
    "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'\">",
    "<base href='http://127.0.0.1:9/'><link rel=stylesheet href=x.css>",
    "<iframe src='file:///etc/passwd'></iframe><object data='x'></object>",
    "<style>@import 'http://127.0.0.1:9/x.css';*{animation:a 1s infinite}</style>",
    "<style>@font-face{font-family:x;src:url(/nothing.woff2)}body{font:Npx x}</style>",
    "<style>:root{--a:1;--b:var(--a) var(--a);--c:var(--b) var(--b)}html{width:Nvw}</style>",
    "<svg viewBox='0 0 9 9'><g id=a><use href='#a'/></g><use href='#b'/></svg>",
    "<svg><foreignObject width=N height=N><p>{{ title }}</p></foreignObject></svg>",
    "<table>" * 30 + "{{ title }}",
    "<div>" * 200,
    "<p hidden>{{ title }}<template><h1>x</h1></template>",
    "<textarea><title></textarea></title><plaintext>{{ title }}",
    "<video autoplay src=x></video><canvas></canvas><input autofocus>",
    "<body onload='while(1){}'><frameset><frame src=x></frameset>",
    "<!-- unclosed {{ title }}",
    "<p style='position:fixed;inset:-N00px;transform:rotate3d(1,1,1,Ndeg)'>{{ title }}",
    "<p style='backdrop-filter:blur(Npx);columns:N;writing-mode:vertical-rl'>{{ title }}",
)
