"""The scripts a card may meet, and which of them the fonts of this machine cannot write.

`glyphs` next door knows single characters; `doctor` and set-up ask here.
"""

from __future__ import annotations

from dataclasses import dataclass

from htmlcard.glyphs import GlyphCoverage


@dataclass(frozen=True, slots=True)
class Script:
    """`sample` holds what its fonts often lack; `package` is Debian's and Ubuntu's."""

    name: str
    sample: str
    package: str = "fonts-noto-core"


SCRIPTS = (
    Script("Latin", "Aäßñøłžğ€–“”"),
    Script("Vietnamese", "ắằẵệộữựỹđ₫"),
    Script("Greek", "Ωάὦϊς"),
    Script("Cyrillic", "ЖйЁіїґўџқө"),
    Script("Arabic", "شمةّ١٢؟"),
    Script("Persian", "پچژگی۴"),
    Script("Urdu", "ٹڈڑںےہ۔"),
    Script("Hebrew", "שםָּׁ״"),
    Script("Devanagari", "कक्षिंँड़।"),
    Script("Bengali", "কক্ষিংঁড়৳"),
    Script("Gurmukhi", "ਕਿੰੱਖ਼"),
    Script("Gujarati", "કક્ષિંઁ"),
    Script("Odia", "କକ୍ଷିଂଁ"),
    Script("Tamil", "கக்ஷிொஃ"),
    Script("Telugu", "కక్షింఁ"),
    Script("Kannada", "ಕಕ್ಷಿಂ"),
    Script("Malayalam", "കക്ഷിംൾ"),
    Script("Sinhala", "කක්ෂිංෙ"),
    Script("Thai", "กิ่ำ฿๑"),
    Script("Lao", "ກິ່ຳ₭"),
    Script("Khmer", "ក្រើំ៛។"),
    Script("Burmese", "ကြီးံ့၊"),
    Script("Georgian", "აბᲐ₾"),
    Script("Armenian", "Աաև֏"),
    Script("Ethiopic", "አማቋ፣"),
    Script("Simplified Chinese", "骨门边这，", "fonts-noto-cjk"),
    Script("Traditional Chinese", "骨門邊這嘅", "fonts-noto-cjk"),
    Script("Japanese", "あアー辺「々", "fonts-noto-cjk"),
    Script("Korean", "한글뷁ㄱ", "fonts-noto-cjk"),
    Script("emoji", "😀👩🏽🇯⃣🫠", "fonts-noto-color-emoji"),
)

#: What writes all of the above, 145 MB installed. The first has Nastaliq for Urdu, too, so that
#: `fonts-noto-extra` would bring nothing but further weights, at 330 MB.
FONT_PACKAGES = tuple(dict.fromkeys(script.package for script in SCRIPTS))


def find_missing_scripts(coverage: GlyphCoverage) -> list[Script]:
    """Those of which at least one sample character would be drawn as a box."""
    return [script for script in SCRIPTS if coverage.find_missing(script.sample)]
