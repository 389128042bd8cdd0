"""Two ways of drawing count as one only where no eye can tell them apart."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from htmlcard.errors import BadShot
from htmlcard.images.compare import MAX_CHANNEL_DIFFERENCE, same_picture

from .samples import encoded, gradient


def _changed(by: int) -> bytes:
    """The gradient with one channel of one pixel changed."""
    pixels = np.asarray(gradient()).copy()
    value = int(pixels[300, 700, 1])
    pixels[300, 700, 1] = value + by if value < 128 else value - by
    return encoded(Image.fromarray(pixels), "PNG")


def test_rounding_is_no_difference() -> None:
    """Dithering moves a channel by one or two; judged as different, no gradient drew fast."""
    assert same_picture(encoded(gradient(), "PNG"), _changed(MAX_CHANNEL_DIFFERENCE))


@pytest.mark.parametrize("by", [MAX_CHANNEL_DIFFERENCE + 1, 127])
def test_one_wrong_pixel_is_a_difference(by: int) -> None:
    """Also where values wrap in eight bits: a mean would hide a missing hairline."""
    whole = encoded(gradient(), "PNG")
    assert not same_picture(whole, _changed(by))
    assert not same_picture(_changed(by), whole)


def test_black_and_white_are_not_neighbors() -> None:
    """0 - 255 in unsigned bytes is 1, which would pass."""
    black, white = (encoded(Image.new("RGB", (9, 9), color), "PNG") for color in ("#000", "#fff"))
    assert not same_picture(black, white)


def test_another_size_is_a_difference() -> None:
    """Compared by their common part, a card cut in half would pass for the whole."""
    whole = gradient()
    half = whole.crop((0, 0, whole.width, whole.height // 2))
    row = whole.crop((0, 0, whole.width, 1))
    assert not same_picture(encoded(whole, "PNG"), encoded(half, "PNG"))
    assert not same_picture(encoded(whole, "PNG"), encoded(row, "PNG"))


def test_what_is_no_picture_is_an_error_and_not_a_difference() -> None:
    """A proof must not be lost for good because a browser's answer was cut short once."""
    whole = encoded(gradient(), "PNG")
    with pytest.raises(BadShot):
        same_picture(whole, whole[: len(whole) // 2])
