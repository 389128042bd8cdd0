"""The last good values of pages on disk: a page that is down is no blank card, nor after a restart.

An entry of the card cache carries them, since that is what lies on a disk safely: text and bytes
under a SHA-256, within a time budget, bounded, never pickled. It has a folder of its own.
"""

from __future__ import annotations

import hashlib

from pydantic import TypeAdapter, ValidationError

from htmlcard.cache import CacheEntry, CardCache
from htmlcard.card import ImageFormat, Size
from htmlcard.pages.texts import Page

#: Changes with the shape of `Page`: what was stored before is then unknown.
_FINGERPRINT = "page-1"
_PAGE = TypeAdapter(Page)


class PageStore:
    """Pages by URL. Looking and storing never fail: at worst they miss and forget.

    The `cache` is this store's alone, and is opened and closed by others.
    """

    def __init__(self, cache: CardCache) -> None:
        self._cache = cache

    async def find(self, url: str) -> Page | None:
        found = await self._cache.find(_identity(url))
        if found is None or found[0].fingerprint != _FINGERPRINT:
            return None
        try:
            return _PAGE.validate_json(found[0].data)
        except ValidationError:
            return None

    def put(self, url: str, page: Page) -> None:
        """On the disk soon."""
        entry = CacheEntry(
            identity=_identity(url),
            fingerprint=_FINGERPRINT,
            template="page",
            # An entry has a format and a size; these values have none.
            format=ImageFormat.PNG,
            size_px=Size(1, 1),
            encoding="json",
            data=_PAGE.dump_json(page),
            stored_at_s=page.asked_at_s,
        )
        self._cache.put(entry)

    async def remove(self, url: str) -> None:
        await self._cache.remove(_identity(url))

    async def clear(self) -> None:
        await self._cache.clear()


def _identity(url: str) -> str:
    return hashlib.sha256(f"page {url}".encode()).hexdigest()
