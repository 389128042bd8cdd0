"""What stands behind and beside the title: gradient, circles, logo or monogram.

Pure drawing from a brand's colors; where it all goes is decided in `fallback`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from math import sqrt

import numpy as np
from PIL import Image, ImageDraw

from htmlcard.card import Brand, Size
from htmlcard.errors import BadShot
from htmlcard.images.clusters import clean_text, split_clusters
from htmlcard.images.colors import INK, WHITE, Color, Scheme, contrast, mix
from htmlcard.images.decode import decode_with_alpha
from htmlcard.images.typeset import Voice, draw_text, fit_text

_MAX_LOGO_PIXELS = 4096 * 4096
_SMOOTH_EDGES_BELOW_PIXELS = 4_000_000
_GRADIENT_BELOW_PIXELS = 6_000_000


def find_unit(size_px: Size) -> float:
    """How many pixels one pixel of the 1200x630 layout is: narrow pictures get larger words."""
    width, height = size_px.width_px, size_px.height_px
    return min(width / 800, height / 630, sqrt(width * height / (1200 * 630)))


@lru_cache(maxsize=6)
def draw_backdrop(size_px: Size, scheme: Scheme, mirrored: bool) -> Image.Image:
    """A diagonal gradient with two large circles in the corner away from the text.

    The picture is shared: copy it before drawing on it.
    """
    size = (size_px.width_px, size_px.height_px)
    # A PNG of a large gradient takes seconds to bring within the byte budget.
    if size[0] * size[1] > _GRADIENT_BELOW_PIXELS:
        scheme = replace(scheme, end=scheme.start)
    corners = Image.new("RGB", (2, 2))
    halfway = mix(scheme.start, scheme.end, 0.5)
    for place, color in zip(
        ((0, 0), (1, 0), (0, 1), (1, 1)), (scheme.start, halfway, halfway, scheme.end), strict=True
    ):
        corners.putpixel(place, color)
    picture = corners.resize(size, Image.Resampling.BILINEAR, box=(0.5, 0.5, 1.5, 1.5))
    tone = WHITE if scheme.text == WHITE else scheme.accent
    picture.paste(tone, mask=_draw_circles(size))
    return picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if mirrored else picture


def _draw_circles(size: tuple[int, int]) -> Image.Image:
    width, height = size
    zoom = 2 if width * height < _SMOOTH_EDGES_BELOW_PIXELS else 1
    unit = find_unit(Size(*size)) * zoom
    mask = Image.new("L", (width * zoom, height * zoom))
    draw = ImageDraw.Draw(mask)
    x, y = mask.width, mask.height * 0.12
    for radius, strength in ((430, 11), (250, 22)):
        draw.circle((x, y), radius * unit, strength)
    return mask.reduce(zoom) if zoom > 1 else mask


@lru_cache(maxsize=16)
def draw_mark(brand: Brand, scheme: Scheme, height_px: int) -> Image.Image:
    """The brand's logo, or the first letter of its name on a tile: RGBA, `height_px` high.

    A logo that would not show against the background gets a plate. The picture is shared.
    """
    logo = _load_logo(brand.logo, height_px) if brand.logo else None
    if logo is None:
        return draw_monogram(brand.name, scheme, height_px)
    if contrast(_mean_color(logo), scheme.start) >= 1.8:
        return logo
    plate = INK if contrast(_mean_color(logo), WHITE) < 3 else WHITE
    tile = draw_tile((logo.width, logo.height), plate)
    inner = logo.resize((max(1, logo.width * 3 // 4), max(1, logo.height * 3 // 4)))
    tile.alpha_composite(
        inner, ((tile.width - inner.width) // 2, (tile.height - inner.height) // 2)
    )
    return tile


def draw_monogram(name: str, scheme: Scheme, height_px: int) -> Image.Image:
    """The first letter of `name` on a square tile with round corners: RGBA."""
    tile = draw_tile((height_px, height_px), scheme.text)
    letters = split_clusters(clean_text(name).upper())
    em = int(height_px * 0.62)
    if letters and em >= 6:
        voice = Voice("en", rtl=False)
        box_px = (int(height_px * 0.8), height_px)
        setting = fit_text(letters[0], box_px, (em // 2, em), 1, voice, 1.6)
        ink = draw_text(setting, height_px, scheme.start, voice, center=True)
        box = ink.getbbox()
        if box:
            ink = ink.crop(box)
            tile.alpha_composite(ink, ((height_px - ink.width) // 2, (height_px - ink.height) // 2))
    return tile


def draw_tile(size: tuple[int, int], color: Color) -> Image.Image:
    """A rectangle with round corners, drawn at four times its size for smooth edges: RGBA."""
    mask = Image.new("L", (size[0] * 4, size[1] * 4))
    box = (0, 0, mask.width - 1, mask.height - 1)
    ImageDraw.Draw(mask).rounded_rectangle(box, radius=mask.height * 0.24, fill=255)
    tile = Image.new("RGBA", size, (*color, 255))
    tile.putalpha(mask.reduce(4))
    return tile


def _load_logo(data: bytes, height_px: int) -> Image.Image | None:
    try:
        logo = decode_with_alpha(data, _MAX_LOGO_PIXELS)
    except BadShot:
        return None
    scale = min(height_px / logo.height, 5 * height_px / logo.width)
    size = (max(1, round(logo.width * scale)), max(1, round(logo.height * scale)))
    return logo.resize(size, Image.Resampling.LANCZOS)


def _mean_color(logo: Image.Image) -> Color:
    """The mean of what can be seen of it."""
    pixels = np.asarray(logo, np.float32).reshape(-1, 4)
    weights = pixels[:, 3]
    red, green, blue = (weights @ pixels[:, :3] / max(float(weights.sum()), 1.0)).tolist()
    return round(red), round(green), round(blue)
