"""How alike two pictures look: SSIM (Wang, Bovik, Sheikh and Simoncelli, 2004) of brightness."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Plane = NDArray[np.float32]

#: Rec. 601, as in the paper's own program.
_BRIGHTNESS = np.array((0.299, 0.587, 0.114), np.float32)
#: The paper's window: 11 by 11 pixels, weighted by a Gaussian of this spread.
_SIDE, _SPREAD = 11, 1.5
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def ssim(one: ArrayLike, other: ArrayLike) -> float:
    """Mean SSIM at full resolution, at most 1, of two RGB pictures (height, width, 3 or 4)."""
    return float(ssim_map(one, other).mean())


def ssim_map(one: ArrayLike, other: ArrayLike) -> Plane:
    """SSIM of each window that lies wholly inside: (height - 10, width - 10)."""
    a, b = (np.asarray(picture, np.float32)[..., :3] @ _BRIGHTNESS for picture in (one, other))
    mean_a, mean_b = _windows(a), _windows(b)
    var_a, var_b = _windows(a * a) - mean_a**2, _windows(b * b) - mean_b**2
    shared = _windows(a * b) - mean_a * mean_b
    likeness = (2 * mean_a * mean_b + _C1) * (2 * shared + _C2)
    likeness /= (mean_a**2 + mean_b**2 + _C1) * (var_a + var_b + _C2)
    return likeness


def _windows(plane: Plane) -> Plane:
    """Weighted means of all windows."""
    places = np.arange(_SIDE, dtype=np.float32) - _SIDE // 2
    weights = np.exp(-(places**2) / (2 * _SPREAD**2)).astype(np.float32)
    for _ in range(2):
        rows = len(plane) - _SIDE + 1
        total = np.zeros((rows, plane.shape[1]), np.float32)
        for offset, weight in enumerate(weights / weights.sum()):
            total += weight * plane[offset : offset + rows]
        plane = np.ascontiguousarray(total.T)
    return plane
