"""Pictures to encode, of the kinds that find an encoder's weak spots; RGBA, uint8."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

# As Skia does it: a gradient's fraction is compared with an 8 by 8 threshold matrix.
_STEP = np.array([[0, 2], [3, 1]])
_FOUR = np.block([[4 * _STEP + v for v in row] for row in _STEP])
BAYER = np.block([[4 * _FOUR + v for v in row] for row in _STEP]) / 64


def _mesh(width: int, height: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    return x, y


def _dithered(values: NDArray[np.float64]) -> Pixels:
    height, width = values.shape[:2]
    threshold = np.tile(BAYER, (height // 8 + 1, width // 8 + 1))[:height, :width, None]
    return np.clip(np.floor(values + threshold), 0, 255).astype(np.uint8)


def _ramp(along: NDArray[np.float64]) -> Pixels:
    return _dithered(along[..., None] * np.array([157.0, -2.0, -76.0]) + [79, 70, 229])


def noise(rng: np.random.Generator, width: int, height: int) -> Pixels:
    return rng.integers(0, 256, (height, width, 3), dtype=np.uint8)


def flat(rng: np.random.Generator, width: int, height: int) -> Pixels:
    return np.broadcast_to(noise(rng, 1, 1), (height, width, 3)).copy()


def stripes(rng: np.random.Generator, width: int, height: int) -> Pixels:
    x, y = _mesh(width, height)
    colors = noise(rng, 2, 1)[0]
    period = rng.integers(1, 12, 2)
    return colors[((x // period[0] + y // period[1]) % 2).astype(int)]


def blots(rng: np.random.Generator, width: int, height: int) -> Pixels:
    picture = flat(rng, width, height)
    picture[rng.random((height, width)) < 0.1] = noise(rng, 1, 1)[0, 0]
    return picture


def black_and_white(rng: np.random.Generator, width: int, height: int) -> Pixels:
    return np.where(noise(rng, width, height) < 128, 0, 255).astype(np.uint8)


def equal_rows(rng: np.random.Generator, width: int, height: int) -> Pixels:
    """A random walk in small steps, the same in every row: where errors would add up."""
    walk = np.cumsum(rng.integers(-1, 2, (width, 3)), axis=0) % 256
    return np.broadcast_to(walk.astype(np.uint8), (height, width, 3)).copy()


def shifted(rng: np.random.Generator, width: int, height: int) -> Pixels:
    """Each row is the one above, moved a pixel to a side, and black comes in: as a decoder sees
    it beyond a row's ends, but not as its stream of bytes has it."""
    steps = np.cumsum(rng.choice([-1, 1], height).repeat(5)[:height])
    row = np.zeros((width + 2 * height + 2, 3), np.uint8)
    row[height + 1 : height + 1 + width] = rng.choice([0, 90, 200], (width, 1))
    start = height + 1
    return np.stack([row[start + step : start + step + width] for step in steps])


def gradient(rng: np.random.Generator, width: int, height: int) -> Pixels:
    x, y = _mesh(width, height)
    angle = rng.random() * 2 * np.pi
    along = x * np.cos(angle) + y * np.sin(angle)
    return _ramp((along - along.min()) / max(float(np.ptp(along)), 1.0))


def radial(rng: np.random.Generator, width: int, height: int) -> Pixels:
    x, y = _mesh(width, height)
    return _ramp(np.hypot(x - width * rng.random(), y - height * rng.random()) / (width + height))


def photo(rng: np.random.Generator, width: int, height: int) -> Pixels:
    x, y = _mesh(width, height)
    values = np.full((height, width, 3), 128.0)
    for _ in range(30):
        wave = rng.normal(0, 0.03, 2)
        phase = x * wave[0] + y * wave[1] + 6 * rng.random()
        values += np.sin(phase)[..., None] * rng.normal(0, 12, 3)
    return np.clip(values + rng.normal(0, 2, values.shape), 0, 255).astype(np.uint8)


def photo_beside_flat(rng: np.random.Generator, width: int, height: int) -> Pixels:
    picture = flat(rng, width, height)
    picture[:, width // 2 :] = photo(rng, width, height)[:, width // 2 :]
    return picture


KINDS: dict[str, Callable[[np.random.Generator, int, int], Pixels]] = {
    make.__name__: make
    for make in (
        noise,
        flat,
        stripes,
        blots,
        black_and_white,
        equal_rows,
        shifted,
        gradient,
        radial,
        photo,
        photo_beside_flat,
    )
}


def make_picture(kind: str, width: int, height: int, seed: int = 1) -> Pixels:
    """RGBA of that kind, opaque."""
    rgb = KINDS[kind](np.random.default_rng(seed), width, height)
    return np.dstack([rgb, np.full((height, width), 255, np.uint8)])


def edit(rng: np.random.Generator, picture: Pixels) -> Pixels:
    """A copy with a rectangle changed: one pixel, a row, a title, or everything below a line."""
    height, width = picture.shape[:2]
    changed = picture.copy()
    left, top = rng.integers(width), rng.integers(height)
    right = left + 1 + rng.integers(rng.choice([1, width]))
    bottom = top + 1 + rng.integers(rng.choice([1, 20, height]))
    kind = str(rng.choice(sorted(KINDS)))
    other = make_picture(kind, width, height, int(rng.integers(1000)))
    changed[top:bottom, left:right] = other[top:bottom, left:right]
    if rng.random() < 0.3:
        # As small as a change can be, for what a tolerance might take for none.
        changed[top, left, rng.integers(3)] ^= 1
    return changed
