"""Pictures as strangers send them: made here, each of one kind, told apart by their colors."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
_ORIENTATION = 0x0112

Color = tuple[int, ...]


def saved(picture: Image.Image, format: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, format, **options)  # type: ignore[arg-type]
    return file.getvalue()


def plain(color: Color, format: str = "PNG", size: tuple[int, int] = (64, 48)) -> bytes:
    """One color all over."""
    return saved(Image.new("RGB", size, color), format)


def quarters() -> Image.Image:
    """Red and green above, blue and white below; 80 x 40."""
    picture = Image.new("RGB", (80, 40), WHITE)
    picture.paste(RED, (0, 0, 40, 20))
    picture.paste(GREEN, (40, 0, 80, 20))
    picture.paste(BLUE, (0, 20, 40, 40))
    return picture


def held(orientation: int, format: str = "JPEG") -> bytes:
    """The quarters, as a camera stores them that was held so."""
    back = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    picture = quarters()
    if back is not None:
        picture = picture.transpose(back)
    exif = Image.Exif()
    exif[_ORIENTATION] = orientation
    options = {"quality": 95, "subsampling": 0} if format == "JPEG" else {}
    return saved(picture, format, exif=exif.tobytes(), **options)


def animated(format: str) -> bytes:
    """Red first, then blue for ever."""
    frames = [Image.new("RGB", (64, 48), color) for color in (RED, BLUE, BLUE)]
    return saved(frames[0], format, save_all=True, append_images=frames[1:], duration=100, loop=0)


def png_header(width: int, height: int) -> bytes:
    """A PNG of that many pixels in a few bytes: all its rows are one repeat."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        crc = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(2_000_000), 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


def gray_16_bit() -> bytes:
    """Half as bright as white, in sixteen bits."""
    return saved(Image.new("I;16", (64, 48), 32768), "PNG")


def palette_with_a_hole() -> bytes:
    """Red, and transparent in the middle, by a palette."""
    picture = Image.new("P", (64, 48), 0)
    picture.putpalette([*RED, *BLUE])
    picture.paste(1, (16, 12, 48, 36))
    return saved(picture, "PNG", transparency=1)


def with_a_hole(format: str = "PNG") -> bytes:
    """Red, and transparent in the middle, by an alpha channel."""
    picture = Image.new("RGBA", (64, 48), (*RED, 255))
    picture.paste((0, 0, 255, 0), (16, 12, 48, 36))
    return saved(picture, format, **({"lossless": True} if format == "WEBP" else {}))


def svg(content: str, attributes: str = 'viewBox="0 0 64 48"', before: str = "") -> bytes:
    root = f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}>{content}</svg>'
    return f"{before}{root}".encode()


SVG_WITH_A_HOLE = svg(
    '<path fill="#f00" fill-rule="evenodd" d="M0 0h64v48h-64z M16 12h32v24h-32z"/>'
    '<path fill="#00f" fill-opacity=".5" d="M16 12h16v24h-16z"/>'
)
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9))

#: What must not be drawn, and a word of the reason.
UNUSABLE_SVGS = {
    "entities": (svg("&l8;", before=f'<!DOCTYPE svg [<!ENTITY l0 "x">{LAUGHS}]>'), "entities"),
    "external entity": (
        svg("&x;", before='<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
        "entities",
    ),
    "script": (svg("<script>alert(1)</script>"), "script"),
    "foreign": (svg("<foreignObject><p/></foreignObject>"), "foreignObject"),
    "picture inside": (svg('<image href="http://127.0.0.1:1/x.png"/>'), "image"),
    "uses": (
        svg(
            '<g id="a0"><path d="M0 0h9v9z"/></g>'
            + "".join(
                f'<g id="a{n}"><use href="#a{n - 1}"/><use href="#a{n - 1}"/></g>'
                for n in range(1, 25)
            )
            + '<use href="#a24"/>'
        ),
        "too many elements",
    ),
    "uses itself": (svg('<g id="a"><use href="#a"/></g>'), "too many elements"),
    "deep": (svg("<g>" * 5000 + "</g>" * 5000), "too many elements"),
    "many": (svg("<g/>" * 50_000), "too many elements"),
    "thin": (svg("", 'width="10000" height="1"'), "too wide"),
    "broken": (svg("<g>"), "mistake in line 1"),
    "another tongue": (b"<html><svg></svg></html>", "no PNG"),
    "large": (svg("<!--" + "x" * 2_100_000 + "-->"), "over 2,000,000 bytes"),
}

#: The same among pictures of pixels.
UNUSABLE = {
    "nothing": (b"", "no PNG"),
    "html": (b"<!doctype html><p>404</p>", "no PNG"),
    "text": (b"not a picture", "no PNG"),
    "pdf": (b"%PDF-1.7\n", "no PNG"),
    "tiff": (saved(Image.new("RGB", (9, 9)), "TIFF"), "no PNG"),
    "icon": (saved(Image.new("RGB", (16, 16)), "ICO"), "no PNG"),
    "giant": (png_header(50_000, 50_000), "50000 x 50000 pixels"),
    "cut png": (plain(RED, size=(500, 500))[:-300], "cut off or damaged"),
    "cut jpeg": (plain(RED, "JPEG", (500, 500))[:900], "cut off or damaged"),
    "cut webp": (plain(RED, "WEBP", (500, 500))[:-40], "cut off or damaged"),
    "cut avif": (plain(RED, "AVIF", (500, 500))[:-40], "cut off or damaged"),
    "cut header": (plain(RED)[:20], "cut off or damaged"),
}
