"""Fonts and pictures that are whole pass, and a cut anywhere is seen."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from htmlcard.templating.wholeness import find_damage

from .files import tiny_font, tiny_png

TEMPLATES = Path(__file__).parents[2] / "templates"


def picture(format: str, **options: object) -> bytes:
    out = io.BytesIO()
    gradient = Image.radial_gradient("L").resize((64, 48))
    Image.merge("RGB", (gradient, gradient.rotate(90), gradient)).save(out, format, **options)
    return out.getvalue()


def with_thumbnail() -> bytes:
    """A JPEG as cameras write it: a whole small JPEG in front of the real one."""
    exif = Image.Exif()
    exif[0x927C] = picture("JPEG", quality=20)
    return picture("JPEG", exif=exif)


PICTURES = {
    "png": picture("PNG"),
    "jpg": picture("JPEG"),
    "progressive.jpg": picture("JPEG", progressive=True),
    "thumbnail.jpg": with_thumbnail(),
    "webp": picture("WEBP"),
    "lossless.webp": picture("WEBP", lossless=True),
    "gif": picture("GIF"),
    "avif": picture("AVIF"),
}
FONT = sorted(TEMPLATES.glob("_shared/fonts/**/*.woff2"))[0].read_bytes()


def test_every_font_and_picture_we_ship_is_whole() -> None:
    """A false alarm would keep a good template out of service."""
    files = [path for path in TEMPLATES.rglob("*") if path.is_file()]
    assert any(path.suffix == ".woff2" for path in files)
    assert {find_damage(path.name, path.read_bytes()) for path in files} == {""}


@pytest.mark.parametrize("name", PICTURES)
def test_a_cut_anywhere_is_seen(name: str) -> None:
    """An upload that stops leaves the first part of a file, of any length."""
    data = PICTURES[name]
    assert find_damage(f"a.{name}", data) == ""
    lengths = [*range(1, 40), *range(40, len(data), 97), len(data) - 3]
    assert [n for n in lengths if not find_damage(f"a.{name}", data[:n])] == []
    assert "is empty" in find_damage(f"a.{name}", b"")


def test_a_cut_font_is_seen() -> None:
    """Half a font is drawn in another one, without a word."""
    lengths = [*range(1, 60), *range(60, len(FONT), 997), len(FONT) - 1]
    assert [n for n in lengths if not find_damage("a.woff2", FONT[:n])] == []
    sfnt = b"\0\1\0\0\0\1" + b"\0" * 6 + b"glyf" + b"\0" * 4 + b"\0\0\0\x1c\0\0\0\4" + b"data"
    assert find_damage("a.ttf", sfnt) == ""
    assert "ends early" in find_damage("a.ttf", sfnt[:-1])


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("a.woff2", b"<!doctype html><title>404</title>", "is no font"),
        ("a.otf", tiny_png(), "is no font"),
        ("a.png", b"version https://git-lfs.example/spec/v1\n", "is no picture"),
        ("a.webp", tiny_font(), "is no picture"),
        ("a.svg", b"<svg>\n<path d='M0 0'>\n</svg>", "its line 3: mismatched tag"),
        ("a.svg", b"", "no element found"),
    ],
)
def test_what_is_something_else_is_told(name: str, data: bytes, told: str) -> None:
    """A page that says 404, a pointer to a large file, a drawing half edited."""
    assert told in find_damage(name, data)


def test_the_content_counts_and_not_the_name() -> None:
    """Browsers look inside as well, and draw a JPEG called PNG."""
    assert find_damage("photo.png", PICTURES["jpg"]) == ""
    assert find_damage("face.ttf", FONT) == ""
    assert find_damage("notes.css", b"\0\1\2") == ""
    assert find_damage("photo.png", PICTURES["png"] + b"padding") == ""


def test_a_bomb_of_entities_is_no_drawing() -> None:
    """A folder from the web is read before anybody has looked into it."""
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE svg [<!ENTITY l0 "lol">{lol}]><svg>&l11;</svg>'
    assert "is no SVG" in find_damage("a.svg", bomb.encode())
