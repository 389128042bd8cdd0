"""Strangers' text made harmless: what would steer a terminal or turn text around is shown."""

from __future__ import annotations

import re

#: Controls but tab and line feed, bidirectional embeddings, overrides and isolates (UAX 9), line
#: separators, halves of surrogate pairs, and what XML has no way to write.
_STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)


def make_visible(text: str) -> str:
    """The text with `<U+202E>` in place of a character that nobody would see."""
    return _STEERING.sub(lambda match: f"<U+{ord(match[0]):04X}>", text)


def escape_in_json(text: str) -> str:
    r"""The same for finished JSON, whose meaning stays: `\u202e`."""
    return _STEERING.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
