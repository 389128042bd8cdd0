"""Rules about what a page says it is, and where it leads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from htmlcard.links.checks.audience import Audience
from htmlcard.links.checks.hits import Hit, strike
from htmlcard.links.checks.mends import write_card
from htmlcard.links.checks.page import Page, shorten
from htmlcard.links.reading.values import collapse
from htmlcard.links.web_url import WebUrl

#: What error pages are called, whole or between separators: a Peugeot 404 is none, nor "404 Media".
_NOT_FOUND = re.compile(
    r"(?:^|[-|–—:·»!.]) *(?:(?:http )?error )?404 *(?:$|[-|–—:·»!.(]|error\b|page\b|not found\b)"
    r"|(?:^|[-|–—:·»!.]) *not found *(?:$|[-|–—:·»!.])"
    r"|\bpage (?:was |could |can|is )?not (?:be )?found\b",
    re.IGNORECASE,
)
#: Later is no redirect, but a page that is not meant to stand still.
_MAX_REFRESH_S = 10
#: After "0;" or "0,": what is quoted up to its quote, else all of it.
_REFRESH_URL = re.compile(r"(?:url *= *)?(?:'([^']*)|\"([^\"]*)|(.*))", re.IGNORECASE)
#: A copy for mobiles, or at hand before it is published: nothing a program should put right.
_UNLESS_MEANT = ", unless this is a copy and the other one is meant"


def check_addresses(audience: Audience) -> Iterator[Hit]:
    """Whether the page is what it seems, and stays where it is."""
    page = audience.page
    texts = (page.find_text("og:title"), page.parts.title, page.parts.h1)
    if said := next((text for text in texts if text and _NOT_FOUND.search(text)), None):
        yield from strike("soft-404", audience.profiles, shorten(said))
    yield from _check_refresh(audience)
    yield from _check_own_url(audience)


def _check_refresh(audience: Audience) -> Iterator[Hit]:
    page = audience.page
    for tag in page.parts.metas:
        if tag.http_equiv == "refresh":
            # The first one counts, as browsers have it.
            url = page.resolve(_find_refresh_url(tag.content))
            if url is not None and _bare(url) != _bare(page.url):
                names = shorten(str(url))
                evidence = page.quote(tag)
                yield from strike("meta-refresh", audience.profiles, evidence, names=names)
            return


def _find_refresh_url(content: str) -> str:
    """Where it leads within seconds; empty for nowhere else (HTML, "shared declarative refresh
    steps")."""
    text = collapse(content)
    rest = text.lstrip("0123456789.")
    after_s = text[: len(text) - len(rest)].partition(".")[0].lstrip("0") or "0"
    if rest == text or len(after_s) > len(str(_MAX_REFRESH_S)) or int(after_s) > _MAX_REFRESH_S:
        return ""
    rest = rest.lstrip()
    rest = rest[1:].lstrip() if rest.startswith((";", ",")) else rest
    match = _REFRESH_URL.match(rest)
    return (match[1] or match[2] or match[3] or "") if match else ""


def _check_own_url(audience: Audience) -> Iterator[Hit]:
    page = audience.page
    tag = next((t for t in page.tags("og:url") if page.resolve(t.content)), None)
    if tag is not None:
        if _is_elsewhere(page, tag.content):
            own = write_card("og:url", str(_bare(page.url)))
            repair = audience.mends.say(f"{own}{_UNLESS_MEANT}")
            evidence = shorten(f"{tag.content} instead of {page.url}")
            yield from strike("og-url-differs", audience.profiles, evidence, repair=repair)
        return
    for link in page.parts.links:
        if "canonical" in link.rel and page.resolve(link.href):
            if _is_elsewhere(page, link.href):
                own = f'<link rel="canonical" href="{_bare(page.url)}">'
                repair = audience.mends.say(f"{own}{_UNLESS_MEANT}")
                evidence = shorten(f"{link.href} instead of {page.url}")
                yield from strike("canonical-elsewhere", audience.profiles, evidence, repair=repair)
            return


def _is_elsewhere(page: Page, text: str) -> bool:
    url = page.resolve(text)
    return url is not None and (url.host, url.path) != (page.url.host, page.url.path)


def _bare(url: WebUrl) -> WebUrl:
    return replace(url, fragment=None)
