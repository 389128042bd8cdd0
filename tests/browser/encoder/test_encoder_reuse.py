"""Bands that did not change are not compressed again, and nobody can tell from the bytes."""

from __future__ import annotations

import numpy as np
import pytest
from encoded import encode_card, encode_step, largest_difference, to_base64
from encoder_pictures import KINDS, Pixels, edit, make_picture
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.async_api import Page

pytestmark = pytest.mark.browser

SIZES = [(90, 70), (33, 130), (17, 16), (150, 40)]

# The same picture in the encoder that has seen others, and in one that was started for it.
COMPARE = """([pixels, width, height, limit, key, order]) => {
  const encode = (encoder, name) => {
    encoder.room(name, width, height).set(Uint8Array.fromBase64(pixels));
    return JSON.stringify(encoder.encodePng(order, limit)) + encoder.encodeLossless(order);
  };
  const old = globalThis.pictureEncoder, here = encode(old, key);
  startEncoder();
  const fresh = encode(globalThis.pictureEncoder, "other");
  globalThis.pictureEncoder = old;
  return here === fresh;
}"""


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 100_000))
async def test_bytes_do_not_tell_what_was_encoded_before(encoder_page: Page, seed: int) -> None:
    """A stale band would be another card shining through; and equal cards must have equal
    bytes, whatever was drawn before. Pictures are edited at random under four keys, of which
    three are kept, in changing sizes, orders and limits."""
    rng = np.random.default_rng(seed)
    pictures: dict[str, Pixels] = {}
    for _ in range(12):
        key = str(rng.choice(list("abcd")))
        if key in pictures and rng.random() < 0.85:
            pictures[key] = edit(rng, pictures[key])
        else:
            width, height = SIZES[rng.integers(len(SIZES))]
            kind = str(rng.choice(sorted(KINDS)))
            pictures[key] = make_picture(kind, width, height, int(rng.integers(1000)))
        height, width = pictures[key].shape[:2]
        limit = int(rng.choice([0, 200, 1000, 3000, 8000, 15_000, 1 << 32]))
        order = str(rng.choice(["RGBX", "BGRX"], p=[0.9, 0.1]))
        call = [to_base64(pictures[key]), width, height, limit, key, order]
        assert await encoder_page.evaluate(COMPARE, call)


@pytest.mark.parametrize(
    "kind",
    [
        "gradient",
        pytest.param("photo_beside_flat", marks=pytest.mark.soak),
        pytest.param("flat", marks=pytest.mark.soak),
        pytest.param("photo", marks=pytest.mark.soak),
    ],
)
async def test_a_new_title_on_a_card_of_full_size(encoder_page: Page, kind: str) -> None:
    """Only here do matches reach as far back as they may, into the band above."""
    picture = make_picture(kind, 1200, 400)
    for step in (0, 1, 2):
        for row in (0, 15, 16, 170, 399):
            titled = picture.copy()
            titled[row : row + 60, 300:700] = make_picture("blots", 400, 60)[: 400 - row]
            scratch = await encode_step(encoder_page, titled, step, slot=3)
            assert scratch is not None
            assert largest_difference(scratch, titled) <= step
            await encode_step(encoder_page, picture, step)
            assert await encode_step(encoder_page, titled, step) == scratch


async def test_a_picture_may_be_changed_in_place(encoder_page: Page) -> None:
    """The view of the room stays in the caller's hands: what is in it counts at each call."""
    script = """() => {
      const pixels = pictureEncoder.room("in place", 64, 64), found = [];
      for (const value of [0, 200, 0]) {
        pixels.fill(value, 64 * 4 * 40, 64 * 4 * 41);
        found.push(pictureEncoder.encodePng("RGBX", 1e6).base64);
        found.push(pictureEncoder.encodeLossless("RGBX"));
      }
      return found;
    }"""
    found = await encoder_page.evaluate(script)
    assert found[0] == found[1] == found[4] == found[5]
    assert found[2] == found[3] != found[0]


async def test_limits_do_not_depend_on_what_is_known(encoder_page: Page) -> None:
    """An encoding stopped early leaves some bands new and some old: a later call with more
    bytes to spend must see the new picture in all of them."""
    before, picture = (make_picture("photo", 200, 120, seed) for seed in (1, 2))
    whole = await encode_step(encoder_page, picture, 0, slot=3)
    assert whole is not None
    for limit in (len(whole) // 2, len(whole) - 1, 300):
        await encode_step(encoder_page, before, 0)
        assert await encode_step(encoder_page, picture, 0, limit) is None
        assert await encode_step(encoder_page, picture, 0, len(whole)) == whole
    first = await encode_card(encoder_page, picture, len(whole), key="limits")
    assert first == ("lossless", whole)
