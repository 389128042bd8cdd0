"""Takes the noise out of gradients: a value is held while it hardly changes.

Skia dithers every gradient, so neighboring rows differ by one almost everywhere
and deflate finds nothing to save. `png` writes the result, `budget` decides when.
"""

from __future__ import annotations

import numpy as np

from htmlcard.images.png import Pixels


def hold(pixels: Pixels, tolerance: int) -> Pixels:
    """A copy of `pixels` (height, width, 3) in which small steps down a column are gone.

    Each value becomes the one above it where they differ by at most `tolerance`,
    so no channel of any pixel is off by more than `tolerance`.
    """
    height = len(pixels)
    rows = pixels.reshape(height, -1).astype(np.int16)
    held = np.empty((height, rows.shape[1]), np.uint8)
    above = rows[0]
    held[0] = above
    for y in range(1, height):
        row = rows[y]
        above = np.where(np.abs(row - above) <= tolerance, above, row)
        held[y] = above
    return held.reshape(pixels.shape)
