"""The committed pages `b*.html` are what `make_b.py` writes, and each has its label."""

from __future__ import annotations

import pytest

from .make_b import FOLDER, page_of, pages


def test_the_pages_are_the_bytes_of_their_readable_sources() -> None:
    """A reviewer reads the sources; an editor that "mends" a page's bytes must not go unseen."""
    stored = {page.stem: page.read_bytes() for page in FOLDER.glob("b*.html")}
    made = pages()
    assert [name for name in made | stored if made.get(name) != stored.get(name)] == []


def test_every_page_has_a_label_and_every_label_a_page() -> None:
    """A page without a label is never looked at, and the score would not tell."""
    assert sorted(label.stem for label in FOLDER.glob("b*.json")) == list(pages())


def test_raw_bytes_and_the_early_end_are_taken_as_written() -> None:
    """The hard pages are made of bytes that no codec writes."""
    assert page_of("cp932\n表⟨83⟩ソ⟨20 x3⟩⟨end⟩\nnever sent") == b"\x95\x5c\x83\x83\x5c   "


def test_a_letter_that_the_charset_lacks_is_an_error() -> None:
    """A page with question marks in it would be labeled wrongly, and nobody would notice."""
    with pytest.raises(UnicodeEncodeError):
        page_of("cp1251\n表")
