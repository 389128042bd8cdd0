"""The `drawn` rung: the requested title as a picture, without any browser.

`backdrop` draws what stands around it, `typeset` the words; `brand` next door
is the rung below. Never raises: its last line of defense is one flat color.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from htmlcard.card import Brand, ImageFormat, Size
from htmlcard.images.backdrop import draw_backdrop, draw_mark, draw_tile, find_unit
from htmlcard.images.bidi import is_rtl
from htmlcard.images.budget import encode_lossy, fit_lossy_picture, fit_png_picture
from htmlcard.images.clusters import clean_text
from htmlcard.images.colors import Scheme, choose_scheme, parse_color
from htmlcard.images.png import encode_indexed, encode_rgb
from htmlcard.images.typeset import Setting, Voice, draw_text, fit_text

#: Contract: sides of 16..4096 CSS pixels, at scale 2.
_MAX_SIDE_PX = 8192
#: Below this no title can be read; the mark alone is shown.
_MIN_TEXT_SIDE_PX = 90
#: And below this neither brand name nor subtitle, which would be set in under 9 px.
_MIN_SMALL_PRINT_UNIT = 0.36


def draw_fallback(
    title: str,
    subtitle: str,
    brand: Brand,
    size_px: Size,
    format: ImageFormat,
    max_bytes: int,
    lang: str,
    direction: str,
) -> bytes:
    """A card with `title` and `subtitle` in the brand's colors, at most `max_bytes` long.

    `direction` is `ltr` or `rtl`; a title whose first letter runs from the right
    does so anyway. An empty title gives the brand alone. Never raises.
    """
    try:
        picture = draw_card(title, subtitle, brand, size_px, lang, direction)
        return encode_picture(picture, format, max_bytes)
    # The last line of defense: whatever went wrong, the answer is a picture.
    except Exception:
        return draw_flat(brand, size_px, format)


def draw_card(
    title: str, subtitle: str, brand: Brand, size_px: Size, lang: str, direction: str
) -> Image.Image:
    """The RGB picture of `draw_fallback`; may raise on a damaged font or lack of memory."""
    size = clamp_size(size_px)
    scheme = choose_scheme(parse_color(brand.color))
    title, subtitle = clean_text(title), clean_text(subtitle)
    rtl = is_rtl(title, default=direction == "rtl")
    picture = draw_backdrop(size, scheme, rtl).copy()
    if min(size.width_px, size.height_px) < _MIN_TEXT_SIDE_PX or not title:
        _paste_brand(picture, brand, scheme, Voice(lang, rtl))
    else:
        _paste_words(picture, title, subtitle, brand, scheme, Voice(lang, rtl))
    return picture


def draw_flat(brand: Brand, size_px: Size, format: ImageFormat) -> bytes:
    """One color by the simplest means: what is left when even drawing fails."""
    size, color = clamp_size(size_px), parse_color(brand.color)
    if format is ImageFormat.PNG:
        index = np.zeros((size.height_px, size.width_px), np.uint8)
        return encode_indexed(index, np.array([color], np.uint8), 0)
    return encode_lossy(Image.new("RGB", (size.width_px, size.height_px), color), format, 60)


def encode_picture(picture: Image.Image, format: ImageFormat, max_bytes: int) -> bytes:
    """An RGB picture in `format`, brought within `max_bytes`."""
    if format is not ImageFormat.PNG:
        return fit_lossy_picture(picture, format, max_bytes)[0]
    data = encode_rgb(np.asarray(picture))
    return data if len(data) <= max_bytes else fit_png_picture(picture, max_bytes)[0]


def clamp_size(size_px: Size) -> Size:
    return Size(
        min(max(1, int(size_px.width_px)), _MAX_SIDE_PX),
        min(max(1, int(size_px.height_px)), _MAX_SIDE_PX),
    )


def _paste_brand(picture: Image.Image, brand: Brand, scheme: Scheme, voice: Voice) -> None:
    """Mark and name in the middle; on small pictures the mark alone."""
    small = min(picture.size) < _MIN_TEXT_SIDE_PX
    unit = find_unit(Size(*picture.size))
    height = int(min(picture.size) * 0.6) if small else int(150 * unit)
    mark = draw_mark(brand, scheme, max(1, height))
    if mark.width > picture.width * 0.9:
        mark = mark.resize((max(1, int(picture.width * 0.9)), mark.height))
    name = clean_text(brand.name, 60)
    top, x = (picture.height - mark.height) // 2, (picture.width - mark.width) // 2
    if name and not small:
        width = int(picture.width * 0.8)
        sizes = (max(1, int(22 * unit)), max(1, int(60 * unit)))
        setting = fit_text(name, (width, int(80 * unit)), sizes, 1, voice)
        gap = int(28 * unit)
        top -= (setting.height_px + gap) // 2
        ink = draw_text(setting, width, scheme.text, voice, center=True)
        picture.paste(
            ink, ((picture.width - width) // 2, top + mark.height + gap - setting.overshoot_px), ink
        )
    picture.paste(mark, (x, top), mark)


def _paste_words(
    picture: Image.Image, title: str, subtitle: str, brand: Brand, scheme: Scheme, voice: Voice
) -> None:
    """Brand above, accent bar, title and subtitle below, all along the reading edge."""
    unit = find_unit(Size(*picture.size))
    margin = round(76 * unit)
    width = picture.width - 2 * margin
    bottom = picture.height - margin
    top = _paste_header(picture, brand, scheme, voice, margin, unit)
    bar = (max(2, round(92 * unit)), max(1, round(9 * unit)))
    room = bottom - top - bar[1] - round(72 * unit)

    below: Setting | None = None
    if subtitle and unit >= _MIN_SMALL_PRINT_UNIT:
        sizes = (round(24 * unit), round(34 * unit))
        below = fit_text(subtitle, (width, round(120 * unit)), sizes, 2, voice, 1.35)
        room -= below.height_px + round(14 * unit)
    sizes = (max(9, round(40 * unit)), max(9, round(104 * unit)))
    main = fit_text(title, (width, max(1, room)), sizes, 4, voice, 1.2)

    if below is not None:
        bottom -= below.height_px
        ink = draw_text(below, width, scheme.muted, voice)
        picture.paste(ink, (margin, bottom - below.overshoot_px), ink)
        bottom -= round(14 * unit)
    bottom -= main.height_px
    ink = draw_text(main, width, scheme.text, voice)
    picture.paste(ink, (margin, bottom - main.overshoot_px), ink)
    tile = draw_tile(bar, scheme.accent)
    bottom -= bar[1] + round(20 * unit)
    picture.paste(tile, (picture.width - margin - bar[0] if voice.rtl else margin, bottom), tile)


def _paste_header(
    picture: Image.Image, brand: Brand, scheme: Scheme, voice: Voice, margin: int, unit: float
) -> int:
    """Mark and name in the upper corner; answers where the header ends."""
    mark = draw_mark(brand, scheme, max(1, round(60 * unit)))
    at = picture.width - margin - mark.width if voice.rtl else margin
    picture.paste(mark, (at, margin), mark)
    name = clean_text(brand.name, 60)
    width = picture.width - 2 * margin - mark.width - round(20 * unit)
    if name and width > 0 and unit >= _MIN_SMALL_PRINT_UNIT:
        sizes = (round(24 * unit), round(30 * unit))
        setting = fit_text(name, (width, mark.height), sizes, 1, voice)
        ink = draw_text(setting, width, scheme.text, voice)
        x = margin if voice.rtl else picture.width - margin - width
        y = margin + (mark.height - setting.height_px) // 2 - setting.overshoot_px
        picture.paste(ink, (x, y), ink)
    return margin + mark.height
