"""The comparison behind goldens: what people see counts, what only programs see does not."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw

from htmlcard.images.perceptual import draw_difference, find_difference

Pixels = npt.NDArray[np.uint8]
SIZE = (600, 320)
#: What `templates test` lets pass.
TOLERANCE = 0.00003


def encode(picture: Image.Image, format: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, format, **options)
    return out.getvalue()


def letters(shift: float = 0.0, size: tuple[int, int] = SIZE) -> Image.Image:
    """Words and a disc, moved to the right by a part of a pixel."""
    times = 8
    large = Image.new("RGB", (size[0] * times, size[1] * times), "#fdf6e3")
    pen = ImageDraw.Draw(large)
    right = round(shift * times)
    pen.ellipse([3200 + right, 400, 4200 + right, 1400], fill="#0e7490")
    for number in range(6):
        left = 300 + right + 380 * number
        pen.polygon([(left, 2000), (left + 150, 900), (left + 300, 2000)], fill="#111")
        pen.line([(left, 2100), (left + 300, 2240)], fill="#111", width=40)
    return large.resize(size, Image.Resampling.BOX)


def test_the_same_picture_is_the_same() -> None:
    """However it was compressed."""
    found = find_difference(encode(letters()), encode(letters(), "WEBP", lossless=True))
    assert (found.pixels, found.share) == (0, 0.0)


@pytest.mark.parametrize("shift", [0.125, 0.25])
def test_antialiasing_is_no_difference(shift: float) -> None:
    """Another release of Chromium smooths edges a little differently; nobody can see it."""
    one, other = encode(letters()), encode(letters(shift))
    assert one != other
    assert find_difference(one, other).share <= TOLERANCE


def test_noise_is_no_difference() -> None:
    """Lossy goldens and dithered gradients are off by a few levels everywhere."""
    pixels = np.asarray(letters()).astype(np.int16)
    noise = np.random.default_rng(7).integers(-4, 5, pixels.shape)
    other = Image.fromarray((pixels + noise).clip(0, 255).astype(np.uint8))
    assert find_difference(encode(letters()), encode(other)).pixels == 0


def moved(pixels: Pixels) -> Pixels:
    return np.roll(pixels, 3, axis=1)


def without_a_dot(pixels: Pixels) -> Pixels:
    pixels[100:108, 100:108] = (20, 20, 20)
    return pixels


def hairline(pixels: Pixels) -> Pixels:
    pixels[300, 20:580] = (120, 120, 120)
    return pixels


def tinted(pixels: Pixels) -> Pixels:
    """Far below what pixelmatch calls a difference, but over half of the card."""
    half = pixels[:, :300]
    pixels[:, :300] = np.where(half > 10, half - 6, half)
    return pixels


def recolored(pixels: Pixels) -> Pixels:
    disc = (pixels == (14, 116, 144)).all(axis=2)
    pixels[disc] = (14, 144, 116)
    return pixels


@pytest.mark.parametrize("change", [moved, without_a_dot, hairline, tinted, recolored])
def test_what_people_see_is_a_difference(change: object) -> None:
    """A comparison that forgives everything would let every regression through."""
    assert callable(change)
    other = Image.fromarray(change(np.asarray(letters()).copy()))
    found = find_difference(encode(letters()), encode(other))
    assert found.share > TOLERANCE


def test_a_change_at_the_very_edge_is_seen() -> None:
    """Neighbors are looked at, and the pixels of a border lack some of theirs."""
    pixels = np.asarray(letters()).copy()
    pixels[0, :] = pixels[-1, :] = pixels[:, 0] = pixels[:, -1] = (0, 0, 0)
    found = find_difference(encode(letters()), encode(Image.fromarray(pixels)))
    assert found.pixels >= 2 * (SIZE[0] + SIZE[1]) - 8


def test_the_order_does_not_matter() -> None:
    """Golden and card may stand either way."""
    one, other = encode(letters()), encode(Image.fromarray(moved(np.asarray(letters()))))
    assert find_difference(one, other).pixels == find_difference(other, one).pixels


def test_another_size_is_all_different() -> None:
    """A template whose size was changed on purpose has goldens of the old one."""
    found = find_difference(encode(letters()), encode(letters(size=(600, 300))))
    assert (found.share, found.same_size) == (1.0, False)


def test_the_drawing_marks_what_differs_and_fades_the_rest() -> None:
    """The report shows where to look."""
    one = encode(letters())
    other = Image.fromarray(without_a_dot(np.asarray(letters()).copy()))
    shown = np.asarray(draw_difference(one, find_difference(one, encode(other)))).astype(int)
    red = (shown[..., 0] - shown[..., 1]) > 100
    assert red[101:107, 101:107].all()
    assert not red[120:, 120:].any()
    assert shown[~red].min() > 200
