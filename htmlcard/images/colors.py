"""From one brand color to a picture's colors, readable whatever the brand chose.

Contrast is that of WCAG 2.2 (relative luminance); `backdrop` and `fallback` use it.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

from PIL import ImageColor

Color = tuple[int, int, int]

WHITE: Color = (255, 255, 255)
INK: Color = (17, 19, 28)
_DEFAULT: Color = (79, 70, 229)

#: WCAG's minimum for small text; titles are larger and could do with 3.
MIN_CONTRAST = 4.5
#: Below this a brand color counts as light: darkening it for white text would change its nature.
_LIGHT = 2.4


@dataclass(frozen=True, slots=True)
class Scheme:
    """The gradient runs from `start` to `end`, both readable under `text`."""

    start: Color
    end: Color
    text: Color
    muted: Color
    accent: Color


def parse_color(text: str) -> Color:
    """A CSS color (hex, name, rgb(), hsl()) as RGB; the product's own where it is none."""
    try:
        return ImageColor.getrgb(text.strip())[:3]
    except (ValueError, AttributeError):
        return _DEFAULT


def contrast(one: Color, other: Color) -> float:
    """WCAG contrast ratio, 1..21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mix(one: Color, other: Color, share: float) -> Color:
    """`share` of `other` in `one`, 0..1."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def choose_scheme(brand: Color) -> Scheme:
    """Colors around `brand`: white text where the brand is dark enough, near-black where not."""
    text = WHITE if contrast(brand, WHITE) >= _LIGHT else INK
    start = brand
    while contrast(start, text) < MIN_CONTRAST:
        start = mix(start, INK if text == WHITE else WHITE, 0.08)
    end = mix(start, INK, 0.42) if text == WHITE else mix(start, WHITE, 0.35)
    muted = text
    for share in (0.28, 0.2, 0.12):
        if contrast(mix(text, start, share), start) >= MIN_CONTRAST:
            muted = mix(text, start, share)
            break
    return Scheme(start, end, text, muted, _accent(brand, text))


def _accent(brand: Color, text: Color) -> Color:
    if text == INK:
        return mix(brand, INK, 0.6)
    hue, _, saturation = colorsys.rgb_to_hls(*(part / 255 for part in brand))
    if saturation < 0.12:
        return text
    turned = colorsys.hls_to_rgb((hue + 0.12) % 1, 0.72, max(0.75, saturation))
    red, green, blue = (round(part * 255) for part in turned)
    return red, green, blue


def _luminance(color: Color) -> float:
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (value / 255 for value in color)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
