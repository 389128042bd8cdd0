from __future__ import annotations

import pytest

from htmlcard.templating.lang import find_direction, find_lang, parse_lang


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


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Hello", "en"),
        ("Đà Nẵng, Zürich", "en"),
        ("2026 — 😀 ★", "en"),
        ("", "en"),
        ("静かな道具は長く使われる", "ja"),
        ("Next.js 入門ガイド", "ja"),
        ("ｶﾀｶﾅ", "ja"),
        ("東京大学", "ja"),
        ("国際会議の経済", "ja"),
        ("경제 뉴스", "ko"),
        ("漢字와 한글", "ko"),
        ("经济部发布新规", "zh-Hans"),
        ("Kubernetes 入门", "zh-Hans"),
        ("臺北市立圖書館", "zh-Hant"),
        ("經濟部發布新規", "zh-Hant"),
        ("人工智能", "zh-Hans"),
        ("مرحبا بالعالم", "ar"),
        ("چگونه می‌نویسیم", "fa"),
        ("ٹھنڈی ہوا", "ur"),
        ("שלום", "he"),
        ("हिन्दी", "hi"),
        ("Ελληνικά", "el"),
        ("Съешь ещё", "und-Cyrl"),
        ("ქართული", "ka"),
        ("ສະບາຍດີ", "lo"),
        ("Python לכולם ולכולן", "he"),
        ("The letter ש", "en"),
    ],
)
def test_a_title_tells_its_language(text: str, lang: str) -> None:
    """Fonts, Han shapes and line breaking hang on it, and most sites send none."""
    assert find_lang([text]) == lang


def test_the_title_decides_and_the_other_texts_help() -> None:
    """An author's name does not make an article Japanese; a kana anywhere tells Han apart."""
    assert find_lang(["Notes on tea", "佐藤"]) == "en"
    assert find_lang(["入門", "Sato", "はじめての本"]) == "ja"
    assert find_lang(["2026", "뉴스"]) == "ko"
    assert find_lang([]) == "en"


def test_a_found_language_is_a_tag_like_any_other() -> None:
    """It goes where the caller's goes, who may send it back to us."""
    for text in ("Съешь", "臺北", "骨头", "ٹھنڈی"):
        assert parse_lang(find_lang([text])) == find_lang([text])
