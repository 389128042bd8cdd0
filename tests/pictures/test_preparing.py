from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from incoming_pictures import (
    BLUE,
    GREEN,
    RED,
    SVG_WITH_A_HOLE,
    UNUSABLE,
    UNUSABLE_SVGS,
    WHITE,
    animated,
    gray_16_bit,
    held,
    palette_with_a_hole,
    plain,
    png_header,
    quarters,
    saved,
    svg,
    with_a_hole,
)
from PIL import Image, ImageCms
from running import Site

from htmlcard.card import Asset
from htmlcard.errors import FetchTimedOut, RenderFailed, UnusablePicture
from htmlcard.pictures import Preparer, preparing


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def preparer(site: Site) -> AsyncIterator[Preparer]:
    """One that is patient: a busy machine must not turn pictures into failures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(preparing, "_DRAW_TIMEOUT_S", 20.0)
        patch.setattr(preparing, "_DECODE_TIMEOUT_S", 30.0)
        async with Preparer(site.service.browsers) as opened:
            yield opened


def opened(asset: Asset) -> Image.Image:
    """The picture, whole, with nothing in its file but pixels."""
    with Image.open(io.BytesIO(asset.data)) as picture:
        assert asset.content_type == f"image/{(picture.format or '').lower()}"
        picture.load()
        assert not {"exif", "icc_profile", "xmp", "comment"} & picture.info.keys()
        assert not picture.getexif()
        return picture


def pixel(picture: Image.Image, x: float, y: float) -> tuple[int, ...]:
    """The color at these parts of width and height, as RGBA."""
    at = int(x * picture.width), int(y * picture.height)
    found = picture.convert("RGBA").getpixel(at)
    assert isinstance(found, tuple)
    return found


def is_near(found: tuple[int, ...], wanted: tuple[int, ...], by: int = 6) -> bool:
    return all(abs(one - other) <= by for one, other in zip(found, wanted, strict=False))


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF", "AVIF"])
async def test_each_format_is_read(preparer: Preparer, format: str) -> None:
    """What people have; the type is told by the bytes, never by a name or header."""
    picture = opened(await preparer.prepare(plain((10, 120, 200), format)))
    assert picture.size == (64, 48)
    assert is_near(pixel(picture, 0.5, 0.5), (10, 120, 200))


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
async def test_pictures_stand_upright(preparer: Preparer, orientation: int, format: str) -> None:
    """Phones store what the sensor saw, and a note on how they were held."""
    picture = opened(await preparer.prepare(held(orientation, format)))
    assert picture.size == (80, 40)
    corners = [pixel(picture, x, y) for y in (0.25, 0.75) for x in (0.25, 0.75)]
    for found, wanted in zip(corners, (RED, GREEN, BLUE, WHITE), strict=True):
        assert is_near(found, wanted, 20)


async def test_odd_kinds_of_color_become_ordinary(preparer: Preparer) -> None:
    """Printers' colors, sixteen bits, bits alone: each looks as its author saw it."""
    cmyk = Image.new("CMYK", (64, 48), (0, 255, 255, 0))
    kinds = {
        saved(cmyk, "JPEG", quality=95): RED,
        gray_16_bit(): (128, 128, 128),
        saved(Image.new("L", (64, 48), 90), "PNG"): (90, 90, 90),
        saved(Image.new("1", (64, 48), 1), "PNG"): WHITE,
        saved(Image.new("LA", (64, 48), (90, 255)), "PNG"): (90, 90, 90),
    }
    for data, wanted in kinds.items():
        assert is_near(pixel(opened(await preparer.prepare(data)), 0.5, 0.5), wanted, 12)


async def test_a_profile_is_applied_before_it_is_dropped(preparer: Preparer) -> None:
    """Most carry sRGB, which changes nothing; one that is broken must not cost the picture."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    usual = saved(Image.new("RGB", (64, 48), (128, 64, 32)), "PNG", icc_profile=profile)
    assert is_near(pixel(opened(await preparer.prepare(usual)), 0.5, 0.5), (128, 64, 32))
    for mode, color in (("L", 90), ("CMYK", (0, 255, 255, 0))):
        other = saved(Image.new(mode, (64, 48), color), "JPEG", icc_profile=profile)
        assert opened(await preparer.prepare(other)).mode == "RGB"
    private = saved(quarters(), "JPEG", comment=b"home: 52.5, 13.4")
    assert b"52.5" in private
    assert b"52.5" not in (await preparer.prepare(private)).data
    broken = saved(Image.new("RGB", (64, 48), RED), "PNG", icc_profile=b"no profile")
    assert is_near(pixel(opened(await preparer.prepare(broken)), 0.5, 0.5), RED)


async def test_holes_stay_holes(preparer: Preparer) -> None:
    """A logo on white where the card is dark is a blemish everybody sees."""
    for data in (with_a_hole(), with_a_hole("WEBP"), palette_with_a_hole(), SVG_WITH_A_HOLE):
        picture = opened(await preparer.prepare(data))
        assert is_near(pixel(picture, 0.05, 0.5), (*RED, 255)), data[:20]
        assert pixel(picture, 0.6, 0.5)[3] == 0, data[:20]


async def test_a_moving_picture_shows_its_first_frame(preparer: Preparer) -> None:
    """Cards are still, and ten thousand frames are not decoded."""
    for format in ("GIF", "PNG", "WEBP"):
        picture = opened(await preparer.prepare(animated(format)))
        assert getattr(picture, "n_frames", 1) == 1
        assert is_near(pixel(picture, 0.5, 0.5), RED)


async def test_large_pictures_become_as_large_as_a_card_can_use(preparer: Preparer) -> None:
    """A phone's photograph is ten times what is drawn, and every byte goes to the browser."""
    noise = Image.effect_noise((4000, 3000), 60).convert("RGB")
    asset = await preparer.prepare(saved(noise, "JPEG", quality=95))
    assert opened(asset).size == (2400, 1800)
    assert asset.content_type == "image/jpeg"
    flat = await preparer.prepare(saved(Image.new("RGB", (5000, 1000), GREEN), "PNG"))
    assert opened(flat).size == (2400, 480)
    assert flat.content_type == "image/png"
    small = await preparer.prepare(saved(quarters(), "PNG"))
    assert opened(small).convert("RGB").tobytes() == quarters().tobytes()


@pytest.mark.parametrize("name", [*UNUSABLE, *UNUSABLE_SVGS])
async def test_what_cannot_be_drawn_says_why(preparer: Preparer, name: str) -> None:
    """The author reads it in a header; the next picture must come all the same."""
    data, reason = (UNUSABLE | UNUSABLE_SVGS)[name]
    with pytest.raises(UnusablePicture, match=reason):
        await preparer.prepare(data)
    assert await preparer.prepare(plain(GREEN))


async def test_a_bomb_just_below_the_cap_harms_nobody(preparer: Preparer) -> None:
    """50 million pixels in 2 kB; whether it is drawn or not, others are."""
    bomb = asyncio.create_task(preparer.prepare(png_header(7000, 7000)))
    others = [preparer.prepare(plain((number, 0, 0))) for number in range(10)]
    assert len(await asyncio.gather(*others)) == 10
    with pytest.raises(UnusablePicture):
        await bomb


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ('viewBox="0 0 200 100"', (1200, 600)),
        ('width="10" height="40"', (300, 1200)),
        ('width="10px" viewBox="0 0 20 10"', (1200, 600)),
        ('width="100%" height="100%" viewBox="0 0 20 20"', (1200, 1200)),
        ("", (1200, 600)),
        ('width="0" height="-1" viewBox="nan 0 0 0"', (1200, 600)),
        (f'width="{"1" * 500_000}x" viewBox="0 0 20 10"', (1200, 600)),
    ],
)
async def test_svgs_have_the_shape_they_say(
    preparer: Preparer, attributes: str, size: tuple[int, int]
) -> None:
    """It is drawn large, since a logo may be shown at any size."""
    data = svg('<rect width="100%" height="100%" fill="#0f0"/>', attributes)
    picture = opened(await preparer.prepare(data))
    assert picture.size == size
    assert is_near(pixel(picture, 0.5, 0.5), (*GREEN, 255))


async def test_an_svg_of_an_office_program_is_drawn(preparer: Preparer) -> None:
    """They begin with a BOM, a declaration, comments and a doctype, and name what nobody draws."""
    before = (
        '\ufeff<?xml version="1.0" encoding="utf-8"?><!-- Generator -->\n'
        '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" '
        '"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
    )
    content = (
        '<metadata>x</metadata><defs><g id="a"><path fill="#0f0" d="M0 0h64v48h-64z"/></g></defs>'
        '<style>@import "http://127.0.0.1:1/x.css"; a { fill: url(http://127.0.0.1:1/x) }</style>'
        '<use xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="#a"/>'
    )
    picture = opened(await preparer.prepare(svg(content, before=before)))
    assert is_near(pixel(picture, 0.5, 0.5), (*GREEN, 255))


async def test_a_picture_that_came_too_late_is_not_condemned(
    preparer: Preparer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its time may have gone by waiting; a verdict on its bytes would hold for ever."""
    noise = saved(Image.effect_noise((3000, 3000), 60).convert("RGB"), "PNG")
    await preparer.prepare(plain(GREEN))  # From now on there is somebody to decode it.
    with monkeypatch.context() as patch:
        patch.setattr(preparing, "_DECODE_TIMEOUT_S", 0.05)
        with pytest.raises((RenderFailed, FetchTimedOut)):
            await preparer.prepare(noise)
    assert opened(await preparer.prepare(noise)).size == (2400, 2400)


async def test_nobody_gets_another_ones_picture(preparer: Preparer) -> None:
    """Two children and a crowd: each caller's color comes back to it."""

    async def color(number: int) -> tuple[int, ...]:
        data = plain((number * 6, 0, 255 - number * 6), "PNG" if number % 2 else "WEBP")
        return pixel(opened(await preparer.prepare(data)), 0.5, 0.5)

    found = await asyncio.gather(*map(color, range(40)))
    for number, each in enumerate(found):
        assert is_near(each, (number * 6, 0, 255 - number * 6))
