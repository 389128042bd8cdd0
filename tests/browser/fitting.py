"""Texts to fit into boxes, and what became of them."""

from __future__ import annotations

import json
from itertools import cycle, islice
from typing import Any

from htmlcard.browser.lane import Lane

WORDS = {
    "latin": "Sphinx of black quartz, judge my vow: jumpy fjords Ågrip Ếch ",
    "cjk": "吾輩は猫である。名前はまだ無い。どこで生れたか、とんと見当がつかぬ",
    "arabic": "العربية لغة جميلة جدا ويكتب بها الناس من اليمين إلى اليسار ",
    "thai": "ภาษาไทยเป็นภาษาที่มีระดับเสียงของคำแน่นอนและมีวรรณยุกต์ที่ผู้ใหญ่รู้",
}


def text_of(script: str, length: int) -> str:
    """The first code points of an endless text, which is never blank."""
    return "".join(islice(cycle(WORDS[script]), length))


def long_word(length: int = 80) -> str:
    return "".join(islice(cycle("Donaudampfschifffahrtsgesellschaftskapitaensmuetze"), length))


async def outcomes(lane: Lane) -> list[dict[str, Any]]:
    """What became of each element with data-fit in the card that was painted last, in its order."""
    found = await lane._page._tab.evaluate(
        "(() => { const d = document.getElementById('painted').contentDocument;"
        "return JSON.stringify([...d.querySelectorAll('[data-fit]')].map((element) =>"
        "({ ...fitTexts.outcome(element), text: element.textContent,"
        "px: parseFloat(d.defaultView.getComputedStyle(element).fontSize) }))) })()"
    )
    listed: list[dict[str, Any]] = json.loads(found)
    return listed
