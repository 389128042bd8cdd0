"""`If-None-Match` (RFC 9110, 13.1.2)."""

from __future__ import annotations

import re

_ENTITY_TAG = re.compile(r'(?:W/)?("[^"]*")')


def matches_etag(if_none_match: str, etag: str) -> bool:
    """Whether the header names this strong entity tag; `*` matches any. The comparison is weak."""
    if if_none_match.strip() == "*":
        return True
    return etag in _ENTITY_TAG.findall(if_none_match)
