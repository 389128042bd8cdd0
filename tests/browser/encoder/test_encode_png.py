"""The encoder's promise: every picture comes back, exactly or within the tolerance."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from encoded import check_chunks, encode_in_page, largest_difference
from encoder_pictures import KINDS, make_picture
from hypothesis import example, given, settings
from hypothesis import strategies as st
from playwright.async_api import Error, Page

pytestmark = pytest.mark.browser


@settings(max_examples=120, deadline=None)
@given(
    kind=st.sampled_from(sorted(KINDS)),
    width=st.integers(1, 150),
    height=st.integers(1, 90),
    tolerance=st.sampled_from([0, 0, 1, 2, 5, 32]),
    seed=st.integers(0, 1000),
)
@example(kind="noise", width=1, height=1, tolerance=0, seed=0)
@example(kind="photo", width=1, height=90, tolerance=1, seed=0)
@example(kind="gradient", width=150, height=1, tolerance=1, seed=0)
async def test_every_kind_of_picture_comes_back(
    encoder_page: Page, kind: str, width: int, height: int, tolerance: int, seed: int
) -> None:
    """A wrong pixel is cached for a year. Sizes and kinds vary so that every filter, every
    kind of block and every row end is met, on memory that other pictures have used."""
    picture = make_picture(kind, width, height, seed)
    png = await encode_in_page(encoder_page, picture, tolerance)
    assert png is not None
    check_chunks(png, width, height)
    assert largest_difference(png, picture) <= tolerance


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("tolerance", [0, 1])
async def test_pictures_as_wide_as_cards_come_back(
    encoder_page: Page, kind: str, tolerance: int
) -> None:
    """Only at this size do blocks fill up, distances reach the window's end and errors of
    a tolerant filter have the room to add up."""
    picture = make_picture(kind, 1200, 240)
    png = await encode_in_page(encoder_page, picture, tolerance)
    assert png is not None
    check_chunks(png, 1200, 240)
    assert largest_difference(png, picture) <= tolerance


async def test_the_largest_cards(encoder_page: Page) -> None:
    """2400x3000 px (a tall size at scale 2): memory must grow under a page in use."""
    picture = np.tile(make_picture("photo_beside_flat", 600, 300), (10, 4, 1))
    pixels = base64.b64encode(picture[:300].tobytes()).decode("ascii")
    # Ten copies are made in the page: 29 MB through the protocol would take seconds.
    script = """([pixels]) => {
      const part = Uint8Array.fromBase64(pixels), rgba = new Uint8ClampedArray(part.length * 10);
      for (let i = 0; i < 10; i++) rgba.set(part, i * part.length);
      return encodePng(rgba, 2400, 3000, 1, 1e9);
    }"""
    png = base64.b64decode(await encoder_page.evaluate(script, [pixels]))
    check_chunks(png, 2400, 3000)
    assert largest_difference(png, picture) <= 1


@pytest.mark.parametrize(("width", "height"), [(10_923, 7), (40_000, 2), (2, 40_000)])
async def test_lopsided_pictures(encoder_page: Page, width: int, height: int) -> None:
    """Rows may be longer than deflate's window of 32 KiB, and there may be very many."""
    for kind in ("photo_beside_flat", "equal_rows"):
        picture = make_picture(kind, width, height)
        png = await encode_in_page(encoder_page, picture, 1)
        assert png is not None
        check_chunks(png, width, height)
        assert largest_difference(png, picture) <= 1


@pytest.mark.parametrize("kind", ["noise", "flat", "gradient"])
async def test_the_limit_is_exact(encoder_page: Page, kind: str) -> None:
    """The byte budget decides by it whether a card may stay lossless."""
    picture = make_picture(kind, 300, 200)
    png = await encode_in_page(encoder_page, picture)
    assert png is not None
    assert await encode_in_page(encoder_page, picture, 0, len(png)) == png
    assert await encode_in_page(encoder_page, picture, 0, len(png) - 1) is None
    assert await encode_in_page(encoder_page, picture, 0, 0) is None


async def test_the_picture_before_leaves_no_trace(encoder_page: Page) -> None:
    """One page draws the cards of many sites: bytes must depend on this card alone, for
    the ETag's sake, and because anything else would be another card shining through."""
    picture = make_picture("photo_beside_flat", 301, 100)
    first = await encode_in_page(encoder_page, picture, 1)
    for kind in ("noise", "gradient"):
        await encode_in_page(encoder_page, make_picture(kind, 301, 100), 1)
        await encode_in_page(encoder_page, make_picture(kind, 500, 300), 0)
        assert await encode_in_page(encoder_page, picture, 1) == first


async def test_alpha_is_ignored(encoder_page: Page) -> None:
    """A canvas made opaque still hands out four channels; only three may matter."""
    picture = make_picture("blots", 120, 80)
    odd = picture.copy()
    odd[..., 3] = np.random.default_rng(1).integers(0, 256, (80, 120))
    png = await encode_in_page(encoder_page, odd)
    assert png is not None
    assert largest_difference(png, picture) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("encodePng(new Uint8ClampedArray(15), 2, 2, 0, 1e6)", "15 bytes are no RGBA picture"),
        ("encodePng(new Uint8ClampedArray(0), 0, 5, 0, 1e6)", "cannot encode a picture of 0x5"),
        ("encodePng(new Uint8ClampedArray(4), 1, 1, 33, 1e6)", "tolerance is 33"),
        ("encodePng(new Uint8ClampedArray(4), 1, 1, 0, NaN)", "limitBytes is NaN"),
    ],
)
async def test_wrong_arguments_are_named(encoder_page: Page, call: str, message: str) -> None:
    """Null means "too long": a caller's mistake must not pass for it."""
    with pytest.raises(Error, match=message):
        await encoder_page.evaluate(call)
