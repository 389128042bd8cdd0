"""Broken cards, each with what must be found in it."""

from __future__ import annotations

from htmlcard.card import Document

from . import fonts_and_files, legibility, placement

#: Name -> the card, and the rules it breaks.
BROKEN: dict[str, tuple[Document, frozenset[str]]] = {
    **placement.CARDS,
    **legibility.CARDS,
    **fonts_and_files.CARDS,
}
