"""Makes the pictures of the corpus: a landscape, two products, a portrait.

Run by hand (`python -m bench.pictures`) when they are to change; the results are
committed, so that every run on every machine measures the same bytes. They are
drawn rather than photographed to be free of anybody's rights, and carry the grain
and the soft detail that make a photo dear to decode and to encode.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

CORPUS = Path(__file__).parent / "corpus"
Pixels = NDArray[np.float64]

_SHADES: dict[str, tuple[tuple[int, int, int], tuple[int, int, int]]] = {
    "lamp": ((244, 236, 224), (214, 92, 48)),
    "bowl": ((226, 232, 236), (38, 96, 128)),
}


def _noise(rng: np.random.Generator, width_px: int, height_px: int, octaves: int) -> Pixels:
    """Fractal noise between 0 and 1: octaves of ever finer random grids, enlarged smoothly."""
    total = np.zeros((height_px, width_px))
    weight = 1.0
    for octave in range(octaves):
        grid = rng.random((2 + 2**octave, 3 + 2 ** (octave + 1))) * 255
        image = Image.fromarray(grid.astype(np.uint8)).resize(
            (width_px, height_px), Image.Resampling.BICUBIC
        )
        total += np.asarray(image, dtype=np.float64) / 255 * weight
        weight /= 1.9
    total -= total.min()
    return np.asarray(total / total.max())


def _grain(rng: np.random.Generator, width_px: int, height_px: int, levels: float) -> Pixels:
    """Sensor noise as a demosaicked photo has it: neighbors are alike, colors are not touched."""
    raw = rng.normal(0, levels, (height_px, width_px))
    soft = (raw + np.roll(raw, 1, 0) + np.roll(raw, 1, 1) + np.roll(raw, (1, 1), (0, 1))) / 2
    return np.asarray(soft[..., None])


def _mix(low: tuple[int, int, int], high: tuple[int, int, int], share: Pixels) -> Pixels:
    return np.asarray(np.array(low) + (np.array(high) - np.array(low)) * share[..., None])


def draw_landscape(width_px: int, height_px: int) -> Pixels:
    """Evening sky, clouds and four ridges, each nearer one darker and rougher."""
    rng = np.random.default_rng(7)
    rows = np.linspace(0, 1, height_px)[:, None] * np.ones((1, width_px))
    picture = _mix((46, 74, 122), (250, 186, 122), np.clip(rows * 1.6, 0, 1))
    clouds = np.clip(_noise(rng, width_px, height_px, 7) * 2.2 - 1.1, 0, 1)[..., None]
    picture = picture * (1 - clouds * 0.6) + np.array((255, 226, 206)) * clouds * 0.6
    for ridge in range(4):
        line = _noise(rng, width_px, 64, 6 + ridge // 2)[32]
        top = (0.42 + ridge * 0.13 + (line - 0.5) * 0.34)[None, :]
        inside = np.clip((rows - top) * height_px, 0, 1)[..., None]
        texture = _noise(rng, width_px, height_px, 8)
        near, far = (22, 34, 40), (132, 124, 142)
        base = _mix(far, near, np.full((height_px, width_px), ridge / 3))
        picture = picture * (1 - inside) + base * (0.75 + 0.5 * texture[..., None]) * inside
    return picture + _grain(rng, width_px, height_px, 4)


def draw_product(name: str, side_px: int) -> Pixels:
    """A shaded round thing on a lit table."""
    paper, color = _SHADES[name]
    rng = np.random.default_rng(len(name) + ord(name[0]))
    y, x = np.mgrid[-1 : 1 : side_px * 1j, -1 : 1 : side_px * 1j]
    light = 1 - 0.25 * np.hypot(x + 0.4, y + 0.5)
    picture = np.array(paper) * light[..., None]
    shadow = np.exp(-(((x - 0.12) / 0.62) ** 2 + ((y - 0.66) / 0.12) ** 2))[..., None]
    picture *= 1 - 0.55 * shadow
    squash = 1.25 if name == "bowl" else 0.92
    radius = np.hypot(x, y * squash) / 0.6
    height = np.sqrt(np.clip(1 - radius**2, 0, 1))
    shine = np.clip(-0.45 * x - 0.6 * y * squash + height * 0.66, 0, 1.4)
    stripes = 1 + 0.08 * np.sin(y * math.pi * 22 + _noise(rng, side_px, side_px, 5) * 5)
    body = np.array(color) * (0.25 + shine * stripes)[..., None] + (shine**14)[..., None] * 9
    inside = np.clip((1 - radius) * side_px * 0.3, 0, 1)[..., None]
    grain = _grain(rng, side_px, side_px, 4)
    return np.asarray(picture * (1 - inside) + body * inside + grain)


def draw_portrait(side_px: int) -> Pixels:
    """Head and shoulders, out of focus."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[-1 : 1 : side_px * 1j, -1 : 1 : side_px * 1j]
    picture = _mix((92, 140, 132), (210, 196, 160), _noise(rng, side_px, side_px, 4))
    shapes: list[tuple[Callable[[], Pixels], tuple[int, int, int]]] = [
        (lambda: np.hypot(x / 0.78, (y - 1.05) / 0.66), (58, 52, 84)),
        (lambda: np.hypot(x / 0.47, (y + 0.22) / 0.54), (62, 40, 34)),
        (lambda: np.hypot(x / 0.36, (y + 0.1) / 0.46), (226, 172, 140)),
    ]
    for radius, color in shapes:
        inside = np.clip((1 - radius()) * 14, 0, 1)[..., None]
        picture = picture * (1 - inside) + np.array(color) * (0.86 - 0.2 * x[..., None]) * inside
    return picture + _grain(rng, side_px, side_px, 3)


def save(pixels: Pixels, path: Path, quality: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    image.save(path, "JPEG", quality=quality, optimize=True)
    print(f"{path.relative_to(CORPUS)}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    save(draw_landscape(1200, 630), CORPUS / "photo/landscape.jpg", 86)
    for product in _SHADES:
        save(draw_product(product, 640), CORPUS / f"product/{product}.jpg", 80)
    save(draw_portrait(192), CORPUS / "gradient/avatar.jpg", 84)
