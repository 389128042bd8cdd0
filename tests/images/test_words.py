"""Cleaning, breaking and ordering of text: what a title goes through before it is ink."""

from __future__ import annotations

import pytest

from htmlcard.images.bidi import find_levels, is_rtl
from htmlcard.images.clusters import clean_text, split_clusters
from htmlcard.images.fonts import FontShelf
from htmlcard.images.linebreak import balance, join, split_units, wrap
from htmlcard.images.runs import split_runs


def test_what_belongs_together_is_not_cut():
    """A family cut in half would show three strangers."""
    text = "a\u0301👨‍👩‍👧❤️👍🏽🇩🇪🇯🇵1\ufe0f\u20e3क्षि"
    assert split_clusters(text) == [
        "a\u0301",
        "👨‍👩‍👧",
        "❤️",
        "👍🏽",
        "🇩🇪",
        "🇯🇵",
        "1\ufe0f\u20e3",
        "क्षि",
    ]


def test_marks_are_limited_and_controls_dropped():
    """Zalgo climbs over other lines, bidi overrides turn the rest of the card around."""
    assert clean_text("e" + "\u0316" * 50) == "e" + "\u0316" * 3
    assert clean_text(" a\x00\u202eb\n\t c\ud800 ") == "ab c"
    assert clean_text("x" * 100_000) == "x" * 239 + "…"


def test_lines_neither_start_nor_end_with_the_wrong_mark():
    """Japanese typesetting (JIS X 4051) forbids a line that starts with a full stop."""
    texts = [unit.text for unit in split_units("「猫」である。")]
    assert texts == ["「猫」", "で", "あ", "る。"]


def test_lines_are_balanced_without_becoming_more():
    """One word alone on the last line looks like a mistake."""
    units = split_units("aaa bbb ccc ddd eee")
    widths = [3.0] * 5
    assert [join(line) for line in wrap(units, widths, 1.0, 15.0)] == ["aaa bbb ccc ddd", "eee"]
    assert [join(line) for line in balance(units, widths, 1.0, 15.0)] == ["aaa bbb ccc", "ddd eee"]


@pytest.mark.parametrize(
    ("text", "rtl", "levels"),
    [
        ("ab", False, [0, 0]),
        ("אב", False, [1, 1]),
        ("א 12 ב", True, [1, 1, 2, 2, 1, 1]),
        ("א ab!", True, [1, 1, 2, 2, 1]),
        ("a אב 1,5%", False, [0, 0, 1, 1, 1, 2, 2, 2, 2]),
    ],
)
def test_levels_follow_the_bidirectional_algorithm(text, rtl, levels):
    """Numbers inside Hebrew run left to right, closing marks follow the line (UAX 9)."""
    assert find_levels(text, rtl) == levels


def test_the_first_strong_letter_decides():
    """Digits and emoji say nothing about a title's direction (UAX 9, P2)."""
    assert is_rtl("1 😀 שלום hello", default=False)
    assert not is_rtl("1 hello שלום", default=True)
    assert is_rtl("123", default=True)


def test_runs_stand_in_visual_order():
    """In a right-to-left line the first word stands last on paper."""
    assert [run.text.strip() for run in split_runs("שלום abc", "he", rtl=True)] == ["abc", "שלום"]


def test_a_machine_without_fonts_still_has_letters(tmp_path):
    """A slim container may hold no font at all, or a damaged one; Pillow's own is always there."""
    (tmp_path / "broken.ttf").write_bytes(b"\x00\x01\x00\x00junk")
    shelf = FontShelf((str(tmp_path), str(tmp_path / "missing")))
    face = shelf.find_face("a", "en")
    assert face is not None
    assert face.path == ""
    assert shelf.find_face("日", "ja") is None
    assert shelf.find_emoji() is None
