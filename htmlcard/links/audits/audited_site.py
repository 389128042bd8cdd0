"""What an audit is about: the pages of a site on the web, or of a folder that will be one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from htmlcard.errors import FetchFailed, InvalidRequest
from htmlcard.fetch import Limits
from htmlcard.links.audits.base_url import find_base_url
from htmlcard.links.audits.folder import BuiltSite, list_pages
from htmlcard.links.audits.site_pages import MAX_PAGES, SitemapWalk
from htmlcard.links.reading.parts import PageParts
from htmlcard.links.reading.reader import PageReader
from htmlcard.links.web import Web
from htmlcard.links.web_url import parse_web_url

_DEFAULT_BASE_URL = "http://localhost/"
#: Pages that are asked where the folder will be, and the time they have in all.
_ASKED_PAGES = 20
_ASKING_S = 10.0
_ASKING_LIMITS = Limits(cut=True)


@dataclass(frozen=True, slots=True)
class AuditedSite:
    """Its pages and the web they are read from; `files` has those that are files, by URL.

    `problems` are lists of pages that could not be read, `notes` what was left out of others.
    `is_whole` where `urls` are all there are.
    """

    urls: Sequence[str]
    web: Web
    base_url: str | None = None
    files: Mapping[str, Path] = field(default_factory=dict)
    problems: Sequence[str] = ()
    notes: Sequence[str] = ()
    is_whole: bool = True

    def list_gone(self, known: Iterable[str]) -> set[str]:
        """Which of these pages the site has no more; none where that cannot be told."""
        return set(known).difference(self.urls) if self.is_whole else set()


async def find_site(
    target: str,
    web: Web,
    reader: PageReader,
    *,
    base_url: str | None = None,
    limit: int | None = None,
) -> AuditedSite:
    """The site of a sitemap's or a site's URL, of a sitemap's file or of a folder.

    Raises:
        InvalidRequest: there is nothing like that.
    """
    path = Path(target)
    is_url = target.lower().startswith(("http://", "https://"))
    if not is_url and await asyncio.to_thread(path.is_dir):
        return await _find_built(path, web, reader, base_url, limit)
    if base_url is not None:
        raise InvalidRequest("--base-url is for folders: a sitemap has the URLs of its pages")
    most = MAX_PAGES if limit is None else limit
    walk = SitemapWalk(web, most)
    if is_url:
        if parse_web_url(target) is None:
            raise InvalidRequest(f"{target!r} is no URL of a sitemap or a site")
        found = await walk.start_at(target)
    else:
        try:
            found = await walk.start_in(path)
        except FileNotFoundError as error:
            advice = f"for a site on the web write https://{target}"
            raise InvalidRequest(f"there is no file or folder {target}; {advice}") from error
        except OSError as error:
            raise InvalidRequest(f"{target} cannot be read: {error.strerror}") from error
    is_whole = not (found.problems or found.notes) and len(found.urls) < min(most, MAX_PAGES)
    return AuditedSite(
        [*found.urls], web, problems=found.problems, notes=found.notes, is_whole=is_whole
    )


async def _find_built(
    folder: Path, web: Web, reader: PageReader, base_url: str | None, limit: int | None
) -> AuditedSite:
    paths = await asyncio.to_thread(lambda: [*islice(list_pages(folder), MAX_PAGES + 1)])
    if not paths:
        raise InvalidRequest(f"there are no *.html files in {folder}; build the site first")
    if base_url is not None and parse_web_url(base_url) is None:
        raise InvalidRequest(f"--base-url must be an http or https URL, got {base_url!r}")
    base = base_url or find_base_url(await _ask(folder, paths[:_ASKED_PAGES], web, reader))
    site = BuiltSite(folder, base or _DEFAULT_BASE_URL, web)
    audited = paths[: min(MAX_PAGES, MAX_PAGES if limit is None else limit)]
    urls = [site.url_of(path) for path in audited]
    files = {url: folder / path for url, path in zip(urls, audited, strict=True)}
    is_whole = len(audited) == len(paths)
    notes = [] if len(paths) <= MAX_PAGES else [f"{folder}: only {MAX_PAGES:,} pages are checked"]
    return AuditedSite(urls, site, site.base_url, files, notes=notes, is_whole=is_whole)


async def _ask(
    folder: Path, paths: Sequence[str], web: Web, reader: PageReader
) -> list[tuple[str, PageParts]]:
    """Some pages, read; those that cannot be have no say."""
    deadline_s = asyncio.get_running_loop().time() + _ASKING_S
    site = BuiltSite(folder, _DEFAULT_BASE_URL, web)

    async def ask(path: str) -> tuple[str, PageParts]:
        try:
            answer = await site.fetch(site.url_of(path), limits=_ASKING_LIMITS)
            return path, await reader.read(answer.body, None, deadline_s)
        except FetchFailed:
            return path, PageParts()

    return [*await asyncio.gather(*map(ask, paths))]
