"""The last rung: a branded picture of the right size is always at hand."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from htmlcard.card import Brand, ImageFormat, Size
from htmlcard.images.brand import BrandPictures
from htmlcard.images.probe import check_shot, is_blank

from .samples import decoded

BUDGET = 300_000
OG = Size(1200, 630)


@pytest.mark.parametrize("format", ImageFormat)
def test_prepared_pictures_are_drawn_once(format):
    """At the worst moment of an outage this rung must not draw anything."""
    pictures = BrandPictures(Brand("Acme", "#b91c1c"), BUDGET)
    pictures.prepare([OG])
    data = pictures.get_picture(OG, format)
    check_shot(data, format, OG)
    assert pictures.get_picture(OG, format) is data
    assert not is_blank(data)


@pytest.mark.parametrize("format", ImageFormat)
@pytest.mark.parametrize("size", [(1, 1), (16, 4096), (4096, 16), (77, 33), (1200, 1200)], ids=str)
def test_odd_sizes_are_drawn_when_asked_for(format, size):
    """Nobody can prepare every size a template may declare."""
    pictures = BrandPictures(Brand("Acme", "#b91c1c"), BUDGET)
    data = pictures.get_picture(Size(*size), format)
    check_shot(data, format, Size(*size))
    assert len(data) <= BUDGET
    assert pictures.get_picture(Size(*size), format) is data


def test_the_simple_picture_shows_color_and_monogram():
    """Two brands on one server must not look the same."""
    size = Size(500, 400)
    acme = decoded(
        BrandPictures(Brand("Acme", "#b91c1c"), BUDGET).get_picture(size, ImageFormat.PNG)
    )
    zeta = decoded(
        BrandPictures(Brand("Zeta", "#b91c1c"), BUDGET).get_picture(size, ImageFormat.PNG)
    )
    assert acme.getpixel((3, 3)) == zeta.getpixel((3, 3)) == (0xB9, 0x1C, 0x1C)
    assert not np.array_equal(np.asarray(acme), np.asarray(zeta))


def test_kept_pictures_are_bounded():
    """Sizes come from URLs by way of templates: memory must not grow with them."""
    pictures = BrandPictures(Brand(), BUDGET)
    first = pictures.get_picture(Size(20, 20), ImageFormat.PNG)
    for side in range(21, 120):
        pictures.get_picture(Size(side, 20), ImageFormat.PNG)
    assert pictures.get_picture(Size(20, 20), ImageFormat.PNG) is not first


@pytest.mark.parametrize(
    "brand", [Brand("", "junk", b"junk"), Brand("\u0301\x00", ""), Brand("👩‍🚀", "#fff")]
)
def test_odd_brands_do_not_raise(brand):
    """There is no rung below this one."""
    pictures = BrandPictures(brand, 10)
    pictures.prepare([Size(0, 0), Size(64, 64)])
    for format in ImageFormat:
        check_shot(pictures.get_picture(Size(64, 64), format), format, Size(64, 64))
        assert pictures.get_picture(Size(-3, 0), format)


def test_threads_share_it():
    """The caller asks from many threads at once, most of all when everything else is broken."""
    pictures = BrandPictures(Brand("Acme"), BUDGET)
    sizes = [Size(40 + number % 5, 40) for number in range(60)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda size: pictures.get_picture(size, ImageFormat.PNG), sizes))
    for size, data in zip(sizes, answers, strict=True):
        check_shot(data, ImageFormat.PNG, size)
