from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from htmlcard.templating.text import MAX_MARKS, clean_text, is_blank


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("a\x00b\x1b[31mc\x7f\x9b", "ab[31mc"),
        ("a\ud800b\udfff", "ab"),
        ("two\nlines\tand\r\nmore\u2028end", "two lines and more end"),
        ("  padded  ", "padded"),
        ("\u202egpj.exe\u202c \u2066open", "gpj.exe open"),
        ("\ufeffbom\ufffe", "bom"),
        ("caf\u0065\u0301", "caf\u00e9"),
        ("👨‍👩‍👧", "👨‍👩‍👧"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_what_cannot_or_must_not_be_drawn_is_gone(raw: str, clean: str) -> None:
    """Controls break headers and logs; bidi overrides turn the card around the value; joiners
    that shape emoji and Persian stay."""
    assert clean_text(raw, 100) == clean


@given(st.text(), st.integers(1, 50))
def test_cleaning_twice_changes_nothing(raw: str, length: int) -> None:
    """Keys are made of clean text, so it has to be a fixed point."""
    once = clean_text(raw, length)
    assert clean_text(once, length) == once


@given(st.text(max_size=40))
def test_normal_forms_are_one_text(raw: str) -> None:
    """macOS and browsers send different forms of the same title; it is one card."""
    composed, decomposed = (unicodedata.normalize(form, raw) for form in ("NFC", "NFD"))
    assert clean_text(composed, 50) == clean_text(decomposed, 50)


def test_stacked_marks_are_capped() -> None:
    """Zalgo text paints over the whole card."""
    text = clean_text("Z" + "\u0301\u0323\u0489" * 1000 + "algo", 100)
    assert text.endswith("algo") or len(text) < 100
    assert sum(unicodedata.category(char) in ("Mn", "Me") for char in text) <= MAX_MARKS


@pytest.mark.parametrize(
    "raw",
    ["x" * 5_000_000, "\u0323\u0301" * 1_000_000, "👩\u200d" * 1_000_000, "\u202e" * 3_000_000],
    ids=["letters", "marks", "joiners", "overrides"],
)
def test_megabytes_are_quick(raw: str) -> None:
    """Sorting a run of marks is quadratic; a title must not hold up the event loop."""
    started = time.perf_counter()
    clean_text(raw, 300)
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize(
    "raw", ["", " ", "\u200b\u200d\u2060", "\u00a0\u3000", "\u3164\u2800", "\ufe0f"]
)
def test_invisible_text_is_blank(raw: str) -> None:
    """A title of zero-width characters is a missing title."""
    assert is_blank(raw)


@pytest.mark.parametrize("raw", ["a", "👍", "\u0301", "\u200bx", "0"])
def test_visible_text_is_not_blank(raw: str) -> None:
    """A lone `0` or emoji is content."""
    assert not is_blank(raw)
