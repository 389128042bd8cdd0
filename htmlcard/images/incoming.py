"""Pictures from strangers, decoded in a child process and written anew: upright, sRGB, plain.

What goes on to the browser was encoded here: no metadata, no second meaning, no size it cannot
bear. `pictures.preparing` is the parent's side, `incoming_svg` looks at SVGs. A request is a byte
of kind (`D` decode; `A` two PNGs, the first behind its length, on black and on white, into one
with alpha) and bytes; the answer `P` picture or `V` SVG, sizes and bytes, or `E` a text.
"""

from __future__ import annotations

import io
import struct
import warnings
from contextlib import suppress

from PIL import ExifTags, Image, ImageChops, UnidentifiedImageError

from htmlcard.children.service import serve
from htmlcard.errors import UnusablePicture
from htmlcard.images.incoming_svg import looks_like_svg, parse_svg_size

#: The widest card there usually is, 1200 px at scale 2.
MAX_SIDE_PX = 2400
#: A phone's best camera takes 50 million; unpacked that is 200 MB.
MAX_PIXELS = 50_000_000
MAX_ANSWER_BYTES = 40_000_000
PICTURE, SVG, ERROR = b"P", b"V", b"E"
#: Width and height in px, and whether it is a JPEG (else a PNG).
SIZES = struct.Struct(">II?")
LENGTH = struct.Struct(">I")
_MAX_MEMORY_BYTES = 1024 * 1024 * 1024

_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "AVIF")
#: Whose pictures are flat art more often than photographs, and stay free of ripples.
_LOSSLESS = frozenset({"PNG", "GIF"})
_MAX_PNG_BYTES = 1_500_000
_JPEG_QUALITY = 92
#: Exif 2.32, tag 0x0112: how a picture was held.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def main() -> None:
    """Answers requests until the parent closes the pipe."""
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = None  # ours is checked before anything is decoded
    serve(_answer, _MAX_MEMORY_BYTES)


def _answer(request: bytes) -> tuple[bytes, bytes]:
    kind, data = request[:1], request[1:]
    try:
        if kind == b"A":
            (length,) = LENGTH.unpack_from(data)
            rest = data[LENGTH.size :]
            return PICTURE, _encode(_join(rest[:length], rest[length:]), lossless=True)
        if looks_like_svg(data):
            return SVG, SIZES.pack(*parse_svg_size(data), False)
        return PICTURE, _rewrite(data)
    except MemoryError:
        raise
    except UnusablePicture as error:
        message = str(error)
    # Pillow's decoders raise whatever comes up, from struct.error to SyntaxError.
    except Exception:
        message = "it is cut off or damaged"
    return ERROR, message.encode("utf-8", "replace")[:300]


def _rewrite(data: bytes) -> bytes:
    try:
        picture = Image.open(io.BytesIO(data), formats=_FORMATS)
    except UnidentifiedImageError:
        raise UnusablePicture("it is no PNG, JPEG, WebP, GIF, AVIF or SVG") from None
    with picture:
        width, height = picture.size
        if width * height > MAX_PIXELS:
            raise UnusablePicture(f"it has {width} x {height} pixels; at most 50 million are drawn")
        lossless = picture.format in _LOSSLESS
        # JPEGs can be decoded at a half, a quarter or an eighth.
        picture.draft(None, (MAX_SIDE_PX, MAX_SIDE_PX))
        turn = _find_turn(picture)
        profile = picture.info.get("icc_profile")
        plain = _to_plain(picture, profile)
    plain.thumbnail((MAX_SIDE_PX, MAX_SIDE_PX), Image.Resampling.LANCZOS, reducing_gap=2.0)
    if turn is not None:
        plain = plain.transpose(turn)
    return _encode(plain, lossless=lossless)


def _find_turn(picture: Image.Image) -> Image.Transpose | None:
    with suppress(Exception):  # a broken note on how it was held is no reason to refuse it
        return _TURNS.get(picture.getexif().get(ExifTags.Base.Orientation, 1))
    return None


def _to_plain(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB, or RGBA where anything may be transparent, in sRGB."""
    if picture.mode.startswith("I"):
        # Sixteen bits of gray; `convert` alone would cut them off at white.
        picture = picture.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    has_alpha = picture.has_transparency_data
    alpha = picture.convert("RGBA").getchannel("A") if has_alpha else None
    if picture.mode in ("P", "PA", "LA", "1", "RGBA", "RGBa", "La"):
        picture = picture.convert("RGB")
    colors = _to_srgb(picture, profile) if profile else picture
    colors = colors.convert("RGB")
    if alpha is None or alpha.getextrema() == (255, 255):
        return colors
    colors.putalpha(alpha)
    return colors


def _to_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    # Not above: the parent reads this module for its constants, and needs no color management.
    from PIL import ImageCms

    # A profile that is broken, or for another kind of picture: the colors are taken as they are.
    with suppress(ImageCms.PyCMSError, OSError, ValueError):
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        turned = ImageCms.profileToProfile(picture, source, target, outputMode="RGB")
        if turned is not None:
            return turned
    return picture


def _join(on_black: bytes, on_white: bytes) -> Image.Image:
    """The picture that looks so on black and so on white: where they differ it is transparent."""
    with (
        Image.open(io.BytesIO(on_black), formats=("PNG",)) as dark,
        Image.open(io.BytesIO(on_white), formats=("PNG",)) as light,
    ):
        black, white = dark.convert("RGB"), light.convert("RGB")
    alpha = ImageChops.invert(ImageChops.subtract(white, black).getchannel("G"))
    red, green, blue = (ImageChops.darker(band, alpha) for band in black.split())
    joined = Image.merge("RGBa", (red, green, blue, alpha)).convert("RGBA")
    return joined.convert("RGB") if alpha.getextrema() == (255, 255) else joined


def _encode(picture: Image.Image, *, lossless: bool) -> bytes:
    """Sizes and file: PNG for what is transparent or flat, JPEG for photographs."""
    # Pillow writes profile and comment of the file that was read into the new one.
    picture.info.clear()
    is_jpeg = False
    file = io.BytesIO()
    if lossless or picture.mode == "RGBA":
        picture.save(file, "PNG", compress_level=3)
    if not file.tell() or (picture.mode == "RGB" and file.tell() > _MAX_PNG_BYTES):
        file, is_jpeg = io.BytesIO(), True
        picture.save(file, "JPEG", quality=_JPEG_QUALITY, subsampling=0)
    return SIZES.pack(*picture.size, is_jpeg) + file.getvalue()


if __name__ == "__main__":
    main()
