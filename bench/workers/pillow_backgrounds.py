"""What stays the same of each card, painted once: `pillow_cards` writes on it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

CORPUS = Path(__file__).parent.parent / "corpus"
SIZE_PX = (1200, 630)
BACKGROUNDS = ("flat", "gradient", "photo", "cjk", "product")
_STOPS = [0.0, 0.6, 1.0]
_COLORS = np.array([(67, 56, 202), (190, 24, 93), (245, 158, 11)], float)


def paint(name: str) -> Image.Image:
    if name == "gradient":
        return _paint_gradient()
    if name == "photo":
        return _paint_photo()
    if name == "product":
        return _paint_product()
    return Image.new("RGB", SIZE_PX, "#0f172a" if name == "flat" else "#fff7ed")


def _paint_gradient() -> Image.Image:
    y, x = np.mgrid[0 : SIZE_PX[1], 0 : SIZE_PX[0]]
    # A CSS angle of 135 degrees: the gradient line is as long as the corners' projection on it.
    share = (x + y) / (SIZE_PX[0] + SIZE_PX[1])
    levels = [np.interp(share, _STOPS, _COLORS[:, channel]) for channel in range(3)]
    image = Image.fromarray(np.stack(levels, -1).astype(np.uint8))
    _paint_pill(
        image, (949, 66, 1128, 118), "Engineering", 26, "inter-400.ttf", (255, 255, 255, 51)
    )
    pen = ImageDraw.Draw(image)
    pen.rounded_rectangle((72, 56, 144, 128), 18, "#fff")
    logo = [(18, 50), (18, 22), (27, 22), (36, 36), (45, 22), (54, 22), (54, 50), (46, 50)]
    logo += [(46, 35), (36, 50), (26, 35), (26, 50)]
    pen.polygon([(72 + dx, 56 + dy) for dx, dy in logo], "#4338ca")
    pen.ellipse((122, 66, 134, 78), "#f59e0b")
    shadow = Image.new("RGBA", SIZE_PX)
    ImageDraw.Draw(shadow).ellipse((72, 498, 160, 586), (0, 0, 0, 102))
    shadow = shadow.filter(ImageFilter.GaussianBlur(16))
    image.paste(shadow, (0, 0), shadow)
    _paste(image, "gradient/avatar.jpg", (72, 486), 88, 44)
    return image


def _paint_photo() -> Image.Image:
    with Image.open(CORPUS / "photo/landscape.jpg") as photo:
        pixels = np.asarray(photo.convert("RGB"), float)
    alpha = np.linspace(0.1, 0.85, SIZE_PX[1])[:, None, None]
    return Image.fromarray((pixels * (1 - alpha) + np.array((8, 15, 22)) * alpha).astype(np.uint8))


def _paint_product() -> Image.Image:
    image = Image.new("RGB", SIZE_PX, "#f1f5f9")
    _paste(image, "product/lamp.jpg", (72, 75), 480, 32)
    ImageDraw.Draw(image).rounded_rectangle((442, 405, 642, 605), 24, "#f1f5f9")
    _paste(image, "product/bowl.jpg", (450, 413), 184, 16)
    _paint_pill(image, (930, 414, 1066, 470), "−20 %", 30, "inter-700.ttf", (194, 65, 12, 255))
    return image


def _paste(
    image: Image.Image, name: str, at: tuple[int, int], side_px: int, radius_px: int
) -> None:
    mask = Image.new("L", (side_px, side_px))
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, side_px - 1, side_px - 1), radius_px, 255)
    with Image.open(CORPUS / name) as picture:
        image.paste(picture.resize((side_px, side_px)), at, mask)


def _paint_pill(
    image: Image.Image,
    box: tuple[int, int, int, int],
    text: str,
    size_px: int,
    font: str,
    color: tuple[int, int, int, int],
) -> None:
    layer = Image.new("RGBA", image.size)
    pen = ImageDraw.Draw(layer)
    pen.rounded_rectangle(box, (box[3] - box[1]) // 2, color)
    middle = ((box[0] + box[2]) // 2, (box[1] + box[3]) // 2)
    face = ImageFont.truetype(str(CORPUS / "_shared/fonts" / font), size_px)
    pen.text(middle, text, font=face, fill="#fff", anchor="mm")
    image.paste(Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB"))
