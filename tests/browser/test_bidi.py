"""Text in two directions stands in the order in which its readers read it."""

from __future__ import annotations

import pytest

from htmlcard.browser.lane import Lane

from .finished import as_card
from .fonts_used import find_words
from .shooting import shoot

pytestmark = pytest.mark.browser

#: What a title is, and its words as the eye meets them from left to right (after UAX #9).
_CASES = {
    "Hebrew inside English": (
        "The word שלום עולם means peace",
        "The word עולם שלום means peace",
    ),
    "English inside Hebrew": (
        "קראתי את Hello World אתמול",
        "אתמול Hello World את קראתי",
    ),
    "number inside Hebrew": ("מחיר 1,299.50 שקל", "שקל 1,299.50 מחיר"),
    "numbers inside Arabic": ("من 10 إلى 20 يوما", "يوما 20 إلى 10 من"),
    "Persian digits": ("قیمت ۱۲۳ تومان است", "است تومان ۱۲۳ قیمت"),
    "Arabic, then English, no lang": (
        "مرحبا Python 3.13 للجميع",
        "للجميع Python 3.13 مرحبا",
    ),
    "Hebrew and Arabic in English": (
        "Version 2.0 של הספר (مع ملحق) is out",
        "Version 2.0 (ملحق مع) הספר של is out",
    ),
    "emoji between Arabic words": ("سلام 😀 دنیا", "دنیا 😀 سلام"),
    "Urdu with a Latin name": ("آج GitHub نے اعلان کیا", "کیا اعلان نے GitHub آج"),
    "flag at the end of Hebrew": ("ברוכים הבאים 🇮🇱", "🇮🇱 הבאים ברוכים"),
    "English name first in a sentence marked Arabic": (
        "<bdi>WhatsApp</bdi> تطلق ميزة",
        "ميزة تطلق WhatsApp",
    ),
    "a value in isolation": (
        "<bdi>ספר 7</bdi> 5 stars",
        "7 ספר 5 stars",
    ),
}
_LANGS = {"English name first in a sentence marked Arabic": "ar", "a value in isolation": "en"}


@pytest.mark.parametrize("case", _CASES)
async def test_words_stand_in_reading_order(lane: Lane, case: str) -> None:
    """Swapped words say something else: prices, versions and names most of all."""
    text, wanted = _CASES[case]
    css = "h1{margin:0;font:48px sans-serif;white-space:nowrap}"
    await shoot(lane, as_card(f"<h1>{text}</h1>", text, lang=_LANGS.get(case), css=css))

    words = await find_words(lane)
    assert len({round(top / 60) for *_, top in words}) == 1, "not on one line"
    seen = [word for word, *_ in sorted(words, key=lambda found: found[1])]
    # Brackets are mirrored with their run, so they tell nothing here; see below.
    assert [word.strip("()") for word in seen] == [word.strip("()") for word in wanted.split()]
    for (_, _, right, _), (_, left, _, _) in zip(
        sorted(words, key=lambda found: found[1]),
        sorted(words, key=lambda found: found[1])[1:],
        strict=False,
    ):
        assert right <= left + 1, "words overlap"


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("שלום ( Web ) !", "!", "שלום"),
        ("نعم ( API ) .", ".", "نعم"),
        ("Yes ( כן ) !", "Yes", "!"),
    ],
)
async def test_punctuation_and_brackets_follow_the_title(
    lane: Lane, text: str, first: str, last: str
) -> None:
    """A full stop on the wrong side is what every reader of Hebrew or Arabic knows us by."""
    css = "h1{margin:0;font:48px sans-serif;white-space:nowrap}"
    await shoot(lane, as_card(f"<h1>{text}</h1>", text, css=css))

    words = sorted(await find_words(lane), key=lambda found: found[1])
    assert (words[0][0], words[-1][0]) == (first, last)
    brackets = [word for word, *_ in words if word in "()"]
    # In reading order the opening one comes first; from right to left that is the right one.
    assert brackets == (["(", ")"] if first == "Yes" else [")", "("])


@pytest.mark.parametrize(("text", "edge"), [("שלום לכולם", "right"), ("Hello", "left")])
async def test_a_title_starts_at_the_side_its_readers_start(
    lane: Lane, text: str, edge: str
) -> None:
    """`dir` on the root turns the whole layout, not the line alone."""
    await shoot(lane, as_card(f"<h1>{text}</h1>", text, css="h1{margin:0;font:48px sans-serif}"))
    words = await find_words(lane)
    left, right = min(word[1] for word in words), max(word[2] for word in words)
    assert (right > 1195 and left > 600) if edge == "right" else (left < 5 and right < 600)
