"""Without a browser the requested title is still there, readable and in its place."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, ImageDraw

from htmlcard.card import Brand, ImageFormat, Size
from htmlcard.images.bidi import is_rtl
from htmlcard.images.fallback import draw_fallback
from htmlcard.images.probe import check_shot
from htmlcard.images.typeset import Voice, draw_text, fit_text

from .samples import decoded, encoded

SIZE = Size(1200, 630)
BUDGET = 300_000
MARGIN_PX = 76
ACME = Brand("Acme", "#4f46e5")
HEADER_PX = 150


def draw(
    title, subtitle="", brand=ACME, size=SIZE, format=ImageFormat.PNG, lang="en", direction="ltr"
):
    data = draw_fallback(title, subtitle, brand, size, format, BUDGET, lang, direction)
    check_shot(data, format, size)
    assert len(data) <= BUDGET
    return decoded(data)


def find_ink(picture: Image.Image, below_px: int = HEADER_PX) -> np.ndarray:
    """Where white text stands, as a mask; the header is left out."""
    mask = np.asarray(picture).min(axis=2) > 225
    mask[:below_px] = False
    return mask


def center_of(mask: np.ndarray) -> float:
    return float(np.nonzero(mask)[1].mean())


def test_the_title_is_what_differs():
    """A fallback that shows anything but the requested title is a generic banner."""
    one, again, other = draw("Alpha news"), draw("Alpha news"), draw("Omega news")
    assert np.array_equal(find_ink(one), find_ink(again))
    assert not np.array_equal(find_ink(one), find_ink(other))
    assert find_ink(one).sum() > 4_000


@pytest.mark.parametrize(
    ("title", "lang"),
    [
        ("كيف جعلنا البطاقات سريعة", "ar"),
        ("איך הפכנו כרטיסים למהירים", "he"),
    ],
)
def test_right_to_left_titles_lie_at_the_right(title, lang):
    """Readers of Arabic and Hebrew start at the right edge, whether the caller said so or not."""
    for direction in ("rtl", "ltr"):
        mask = find_ink(draw(title, lang=lang, direction=direction))
        columns = np.nonzero(mask.any(axis=0))[0]
        assert columns.max() > SIZE.width_px - MARGIN_PX - 20
        assert center_of(mask) > SIZE.width_px / 2


def test_arabic_letters_are_joined():
    """Unjoined letters are as wrong as a wrong word: the shaped word is far narrower."""

    def width(title):
        columns = np.nonzero(find_ink(draw(title, lang="ar", direction="rtl")).any(axis=0))[0]
        return columns.max() - columns.min()

    word = "بببببب"
    assert width(word) < 0.8 * width("\u200c".join(word))


def test_latin_titles_lie_at_the_left_and_follow_the_direction():
    """An English title on a right-to-left page keeps its own direction."""
    for direction in ("ltr", "rtl"):
        columns = np.nonzero(find_ink(draw("Hello", direction=direction)).any(axis=0))[0]
        assert columns.min() < MARGIN_PX + 20


HOSTILE = {
    "long": "The quick brown fox jumps over the lazy dog " * 40,
    "one word": "A" * 100_000,
    "emoji": "😀" * 10_000,
    "joined emoji": "👩‍" * 3_000,
    "zalgo": "Z" + "\u0335\u0321\u0351" * 500 + "algo" + "\u0301" * 3_000,
    "controls": "a\x00b\x1b[31mc\u202ed\u2066e\ud800f\x7f\u0085g",
    "only controls": "\x00\u202e\u200b\ufeff",
    "marks without letters": "\u0301\u0951\u0e31" * 20,
    "megabyte": "word " * 200_000,
    "mixed": "Mixed العربية 日本語 ภาษาไทย हिन्दी עברית Ελληνικά",
    "unassigned": "\U000e0fff\U0003fffd\uffff",
    "flags": "🇩🇪" * 99 + "🇩",
}


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("size", [SIZE, Size(300, 157), Size(400, 800)], ids=str)
def test_ink_never_leaves_the_margins(kind, size):
    """Platforms crop and round corners: what stands in the margin is lost."""
    titled = np.asarray(draw(HOSTILE[kind], "sub " * 99, brand=Brand("Acme", "#000000"), size=size))
    margin = int(MARGIN_PX * min(size.width_px / 1200, size.height_px / 630) * 0.9)
    framed = titled.astype(int).copy()
    framed[margin:-margin, margin:-margin] = 0
    assert framed.max() < 60, "only the circles of the background may stand in the margin"


@pytest.mark.parametrize("title", ["ميداني في", "ที่นี่ ปู่ย่า", "Ế Ữ Ậ g y", "कुर्सी ट्ठू", "Ágjpqy"])
def test_marks_above_and_below_are_not_cut_off(title):
    """Without its dots an Arabic letter is another letter."""
    rtl = is_rtl(title, default=False)
    setting = fit_text(title, (1000, 300), (60, 60), 1, Voice("", rtl))
    ink = draw_text(setting, 1000, (0, 0, 0), Voice("", rtl)).getbbox()
    assert ink is not None
    assert 0 < ink[1] < ink[3] < setting.overshoot_px + setting.height_px


@pytest.mark.parametrize("lang", ["ja", "zh-Hans", "th", "hi"])
def test_titles_without_spaces_wrap(lang):
    """Japanese, Chinese and Thai have no spaces: a title on one line would be tiny."""
    title = {
        "ja": "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。",
        "zh-Hans": "使用无头浏览器渲染社交预览图片的完整指南与实践经验总结报告",
        "th": "วิธีที่เราทำให้การ์ดโซเชียลแสดงผลได้เร็วขึ้นมากกว่าเดิมหลายเท่า",
        "hi": "हमने सोशल कार्ड को बीस मिलीसेकंड में कैसे बनाया और क्या सीखा",
    }[lang]
    rows = find_ink(draw(title, lang=lang)).any(axis=1)
    assert rows.sum() > 100, "two lines at least, each of 50 px"


def test_han_glyphs_follow_the_language():
    """The same code point is drawn differently in Japan and China (needs fonts-noto-cjk)."""
    assert not np.array_equal(
        find_ink(draw("骨直刃", lang="ja")), find_ink(draw("骨直刃", lang="zh-Hans"))
    )


@pytest.mark.parametrize(
    "color",
    ["#ffffff", "#000000", "#ffff00", "#808080", "#f59e0b", "#22c55e", "#ff0000", "red", "junk"],
)
def test_text_is_readable_on_any_brand_color(color):
    """WCAG asks for a contrast of 4.5; brands choose colors without asking."""
    picture = draw("■■■■", brand=Brand("", color), lang="en")
    pixels = np.asarray(picture).reshape(-1, 3)
    linear = pixels / 255
    linear = np.where(linear <= 0.04045, linear / 12.92, ((linear + 0.055) / 1.055) ** 2.4)
    light = np.sort(linear @ (0.2126, 0.7152, 0.0722))
    # The text's own luminance is an extreme of the picture, the background its median.
    ratios = (
        (light[-1] + 0.05) / (np.median(light) + 0.05),
        (np.median(light) + 0.05) / (light[0] + 0.05),
    )
    assert max(ratios) >= 4.5


def test_the_logo_is_shown():
    """The brand's logo tells readers whose link it is, broken browser or not."""
    logo = Image.new("RGBA", (200, 100))
    ImageDraw.Draw(logo).ellipse((0, 0, 199, 99), fill="#00ff00")
    picture = np.asarray(draw("Title", brand=Brand("Acme", "#111111", encoded(logo, "PNG"))))
    green = (picture[..., 1] > 240) & (picture[..., 0] < 30)
    assert green[:HEADER_PX, : SIZE.width_px // 3].sum() > 2_000


def test_a_logo_in_the_background_color_gets_a_plate():
    """A black logo on a black card would be invisible."""
    logo = encoded(Image.new("RGBA", (100, 100), "#000000"), "PNG")
    picture = draw("Title", brand=Brand("", "#000000", logo))
    assert np.asarray(picture)[:HEADER_PX].min(axis=2).max() > 240


@pytest.mark.parametrize("format", ImageFormat)
@pytest.mark.parametrize("logo", [b"", b"junk", encoded(Image.new("RGB", (9, 9)), "PNG")[:50]])
def test_a_broken_logo_does_not_matter(format, logo):
    """The last rungs must hold whatever an operator has configured."""
    draw("Title", brand=Brand("Acme", "#0ea5e9", logo), format=format)


@pytest.mark.parametrize("format", ImageFormat)
@pytest.mark.parametrize(
    "size",
    [(1, 1), (16, 16), (16, 2000), (2000, 16), (91, 89), (2400, 1260), (1080, 1920)],
    ids=str,
)
def test_every_size_and_format_is_served(size, format):
    """Templates declare any size; a fallback of another size would break the page's layout."""
    draw("A title for any size", "and a subtitle", size=Size(*size), format=format)


def test_a_tiny_budget_is_kept():
    """Operators who set a small budget mean it for fallbacks as well."""
    for format in ImageFormat:
        data = draw_fallback("Title", "", ACME, SIZE, format, 15_000, "en", "ltr")
        assert len(data) <= 15_000
        check_shot(data, format, SIZE)


def test_threads_draw_the_same_as_one():
    """An outage makes many fallbacks at once; fonts and backdrops are shared between them."""
    titles = ["Alpha news", "日本語の題名", "עברית", "Ship it 🚀", "العربية"] * 8
    alone = {title: np.asarray(draw(title)) for title in titles}
    with ThreadPoolExecutor(8) as pool:
        for title, picture in zip(titles, pool.map(draw, titles), strict=True):
            assert np.array_equal(np.asarray(picture), alone[title])


def test_what_cannot_be_drawn_still_gives_a_picture():
    """The last line of defense is one flat color, not an exception."""
    data = draw_fallback(None, "", ACME, SIZE, ImageFormat.PNG, BUDGET, "en", "ltr")  # type: ignore[arg-type]
    assert decoded(data).getcolors() == [(1200 * 630, (0x4F, 0x46, 0xE5))]
