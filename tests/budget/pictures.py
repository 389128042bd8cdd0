"""Pictures to lay cards over: what photographs do to an encoder, made from random numbers.

Each is (630, 1200, 3) bytes and the same on every machine. The names are those of
`cards`; nothing of it is anybody's photograph.
"""

from __future__ import annotations

from collections.abc import Callable
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

HEIGHT, WIDTH = 630, 1200

Plane = NDArray[np.float64]
Colors = tuple[tuple[int, int, int], ...]


def make_picture(name: str) -> Image.Image:
    """The picture called `name`, one of `NAMES`."""
    rng = np.random.default_rng(crc32(name.encode()))
    pixels = _MAKERS[name](rng)
    return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))


def _clouds(rng: np.random.Generator, softness: float) -> Plane:
    """Detail at every scale, its amplitude falling with frequency^softness; mean 0, spread 1."""
    fy, fx = np.meshgrid(np.fft.fftfreq(HEIGHT), np.fft.fftfreq(WIDTH), indexing="ij")
    falloff = np.maximum(np.hypot(fx, fy), 1 / WIDTH) ** -softness
    plane = np.fft.ifft2(np.fft.fft2(rng.normal(size=(HEIGHT, WIDTH))) * falloff).real
    return (plane - plane.mean()) / plane.std()


def _ramp(along: Plane, *colors: tuple[int, int, int]) -> Plane:
    """Colors from 0 to 1 of `along`, evenly apart."""
    stops = np.linspace(0, 1, len(colors))
    bands = [np.interp(along, stops, [color[c] for color in colors]) for c in range(3)]
    return np.stack(bands, axis=-1)


def _down() -> Plane:
    return np.repeat(np.linspace(0, 1, HEIGHT)[:, None], WIDTH, axis=1)


def _noise(rng: np.random.Generator, pixels: Plane, spread: float) -> Plane:
    return pixels + rng.normal(0, spread, pixels.shape)


def _landscape(rng: np.random.Generator) -> Plane:
    pixels = _ramp(_down() * 1.4, (96, 146, 214), (214, 226, 236), (250, 232, 204))
    for depth in range(5):
        ridge = np.cumsum(rng.normal(0, 1.6, WIDTH)) + 200 + 90 * depth
        below = np.arange(HEIGHT)[:, None] > ridge
        rock = _clouds(rng, 1.0)[..., None] * (4 + 5 * depth)
        shade = np.array((150, 164, 176)) * (1 - depth / 6) + rock
        pixels = np.where(below[..., None], shade, pixels)
    return _noise(rng, pixels, 1.5)


def _foliage(rng: np.random.Generator) -> Plane:
    light = np.clip(0.45 + 0.2 * _clouds(rng, 0.9) + 0.12 * _clouds(rng, 1.8), 0, 1)
    return _ramp(light, (10, 22, 12), (42, 92, 34), (128, 168, 62), (236, 240, 190))


def _bokeh(rng: np.random.Generator) -> Plane:
    canvas = Image.new("RGB", (WIDTH, HEIGHT), (18, 14, 32))
    for _ in range(90):
        x, y, radius = rng.integers(0, WIDTH), rng.integers(0, HEIGHT), rng.integers(15, 90)
        disc = Image.new("L", canvas.size)
        ImageDraw.Draw(disc).ellipse((x - radius, y - radius, x + radius, y + radius), fill=70)
        color = tuple(int(value) for value in rng.integers((120, 60, 30), (256, 200, 160)))
        canvas.paste(Image.new("RGB", canvas.size, color), mask=disc)
    soft = np.asarray(canvas.filter(ImageFilter.GaussianBlur(2)), float)
    return _noise(rng, soft, 2)


def _night(rng: np.random.Generator) -> Plane:
    light = np.clip(0.16 + 0.1 * _clouds(rng, 1.6), 0, 1)
    return _noise(rng, _ramp(light, (6, 8, 20), (60, 70, 110), (250, 220, 160)), 11)


def _portrait(rng: np.random.Generator) -> Plane:
    light = np.clip(0.5 + 0.22 * _clouds(rng, 2.2), 0, 1)
    return _noise(rng, _ramp(light, (40, 24, 22), (168, 110, 88), (248, 222, 204)), 3)


def _paper(rng: np.random.Generator) -> Plane:
    fiber = _clouds(rng, 0.5)[..., None] * 7 + _clouds(rng, 1.5)[..., None] * 6
    return np.array((206, 190, 160)) + fiber


def _city(rng: np.random.Generator) -> Plane:
    canvas = Image.new("RGB", (WIDTH, HEIGHT), (222, 196, 180))
    draw = ImageDraw.Draw(canvas)
    for _ in range(60):
        x, top, wide = (int(rng.integers(*span)) for span in ((-40, 1180), (60, 500), (40, 150)))
        tone = int(rng.integers(30, 150))
        draw.rectangle((x, top, x + wide, HEIGHT), fill=(tone, tone + 8, tone + 24))
        for row in range(top + 8, HEIGHT, 14):
            for column in range(x + 6, x + wide - 8, 12):
                glow = int(rng.integers(0, 200))
                window = (column, row, column + 5, row + 7)
                draw.rectangle(window, fill=(glow + 55, glow + 30, glow))
    return _noise(rng, np.asarray(canvas, float), 3)


def _water(rng: np.random.Generator) -> Plane:
    x, y = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    steps = rng.uniform(0.02, 0.2, (5, 2))
    waves = sum(np.sin(x * fx + y * fy + 3 * _clouds(rng, 1.6)) for fx, fy in steps)
    light = np.clip(0.45 + 0.11 * waves + 0.03 * _clouds(rng, 0.6), 0, 1)
    return _ramp(light, (4, 30, 54), (14, 92, 120), (120, 196, 204), (250, 252, 250))


def _sunset(rng: np.random.Generator) -> Plane:
    along = np.clip(_down() + 0.03 * _clouds(rng, 1.9), 0, 1)
    sky = _ramp(along, (38, 24, 78), (190, 70, 90), (250, 160, 70), (255, 226, 150))
    return _noise(rng, sky, 4)


def _stars(rng: np.random.Generator) -> Plane:
    along = np.clip(0.2 + 0.16 * _clouds(rng, 1.7), 0, 1)
    pixels = _ramp(along, (2, 2, 8), (40, 20, 70), (190, 90, 130))
    lit = rng.random((HEIGHT, WIDTH)) > 0.997
    pixels[lit] = rng.uniform(90, 255, (int(lit.sum()), 1))
    return _noise(rng, pixels, 5)


def _rubble(rng: np.random.Generator) -> Plane:
    light = np.clip(0.5 + 0.2 * _clouds(rng, 0.7), 0, 1)
    return _ramp(light, (20, 18, 16), (120, 112, 104), (240, 232, 220))


def _confetti(rng: np.random.Generator) -> Plane:
    canvas = Image.new("RGB", (WIDTH, HEIGHT), (250, 246, 238))
    draw = ImageDraw.Draw(canvas)
    for _ in range(9000):
        x, y, side = rng.integers(0, WIDTH), rng.integers(0, HEIGHT), rng.integers(2, 9)
        color = tuple(int(value) for value in rng.integers(0, 256, 3))
        draw.polygon([(x, y), (x + side, y + 2), (x + 3, y + side)], fill=color)
    return np.asarray(canvas.filter(ImageFilter.GaussianBlur(0.6)), float)


def _film(rng: np.random.Generator) -> Plane:
    """A gray photo on fast film: noise as strong as the picture."""
    light = 128 + 40 * _clouds(rng, 1.5) + rng.normal(0, 22, (HEIGHT, WIDTH))
    return np.repeat(light[..., None], 3, axis=2)


def _static(rng: np.random.Generator) -> Plane:
    """Every value of every pixel by chance: the worst there is."""
    return rng.uniform(0, 255, (HEIGHT, WIDTH, 3))


_MAKERS: dict[str, Callable[[np.random.Generator], Plane]] = {
    "landscape": _landscape,
    "foliage": _foliage,
    "bokeh": _bokeh,
    "night": _night,
    "portrait": _portrait,
    "paper": _paper,
    "city": _city,
    "water": _water,
    "sunset": _sunset,
    "stars": _stars,
    "rubble": _rubble,
    "confetti": _confetti,
    "film": _film,
    "static": _static,
}
NAMES = tuple(_MAKERS)
