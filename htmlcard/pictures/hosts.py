"""Which pictures may be asked for: of these hosts, or whatever a signature vouches for.

Where a host's name leads is judged later, by `fetch`, on the address that is dialled.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from htmlcard.errors import RefusedTarget
from htmlcard.fetch.target import parse_target

MAX_URL_LENGTH = 2000


class PictureHosts:
    """Patterns of hosts: `example.org` is that host alone, `*.example.org` all below it.

    `local_files` is for the command line, whose user may read the files anyway.
    """

    def __init__(self, patterns: Iterable[str] = (), *, local_files: bool = False) -> None:
        lowered = [pattern.lower() for pattern in patterns]
        self._hosts = frozenset(pattern for pattern in lowered if not pattern.startswith("*."))
        self._suffixes = tuple(pattern[1:] for pattern in lowered if pattern.startswith("*."))
        self._local_files = local_files

    def __bool__(self) -> bool:
        return bool(self._hosts or self._suffixes)

    def covers(self, host: str) -> bool:
        """Whether a host, as `parse_target` spells it, is one of these."""
        return host in self._hosts or host.endswith(self._suffixes)

    def admit(self, raw: str, *, signed: bool = False) -> str:
        """What an image field's text stands for: a URL, or with `local_files` a `file:` URL.

        `signed` says that somebody with a key vouches for the URL, whatever its host.
        Raises ValueError that says why there is no picture.
        """
        text = unicodedata.normalize("NFC", raw[: MAX_URL_LENGTH + 1].strip())
        if self._local_files and "://" not in text:
            return _parse_path(text)
        try:
            if len(text) > MAX_URL_LENGTH:
                raise RefusedTarget
            host = parse_target(text).host
        except RefusedTarget:
            raise ValueError("not an http(s) URL") from None
        if signed or self.covers(host):
            return text
        raise ValueError("pictures of this host are not fetched")


def _parse_path(text: str) -> str:
    path = Path(text).expanduser()
    if not path.is_file():
        raise ValueError(f"there is no file {text}")
    return path.resolve().as_uri()


def path_of(url: str) -> Path | None:
    """The file a `file:` URL names."""
    parts = urlsplit(url)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None
