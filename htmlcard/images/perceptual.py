"""Whether two pictures look the same to people: antialiasing aside, faint tints included.

The comparison of pixels is pixelmatch's (github.com/mapbox/pixelmatch, ISC license),
for opaque pictures: color distance in YIQ after Kotsarenko and Ramos, "Measuring
perceived color difference using YIQ NTSC transmission color space" (2010), and
detection of antialiasing after Vyšniauskas, "Anti-aliased Pixel and Intensity Slope
Detector" (2009). It looks away from wide but faint changes, so squares are
compared besides.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from PIL import Image

from htmlcard.images.decode import decode

Pixels = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

#: Pixels differ from this share of the largest YIQ distance on; pixelmatch's default.
_THRESHOLD = 0.1
_LARGEST_DISTANCE = 35215.0
#: Squares of this side differ where half their pixels are off by so many of 255 levels: a
#: tint that shows beside the old one, and more than lossy pictures of one card are apart.
_BLOCK_PX = 16
_BLOCK_LEVELS = 3.0
#: Pixels judged for antialiasing at a time; each takes about 400 bytes meanwhile.
_BATCH = 65_536
_YIQ = np.array(
    [
        [0.29889531, 0.59597799, 0.21147017],
        [0.58662247, -0.27417610, -0.52261711],
        [0.11448223, -0.32180189, 0.31114694],
    ],
    np.float32,
)
_WEIGHTS = np.array([0.5053, 0.299, 0.1957], np.float32)
_NEIGHBORS = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if (dy, dx) != (0, 0)]


@dataclass(frozen=True, slots=True)
class Difference:
    """What sets two pictures apart. `mask` (height x width) marks the pixels that differ."""

    pixels: int
    share: float
    """Differing pixels of all, 0 to 1."""
    same_size: bool = True
    mask: Mask | None = field(default=None, repr=False)


def find_difference(one: bytes, other: bytes) -> Difference:
    """Compares two encoded pictures. Raises BadShot where one cannot be decoded."""
    a, b = decode(one), decode(other)
    if a.size != b.size:
        return Difference(max(a.width * a.height, b.width * b.height), 1.0, same_size=False)
    rgb_a, rgb_b = np.asarray(a), np.asarray(b)
    if np.array_equal(rgb_a, rgb_b):
        return Difference(0, 0.0)
    mask = _find_pixels(rgb_a, rgb_b)
    mask |= _find_tints(rgb_a, rgb_b, mask)
    count = int(mask.sum())
    return Difference(count, count / mask.size, mask=mask)


def _find_pixels(rgb_a: npt.NDArray[np.uint8], rgb_b: npt.NDArray[np.uint8]) -> Mask:
    yiq_a, yiq_b = rgb_a @ _YIQ, rgb_b @ _YIQ
    distance = np.square(yiq_a - yiq_b) @ _WEIGHTS
    differing = distance > _LARGEST_DISTANCE * _THRESHOLD**2
    rows, columns = np.nonzero(differing)
    edges_a, edges_b = _Edges(rgb_a, yiq_a[..., 0]), _Edges(rgb_b, yiq_b[..., 0])
    for start in range(0, len(rows), _BATCH):
        y, x = rows[start : start + _BATCH], columns[start : start + _BATCH]
        smooth = edges_a.are_smoothed(y, x, edges_b) | edges_b.are_smoothed(y, x, edges_a)
        differing[y[smooth], x[smooth]] = False
    return differing


class _Edges:
    """One picture, asked which of its pixels are there to smooth an edge."""

    def __init__(self, rgb: npt.NDArray[np.uint8], luma: Pixels) -> None:
        wide = rgb.astype(np.int32)
        # With a frame of what no pixel equals, neighbors need no bounds.
        self._packed = np.pad(
            wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2], 1, constant_values=-1
        )
        self._luma = np.pad(luma, 1, constant_values=np.nan)
        self._height, self._width = luma.shape

    def are_smoothed(self, y: npt.NDArray[np.intp], x: npt.NDArray[np.intp], other: _Edges) -> Mask:
        """Per pixel: between a darker and a lighter neighbor that belong to even areas."""
        steps = np.stack(
            [self._luma[y + 1 + dy, x + 1 + dx] - self._luma[y + 1, x + 1] for dy, dx in _NEIGHBORS]
        )
        equal = (steps == 0).sum(axis=0) + self._on_border(y, x)
        steps = np.nan_to_num(steps)
        darkest, lightest = steps.argmin(axis=0), steps.argmax(axis=0)
        slope = (steps.min(axis=0) < 0) & (steps.max(axis=0) > 0) & (equal <= 2)
        even = np.zeros(len(y), np.bool_)
        moves = np.array(_NEIGHBORS)
        for index in (darkest, lightest):
            # Clipped for pixels at the edge without any slope, whose extremes mean nothing.
            near_y = np.clip(y + moves[index, 0], 0, self._height - 1)
            near_x = np.clip(x + moves[index, 1], 0, self._width - 1)
            even |= self._is_even(near_y, near_x) & other._is_even(near_y, near_x)
        smoothed: Mask = slope & even
        return smoothed

    def _is_even(self, y: npt.NDArray[np.intp], x: npt.NDArray[np.intp]) -> Mask:
        """Whether more than two neighbors have the pixel's own color; a border counts as one."""
        own = self._packed[y + 1, x + 1]
        count = self._on_border(y, x).astype(np.int8)
        for dy, dx in _NEIGHBORS:
            count += self._packed[y + 1 + dy, x + 1 + dx] == own
        even: Mask = count > 2
        return even

    def _on_border(self, y: npt.NDArray[np.intp], x: npt.NDArray[np.intp]) -> Mask:
        on_border: Mask = (y == 0) | (x == 0) | (y == self._height - 1) | (x == self._width - 1)
        return on_border


def _find_tints(rgb_a: npt.NDArray[np.uint8], rgb_b: npt.NDArray[np.uint8], known: Mask) -> Mask:
    """Squares that are off as a whole, but for those in which pixels are `known` to differ."""
    height, width, _ = rgb_a.shape
    rows, columns = -(-height // _BLOCK_PX), -(-width // _BLOCK_PX)
    change = rgb_a.astype(np.float32) - rgb_b
    short = ((0, rows * _BLOCK_PX - height), (0, columns * _BLOCK_PX - width), (0, 0))
    blocks = np.pad(change, short, mode="edge").reshape(rows, _BLOCK_PX, columns, _BLOCK_PX, 3)
    # The median, not the mean: a moved edge is a matter of pixels, a tint is all over the block.
    tinted = np.abs(np.median(blocks, axis=(1, 3))).max(axis=2) > _BLOCK_LEVELS
    told = np.pad(known, short[:2]).reshape(rows, _BLOCK_PX, columns, _BLOCK_PX)
    tinted &= ~told.any(axis=(1, 3))
    spread = np.repeat(np.repeat(tinted, _BLOCK_PX, axis=0), _BLOCK_PX, axis=1)
    mask: Mask = spread[:height, :width]
    return mask


def draw_difference(picture: bytes, difference: Difference) -> Image.Image:
    """The picture pale and gray, with what differs in red."""
    faded = decode(picture).convert("L").point([225 + level // 9 for level in range(256)])
    shown = np.asarray(faded.convert("RGB")).copy()
    if difference.mask is not None:
        shown[difference.mask] = (225, 0, 60)
    return Image.fromarray(shown)
