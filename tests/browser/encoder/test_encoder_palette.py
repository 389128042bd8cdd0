"""Few colors: no worse to look at than what Python makes of a picture, and sooner done."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np
import pytest
from encoded import check_chunks, decode, encode_card, encode_step, to_base64
from encoder_pictures import KINDS, Pixels, make_picture
from images.likeness import ssim
from PIL import Image
from playwright.async_api import Page

from htmlcard.images.palette import quantize

pytestmark = pytest.mark.browser

CORPUS = Path(__file__).parents[3] / "bench" / "corpus"
BRAND = [(0x11, 0x22, 0x33), (0xE9, 0x1E, 0x63), (0xFF, 0xFF, 0xFE)]


def from_file(name: str) -> Pixels:
    with Image.open(CORPUS / name) as image:
        rgb = np.asarray(image.convert("RGB").resize((600, 400)))
    return np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])


def noisy_gradient() -> Pixels:
    picture = make_picture("gradient", 600, 400)
    noise = np.random.default_rng(1).normal(0, 4, (400, 600, 3))
    picture[..., :3] = np.clip(picture[..., :3] + noise, 0, 255)
    return picture


def mean_error(picture: Pixels, other: Pixels) -> float:
    return float(np.abs(picture[..., :3].astype(float) - other).mean())


@pytest.mark.parametrize("share", [0.5, 0.35, 0.25])
@pytest.mark.parametrize(
    "name", ["photo/landscape.jpg", "product/lamp.jpg", "noisy gradient", "photo"]
)
async def test_no_worse_to_look_at_than_before(encoder_page: Page, name: str, share: float) -> None:
    """Python's palette step is the measure; it stays for what does not fit here."""
    if name.endswith(".jpg"):
        picture = from_file(name)
    else:
        picture = noisy_gradient() if name == "noisy gradient" else make_picture(name, 600, 400)
    lossless = await encode_step(encoder_page, picture, 0)
    assert lossless is not None
    found = await encode_card(encoder_page, picture, int(len(lossless) * share))
    assert found is not None
    encoding, png = found
    if not encoding.startswith("palette-"):
        assert encoding.startswith("near-lossless")
        return
    check_chunks(png, 600, 400)
    index, palette = quantize(
        Image.fromarray(picture[..., :3]), int(encoding.removeprefix("palette-"))
    )
    ours, theirs = decode(png), palette[index]
    assert ssim(picture, ours) > ssim(picture, theirs) - 0.01
    assert mean_error(picture, ours) < mean_error(picture, theirs) * 1.05 + 0.1


@pytest.mark.parametrize("limit", [50_000, 25_000])
async def test_plain_areas_keep_their_very_color(encoder_page: Page, limit: int) -> None:
    """A brand's color beside a photo is not to be mixed with the photo's."""
    picture = make_picture("photo", 400, 300)
    for number, color in enumerate(BRAND):
        picture[20 + 60 * number : 60 + 60 * number, 50:350, :3] = color
    found = await encode_card(encoder_page, picture, limit)
    assert found is not None
    encoding, png = found
    assert encoding.startswith("palette-")
    for number in range(len(BRAND)):
        rows = slice(20 + 60 * number, 60 + 60 * number)
        assert (decode(png)[rows, 50:350] == picture[rows, 50:350, :3]).all()


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize(("width", "height"), [(1, 1), (3, 5), (17, 40), (4000, 20), (2, 9000)])
async def test_every_kind_and_shape_of_picture(
    encoder_page: Page, kind: str, width: int, height: int
) -> None:
    """Row ends, single columns, fewer colors than asked for: all must decode, to colors that
    are near enough to what was there."""
    picture = make_picture(kind, width, height)
    png = await encode_step(encoder_page, picture, "palette")
    assert png is not None
    check_chunks(png, width, height)
    if len(np.unique(picture.reshape(-1, 4), axis=0)) <= 8:
        assert mean_error(picture, decode(png)) < 1.5
    else:
        assert mean_error(picture, decode(png)) < 40


async def test_the_same_bytes_every_time(encoder_page: Page) -> None:
    """The ETag is made of them; tables are filled as pixels ask, so their past must not show."""
    picture = make_picture("photo_beside_flat", 301, 200)
    first = await encode_step(encoder_page, picture, "palette")
    for kind in ("noise", "gradient"):
        await encode_step(encoder_page, make_picture(kind, 200, 150), "palette", slot=1)
        await encode_step(encoder_page, make_picture(kind, 301, 200), "palette")
        assert await encode_step(encoder_page, picture, "palette") == first
    again = """([pixels, limit]) => {
      startEncoder();
      pictureEncoder.room("fresh", 301, 200).set(Uint8Array.fromBase64(pixels));
      return pictureEncoder.encodePng("RGBX", limit);
    }"""
    assert first is not None
    found = await encoder_page.evaluate(again, [to_base64(picture), len(first)])
    assert found["encoding"] == "palette-192"
    assert base64.b64decode(found["base64"]) == first
