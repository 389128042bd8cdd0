"""What people write in titles, by script: a word, a headline, a sentence of each.

Only data. Every headline has something that breaks careless templates: marks
above and below, no spaces, joined letters, digits and Latin inside.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """One language's texts; `lang` is its BCP 47 tag."""

    lang: str
    about: str
    word: str
    headline: str
    sentence: str


#: By the name of the fixture that uses them.
SCRIPTS = {
    "vietnamese": Words(
        "vi",
        "Vietnamese: two marks above one capital letter.",
        "Ế Ẫ Ộ",
        "NHỮNG ĐIỀU ẤP Ủ TRONG CHUYẾN ĐI QUA ĐÈO HẢI VÂN",
        "Gió ẩm thổi qua những mái nhà cổ, nơi từng ấp ủ giấc mộng viễn dương.",
    ),
    "cyrillic": Words(
        "ru",
        "Cyrillic, with Greek inside.",
        "Щёголь",
        "Съешь ещё этих мягких французских булок — ξεσκεπάζω την ψυχοφθόρα βδελυγμία",
        "Широкая электрификация южных губерний даст мощный толчок подъёму сельского хозяйства.",
    ),
    "arabic": Words(
        "ar",
        "Arabic: right to left, joined letters, vowel marks.",
        "مُحَرِّر",
        "اللُّغَةُ الْعَرَبِيَّةُ بَحْرٌ عَمِيقٌ لا يُدْرَكُ قَرَارُه",
        "كيف نصمم بطاقات تقرأ من اليمين إلى اليسار دون أن ينكسر السطر أو تنقص الحروف؟",
    ),
    "hebrew": Words(
        "he",
        "Hebrew with Latin, digits and brackets: text in both directions.",
        "שׁלום Web",
        "איך HTML 5.3 (ו-CSS) שינו את 90% מהאתרים ב-2026?",
        "הגרסה v2.4.1 של Chromium תומכת ב-data-fit, ראו docs/fit.html לפרטים (באנגלית).",
    ),
    "hindi": Words(
        "hi",
        "Devanagari: marks on all sides of a letter.",
        "र्त्स्न्य",
        "कार्त्स्न्य से श्रृंगार तक: हिन्दी टाइपोग्राफ़ी की छोटी-बड़ी कहानियाँ",
        "ऋतुओं के बदलते रंग, नदियों की ढलान और गाँव की शाम पर एक लंबी चिट्ठी।",
    ),
    "thai": Words(
        "th",
        "Thai: no spaces, stacked tone marks.",
        "ผู้ใหญ่",
        "ที่นี่มีปู่ย่าตายายผู้รู้เรื่องน้ำขึ้นน้ำลงยิ่งกว่าใครทั้งสิ้น",
        "เป็นมนุษย์สุดประเสริฐเลิศคุณค่ากว่าบรรดาฝูงสัตว์เดรัจฉานจงฝ่าฟันพัฒนาวิชาการ",
    ),
    "chinese": Words(
        "zh-Hans",
        "Chinese: no spaces, full-width punctuation.",
        "设计",
        "《把复杂留给自己，把简单留给读者》——写给每一位认真做排版的人",
        "我们走访了十二座城市的小型印刷作坊，记录那些仍在手工调整字距与行距的匠人。",
    ),
    "japanese": Words(
        "ja",
        "Japanese: no spaces, three scripts, no line may begin with small kana.",
        "設計者",
        "「静かな道具」は、なぜ長く使われるのか？ サーバーレスアーキテクチャーの十年",
        "東京から京都まで、ひとつの文字組みが読者に届くまでの道のりを、ゆっくりとたどります。",
    ),
    "korean": Words(
        "ko",
        "Korean: lines break between words.",
        "디자인",
        "오래 쓰이는 도구는 조용하다: 작은 서비스를 빠르게 지켜 온 칠 년의 기록",
        "작은 서비스를 빠르고 조용하게, 그리고 지루할 만큼 안정적으로 운영하며 배운 것들.",
    ),
    "emoji": Words(
        "en",
        "Emoji: families, flags, skin tones, keycaps, and nothing else in short fields.",
        "👩🏽‍🚀🏳️‍🌈",
        "We shipped it 🚀👩🏽‍💻👨‍👩‍👧‍👦 in 🇯🇵 & 🏴󠁧󠁢󠁳󠁣󠁴󠁿 — 1️⃣ day early 🎉🎉🎉",
        "🧑🏿‍🤝‍🧑🏻 From ☕️ to ✅ in twelve steps, with #️⃣ and ❤️‍🔥 on the way.",
    ),
}

#: Words that fill any length as prose does.
PROSE = (
    "What the fog taught a lighthouse keeper about patience, horns, tea and the long arithmetic "
    "of ships that pass without ever being seen, as told over seven winters to anyone who would "
    "row out and listen; "
)
#: 80 letters without a place to break. A word people do write.
LONGEST_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
#: Markup, quotes of all kinds, and the syntax of templates, styles and scripts. `INJECTED` is
#: looked for in the finished document.
INJECTED = '<i data-injected=""'
HOSTILE = (
    f"{INJECTED} onload=alert(1)></i><script>alert(1)</script></style></title>"
    "\"'`>{{ 7*7 }}{% for %}${7*7}&lt;b&amp; \\ /*--><!--"
)
#: What falls out of databases: controls, overrides, stacks of marks, spaces that are none.
CONTROLS = (
    "Tabs\tand\r\nbreaks, \x00nul \x1b[31mred\x07, \u202eoverride\u202c, \ufeffBOM, "
    "zero\u200bwidth, soft\u00adhyphen, Z\u0351\u036b\u0343\u036a\u0302a\u0346\u0323lgo\u0321\u0316"
)
