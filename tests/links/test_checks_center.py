"""How much of a picture is in its center square: told by a child, which no picture takes down."""

from __future__ import annotations

import asyncio
import io
import struct
import zlib
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from PIL import Image, ImageDraw

from htmlcard.images.centering import measure_center
from htmlcard.links.gauge import PictureGauge

from .crafted.picture import Picture, encode_picture

PATIENCE_S = 30.0


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def gauge() -> AsyncIterator[PictureGauge]:
    async with PictureGauge() as opened:
        yield opened


def by(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds


def draw(mode: str, *boxes: tuple[int, int, int, int], format: str = "png") -> bytes:
    """1200 x 630 px, black boxes on white or on nothing."""
    image = Image.new(mode, (1200, 630), "white" if mode == "RGB" else (0, 0, 0, 0))
    for box in boxes:
        ImageDraw.Draw(image).rectangle(box, fill="black")
    file = io.BytesIO()
    image.save(file, format)
    return file.getvalue()


CENTERED, LEFT = (500, 200, 700, 400), (20, 200, 220, 400)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_edges_count_where_they_are(mode: str) -> None:
    """White on transparent is what logos are made of: what is seen counts, not what is stored."""
    assert measure_center(draw(mode, CENTERED)) > 0.95
    assert measure_center(draw(mode, LEFT)) < 0.05
    assert 0.4 < measure_center(draw(mode, CENTERED, LEFT)) < 0.6


def test_a_picture_without_edges_has_nothing_to_lose() -> None:
    """A plain color is the same in every crop."""
    assert measure_center(draw("RGB")) == 1.0


@pytest.mark.parametrize("format", ["png", "jpeg", "webp", "gif"])
def test_formats_agree(format: str) -> None:
    """JPEGs are decoded small, the others whole."""
    assert measure_center(draw("RGB", LEFT, format=format)) < 0.1
    assert measure_center(draw("RGB", CENTERED, format=format)) > 0.9


async def test_a_child_tells_the_same(gauge: PictureGauge) -> None:
    """The number crosses a pipe."""
    for picture in (Picture("png", 1200, 630), Picture("png", 1200, 630, off_center=True)):
        data = encode_picture(picture)
        assert await gauge.measure_center(data, by(PATIENCE_S)) == measure_center(data)


async def test_what_cannot_be_decoded_is_not_told(gauge: PictureGauge) -> None:
    """Cut off, made up, or a billion pixels: no finding is made of that, and the next one works."""
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + head
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk
    bomb += struct.pack(">I", zlib.crc32(chunk)) + encode_picture(Picture("png", 1200, 630))[33:]
    for data in (b"", b"no picture", draw("RGB", LEFT)[:200], bomb):
        assert await gauge.measure_center(data, by(PATIENCE_S)) is None
    assert await gauge.measure_center(draw("RGB", LEFT), by(PATIENCE_S)) is not None


async def test_who_is_out_of_time_is_told_nothing_and_may_ask_again(gauge: PictureGauge) -> None:
    """A hint is not worth a second of anybody's wait; it is not remembered as untellable."""
    data = draw("RGB", LEFT, CENTERED)
    assert await gauge.measure_center(data, by(-1)) is None
    assert await gauge.measure_center(data, by(PATIENCE_S)) is not None
