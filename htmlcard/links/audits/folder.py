"""A built site in a folder, as its host will serve it: a web that is read from disk."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

from multidict import CIMultiDict

from htmlcard.errors import AnswerTooLarge, BadAnswer
from htmlcard.fetch import Fetched, Limits
from htmlcard.links.web import Web
from htmlcard.links.web_url import WebUrl, parse_web_url

INDEX = "index.html"
#: What hosts answer for what is not there; nobody shares it.
_ERROR_PAGE = "404.html"
_PATH_SAFE = "/!$&'()*+,:;=@"

#: Fixed, for what the machine's own table says differs from machine to machine.
_TYPES = {
    ".avif": "image/avif",
    ".bmp": "image/bmp",
    ".gif": "image/gif",
    # Without a charset: which one the host will name is not known here.
    ".htm": "text/html",
    ".html": "text/html",
    ".ico": "image/x-icon",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".webp": "image/webp",
    ".xml": "application/xml",
}


def list_pages(folder: Path) -> Iterator[str]:
    """Paths below `folder` of its pages, with `/`, sorted: all *.html but hidden ones and 404.html.

    Links to other folders are not followed, so that none is walked twice or for ever.
    """
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        relative = Path(place).relative_to(folder)
        for name in sorted(files):
            path = (relative / name).as_posix()
            if name.lower().endswith(".html") and name[0] != "." and path != _ERROR_PAGE:
                yield path


def find_address(path: str) -> str:
    """What stands behind the base URL for the page at `path`; `a/index.html` is `a/`."""
    folder, slash, name = path.rpartition("/")
    return quote(os.fsencode(folder + slash if name == INDEX else path), safe=_PATH_SAFE)


class BuiltSite:
    """Answers what is below `base_url` from `folder`, all else from `web`.

    As static hosts do, `/a` is the file `a`, `a.html` or `a/index.html`. Nothing outside the
    folder is ever read, also not by a link. `base_url` must be http(s).
    """

    def __init__(self, folder: Path, base_url: str, web: Web) -> None:
        base = parse_web_url(base_url)
        if base is None:
            raise ValueError(f"{base_url!r} is no http(s) address")
        self._folder = folder.resolve()
        self._origin = base.origin
        self._base_path = base.path if base.path.endswith("/") else base.path + "/"
        self._web = web

    @property
    def base_url(self) -> str:
        """Where the folder will be, with a slash at the end."""
        return self._origin + self._base_path

    def url_of(self, path: str) -> str:
        """Where the page at this path below the folder will be."""
        return self.base_url + find_address(path)

    async def fetch(
        self,
        url: str,
        *,
        limits: Limits,
        headers: Mapping[str, str] | None = None,
        allow_downgrade: bool = False,
    ) -> Fetched:
        """As `Fetcher.fetch`. Raises FetchFailed."""
        target = parse_web_url(url)
        if target is None or not self._is_here(target):
            return await self._web.fetch(
                url, limits=limits, headers=headers, allow_downgrade=allow_downgrade
            )
        return await asyncio.to_thread(self._read, target, limits)

    def _is_here(self, target: WebUrl) -> bool:
        return target.origin == self._origin and target.path.startswith(self._base_path)

    def _read(self, target: WebUrl, limits: Limits) -> Fetched:
        url = str(target).partition("#")[0]
        path = self._find_file(target.path.removeprefix(self._base_path))
        if path is None:
            return Fetched(url, 404, CIMultiDict({"Content-Type": "text/html"}), b"")
        limit_bytes = min(limits.raw_bytes, limits.decoded_bytes)
        try:
            size = path.stat().st_size
            with path.open("rb") as file:
                data = file.read(limit_bytes + 1)
        except OSError as error:
            raise BadAnswer(f"its file cannot be read: {error.strerror}") from error
        if len(data) > limit_bytes and not limits.cut:
            raise AnswerTooLarge
        kind = _TYPES.get(path.suffix.lower(), "application/octet-stream")
        headers = CIMultiDict({"Content-Type": kind, "Content-Length": str(size)})
        return Fetched(url, 200, headers, data[:limit_bytes], len(data) > limit_bytes)

    def _find_file(self, address: str) -> Path | None:
        name = os.fsdecode(unquote_to_bytes(address)).lstrip("/")
        is_folder = not name or name.endswith("/")
        names = [name + INDEX] if is_folder else [name, f"{name}.html", f"{name}/{INDEX}"]
        for each in names:
            try:
                # A percent-encoded `..` is still in there, and so may be links.
                path = Path(os.path.realpath(self._folder / each))
                if path.is_relative_to(self._folder) and path.is_file():
                    return path
            # A name that no file can have: too long, or with a NUL.
            except (OSError, ValueError):
                continue
        return None
