"""Which pages may be asked for, and how their URLs are spelled.

Where a host's name leads is judged later, by `fetch`, on the address that is dialled.
"""

from __future__ import annotations

import re

from htmlcard.errors import RefusedTarget
from htmlcard.fetch.target import Target, parse_target
from htmlcard.pictures import PictureHosts

MAX_URL_LENGTH = 2000

#: Added by mailings, advertisements and networks to whatever is shared; read by scripts alone.
_TRACKING = re.compile(
    r"(?:utm_[a-z_]+|fbclid|gclid|dclid|msclkid|mc_cid|mc_eid|igshid)(?:=|$)", re.IGNORECASE
)
_CARD_PATH = re.compile(r"/render/[a-z0-9][a-z0-9_-]{0,63}(?:\.[a-z]{3,4})?$")


class PageHosts:
    """Patterns of hosts, as those of pictures.

    `own_url` is where the world reaches this service, whose cards are no pages. `anywhere` is for
    the command line, whose user may read every page anyway.
    """

    def __init__(
        self, hosts: PictureHosts, *, own_url: str | None = None, anywhere: bool = False
    ) -> None:
        self._hosts = hosts
        self._own = _parse_own(own_url) if own_url else None
        self._anywhere = anywhere

    @property
    def anywhere(self) -> bool:
        return self._anywhere

    def covers(self, url: str) -> bool:
        """Whether a page that was found at this address may be used."""
        try:
            return self._allows(parse_target(url))
        except RefusedTarget:
            return False

    def admit(self, raw: str) -> str:
        """The page a caller named, in one spelling. Raises ValueError that says why it is none."""
        try:
            if len(raw) > MAX_URL_LENGTH:
                raise RefusedTarget
            target = parse_target(raw.strip())
        except RefusedTarget:
            raise ValueError("not an http(s) URL") from None
        if not self._allows(target):
            raise ValueError("pages of this host are not read (HTMLCARD_PAGE_HOSTS)")
        return _drop_tracking(str(target))

    def is_card(self, picture: str, page: str) -> bool:
        """Whether a picture is a card of ours, or of any htmlcard about this very page.

        A page that has its card drawn from itself names that card as its picture.
        """
        try:
            target = parse_target(picture)
            about = target.url.query.get("url", "")
            return self._is_ours(target) or (
                _CARD_PATH.search(target.url.path) is not None and _spell(about) == page
            )
        except RefusedTarget:
            return False

    def _allows(self, target: Target) -> bool:
        allowed = self._anywhere or self._hosts.covers(target.host)
        return allowed and not self._is_ours(target)

    def _is_ours(self, target: Target) -> bool:
        if self._own is None:
            return False
        host, folder = self._own
        return target.host == host and target.url.path.startswith(folder)


def _parse_own(url: str) -> tuple[str, str] | None:
    try:
        target = parse_target(url)
    except RefusedTarget:
        return None
    return target.host, f"{target.url.path.rstrip('/')}/render/"


def _spell(url: str) -> str:
    """A page's URL as `admit` spells it. Raises RefusedTarget."""
    return _drop_tracking(str(parse_target(url.strip())))


def _drop_tracking(url: str) -> str:
    address, _, query = url.partition("?")
    parts = query.split("&")
    kept = [part for part in parts if not _TRACKING.match(part)]
    if len(kept) == len(parts):
        return url
    return f"{address}?{'&'.join(kept)}" if kept else address
