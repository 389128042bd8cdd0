"""The pages of the corpus that are too large to store: about 1 MB each, the same bytes every time.

Their labels lie next door like all others, by the names in `PAGES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

SIZE_BYTES = 1_000_000


def _repeat(piece: Callable[[int], str]) -> str:
    """Pieces 0, 1, 2, … until they fill a page."""

    def pieces() -> Iterator[str]:
        size = number = 0
        while size < SIZE_BYTES:
            text = piece(number)
            size += len(text.encode())
            number += 1
            yield text

    return "".join(pieces())


def huge_body() -> bytes:
    """Complete tags, then a megabyte of articles that have titles and pictures of their own."""

    def article(number: int) -> str:
        return f"""<article id="n{number}"><header><h1>Note {number} &mdash; rain</h1>
<p>By <a rel="author" href="/by/{number}">Note taker {number}</a> on
<time datetime="{2001 + number % 20}-01-01">New Year's Day</time></p></header>
<p>It rained on the parish for the {number}. time, and the <em>long barrow</em> kept us dry.
<img src="/photos/{number}.jpg" width="640" height="480" alt="Rain &amp; grass"></p></article>
"""

    head = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>All notes | Long Barrow</title>
<meta property="og:title" content="Everything, on one page">
<meta property="og:description" content="Twenty years of parish notes without a single page break.">
<meta property="og:image" content="/og/all.png">
<meta property="og:type" content="website">
<meta property="og:site_name" content="Long Barrow">
<link rel="icon" href="/favicon.png">
</head>
<body>
<main>
"""
    return (head + _repeat(article) + "</main>\n</body>\n</html>\n").encode()


def huge_head() -> bytes:
    """A megabyte of styles, scripts and data before the tags that matter."""

    def block(number: int) -> str:
        return f"""<style id="theme-{number}">
.grid-{number} > a::before {{ content: "<title>{number}</title>"; margin: {number % 40}px }}
</style>
<script>window.modules = window.modules || []; window.modules.push({{id: {number},
  html: '<meta property="og:title" content="Module {number}">'}});</script>
<script type="application/json" data-block="{number}">{{"title": "Bloc n\u00b0 {number}"}}</script>
<meta name="theme:block" content="{number}">
"""

    start = """<!DOCTYPE html>
<html lang="fr">
<head>
<meta charset="utf-8">
"""
    end = """<title>Lampe &agrave; huile - Heavy Theme</title>
<meta property="og:title" content="Lampe \u00e0 huile">
<meta property="og:description" content="Laiton, verre souffl\u00e9, m\u00e8che ronde.">
<meta property="og:image" content="https://shop.heavytheme.example/lamp.jpg">
<meta property="og:type" content="product">
<meta property="og:site_name" content="Heavy Theme">
<link rel="shortcut icon" href="/lamp.ico">
</head>
<body><h1>Lampe &agrave; huile</h1></body>
</html>
"""
    return (start + _repeat(block) + end).encode()


def huge_nested() -> bytes:
    """Quotes within quotes, 200 deep, over and over; one paragraph, and the tags after the end."""
    depth = 200

    def quotes(number: int) -> str:
        opened = "".join(
            f"<blockquote><div class=q>wrote on day {number}.{level}:\n" for level in range(depth)
        )
        return opened + "Me too.\n" + "</div></blockquote>" * depth + "\n"

    start = """<html lang="en">
<title>Re: Re: Re: The longest thread - Threadmill</title>
<body>
"""
    end = """<p>I have read all of it, and I no longer remember what the question was.
</body>
</html>
<meta property="og:title" content="The longest thread">
<meta name="twitter:image" content="/thread.png">
"""
    return (start + _repeat(quotes) + end).encode()


PAGES: dict[str, Callable[[], bytes]] = {
    "a58-huge-body": huge_body,
    "a59-huge-head": huge_head,
    "a60-huge-nested": huge_nested,
}
