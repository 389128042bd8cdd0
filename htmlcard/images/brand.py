"""The `brand` rung: static branded pictures, held in memory, for when all else fails.

The wanted sizes are drawn at start-up by `fallback`; any other size gets a
simple picture in a few milliseconds. Nothing here ever raises.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable

import numpy as np
from PIL import Image

from htmlcard.card import Brand, ImageFormat, Size
from htmlcard.images.backdrop import draw_monogram
from htmlcard.images.budget import encode_lossy, fit_lossy_picture
from htmlcard.images.colors import Color, choose_scheme, mix, parse_color
from htmlcard.images.fallback import clamp_size, draw_fallback, draw_flat
from htmlcard.images.png import Pixels, encode_indexed

_MAX_KEPT = 64
#: A ramp from background to tile: as many shades as 4 bits a pixel hold.
_SHADES = 16


class BrandPictures:
    """Branded pictures by size and format, each at most `max_bytes` long."""

    def __init__(self, brand: Brand, max_bytes: int) -> None:
        self._brand = brand
        self._max_bytes = max_bytes
        self._prepared: dict[tuple[Size, ImageFormat], bytes] = {}
        self._kept: OrderedDict[tuple[Size, ImageFormat], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def prepare(self, sizes: Iterable[Size]) -> None:
        """Draw all three formats of `sizes`, sides in pixels: about 100 ms a size at 1200x630."""
        for size_px in sizes:
            for each in ImageFormat:
                self._prepared[size_px, each] = draw_fallback(
                    "", "", self._brand, size_px, each, self._max_bytes, lang="", direction="ltr"
                )

    def get_picture(self, size_px: Size, format: ImageFormat) -> bytes:
        """The picture of that size: at once where prepared, else drawn simply and kept."""
        key = (size_px, format)
        prepared = self._prepared.get(key)
        if prepared is not None:
            return prepared
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        data = self._draw_simple(size_px, format)
        with self._lock:
            self._kept[key] = data
            while len(self._kept) > _MAX_KEPT:
                self._kept.popitem(last=False)
        return data

    def _draw_simple(self, size_px: Size, format: ImageFormat) -> bytes:
        try:
            return _draw_monogram_card(self._brand, size_px, format, self._max_bytes)
        # As in `fallback`: whatever went wrong, the answer is a picture.
        except Exception:
            return draw_flat(self._brand, size_px, format)


def _draw_monogram_card(
    brand: Brand,
    size_px: Size,
    format: ImageFormat,
    max_bytes: int,
) -> bytes:
    """A flat color with the monogram in the middle, 16 shades in all."""
    size = clamp_size(size_px)
    scheme = choose_scheme(parse_color(brand.color))
    side = max(1, int(min(size.width_px, size.height_px, 1200) * 0.36))
    tile = draw_monogram(brand.name, scheme, side)
    backed = Image.new("RGB", tile.size, scheme.start)
    backed.paste(tile, mask=tile)
    left, top = (size.width_px - side) // 2, (size.height_px - side) // 2
    if format is not ImageFormat.PNG:
        picture = Image.new("RGB", (size.width_px, size.height_px), scheme.start)
        picture.paste(backed, (left, top))
        data = encode_lossy(picture, format, 80)
        return data if len(data) <= max_bytes else fit_lossy_picture(picture, format, max_bytes)[0]
    index = np.zeros((size.height_px, size.width_px), np.uint8)
    index[top : top + side, left : left + side] = _shade(backed, scheme.start, scheme.text)
    ramp = [mix(scheme.start, scheme.text, shade / (_SHADES - 1)) for shade in range(_SHADES)]
    return encode_indexed(index, np.array(ramp, np.uint8), max_bytes)


def _shade(picture: Image.Image, low: Color, high: Color) -> Pixels:
    """How far each pixel is from `low` to `high`, in steps of the ramp."""
    start = np.array(low, np.float32)
    span = np.array(high, np.float32) - start
    share = (np.asarray(picture, np.float32) - start) @ span / (span @ span)
    shades: Pixels = np.clip(np.rint(share * (_SHADES - 1)), 0, _SHADES - 1).astype(np.uint8)
    return shades
