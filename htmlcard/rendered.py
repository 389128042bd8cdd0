"""What `renderer` answers with: the card or a fallback, and what is to be said of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from htmlcard.cache import CacheEntry
from htmlcard.card import ImageFormat, Size
from htmlcard.fallbacks import Fallback, FallbackPicture
from htmlcard.pictures import NO_PICTURES, PictureSet


@dataclass(frozen=True, slots=True)
class Rendered:
    """An answer: a picture, how it came about, and whether it is the card or a fallback."""

    data: bytes = field(repr=False)
    format: ImageFormat
    size_px: Size
    etag: str
    encoding: str
    cache_status: str
    """Parameters of a `Cache-Status` header (RFC 9211), behind `htmlcard; `."""
    fallback: Fallback | None = None
    warnings: tuple[str, ...] = ()
    """What could not be drawn as asked for."""
    fresh_s: float | None = None
    """For how long its pictures are good; None: it has none."""


def from_entry(
    entry: CacheEntry,
    cache_status: str,
    *,
    fallback: Fallback | None = None,
    pictures: PictureSet = NO_PICTURES,
    lacking: str = "placeholder drawn",
) -> Rendered:
    """A card out of a cache, or fresh into it; `lacking` is what was done without a picture."""
    return Rendered(
        data=entry.data,
        format=entry.format,
        size_px=entry.size_px,
        etag=entry.etag,
        encoding=entry.encoding,
        cache_status=cache_status,
        fallback=fallback,
        warnings=pictures.warnings(lacking),
        fresh_s=pictures.fresh_s if pictures.paths else None,
    )


def from_fallback(picture: FallbackPicture, format: ImageFormat, size_px: Size) -> Rendered:
    """A picture in place of a card."""
    return Rendered(
        data=picture.data,
        format=format,
        size_px=size_px,
        etag=picture.etag,
        encoding="fallback",
        cache_status="fwd=miss; detail=fallback",
        fallback=picture.fallback,
    )
