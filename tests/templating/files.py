"""The smallest files that pass for fonts and pictures; `mark` tells them apart."""

from __future__ import annotations


def tiny_font(mark: bytes = b"") -> bytes:
    """The header of a WOFF2 font, with the right length in it."""
    length = 48 + len(mark)
    return b"wOF2\0\1\0\0" + length.to_bytes(4, "big") + b"\0" * 36 + mark


def tiny_png(mark: bytes = b"") -> bytes:
    """A PNG without a single pixel: a comment and the end."""
    comment = len(mark).to_bytes(4, "big") + b"tEXt" + mark + b"\0\0\0\0"
    return b"\x89PNG\r\n\x1a\n" + comment + b"\0\0\0\0IEND\xaeB`\x82"
