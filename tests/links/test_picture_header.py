"""What the first bytes of a picture say: sizes and kinds that previews depend on."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageDraw

from htmlcard.links.reading.picture_header import PictureHeader, parse_picture_header

SIZE = (640, 335)
FIRST_BYTES = 4096


def _frames(count: int) -> list[Image.Image]:
    frames = [Image.new("RGB", SIZE, (20 * number, 90, 160)) for number in range(count)]
    for number, frame in enumerate(frames):
        ImageDraw.Draw(frame).rectangle((number, 0, 99, 99), fill="white")
    return frames


def picture(format: str, count: int = 1) -> bytes:
    """A picture by Pillow, of several frames where asked for."""
    first, *others = _frames(count)
    file = io.BytesIO()
    if others:
        first.save(file, format, save_all=True, append_images=others, duration=100)
    else:
        first.save(file, format)
    return file.getvalue()


@pytest.mark.parametrize(
    ("format", "mime"),
    [
        ("PNG", "image/png"),
        ("JPEG", "image/jpeg"),
        ("WEBP", "image/webp"),
        ("GIF", "image/gif"),
        ("AVIF", "image/avif"),
        ("BMP", "image/bmp"),
    ],
)
def test_type_and_size_of_real_pictures(format: str, mime: str) -> None:
    """A picture that is smaller than its tags say is a finding, so the header must be right."""
    data = picture(format)[:FIRST_BYTES]
    assert parse_picture_header(data) == PictureHeader(mime, *SIZE, is_animated=False)


@pytest.mark.parametrize("format", ["PNG", "WEBP", "GIF", "AVIF"])
def test_what_moves_is_told(format: str) -> None:
    """Most platforms show the first frame alone."""
    header = parse_picture_header(picture(format, count=3))
    assert header is not None
    assert header.is_animated
    assert (header.width_px, header.height_px) == SIZE


def test_a_gif_without_a_loop_moves_by_its_second_frame() -> None:
    """The loop extension is an agreement, not a part of the format."""
    data = picture("GIF", count=2)
    assert b"NETSCAPE2.0" not in data
    header = parse_picture_header(data)
    assert header is not None
    assert header.is_animated


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF", "AVIF", "BMP", "ICO"])
def test_cut_pictures_keep_their_type(format: str) -> None:
    """Servers cut answers, and fetches stop early: what is known is told, nothing is raised."""
    data = picture(format)
    for length in (*range(18, 120), 200, 400):
        header = parse_picture_header(data[:length])
        assert header is not None, length
        assert (header.width_px is None) == (header.height_px is None)


def test_icons_count_by_their_largest() -> None:
    """A favicon holds several sizes; 256 does not fit its byte and is written as 0."""
    file = io.BytesIO()
    Image.new("RGB", (256, 256)).save(file, "ICO", sizes=[(16, 16), (256, 256), (48, 48)])
    assert parse_picture_header(file.getvalue()) == PictureHeader("image/x-icon", 256, 256)


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg' width='9'>",
        b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- <svg --> <!DOCTYPE svg>\n<SVG\n>",
    ],
)
def test_drawings_have_no_size(data: bytes) -> None:
    """LinkedIn and others refuse SVG: the type is what matters."""
    assert parse_picture_header(data) == PictureHeader("image/svg+xml")


@pytest.mark.parametrize(
    "data",
    [b"", b"<html><svg>", b"BMW drivers and others", b"\0\0\0\x18ftypisom\0\0\0\0mp41", b"RIFF"],
)
def test_what_is_no_picture_is_none(data: bytes) -> None:
    """Error pages and films come under names that end in .png."""
    assert parse_picture_header(data) is None
