"""The encoder's promise: every picture comes back, exactly or within the tolerance."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from encoded import (
    check_chunks,
    decode,
    encode_card,
    encode_step,
    largest_difference,
    to_base64,
)
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
    tolerance=st.sampled_from([0, 1, 2]),
    slot=st.integers(0, 3),
    seed=st.integers(0, 1000),
)
@example(kind="noise", width=1, height=1, tolerance=0, slot=0, seed=0)
@example(kind="photo", width=1, height=90, tolerance=1, slot=3, seed=0)
@example(kind="gradient", width=150, height=1, tolerance=1, slot=3, seed=0)
async def test_every_kind_of_picture_comes_back(
    encoder_page: Page, kind: str, width: int, height: int, tolerance: int, slot: int, seed: int
) -> None:
    """A wrong pixel is cached for a year. Sizes and kinds vary so that every filter, every
    kind of block and every row end is met, on memory that other pictures have used."""
    picture = make_picture(kind, width, height, seed)
    png = await encode_step(encoder_page, picture, tolerance, slot=slot)
    assert png is not None
    check_chunks(png, width, height)
    assert largest_difference(png, picture) <= tolerance


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("tolerance", [0, 1, 2])
async def test_pictures_as_wide_as_cards_come_back(
    encoder_page: Page, kind: str, tolerance: int
) -> None:
    """Only at this size do blocks fill up, distances reach the window's end and errors of
    a tolerant filter have the room to add up."""
    picture = make_picture(kind, 1200, 240)
    png = await encode_step(encoder_page, picture, tolerance)
    assert png is not None
    check_chunks(png, 1200, 240)
    assert largest_difference(png, picture) <= tolerance


async def test_the_largest_cards(encoder_page: Page) -> None:
    """2400x3000 px (a tall size at scale 2): memory must grow under a page in use."""
    picture = np.tile(make_picture("photo_beside_flat", 600, 300), (10, 4, 1))
    # Ten copies are made in the page: 29 MB through the protocol would take seconds.
    script = """([pixels]) => {
      const part = Uint8Array.fromBase64(pixels), room = pictureEncoder.room("tall", 2400, 3000);
      for (let i = 0; i < 10; i++) room.set(part, i * part.length);
      return [pictureEncoder.encodeLossless("RGBX"), pictureEncoder.encodePng("RGBX", 1e9).base64];
    }"""
    lossless, first_fit = await encoder_page.evaluate(script, [to_base64(picture[:300])])
    png = base64.b64decode(lossless)
    assert first_fit == lossless
    check_chunks(png, 2400, 3000)
    assert largest_difference(png, picture) == 0


@pytest.mark.parametrize(("width", "height"), [(10_923, 7), (40_000, 2), (2, 40_000)])
async def test_lopsided_pictures(encoder_page: Page, width: int, height: int) -> None:
    """Rows may be longer than deflate's window of 32 KiB, and there may be very many."""
    for kind in ("photo_beside_flat", "equal_rows"):
        picture = make_picture(kind, width, height)
        png = await encode_step(encoder_page, picture, 1)
        assert png is not None
        check_chunks(png, width, height)
        assert largest_difference(png, picture) <= 1


@pytest.mark.parametrize("kind", ["noise", "flat", "gradient"])
async def test_the_limit_is_exact(encoder_page: Page, kind: str) -> None:
    """The byte budget decides by it whether a card may stay lossless."""
    picture = make_picture(kind, 300, 200)
    png = await encode_step(encoder_page, picture)
    assert png is not None
    assert await encode_step(encoder_page, picture, 0, len(png)) == png
    assert await encode_step(encoder_page, picture, 0, len(png) - 1) is None
    assert await encode_step(encoder_page, picture, 0, 0) is None


async def test_the_picture_before_leaves_no_trace(encoder_page: Page) -> None:
    """One page draws the cards of many sites: bytes must depend on this card alone, for
    the ETag's sake, and because anything else would be another card shining through."""
    picture = make_picture("photo_beside_flat", 301, 100)
    first = await encode_step(encoder_page, picture, 1)
    for kind in ("noise", "gradient"):
        await encode_step(encoder_page, make_picture(kind, 301, 100), 1)
        await encode_step(encoder_page, make_picture(kind, 500, 300), 0)
        assert await encode_step(encoder_page, picture, 1) == first


async def test_the_fourth_byte_is_ignored(encoder_page: Page) -> None:
    """A canvas made opaque still hands out four channels; only three may matter, or equal
    cards would differ by what happens to lie there."""
    for kind in ("blots", "equal_rows", "photo_beside_flat"):
        picture = make_picture(kind, 120, 80)
        odd = picture.copy()
        odd[..., 3] = np.random.default_rng(1).integers(0, 256, (80, 120))
        for step in (0, 1, "palette"):
            png = await encode_step(encoder_page, picture, step)
            assert png is not None
            assert await encode_step(encoder_page, odd, step) == png


@pytest.mark.parametrize("limit", [1 << 32, 30_000, 10_000])
async def test_both_orders_of_channels_give_the_same_file(encoder_page: Page, limit: int) -> None:
    """Which one a canvas hands out is the machine's affair; the card's colors are not."""
    picture = make_picture("photo_beside_flat", 150, 100)
    turned = picture[..., [2, 1, 0, 3]].copy()
    found = await encode_card(encoder_page, picture, limit, order="RGBX")
    assert found is not None
    assert await encode_card(encoder_page, turned, limit, order="BGRX") == found


async def test_pixels_straight_from_a_canvas(encoder_page: Page) -> None:
    """The stage copies a VideoFrame into the encoder's memory, which may move as it grows."""
    script = """async () => {
      const canvas = Object.assign(document.createElement("canvas"), {width: 90, height: 40});
      const context = canvas.getContext("2d", {willReadFrequently: true, alpha: false});
      context.fillStyle = "#123456";
      context.fillRect(0, 0, 60, 40);
      const frame = new VideoFrame(canvas, {timestamp: 0});
      await frame.copyTo(pictureEncoder.room("canvas", 90, 40));
      frame.close();
      return pictureEncoder.encodePng(frame.format ?? "BGRX", 1e6);
    }"""
    found = await encoder_page.evaluate(script)
    pixels = decode(base64.b64decode(found["base64"]))
    assert found["encoding"] == "lossless"
    assert pixels[20, 30].tolist() == [0x12, 0x34, 0x56]
    assert pixels[20, 80].tolist() == [0, 0, 0]


async def test_the_first_step_that_fits_is_taken(encoder_page: Page) -> None:
    """The budget's ladder: a card keeps as much as its bytes allow, and not less."""
    picture = make_picture("photo", 300, 200)
    lossless = await encode_step(encoder_page, picture, 0)
    held = await encode_step(encoder_page, picture, 1)
    assert lossless is not None
    assert held is not None
    assert len(held) < len(lossless)
    for limit, step in (
        (len(lossless), "lossless"),
        (len(lossless) - 1, "near-lossless"),
        (len(held), "near-lossless"),
        (len(held) - 1, "palette-"),
        (len(held) // 3, "palette-"),
    ):
        found = await encode_card(encoder_page, picture, limit)
        assert found is not None
        encoding, png = found
        assert encoding.startswith(step) if step == "palette-" else encoding == step
        assert len(png) <= limit
        check_chunks(png, 300, 200)
    assert await encode_card(encoder_page, picture, 0) is None
    assert await encode_card(encoder_page, picture, 500) is None


async def test_a_gradient_gets_another_step_before_it_gets_bands(encoder_page: Page) -> None:
    """Few colors are hardly seen in a photo, but in a gradient from across the room."""
    x, y = np.meshgrid(np.linspace(0, 1, 600), np.linspace(0, 1, 400))
    fade = np.stack([60 + 150 * x * y, 200 - 90 * np.hypot(x, y), 90 + 140 * y**2], axis=-1)
    dither = np.random.default_rng(2).uniform(-0.9, 0.9, fade.shape)
    picture = np.dstack([np.rint(fade + dither), np.full((400, 600), 255)]).astype(np.uint8)
    held, coarse = [await encode_step(encoder_page, picture, step) for step in (1, 2)]
    assert held is not None
    assert coarse is not None
    assert len(coarse) < len(held)
    found = await encode_card(encoder_page, picture, len(coarse))
    assert found == ("near-lossless-2", coarse)
    assert largest_difference(coarse, picture) == 2
    found = await encode_card(encoder_page, picture, len(coarse) - 1)
    assert found is not None
    assert found[0].startswith("palette-")


async def test_what_fits_no_step_is_still_there_without_a_limit(encoder_page: Page) -> None:
    """Python goes on from the true pixels where nothing here fits."""
    picture = make_picture("noise", 64, 50)
    assert await encode_card(encoder_page, picture, 100) is None
    png = base64.b64decode(await encoder_page.evaluate("pictureEncoder.encodeLossless('RGBX')"))
    check_chunks(png, 64, 50)
    assert largest_difference(png, picture) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("pictureEncoder.room('a', 0, 5)", "cannot encode a picture of 0x5"),
        ("pictureEncoder.room('a', 2.5, 5)", "cannot encode a picture of 2.5x5"),
        ("pictureEncoder.room('a', 65536, 65536)", "no room to encode"),
        ("pictureEncoder.room('a', 4294967297, 1)", "no room to encode"),
        ("pictureEncoder.room('a', 2, 2); pictureEncoder.encodePng('I420', 1e6)", "order is I420"),
        ("pictureEncoder.room('a', 2, 2); pictureEncoder.encodeLossless()", "order is undefined"),
        (
            "pictureEncoder.room('a', 2, 2); pictureEncoder.encodePng('RGBX', NaN)",
            "limitBytes is N",
        ),
        ("startEncoder(); pictureEncoder.encodePng('RGBX', 1)", "ask for room first"),
    ],
)
async def test_wrong_arguments_are_named(encoder_page: Page, call: str, message: str) -> None:
    """Null means "too long": a caller's mistake must not pass for it."""
    with pytest.raises(Error, match=message):
        await encoder_page.evaluate(f"() => {{ {call} }}")
