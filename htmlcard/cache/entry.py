"""One card as it lies in a cache, and the bytes that stand for it on a disk.

Every byte is covered by a SHA-256, so a damaged, cut or planted value is a
miss and never a wrong picture. What an entry is filed under: `keys`.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, field

from htmlcard.cache.keys import etag
from htmlcard.card import ImageFormat, Size
from htmlcard.errors import HtmlcardError

#: No card comes near it; whatever is larger was not written by us and is not read into memory.
MAX_ENTRY_BYTES = 32 * 1024 * 1024

_MAGIC = b"hcentry\x01"
_DIGEST_BYTES = 32
#: stored_at_s, width_px, height_px, then the bytes of each text and of the picture.
_FIXED = struct.Struct(">dIIIIIIII")
_BODY_START = len(_MAGIC) + _DIGEST_BYTES


class BadEntry(HtmlcardError):  # noqa: N818 - reads like its sisters in htmlcard.errors
    """Stored bytes are damaged, of another make or of another identity; treat as a miss."""


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """A finished card with all that is needed to answer with it.

    `identity` tells what was asked for, `fingerprint` all it was drawn from: an
    entry of another fingerprint than today's is only good as a stale fallback.
    `stored_at_s` is Unix time.
    """

    identity: str
    fingerprint: str
    template: str
    format: ImageFormat
    size_px: Size
    encoding: str
    data: bytes = field(repr=False)
    stored_at_s: float
    etag: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "etag", etag(self.identity, self.fingerprint))


def encode_entry(entry: CacheEntry) -> bytes:
    """The bytes of an entry: magic, SHA-256 of all the rest, lengths, texts, picture."""
    texts = [
        text.encode()
        for text in (
            entry.identity,
            entry.fingerprint,
            entry.template,
            entry.format.value,
            entry.encoding,
        )
    ]
    lengths = [len(text) for text in texts]
    fixed = _FIXED.pack(
        entry.stored_at_s,
        entry.size_px.width_px,
        entry.size_px.height_px,
        *lengths,
        len(entry.data),
    )
    body = b"".join([fixed, *texts, entry.data])
    return _MAGIC + hashlib.sha256(body).digest() + body


def parse_entry(raw: bytes, identity: str) -> CacheEntry:
    """The entry of `identity` in `raw`, the bytes `encode_entry` made of it.

    Raises `BadEntry` for anything else: one changed byte, a missing or an added
    one, another version, or a sound entry of another identity.
    """
    view = memoryview(raw)
    if len(raw) < _BODY_START + _FIXED.size or view[: len(_MAGIC)] != _MAGIC:
        raise BadEntry("the stored value is no entry of this version")
    body = view[_BODY_START:]
    if hashlib.sha256(body).digest() != view[len(_MAGIC) : _BODY_START]:
        raise BadEntry("the stored entry is damaged: its SHA-256 does not fit")
    stored_at_s, width_px, height_px, *lengths = _FIXED.unpack_from(body)
    if _FIXED.size + sum(lengths) != len(body):
        raise BadEntry("the stored entry is damaged: its lengths do not add up")
    parts: list[bytes] = []
    start = _FIXED.size
    for length in lengths:
        parts.append(bytes(body[start : start + length]))
        start += length
    try:
        found, fingerprint, template, format_name, encoding = (part.decode() for part in parts[:-1])
        image_format = ImageFormat(format_name)
    except ValueError as error:
        raise BadEntry(f"the stored entry was not written by htmlcard: {error}") from error
    if found != identity:
        raise BadEntry("the stored entry belongs to another card")
    return CacheEntry(
        identity=found,
        fingerprint=fingerprint,
        template=template,
        format=image_format,
        size_px=Size(width_px, height_px),
        encoding=encoding,
        data=parts[-1],
        stored_at_s=stored_at_s,
    )
