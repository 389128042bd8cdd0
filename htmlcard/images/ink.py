"""Measures the text of a card in pictures of it: where its ink is, how it reads, what it lost.

Boxes are left, top, right, bottom in CSS px; `scale` leads to the pictures' pixels. The pictures
are those of `browser.inspection`: as drawn, without the texts, and the texts in white on black.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from htmlcard.images.decode import decode

Box = tuple[float, float, float, float]
Floats = NDArray[np.float32]
Bits = NDArray[np.bool_]

#: Coverage of a pixel by a letter from which on it is all letter; less in letters that are thin.
_SOLID, _THIN = 0.92, 0.6
#: Ink of less than this is no text, but its blurred edge.
_FAINT = 0.2
#: So many pixels tell the color of a piece of text.
_ENOUGH_PX = 12
#: What is around a letter and helps to read it: a shadow, an outline.
_RIM_PX = 3
#: Of a piece of text, so much may read worse: noise of a photo, edges of letters.
_PERCENTILE = 25
#: Ink of pictures, 0 to 255: half a pixel of a letter, and what counts as lost of one.
_HALF, _LOST = 128, 90
#: A letter's pixel that differs less from what is behind it does not show.
_UNSEEN = 6


def _linear() -> Floats:
    channel = np.arange(256, dtype=np.float32) / 255
    return np.where(channel <= 0.04045, channel / 12.92, ((channel + 0.055) / 1.055) ** 2.4).astype(
        np.float32
    )


_LINEAR = _linear()
_WEIGHTS = np.array((0.2126, 0.7152, 0.0722), np.float32)


@dataclass(frozen=True, slots=True)
class Piece:
    """A few letters of a text: the contrast they have (1 to 21), and the color behind them."""

    ratio: float
    behind: tuple[int, int, int]
    box_px: Box


class Ink:
    """The pictures of one card, decoded."""

    def __init__(
        self,
        as_drawn: bytes,
        behind: bytes,
        ink: bytes,
        unclipped: bytes | None,
        layers: Sequence[bytes],
        scale: int,
    ) -> None:
        self._drawn = _pixels(as_drawn)
        self._behind = _pixels(behind)
        self._ink = _coverage(ink)
        self._unclipped = None if unclipped is None else _coverage(unclipped)
        self._layers = [_coverage(layer) for layer in layers]
        self._scale = scale

    def find_box(self, box: Box) -> Box | None:
        """The box of the ink within a box; None where there is none."""
        rows, columns = self._place(box)
        inked = self._ink[rows, columns] > _FAINT * 255
        down, across = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
        if not down.size:
            return None
        left, top = columns.start, rows.start
        edges = (left + across[0], top + down[0], left + across[-1] + 1, top + down[-1] + 1)
        return tuple(float(edge) / self._scale for edge in edges)  # type: ignore[return-value]

    def read(self, box: Box, step_px: float) -> Iterator[Piece]:
        """How a text reads, in pieces of about `step_px` along its longer side.

        Contrast is that of WCAG 2.2 (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio), of the
        letters' real color against the pixels under them, or those around them where these are
        the better: a shadow or an outline does its work there.
        """
        rows, columns = self._place(box, margin=_RIM_PX)
        ink = self._ink[rows, columns] / np.float32(255)
        peak = float(ink.max(initial=0))
        if peak < _FAINT:
            return
        drawn, behind = self._drawn[rows, columns], self._behind[rows, columns]
        rim = _grown(ink > 0.3 * peak, _RIM_PX) & (ink < 0.02)
        for piece in _pieces(ink.shape, step_px * self._scale):
            core = ink[piece] >= _SOLID
            if core.sum() < _ENOUGH_PX:
                core = ink[piece] >= _THIN * peak
            if core.sum() < _ENOUGH_PX:
                continue
            below = behind[piece][core]
            # What covers a pixel in part is told from what it does to the pixel.
            change = (drawn[piece][core] - below.astype(np.float32)) / ink[piece][core][:, None]
            letters = _luminance(np.clip(below + change, 0, 255))
            ratio, color = _worst(letters, below)
            around = drawn[piece][rim[piece]]
            if len(around) >= _ENOUGH_PX:
                ratio = max(ratio, _worst(np.median(letters), around)[0])
            yield Piece(ratio, color, self._box(rows, columns, piece))

    def covered_share(self, box: Box, color: Sequence[int]) -> float:
        """The share of a text that does not show, although its color is not that behind it."""
        rows, columns = self._place(box)
        core = self._ink[rows, columns] >= _THIN * 255
        if core.sum() < _ENOUGH_PX:
            return 0.0
        behind = self._behind[rows, columns][core].astype(np.int16)
        drawn = self._drawn[rows, columns][core].astype(np.int16)
        unseen = np.abs(drawn - behind).max(axis=1) <= _UNSEEN
        apart = np.abs(behind - np.asarray(color[:3], np.int16)).max(axis=1) > 8 * _UNSEEN
        return float((unseen & apart).mean())

    def lost_px(self, box: Box) -> float:
        """The area of ink that something cuts off, in square CSS px."""
        if self._unclipped is None:
            return 0.0
        place = self._place(box)
        lost = self._unclipped[place].astype(np.int16) - self._ink[place] > _LOST
        return float(lost.sum()) / self._scale**2

    def edges_touched(self, box: Box) -> bool:
        """Whether ink of a text stands in the outermost pixels of the card."""
        rows, columns = self._place(box)
        height, width = self._ink.shape
        inked = self._ink[rows, columns] > _HALF
        sides: list[Bits] = []
        if inked.size and rows.start == 0:
            sides.append(inked[0])
        if inked.size and rows.stop == height:
            sides.append(inked[-1])
        if inked.size and columns.start == 0:
            sides.append(inked[:, 0])
        if inked.size and columns.stop == width:
            sides.append(inked[:, -1])
        return any(side.any() for side in sides)

    def shared_px(self, one: tuple[Box, int], other: tuple[Box, int]) -> float:
        """The area that two texts (box and layer each) both ink, in square CSS px."""
        places = [self._place(box) for box, _ in (one, other)]
        common = tuple(
            slice(max(a.start, b.start), max(a.start, b.start, min(a.stop, b.stop)))
            for a, b in zip(*places, strict=True)
        )
        both = [self._layers[layer][common] > _HALF for _, layer in (one, other)]
        return float((both[0] & both[1]).sum()) / self._scale**2

    def _place(self, box: Box, margin: int = 0) -> tuple[slice, slice]:
        height, width = self._ink.shape
        left, top, right, bottom = (edge * self._scale for edge in box)
        return (
            _span(top - margin, bottom + margin, height),
            _span(left - margin, right + margin, width),
        )

    def _box(self, rows: slice, columns: slice, piece: tuple[slice, slice]) -> Box:
        down, across = piece
        left, top = columns.start + across.start, rows.start + down.start
        right = min(columns.start + across.stop, columns.stop)
        bottom = min(rows.start + down.stop, rows.stop)
        return (
            left / self._scale,
            top / self._scale,
            right / self._scale,
            bottom / self._scale,
        )


def _pixels(data: bytes) -> NDArray[np.uint8]:
    return np.asarray(decode(data), np.uint8)


def _coverage(data: bytes) -> NDArray[np.uint8]:
    # White on black is gray: one channel tells.
    return np.ascontiguousarray(_pixels(data)[:, :, 1])


def _span(start: float, stop: float, most: int) -> slice:
    first = min(max(int(np.floor(start)), 0), most)
    return slice(first, max(first, min(int(np.ceil(stop)), most)))


def _luminance(pixels: NDArray[Any]) -> Floats:
    return np.asarray(_LINEAR[np.rint(pixels).astype(np.uint8)] @ _WEIGHTS, np.float32)


def _ratios(one: Any, other: Any) -> Floats:
    high, low = np.maximum(one, other), np.minimum(one, other)
    return np.asarray((high + 0.05) / (low + 0.05), np.float32)


def _worst(letters: Any, other: NDArray[np.uint8]) -> tuple[float, tuple[int, int, int]]:
    """The contrast that all but a few pixels reach, and the usual color of those few."""
    ratios = _ratios(letters, _luminance(other))
    ratio = float(np.percentile(ratios, _PERCENTILE))
    red, green, blue = (int(value) for value in np.median(other[ratios <= ratio], axis=0))
    return ratio, (red, green, blue)


def _grown(bits: Bits, by: int) -> Bits:
    for _ in range(by):
        grown = bits.copy()
        grown[1:] |= bits[:-1]
        grown[:-1] |= bits[1:]
        grown[:, 1:] |= bits[:, :-1]
        grown[:, :-1] |= bits[:, 1:]
        bits = grown
    return bits


def _pieces(shape: tuple[int, ...], step_px: float) -> Iterator[tuple[slice, slice]]:
    height, width = shape
    count = max(1, round(max(height, width) / max(step_px, 1)))
    edges = [int(edge) for edge in np.linspace(0, max(height, width), count + 1)]
    for start, stop in pairwise(edges):
        span = slice(start, stop)
        yield (slice(0, height), span) if width >= height else (span, slice(0, width))
