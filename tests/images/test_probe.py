"""A picture that is cut, damaged, of the wrong kind or blank never becomes a card."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from htmlcard.card import ImageFormat, Size
from htmlcard.errors import BadShot
from htmlcard.images.png import encode_rgb
from htmlcard.images.probe import check_shot, is_blank, probe

from .samples import encoded, gradient, noise

SMALL = Size(60, 40)
KINDS = {
    "png": (ImageFormat.PNG, "PNG", {}),
    "jpeg": (ImageFormat.JPEG, "JPEG", {}),
    "progressive": (
        ImageFormat.JPEG,
        "JPEG",
        {"progressive": True, "exif": b"Exif\0\0" + b"x" * 99},
    ),
    "vp8": (ImageFormat.WEBP, "WEBP", {"quality": 80}),
    "vp8l": (ImageFormat.WEBP, "WEBP", {"lossless": True}),
    "vp8x": (ImageFormat.WEBP, "WEBP", {"exif": b"Exif\0\0abc"}),
}


def sample(kind: str, picture: Image.Image | None = None) -> tuple[ImageFormat, bytes]:
    format, name, options = KINDS[kind]
    return format, encoded(picture or noise(*_sides(SMALL)), name, **options)


def _sides(size: Size) -> tuple[int, int]:
    return size.width_px, size.height_px


@pytest.mark.parametrize("kind", KINDS)
def test_format_and_size_come_from_the_header(kind):
    """A shot of another size would be cropped by every platform: the header must be believed."""
    format, data = sample(kind)
    info = probe(data)
    assert (info.format, info.size_px) == (format, SMALL)
    check_shot(data, format, SMALL)


@pytest.mark.parametrize("kind", KINDS)
def test_every_cut_is_refused(kind):
    """A browser killed while it writes leaves a prefix, which decoders draw as a gray half."""
    format, data = sample(kind)
    for length in {*range(64), *range(64, len(data), 37), *range(len(data) - 16, len(data))}:
        with pytest.raises(BadShot):
            check_shot(data[:length], format, SMALL)


def test_every_flipped_byte_of_a_png_is_refused():
    """PNG has checksums; a wrong byte that got past them would be cached for a year."""
    format, data = sample("png")
    for at in range(0, len(data), 7):
        flipped = bytearray(data)
        flipped[at] ^= 0x20
        with pytest.raises(BadShot):
            check_shot(bytes(flipped), format, SMALL)


@pytest.mark.parametrize("kind", KINDS)
def test_another_format_or_size_is_refused(kind):
    """The URL's format and the template's size never change."""
    format, data = sample(kind)
    other = ImageFormat.PNG if format is not ImageFormat.PNG else ImageFormat.JPEG
    with pytest.raises(BadShot, match="asked for"):
        check_shot(data, other, SMALL)
    with pytest.raises(BadShot, match="61x40"):
        check_shot(data, format, Size(61, 40))


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"<html>", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"])
def test_nonsense_is_refused(data):
    """Browsers in trouble answer empty or foreign bytes."""
    with pytest.raises(BadShot):
        probe(data)


@pytest.mark.parametrize("side", [1, 16, 600, 1200])
@pytest.mark.parametrize("color", ["#000", "#fff", "#4f46e5"])
def test_blank_pictures_are_found_in_every_encoding(side, color):
    """A page that never painted is one color: it must become a fallback, not a card."""
    picture = Image.new("RGB", (side, max(1, side // 2)), color)
    for kind in KINDS:
        assert is_blank(sample(kind, picture)[1]), kind
    assert is_blank(encoded(picture, "PNG", compress_level=1))
    assert is_blank(encoded(picture, "JPEG", quality=95, subsampling=0))
    assert is_blank(encode_rgb(np.asarray(picture)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_single_line_of_ink_is_not_blank(kind):
    """A minimal card is a card."""
    picture = Image.new("RGB", (1200, 630), "#4f46e5")
    picture.paste("#fff", (80, 300, 400, 304))
    assert not is_blank(sample(kind, picture)[1])


def test_ordinary_cards_are_told_by_their_length_alone():
    """Judging every card must cost nothing: this one could not even be decoded."""
    data = bytearray(encoded(gradient(), "PNG"))
    data[100:] = bytes(len(data) - 100)
    assert not is_blank(bytes(data))


def test_a_small_file_that_cannot_be_decoded_is_a_bad_shot():
    """Pillow's own exceptions must not leave this package."""
    with pytest.raises(BadShot):
        is_blank(encoded(Image.new("RGB", (300, 200)), "PNG")[:60])
