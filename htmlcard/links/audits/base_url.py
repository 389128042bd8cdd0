"""Where a built site will be, as its own pages say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from htmlcard.links.audits.folder import INDEX, find_address
from htmlcard.links.reading.parts import PageParts
from htmlcard.links.web_url import WebUrl, parse_web_url


def find_base_url(pages: Iterable[tuple[str, PageParts]]) -> str | None:
    """The base URL on which all pages agree that name their own address; None where none is.

    A page, by its path below the folder, names it by `link rel=canonical`, else by `og:url`.
    Addresses that do not end as the path does are about another page, and have no say.
    """
    bases = {base for path, parts in pages if (base := _read_base(path, parts))}
    return bases.pop() if len(bases) == 1 else None


def _read_base(path: str, parts: PageParts) -> str | None:
    for url in _own_urls(parts):
        for tail in _tails(path):
            if url.path.endswith(f"/{tail}"):
                return url.origin + url.path[: len(url.path) - len(tail)]
    return None


def _own_urls(parts: PageParts) -> Iterator[WebUrl]:
    canonical = (link.href for link in parts.links if "canonical" in link.rel)
    og_url = (meta.content for meta in parts.metas if "og:url" in meta.names)
    for text in (next(canonical, ""), next(og_url, "")):
        if url := parse_web_url(text):
            yield url


def _tails(path: str) -> tuple[str, ...]:
    """How the address of a page may end, longest first: hosts differ in what they leave out."""
    address = find_address(path)
    if address == "" or address.endswith("/"):
        bare = address.removesuffix("/")
        return tuple(dict.fromkeys((address + INDEX, address, bare)))
    return (address, address.removesuffix(".html") + "/", address.removesuffix(".html"))
