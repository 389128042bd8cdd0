"""Every card fits the byte budget, and looks as much like the shot as the budget allows."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from htmlcard.card import ImageFormat, Size
from htmlcard.errors import BadShot
from htmlcard.images.budget import fit_lossy, fit_png
from htmlcard.images.png import encode_indexed, encode_rgb
from htmlcard.images.probe import check_shot

from .likeness import ssim
from .samples import decoded, encoded, gradient, largest_difference, noise, photo

BUDGET = 300_000


def check_fits(data: bytes, picture: Image.Image, max_bytes: int = BUDGET) -> Image.Image:
    check_shot(data, ImageFormat.PNG, Size(*picture.size))
    assert len(data) <= max_bytes
    return decoded(data)


def test_a_png_within_the_budget_is_left_alone():
    """Lossless comes first: no pixel of an ordinary card is touched."""
    data = encoded(gradient(300, 200), "PNG")
    assert fit_png(data, len(data)) == (data, "lossless")


@pytest.mark.parametrize(
    ("max_bytes", "step", "tolerance"),
    [
        (BUDGET, "near-lossless", 1),
        (200_000, "near-lossless-2", 2),
    ],
)
def test_a_gradient_is_off_by_the_tolerance_at_most(max_bytes, step, tolerance):
    """The step's name is a promise about every single channel of every pixel."""
    picture = gradient()
    data, taken = fit_png(encoded(picture, "PNG", compress_level=1), max_bytes)
    result = check_fits(data, picture, max_bytes)
    assert taken == step
    assert 0 < largest_difference(picture, result) <= tolerance


@pytest.mark.parametrize(
    "picture", [gradient(), gradient(2400, 1260), photo(), noise()], ids=lambda p: str(p.size)
)
def test_likeness_stays_high_within_the_default_budget(picture):
    """Links with photographs are the common case: at 0.97 the loss is hard to see."""
    data, _ = fit_png(encoded(picture, "PNG", compress_level=1), BUDGET)
    assert ssim(picture, check_fits(data, picture)) >= 0.97


@pytest.mark.parametrize("max_bytes", [BUDGET, 50_000, 5_000])
@pytest.mark.parametrize("size", [(1200, 630), (2400, 1260), (301, 997)], ids=str)
def test_pure_noise_fits_any_budget(size, max_bytes):
    """Whatever an author draws, crawlers that stop reading at the limit get a whole picture."""
    picture = noise(*size)
    data, _ = fit_png(encoded(picture, "PNG", compress_level=1), max_bytes)
    check_fits(data, picture, max_bytes)


def test_an_impossible_budget_gives_the_smallest_picture_there_is():
    """A picture a little too large beats none."""
    data, step = fit_png(encoded(noise(), "PNG", compress_level=1), 10)
    assert step == "flat"
    assert len(check_fits(data, noise(), 3_000).getcolors()) == 1


@pytest.mark.parametrize("format", [ImageFormat.JPEG, ImageFormat.WEBP])
@pytest.mark.parametrize(
    "picture", [gradient(), photo(), noise()], ids=["gradient", "photo", "noise"]
)
def test_lossy_formats_fit_too(format, picture):
    """JPEG and WebP obey the same budget, by quality, and by smoothing where that is not enough."""
    data = encoded(picture, format.value.upper(), quality=100)
    for max_bytes in (BUDGET, 60_000, 15_000):
        fitted, _ = fit_lossy(data, format, max_bytes)
        check_shot(fitted, format, Size(*picture.size))
        assert len(fitted) <= max_bytes


@pytest.mark.parametrize("format", [ImageFormat.JPEG, ImageFormat.WEBP])
def test_lossy_formats_keep_the_best_quality_that_fits(format):
    """Falling further than needed would spoil photographs for nothing."""
    data = encoded(photo(), format.value.upper(), quality=100)
    fitted, step = fit_lossy(data, format, 100_000)
    assert step.startswith("q")
    assert len(fitted) > 60_000
    assert ssim(decoded(data), decoded(fitted)) >= 0.9
    assert fit_lossy(data, format, len(data)) == (data, "original")


def test_what_cannot_be_decoded_is_a_bad_shot():
    """Pillow's own exceptions must not leave this package."""
    data = encoded(noise(), "PNG", compress_level=1)
    with pytest.raises(BadShot):
        fit_png(data[: len(data) // 2], BUDGET)
    with pytest.raises(BadShot):
        fit_lossy(b"\xff\xd8\xff" + bytes(BUDGET), ImageFormat.JPEG, BUDGET)


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (16, 4096), (1201, 7)], ids=str)
def test_our_png_files_read_back_byte_for_byte(size):
    """Pillow judges our own writer: filters, bit packing and chunk layout."""
    pixels = np.asarray(noise(*size))
    assert np.array_equal(np.asarray(decoded(encode_rgb(pixels))), pixels)
    for colors in (1, 2, 3, 4, 5, 16, 17, 256):
        index = pixels[..., 0] % np.uint16(colors)
        index[len(index) // 2 :] = index[-1]
        palette = np.random.default_rng(colors).integers(0, 256, (colors, 3), np.uint8)
        data = encode_indexed(index, palette, BUDGET)
        assert np.array_equal(np.asarray(decoded(data)), palette[index])


def test_a_plain_area_keeps_its_color_beside_a_photo():
    """A brand's color is what its owner looks at first; it is not to be mixed with the trees."""
    pixels = np.array(photo())
    color = (119, 68, 132)
    pixels[-60:, -60:] = color

    data, step = fit_png(encoded(Image.fromarray(pixels), "PNG"), 240_000)

    assert step.startswith("palette")
    assert decoded(data).getpixel((pixels.shape[1] - 30, pixels.shape[0] - 30)) == color
