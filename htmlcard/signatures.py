"""Signed render URLs: only who holds a key can have cards drawn.

A signature covers the path and the canonical query, so adding `utm_…`, another order or
another way of escaping breaks nothing, and changing a word of the card does.
`docs/signing.md` says how other languages make one; `docs/signing-vectors.json` proves it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from htmlcard.errors import SignatureRefused
from htmlcard.urls import RESERVED_NAMES, Pairs, encode_query, first_values

_KEY_BYTES = 32
_EXPIRY = re.compile(r"[0-9]{1,12}")
#: Composing takes time by the square of a text's length, and anybody may send one.
_MAX_COMPOSED_LENGTH = 2000


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature that was right, and until when (Unix seconds; None: for ever)."""

    expires_at_s: int | None


class KeyRing:
    """The keys in force: the first signs, all verify."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = [key.encode() for key in keys]

    def __bool__(self) -> bool:
        return bool(self._keys)

    def sign(self, path: str, query: Pairs) -> str:
        """The value of `sig` for a path such as `/render/article.png` and its parameters.

        `query` is decoded text; a `sig` in it is left out.
        """
        return _signature(self._keys[0], path, query)

    def verify(self, path: str, query: Pairs, now_s: float) -> Signed:
        """Judge the `sig` and `exp` among these parameters, which are those the template knows.

        Raises:
            SignatureRefused: missing, wrong or expired.
        """
        values = dict(query)
        given = values.get("sig", "").encode("utf-8", "surrogatepass")
        if not given:
            raise SignatureRefused("This service draws signed URLs only, and this one has no sig.")
        # Editors and proxies recompose accents; what was signed is one form or the other.
        composed = [(name, _compose(value)) for name, value in query]
        forms = [query] if composed == list(query) else [query, composed]
        right = False
        for key in self._keys:
            for form in forms:
                right |= hmac.compare_digest(given, _signature(key, path, form).encode())
        if not right:
            raise SignatureRefused("The signature does not fit this URL.")
        expiry = values.get("exp")
        if expiry is None:
            return Signed(None)
        if not _EXPIRY.fullmatch(expiry) or int(expiry) <= now_s:
            raise SignatureRefused("The signature of this URL has expired.")
        return Signed(int(expiry))


def recognized(query: Pairs, fields: Collection[str]) -> list[tuple[str, str]]:
    """The parameters a signature covers: fields of the template and reserved names, first wins."""
    return list(first_values(query, RESERVED_NAMES.union(fields)).items())


def generate_key() -> str:
    """A fresh key: 256 random bits as unpadded base64url."""
    return secrets.token_urlsafe(_KEY_BYTES)


def _compose(value: str) -> str:
    if value.isascii() or len(value) > _MAX_COMPOSED_LENGTH:
        return value
    return unicodedata.normalize("NFC", value)


def _signature(key: bytes, path: str, query: Pairs) -> str:
    signed = [(name, value) for name, value in query if name != "sig"]
    text = f"{path}?{encode_query(signed)}"
    digest = hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
