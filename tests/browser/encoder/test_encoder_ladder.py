"""Which JPEG is made: quality 90 for nearly all pictures, and what keeps noise where that
does not. `test_encode_png.py` has the PNGs' ladder."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from encoded import to_base64
from encoder_pictures import Pixels, make_picture
from images.likeness import ssim
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from playwright.async_api import Page

pytestmark = pytest.mark.browser

ENCODE = """([pixels, width, height, limit, key]) => {
  pictureEncoder.room(key, width, height).set(Uint8Array.fromBase64(pixels));
  return pictureEncoder.encodeJpeg("RGBX", limit);
}"""
LIKE = """([pixels, width, height]) => {
  pictureEncoder.room(null, width, height).set(Uint8Array.fromBase64(pixels));
  return pictureEncoder.isLikeEnough("RGBX", "q90");
}"""


async def encode(
    page: Page, picture: Pixels, limit: int, key: str = "jpeg ladder"
) -> tuple[str, bytes] | None:
    height, width = picture.shape[:2]
    found = await page.evaluate(ENCODE, [to_base64(picture), width, height, limit, key])
    if found is None:
        return None
    return found["encoding"], base64.b64decode(found["base64"], validate=True)


def decode(jpeg: bytes) -> Pixels:
    with Image.open(io.BytesIO(jpeg)) as image:
        return np.asarray(image)


def add_noise(picture: Pixels, spread: float) -> Pixels:
    noisy = picture + np.random.default_rng(5).normal(0, spread, picture.shape)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("kind", ["flat", "gradient", "photo_beside_flat"])
async def test_what_has_no_noise_gets_quality_90(encoder_page: Page, kind: str) -> None:
    """More would be bytes for nothing: it cannot be told from the original."""
    picture = make_picture(kind, 600, 400)
    found = await encode(encoder_page, picture, 300_000)
    assert found is not None
    assert found[0] == "q90"


@pytest.mark.parametrize("spread", [4, 8, 16, 32])
async def test_noise_is_kept(encoder_page: Page, spread: float) -> None:
    """Quality 90 turns grain into blotches, however many bytes there are to spare."""
    picture = add_noise(make_picture("gradient", 600, 400), spread)
    found = await encode(encoder_page, picture, 150_000)
    assert found is not None
    encoding, jpeg = found
    assert len(jpeg) <= 150_000
    assert encoding.startswith("even-")
    assert ssim(picture, decode(jpeg)) >= 0.975


async def test_steps_are_the_same_for_all_frequencies_but_the_lowest(encoder_page: Page) -> None:
    """What the name promises, and a gradient under the noise needs the lowest ones finer."""
    picture = add_noise(make_picture("gradient", 600, 400), 4)
    found = await encode(encoder_page, picture, 300_000)
    assert found is not None
    encoding, jpeg = found
    step = int(encoding.removeprefix("even-"))
    with Image.open(io.BytesIO(jpeg)) as image:
        assert isinstance(image, JpegImageFile)
        luma, chroma = image.quantization[0], image.quantization[1]
    low = (step + 1) // 2
    wanted = [low if place in (0, 1, 8) else step for place in range(64)]
    assert luma == wanted
    assert chroma == [3 * value for value in wanted]


async def test_any_limit_gives_the_same_bytes_with_any_past(encoder_page: Page) -> None:
    """The budget is exact, smaller ones never give larger files, and what a lane drew before
    must not decide which step is found."""
    picture = add_noise(make_picture("photo", 600, 400), 10)
    sizes = []
    for limit in (250_000, 120_000, 80_000, 50_000, 30_000):
        found = await encode(encoder_page, picture, limit)
        assert found is not None
        encoding, jpeg = found
        assert len(jpeg) <= limit
        sizes.append(len(jpeg))
        assert await encode(encoder_page, picture, len(jpeg), key="another") == (encoding, jpeg)
    assert sizes == sorted(sizes, reverse=True)
    assert await encode(encoder_page, picture, 500) is None


async def test_a_picture_that_keeps_its_looks_is_told_beforehand(encoder_page: Page) -> None:
    """WebP has no encoder of ours to ask; noise is noise to both."""
    for size in ((8, 8), (33, 20), (601, 399)):
        gradient = make_picture("gradient", *size)
        assert await encoder_page.evaluate(LIKE, [to_base64(gradient), *size])
        noisy = add_noise(gradient, 8)
        # Where there is not one whole block of 16 by 16 pixels, nothing is known.
        assert await encoder_page.evaluate(LIKE, [to_base64(noisy), *size]) == (size == (8, 8))


async def test_a_picture_without_a_key_takes_nobodys_place(encoder_page: Page) -> None:
    """Only what is kept is quick to encode again; a WebP has no use for it."""
    kept = {key: make_picture("photo", 120, 80, seed) for seed, key in enumerate("xyz")}
    before = {key: await encode(encoder_page, kept[key], 90_000, key) for key in kept}
    for kind in ("noise", "photo"):
        await encoder_page.evaluate(LIKE, [to_base64(make_picture(kind, 300, 200)), 300, 200])
        for key, picture in kept.items():
            assert await encode(encoder_page, picture, 90_000, key) == before[key]
