from __future__ import annotations

import pytest

from htmlcard.templating.lang import find_direction, parse_lang


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("en", "en"),
        ("EN-us", "en-US"),
        ("pt_BR", "pt-BR"),
        ("ZH-hant-tw", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("ckb", "ckb"),
        ("de-x-ab-abcd", "de-x-ab-abcd"),
    ],
)
def test_spellings_of_a_language_are_one(text: str, tag: str) -> None:
    """The tag is part of the key."""
    assert parse_lang(text) == tag


@pytest.mark.parametrize(
    "text", ["", "e", "en-", 'en"><script>', "en us", "ａｂ", "a" * 36, "en\n"]
)
def test_what_is_no_language_is_refused(text: str) -> None:
    """The tag stands in an attribute and in a key."""
    assert parse_lang(text) is None


@pytest.mark.parametrize(
    ("lang", "direction"),
    [("ar", "rtl"), ("ur-PK", "rtl"), ("ar-Latn", "ltr"), ("pa-Arab", "rtl"), ("arn", "ltr")],
)
def test_a_script_says_more_than_its_language(lang: str, direction: str) -> None:
    """Punjabi is written both ways; Mapudungun (`arn`) is not Arabic."""
    assert find_direction(lang, []) == direction
