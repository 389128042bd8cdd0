"""The scripts every card must be able to show, a sentence of each as its readers would write it."""

from __future__ import annotations

from typing import NamedTuple


class ScriptRow(NamedTuple):
    """`lang` and `direction` are what htmlcard must find by itself in `text`.

    `families` are the ones that `font-family: sans-serif` must mean; spaces and punctuation may
    come from Noto Sans, too.
    """

    name: str
    lang: str
    direction: str
    text: str
    families: tuple[str, ...]


_LATIN = ("Noto Sans",)
_EMOJI = ("Noto Color Emoji",)

ROWS = (
    ScriptRow("Latin", "en", "ltr", "Sphinx of black quartz, judge my vow — ÅØÞ ſ ẞ €", _LATIN),
    ScriptRow("Greek", "el", "ltr", "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία· ᾧ ᾳ", _LATIN),
    ScriptRow(
        "Cyrillic", "und-Cyrl", "ltr", "Съешь ещё этих мягких булок. Ґанок, љубав, ұлт", _LATIN
    ),
    ScriptRow("Vietnamese", "en", "ltr", "Tiếng Việt: những chữ đẹp, rõ ràng, ưỡn ẹo", _LATIN),
    ScriptRow("Arabic", "ar", "rtl", "خير الكلام ما قلّ ودلّ، ﷺ ١٢٣", ("Noto Sans Arabic",)),
    ScriptRow("Persian", "fa", "rtl", "گربه‌های چابک پنجره را می‌پژوهند ۴۵۶", ("Noto Sans Arabic",)),
    ScriptRow("Urdu", "ur", "rtl", "ٹھنڈی ہوا میں بڑے پھول کھلے ہیں۔", ("Noto Sans Arabic",)),
    ScriptRow("Hebrew", "he", "rtl", "דג סקרן שט בים מאוכזב, שָׁלוֹם", ("Noto Sans Hebrew",)),
    ScriptRow("Hindi", "hi", "ltr", "हिन्दी में क्षत्रिय, ज्ञान और श्रृंगार ।", ("Noto Sans Devanagari",)),
    ScriptRow("Bengali", "bn", "ltr", "বাংলা ভাষায় ক্ষুদ্র স্বপ্ন, জ্ঞান ও শ্রদ্ধা", ("Noto Sans Bengali",)),
    ScriptRow("Tamil", "ta", "ltr", "தமிழ் மொழியில் க்ஷ, ஸ்ரீ, கொள்கை", ("Noto Sans Tamil",)),
    ScriptRow("Telugu", "te", "ltr", "తెలుగు భాషలో క్షత్రియ, స్త్రీ, జ్ఞానం", ("Noto Sans Telugu",)),
    ScriptRow("Thai", "th", "ltr", "ภาษาไทยที่นี่ ปั้นน้ำเป็นตัว ผู้ใหญ่", ("Noto Sans Thai",)),
    ScriptRow("Khmer", "km", "ltr", "ភាសាខ្មែរ ស្រ្តី និងព្រះអាទិត្យ", ("Noto Sans Khmer",)),
    ScriptRow("Georgian", "ka", "ltr", "ქართული ენა მშვენიერია, ᲥᲐᲠᲗᲣᲚᲘ", ("Noto Sans Georgian",)),
    ScriptRow("Armenian", "hy", "ltr", "Հայերեն լեզուն գեղեցիկ է և հին", ("Noto Sans Armenian",)),
    ScriptRow("Amharic", "am", "ltr", "አማርኛ ቋንቋ ውብ ነው፣ ሰላም ለዓለም።", ("Noto Sans Ethiopic",)),
    ScriptRow(
        "Chinese (Simplified)",
        "zh-Hans",
        "ltr",
        "骨直令角今，门与边：简体中文的标题",
        ("Noto Sans CJK SC",),
    ),
    ScriptRow(
        "Chinese (Traditional)",
        "zh-Hant",
        "ltr",
        "骨直令角今，門與邊：繁體中文的標題",
        ("Noto Sans CJK TC",),
    ),
    ScriptRow(
        "Japanese", "ja", "ltr", "骨直令角今、辺りの扉：日本語のタイトル", ("Noto Sans CJK JP",)
    ),
    ScriptRow(
        "Korean", "ko", "ltr", "骨直令角今, 다람쥐 헌 쳇바퀴에 타고파", ("Noto Sans CJK KR",)
    ),
    ScriptRow(
        "Mixed",
        "en",
        "ltr",
        "Version 2.0 של הספר (مع ملحق) is out, עמוד 12!",
        ("Noto Sans", "Noto Sans Hebrew", "Noto Sans Arabic"),
    ),
    ScriptRow("Emoji, joined", "en", "ltr", "👩🏽‍💻 👨‍👩‍👧‍👦 🏳️‍🌈 🧑🏿‍🚀 ❤️‍🔥 👍🏻 🤝🏾", _EMOJI),
    ScriptRow("Emoji, flags and keys", "en", "ltr", "🇯🇵 🇧🇷 🇺🇳 🏴󠁧󠁢󠁳󠁣󠁴󠁿 1️⃣ #️⃣ *️⃣ ☎️ ☺️ ⚡", _EMOJI),
)
