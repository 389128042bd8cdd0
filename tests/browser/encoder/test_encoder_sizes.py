"""Why the encoder exists: cards that are drawn by a real canvas come out small."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from encoded import check_chunks, decode, encode_step, largest_difference
from encoder_pictures import Pixels, make_picture
from PIL import Image
from playwright.async_api import Page

pytestmark = pytest.mark.browser

DRAW = """([fill, step]) => {
  const canvas = Object.assign(document.createElement("canvas"), {width: 1200, height: 630});
  const context = canvas.getContext("2d", {willReadFrequently: true, alpha: false});
  const colors = ["#4f46e5", "#ec4899"];
  const background = {
    flat: () => "#0f172a",
    horizontal: () => context.createLinearGradient(0, 0, 1200, 0),
    vertical: () => context.createLinearGradient(0, 0, 0, 630),
    diagonal: () => context.createLinearGradient(0, 0, 1200, 630),
    radial: () => context.createRadialGradient(300, 200, 0, 300, 200, 1000),
  }[fill]();
  if (fill !== "flat") colors.forEach((color, i) => background.addColorStop(i, color));
  context.fillStyle = background;
  context.fillRect(0, 0, 1200, 630);
  context.fillStyle = "#fff";
  context.font = "bold 68px sans-serif";
  context.fillText("How we made our cards load", 80, 200);
  context.fillText("twice as fast in one week", 80, 290);
  context.font = "30px sans-serif";
  context.fillText("A story of caches, canvases and a very small encoder", 80, 380);
  const rgba = context.getImageData(0, 0, 1200, 630).data;
  return [canvas.toDataURL("image/png").split(",")[1],
          encodeStep([new Uint8Array(rgba.buffer).toBase64(), 1200, 630, step, Infinity, 0])];
}"""


async def draw_both(page: Page, fill: str, step: int) -> tuple[bytes, bytes]:
    own, ours = await page.evaluate(DRAW, [fill, step])
    return base64.b64decode(own), base64.b64decode(ours)


def pillow_bytes(png: bytes, level: int) -> int:
    file = io.BytesIO()
    Image.fromarray(decode(png)).save(file, "png", compress_level=level)
    return file.tell()


async def test_text_on_flat_color_is_smaller_than_libpng_makes_it(encoder_page: Page) -> None:
    """Flat cards are the commonest, and lossless for them must not cost bytes."""
    own, ours = await draw_both(encoder_page, "flat", 0)
    check_chunks(ours, 1200, 630)
    assert (decode(ours) == decode_rgb(own)).all()
    assert len(ours) < pillow_bytes(ours, 6)


@pytest.mark.parametrize("fill", ["horizontal", "vertical", "diagonal", "radial"])
async def test_a_tolerance_of_one_takes_the_dithering_out_of_gradients(
    encoder_page: Page, fill: str
) -> None:
    """Dithering makes the canvas's own PNG of a gradient ten times a flat card's, far over
    the byte budget; a step of one is invisible and must bring it near a flat card again."""
    own, ours = await draw_both(encoder_page, fill, 1)
    _, flat = await draw_both(encoder_page, "flat", 0)
    assert largest_difference(ours, decode_rgb(own)) <= 1
    assert len(ours) < 2.5 * len(flat)


async def test_photos_are_no_larger_than_fast_encoders_make_them(encoder_page: Page) -> None:
    """A photo has no repeats to find: what counts is the choice of filters and the codes."""
    png = await encode_step(encoder_page, make_picture("photo", 1200, 630))
    assert png is not None
    assert len(png) < pillow_bytes(png, 1)


async def test_noise_does_not_grow(encoder_page: Page) -> None:
    """What cannot be compressed is stored, so the output buffer's bound holds."""
    png = await encode_step(encoder_page, make_picture("noise", 400, 300))
    assert png is not None
    assert len(png) < 400 * 300 * 3 * 1.005


def decode_rgb(png: bytes) -> Pixels:
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image.convert("RGB"))
