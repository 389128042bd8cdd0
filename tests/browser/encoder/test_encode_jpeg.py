"""The JPEG half of the encoder: pictures as libjpeg would make them, and nothing left over
from the pictures before."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator

import numpy as np
import pytest
from encoded import to_base64
from encoder_pictures import KINDS, Pixels, edit, make_picture
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from playwright.async_api import Error, Page

pytestmark = pytest.mark.browser

ENCODE = """([pixels, width, height, way, key, order]) => {
  pictureEncoder.room(key, width, height).set(Uint8Array.fromBase64(pixels));
  return pictureEncoder.encodeJpegAs(order, way);
}"""

# The same picture in the encoder that has seen others, and in one that was started for it.
COMPARE = """([pixels, width, height, way, key, order, asPng]) => {
  const encode = (encoder, name) => {
    encoder.room(name, width, height).set(Uint8Array.fromBase64(pixels));
    const png = asPng ? encoder.encodePng(order, 5000)?.base64 : "";
    return encoder.encodeJpegAs(order, way) + encoder.isLikeEnough(order, way) + png;
  };
  const old = globalThis.pictureEncoder, here = encode(old, key);
  startEncoder();
  const fresh = encode(globalThis.pictureEncoder, "other");
  globalThis.pictureEncoder = old;
  return here === fresh;
}"""

DECODE = """async ([jpeg]) => {
  const blob = new Blob([Uint8Array.fromBase64(jpeg)], {type: "image/jpeg"});
  const image = await createImageBitmap(blob);
  const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
  context.drawImage(image, 0, 0);
  return new Uint8Array(context.getImageData(0, 0, image.width, image.height).data).toBase64();
}"""


async def encode_jpeg(
    page: Page, picture: Pixels, way: int | str = 90, key: str = "jpeg", order: str = "RGBX"
) -> bytes:
    """`way` is a quality, or what the encoder calls other ways."""
    height, width = picture.shape[:2]
    if isinstance(way, int):
        way = f"q{way}"
    call = [to_base64(picture), width, height, way, key, order]
    return base64.b64decode(await page.evaluate(ENCODE, call), validate=True)


def decode(jpeg: bytes) -> Pixels:
    with Image.open(io.BytesIO(jpeg)) as image:
        assert image.format == "JPEG"
        assert image.mode == "RGB"
        return np.asarray(image)


def read_quantizers(jpeg: bytes) -> dict[int, list[int]]:
    with Image.open(io.BytesIO(jpeg)) as image:
        assert isinstance(image, JpegImageFile)
        return image.quantization


def pillow_jpeg(picture: Pixels, quality: int) -> bytes:
    file = io.BytesIO()
    image = Image.fromarray(picture[..., :3])
    image.save(file, "jpeg", quality=quality, subsampling="4:2:0", optimize=True)
    return file.getvalue()


def measure_error(jpeg: bytes, picture: Pixels) -> float:
    """Root mean square; 3.5 % more are 0.3 dB less in PSNR."""
    return float(np.sqrt(np.mean((decode(jpeg).astype(float) - picture[..., :3]) ** 2)))


def read_segments(jpeg: bytes) -> Iterator[tuple[int, bytes]]:
    """Markers and what stands behind them; of the start of scan, all up to the end of image."""
    assert jpeg.startswith(b"\xff\xd8")
    assert jpeg.endswith(b"\xff\xd9")
    at = 2
    while at < len(jpeg) - 2:
        assert jpeg[at] == 0xFF
        marker, size = jpeg[at + 1], int.from_bytes(jpeg[at + 2 : at + 4])
        end = len(jpeg) - 2 if marker == 0xDA else at + 2 + size
        yield marker, jpeg[at + 4 : end]
        at = end


def check_codes(tables: bytes) -> None:
    found = []
    while tables:
        lengths = list(tables[1:17])
        found.append(tables[0])
        # Room must be left for the code of all ones, which T.81 does not allow.
        assert sum(n << (16 - length) for length, n in enumerate(lengths, 1)) < 1 << 16
        symbols = tables[17 : 17 + sum(lengths)]
        assert len(set(symbols)) == sum(lengths)
        tables = tables[17 + sum(lengths) :]
    assert found == [0x00, 0x01, 0x10, 0x11]


def check_structure(jpeg: bytes, width: int, height: int) -> None:
    """Baseline, JFIF 1.01, 4:2:0, and one restart interval for 16 rows of pixels."""
    segments = list(read_segments(jpeg))
    assert [marker for marker, _ in segments] == [0xE0, 0xDB, 0xC0, 0xC4, 0xDD, 0xDA]
    app0, _, frame, codes, interval, scan = (data for _, data in segments)
    assert app0 == b"JFIF\0\1\1\0\0\1\0\1\0\0"
    sides = height.to_bytes(2) + width.to_bytes(2)
    assert frame == b"\x08" + sides + b"\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01"
    check_codes(codes)
    assert int.from_bytes(interval) == -(-width // 16)
    follows = [scan[at + 1] for at in range(10, len(scan)) if scan[at] == 0xFF]
    restarts = [byte for byte in follows if byte]
    assert restarts == [0xD0 + i % 8 for i in range(-(-height // 16) - 1)]


@settings(max_examples=100, deadline=None)
@given(
    kind=st.sampled_from(sorted(KINDS)),
    width=st.integers(1, 150),
    height=st.integers(1, 180),
    quality=st.integers(1, 100),
    seed=st.integers(0, 1000),
)
@example(kind="noise", width=1, height=1, quality=90, seed=0)
@example(kind="noise", width=17, height=5, quality=100, seed=0)
@example(kind="flat", width=16, height=16, quality=1, seed=0)
@example(kind="black_and_white", width=150, height=180, quality=100, seed=0)
async def test_every_kind_of_picture_comes_out_as_libjpeg_makes_it(
    encoder_page: Page, kind: str, width: int, height: int, quality: int, seed: int
) -> None:
    """Sizes and kinds vary so that every kind of edge, run and value is met, on memory that
    other pictures have used. The tables must be libjpeg's, and so must the pixels but for
    rounding: one block gone wrong would be off by far more."""
    picture = make_picture(kind, width, height, seed)
    jpeg = await encode_jpeg(encoder_page, picture, quality)
    check_structure(jpeg, width, height)
    theirs = pillow_jpeg(picture, quality)
    quantizers = read_quantizers(jpeg)
    assert quantizers == read_quantizers(theirs)
    # In a small picture it matters which way a block's mean is rounded.
    step = quantizers[0][0] / 8
    assert measure_error(jpeg, picture) <= 1.035 * measure_error(theirs, picture) + step


@pytest.mark.parametrize(("width", "height"), [(1199, 631), (1200, 630), (2400, 40), (16, 4000)])
@pytest.mark.parametrize("kind", ["photo_beside_flat", "gradient", "noise"])
async def test_pictures_as_large_as_cards(
    encoder_page: Page, kind: str, width: int, height: int
) -> None:
    picture = make_picture(kind, width, height)
    for quality in (90, 30):
        jpeg = await encode_jpeg(encoder_page, picture, quality)
        check_structure(jpeg, width, height)
        theirs = pillow_jpeg(picture, quality)
        assert measure_error(jpeg, picture) <= 1.035 * measure_error(theirs, picture)
        # Restart markers and what begins anew at each.
        assert len(jpeg) < 1.02 * len(theirs) + 6 * (height // 16 + 1)


DRAW = """([fill]) => {
  const canvas = Object.assign(document.createElement("canvas"), {width: 1200, height: 630});
  const context = canvas.getContext("2d", {willReadFrequently: true, alpha: false});
  context.fillStyle = "#0f172a";
  if (fill === "gradient") {
    context.fillStyle = context.createLinearGradient(0, 0, 1200, 630);
    context.fillStyle.addColorStop(0, "#4f46e5");
    context.fillStyle.addColorStop(1, "#ec4899");
  }
  context.fillRect(0, 0, 1200, 630);
  context.fillStyle = "#fff";
  context.font = "bold 68px sans-serif";
  context.fillText("How we made our cards load", 80, 200);
  context.fillText("twice as fast in one week", 80, 290);
  return new Uint8Array(context.getImageData(0, 0, 1200, 630).data).toBase64();
}"""


@pytest.mark.parametrize("fill", ["plain", "gradient"])
@pytest.mark.parametrize("quality", [90, 60, 30])
async def test_text_is_as_good_and_as_small_as_libjpeg_makes_it(
    encoder_page: Page, fill: str, quality: int
) -> None:
    """A card that is mostly plain is mostly short codes: fixed ones would cost a fifth more."""
    pixels = base64.b64decode(await encoder_page.evaluate(DRAW, [fill]))
    picture = np.frombuffer(pixels, np.uint8).reshape(630, 1200, 4)
    jpeg, theirs = await encode_jpeg(encoder_page, picture, quality), pillow_jpeg(picture, quality)
    assert measure_error(jpeg, picture) <= 1.035 * measure_error(theirs, picture)
    assert len(jpeg) < 1.01 * len(theirs) + 6 * 40


async def test_chromium_sees_what_pillow_sees(encoder_page: Page) -> None:
    """Readers' browsers decode these files; a file only one decoder likes is a broken one."""
    for kind in ("photo", "noise", "blots"):
        jpeg = await encode_jpeg(encoder_page, make_picture(kind, 333, 150))
        call = [base64.b64encode(jpeg).decode("ascii")]
        pixels = base64.b64decode(await encoder_page.evaluate(DECODE, call))
        seen = np.frombuffer(pixels, np.uint8).reshape(150, 333, 4)[..., :3]
        assert np.abs(seen.astype(int) - decode(jpeg)).max() <= 2


@pytest.mark.parametrize("order", ["RGBX", "BGRX"])
async def test_plain_colors_are_libjpegs(encoder_page: Page, order: str) -> None:
    """A brand's color must not shift; the cube's corners are where sums overflow first."""
    levels = np.array([0, 1, 127, 128, 254, 255], np.uint8)
    colors = np.stack(np.meshgrid(levels, levels, levels), -1).reshape(-1, 3)
    squares = np.repeat(np.repeat(colors.reshape(12, 18, 3), 16, 0), 16, 1)
    rgba = np.dstack([squares, np.full(squares.shape[:2], 77, np.uint8)])
    given_in = rgba if order == "RGBX" else rgba[..., [2, 1, 0, 3]]
    for quality in (100, 90):
        jpeg = await encode_jpeg(encoder_page, given_in, quality, order=order)
        difference = np.abs(decode(jpeg).astype(int) - decode(pillow_jpeg(rgba, quality)))
        # A square's middle, which its neighbors' chroma does not reach.
        assert difference.reshape(12, 16, 18, 16, 3)[:, 4:12, :, 4:12].max() <= 2


async def test_the_steepest_changes_there_are(encoder_page: Page) -> None:
    """From black to white, blue to yellow: the largest values JPEG has categories for."""
    black, white, blue, yellow = (0, 0, 0), (255, 255, 255), (0, 0, 255), (255, 255, 0)
    for first, second in ((black, white), (blue, yellow)):
        for step in (1, 4, 8, 16):
            y, x = np.mgrid[0:64, 0:64] // step
            for odd in ((x + y) % 2, x % 2, y % 2):
                rgb = np.where(odd[..., None] == 1, first, second).astype(np.uint8)
                picture = np.dstack([rgb, np.zeros((64, 64), np.uint8)])
                jpeg = await encode_jpeg(encoder_page, picture, 100)
                theirs = pillow_jpeg(picture, 100)
                assert measure_error(jpeg, picture) <= 1.035 * measure_error(theirs, picture) + 0.5


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 100_000))
async def test_bytes_do_not_tell_what_was_encoded_before(encoder_page: Page, seed: int) -> None:
    """A stale strip would be another card shining through. Pictures are edited at random
    under four keys, of which three are kept, in changing sizes, orders and qualities, and
    sometimes a key changes its format, though the two share their memory."""
    rng = np.random.default_rng(seed)
    sizes = [(90, 70), (33, 130), (17, 16), (150, 40)]
    pictures: dict[str, Pixels] = {}
    for _ in range(14):
        key = str(rng.choice(list("abcd")))
        if key in pictures and rng.random() < 0.85:
            pictures[key] = edit(rng, pictures[key])
        else:
            width, height = sizes[rng.integers(len(sizes))]
            kind = str(rng.choice(sorted(KINDS)))
            pictures[key] = make_picture(kind, width, height, int(rng.integers(1000)))
        height, width = pictures[key].shape[:2]
        way = str(rng.choice(["q90", "q60", "q100", "even-6", "even-90"], p=[0.6] + [0.1] * 4))
        order = str(rng.choice(["RGBX", "BGRX"], p=[0.9, 0.1]))
        as_png = bool(rng.random() < 0.2)
        call = [to_base64(pictures[key]), width, height, way, key, order, as_png]
        assert await encoder_page.evaluate(COMPARE, call)


async def test_sizes_of_one_key_may_change(encoder_page: Page) -> None:
    """Of a plain picture all bytes stay the same in another size, and yet it is another."""
    for width, height in [(150, 40), (40, 150), (150, 40), (75, 80), (300, 200), (150, 40)]:
        picture = make_picture("flat", width, height)
        call = [to_base64(picture), width, height, "q90", "resized", "RGBX", False]
        assert await encoder_page.evaluate(COMPARE, call)


async def test_a_new_title_on_a_card_of_full_size(encoder_page: Page) -> None:
    picture = make_picture("photo_beside_flat", 1200, 400)
    for row in (0, 15, 16, 170, 399):
        titled = picture.copy()
        titled[row : row + 60, 300:700] = make_picture("blots", 400, 60)[: 400 - row]
        scratch = await encode_jpeg(encoder_page, titled, key=f"scratch {row}")
        await encode_jpeg(encoder_page, picture, key="titled")
        assert await encode_jpeg(encoder_page, titled, key="titled") == scratch


async def test_a_picture_may_be_changed_in_place(encoder_page: Page) -> None:
    """The view of the room stays in the caller's hands: what is in it counts at each call."""
    script = """() => {
      const pixels = pictureEncoder.room("jpeg in place", 64, 64), found = [];
      for (const value of [0, 200, 0]) {
        pixels.fill(value, 64 * 4 * 40, 64 * 4 * 41);
        found.push(pictureEncoder.encodeJpegAs("RGBX", "q90"));
        found.push(pictureEncoder.encodeJpegAs("RGBX", "q90"));
      }
      return found;
    }"""
    found = await encoder_page.evaluate(script)
    assert found[0] == found[1] == found[4] == found[5]
    assert found[2] == found[3] != found[0]


async def test_the_fourth_byte_is_ignored(encoder_page: Page) -> None:
    picture = make_picture("photo", 70, 40)
    other = picture.copy()
    other[..., 3] = np.random.default_rng(1).integers(0, 256, (40, 70))
    assert await encode_jpeg(encoder_page, picture) == await encode_jpeg(encoder_page, other)


async def test_the_largest_cards(encoder_page: Page) -> None:
    """2400x3000 px (a tall size at scale 2): more than is kept, so it is never reused."""
    picture = np.tile(make_picture("photo_beside_flat", 600, 300), (10, 4, 1))
    part = to_base64(picture[:300])
    # Ten copies are made in the page: 29 MB through the protocol would take seconds.
    script = """([pixels]) => {
      const part = Uint8Array.fromBase64(pixels);
      const room = pictureEncoder.room("large", 2400, 3000);
      for (let i = 0; i < 10; i++) room.set(part, i * part.length);
      return pictureEncoder.encodeJpegAs("RGBX", "q90");
    }"""
    jpeg = base64.b64decode(await encoder_page.evaluate(script, [part]))
    check_structure(jpeg, 2400, 3000)
    theirs = pillow_jpeg(picture, 90)
    assert measure_error(jpeg, picture) <= 1.035 * measure_error(theirs, picture)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ('encodeJpegAs("RGBX", "q0")', "a JPEG is q1 to q100 .* not q0"),
        ('encodeJpegAs("RGBX", "q101")', "a JPEG is q1 to q100 .* not q101"),
        ('encodeJpegAs("RGBX", "q89.5")', "a JPEG is q1 to q100 .* not q89.5"),
        ('encodeJpegAs("RGBX", "even-256")', "a JPEG is .* even-255, not even-256"),
        ('isLikeEnough("RGBX")', "a JPEG is q1 to q100 .* not undefined"),
        ('encodeJpegAs("RGBA", "q90")', "order is RGBA"),
        ('encodeJpeg("RGBX", -1)', "limitBytes is -1"),
        ('encodeJpeg("RGBX")', "limitBytes is undefined"),
    ],
)
async def test_wrong_arguments_are_named(encoder_page: Page, call: str, message: str) -> None:
    with pytest.raises(Error, match=f"RangeError: {message}"):
        await encoder_page.evaluate(f'pictureEncoder.room("wrong", 2, 2); pictureEncoder.{call}')


async def test_sides_a_jpeg_cannot_have(encoder_page: Page) -> None:
    """A header has 16 bits for each; what is left of a larger side would be another picture."""
    script = """(side) => {
      pictureEncoder.room("long", side, 1);
      pictureEncoder.encodeJpegAs("RGBX", "q1");
    }"""
    await encoder_page.evaluate(script, 65535)
    with pytest.raises(Error, match=r"RangeError: .* 65535 px"):
        await encoder_page.evaluate(script, 65536)
