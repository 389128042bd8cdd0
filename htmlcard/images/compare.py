"""Whether two pictures show the same, to the eye and nearly to the bit."""

from __future__ import annotations

import numpy as np

from htmlcard.images.decode import decode

#: Largest difference of a channel that counts as the same: dithering and rounding, invisible.
MAX_CHANNEL_DIFFERENCE = 2


def same_picture(one: bytes, other: bytes) -> bool:
    """True where both have one size and no channel of any pixel differs by more than 2."""
    a, b = decode(one), decode(other)
    if a.size != b.size:
        return False
    difference = np.abs(np.asarray(a, np.int16) - np.asarray(b, np.int16))
    return int(difference.max()) <= MAX_CHANNEL_DIFFERENCE
