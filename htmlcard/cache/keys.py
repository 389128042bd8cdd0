"""What a card is filed under, and the ETag it is answered with.

The identity leaves the template's fingerprint out on purpose: an edited template
overwrites its old pictures in place, so nothing outdated piles up.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from htmlcard.card import ImageFormat


def card_identity(
    *,
    template: str,
    params: Sequence[tuple[str, str]],
    format: ImageFormat,
    size: str,
    scale: int,
    lang: str,
    version: str,
) -> str:
    """SHA-256, 64 hex digits, of what was asked for.

    `params` are validated (name, value) pairs, each name once; their order does
    not matter. `size` is the size's name or `WIDTHxHEIGHT`, `version` the `v`
    of the URL or empty.
    """
    texts = [template, format.value, size, str(scale), lang, version]
    for name, value in sorted(params):
        texts += (name, value)
    return hashlib.sha256(b"".join(_prefixed(texts))).hexdigest()


def etag(identity: str, fingerprint: str) -> str:
    """A strong entity tag (RFC 9110, 8.8.3) with its quotes."""
    digest = hashlib.sha256(b"".join(_prefixed([identity, fingerprint]))).hexdigest()
    return f'"{digest[:32]}"'


def _prefixed(texts: Sequence[str]) -> Iterator[bytes]:
    # Each text behind its length: ("ab", "c") and ("a", "bc") must not meet.
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        yield len(data).to_bytes(8, "big")
        yield data
