"""Pictures to test with."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from PIL import Image

SIZE = (1200, 630)


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def decoded(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as picture:
        return picture.convert("RGB")


@lru_cache
def gradient(width: int = SIZE[0], height: int = SIZE[1]) -> Image.Image:
    """A diagonal gradient, dithered by half a step as Skia does, with bars like letters."""
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    along = (x + y) / 2
    bands = [79 + 150 * along, 70 + 100 * along * along, 229 - 120 * along]
    dither = np.random.default_rng(7).uniform(-0.5, 0.5, (height, width))
    pixels = np.stack([np.rint(band + dither) for band in bands], axis=-1)
    pixels[height // 3 : height // 3 + 40, 80 : width // 2 : 7] = 255
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


@lru_cache
def photo() -> Image.Image:
    """Like a photograph: detail at every scale (amplitude falling with frequency), soft colors."""
    rng = np.random.default_rng(11)
    fy, fx = np.meshgrid(np.fft.fftfreq(SIZE[1]), np.fft.fftfreq(SIZE[0]), indexing="ij")
    frequency = np.maximum(np.hypot(fx, fy), 1 / SIZE[0])

    def layer(spread: float, softness: float) -> np.ndarray:
        falloff = frequency**-softness
        waves = np.fft.fft2(rng.normal(size=(SIZE[1], SIZE[0]))) * falloff
        plane = np.fft.ifft2(waves).real
        return (plane - plane.mean()) / plane.std() * spread

    light = layer(48, 1.4)
    bands = [base + light + layer(9, 1.8) for base in (128, 120, 104)]
    return Image.fromarray(np.clip(np.stack(bands, axis=-1), 0, 255).astype(np.uint8))


@lru_cache
def noise(width: int = SIZE[0], height: int = SIZE[1]) -> Image.Image:
    """Every value of every pixel by chance: the worst there is to encode."""
    rng = np.random.default_rng(3)
    return Image.fromarray(rng.integers(0, 256, (height, width, 3), np.uint8))


def largest_difference(one: Image.Image, other: Image.Image) -> int:
    """Over all pixels and channels, 0..255."""
    difference = np.asarray(one, np.int16) - np.asarray(other, np.int16)
    return int(np.abs(difference).max())
