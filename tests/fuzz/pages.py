"""Pages nobody would write, from a seed: the labelled corpus torn apart, and hostile markup."""

from __future__ import annotations

import gzip
import random

from links.test_corpus import NAMES, page_of

CHARSETS = ("utf-8", "shift_jis", "euc-kr", "gb18030", "windows-1251", "iso-2022-jp", "utf-16le")
KINDS = ("text/html", "text/html", "text/html", "application/xhtml+xml", "", "text/plain", ";;=\"'")

_VALUES = (
    "http://[::1]/x.png",
    "//0x7f.1/x",
    "data:image/png;base64,AAAA",
    "javascript:alert(1)",
    "http://a@b:99999/\\..\\x",
    "https://ex ample/\t\n",
    "\x00\x1b]0;x\x07\u202e\u2028\ufffe\U000e0001",
    "&#xD800;&#0;&#x110000;&NotEqualTilde;&amp;amp;",
    "٣٤٥ px",
    "1e309",
    "9" * 400,
    "é" * 3000,
    "' \" > <b> --> ]]>",
    "",
)
_PIECES = (
    '<meta property="og:title" content="V">',
    "<meta property=og:image content='V'><meta property=og:image:width content='V'>",
    "<meta name='twitter:image V' property='og:image og:V' content='V'>",
    "<meta charset=V><meta http-equiv=content-type content='text/html;charset=V'>",
    "<base href='V'><link rel='icon V canonical' href='V' type='V'>",
    "<script type='application/ld+json'>{'V': [{'@id': 'V'}]}</script>",
    '<script type="application/ld+json">{"@graph": [{"@type": "Article", "headline": "V"}]}',
    '<script type="application/ld+json">' + "[" * 3000 + '{"@type": 1e999}</script>',
    '<script type=\'application/ld+json\'>{"@type": "Book", "image": {"@id": "#a"}}</script>',
    "<title>V<svg><title>V</title></svg>",
    "<svg><style><title>V</title></style><foreignObject><h1>V</h1>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;'>",
    "<template><h1>V</h1><template shadowrootmode=open><p>V",
    "<noscript><meta property=og:title content='V'></noscript>",
    "<frameset><frame src=V></frameset><plaintext>V",
    "<select><option><table><tr><td><select><h1>V",
    "<!--[if IE]><title>V</title><![endif]--><!-- > --!> V --",
    "<html lang='V' xml:lang=V><body onload=V><html V=V><body V=V>",
    "<p>V</p><p itemprop='author datePublished'>V<time datetime='V'>",
    "<img src='V' srcset='V 2x, V 100w' data-src=V width=V>",
    "<a><b><i><u><font>" * 50,
    "<div " + "V=V " * 200 + ">",
    "<table><td><table><td>" * 60,
    "</p></br></body></html></script></title>",
    "<![CDATA[ V ]]><?xml V?><!DOCTYPE V SYSTEM 'V' [<!ENTITY x 'V'>]>&x;",
)


class PageDice:
    """Throws of one seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def answer(self) -> tuple[bytes, str, str]:
        """Body, Content-Type and Content-Encoding; mostly of a few kilobytes."""
        page = self._torn() if self._random.random() < 0.4 else self._hostile()
        kind = self._random.choice(KINDS)
        if self._random.random() < 0.5:
            kind += f"; charset={self._random.choice((*CHARSETS, 'utf-7', 'x', ''))}"
        if self._random.random() < 0.2:
            packed = gzip.compress(page)
            cut = self._random.choice((len(packed), len(packed), len(packed) // 2))
            return packed[:cut], kind, self._random.choice(("gzip", "gzip", "br", "x, y"))
        return page, kind, ""

    def _hostile(self) -> bytes:
        count = self._random.choice((1, 3, 9, 30, 100))
        text = "".join(self._piece() for _ in range(count))
        if self._random.random() < 0.1:
            text *= self._random.choice((2, 30, 300))
        charset = self._random.choice(CHARSETS)
        head = self._random.choice((b"", b"\xef\xbb\xbf", b"\xff\xfe", b"<!doctype html>"))
        return head + text[:2_000_000].encode(charset, "xmlcharrefreplace")

    def _piece(self) -> str:
        parts = self._random.choice(_PIECES).split("V")
        return "".join(
            part + self._random.choice(_VALUES) * (number < len(parts) - 1)
            for number, part in enumerate(parts)
        )

    def _torn(self) -> bytes:
        page = bytearray(page_of(self._random.choice(NAMES))[:200_000])
        for _ in range(self._random.choice((1, 5, 50))):
            at = self._random.randrange(len(page) + 1)
            match self._random.randrange(5):
                case 0:
                    del page[at : at + self._random.choice((1, 10, 1000))]
                case 1:
                    page[at:at] = self._random.randbytes(self._random.choice((1, 3, 40)))
                case 2:
                    page[at:at] = page[at : at + 300] * self._random.choice((1, 5, 20))
                case 3:
                    page[at:at] = self._piece().encode("utf-8", "replace")
                case _:
                    page[at : at + 1] = self._random.choice((b"<", b">", b'"', b"\x00", b"&", b"="))
        return bytes(page)
