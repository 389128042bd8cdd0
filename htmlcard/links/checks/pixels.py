"""Rules about a picture's sides: how large, what shape, and where its content is."""

from __future__ import annotations

from collections.abc import Iterator

from htmlcard.links.checks.hits import Hit, strike
from htmlcard.links.checks.rule import SEVERITIES
from htmlcard.links.checks.subject import Picture
from htmlcard.links.profiles import Profile

#: What is nearly square loses nothing by the crop.
_WIDE = 1.2
_MIN_CENTER_SHARE = 0.25


def is_wide(width_px: int, height_px: int) -> bool:
    """Whether the center square leaves anything out."""
    return width_px > _WIDE * height_px


def check_pixels(profile: Profile, picture: Picture, *, is_large_card: bool) -> Iterator[Hit]:
    """What is wrong with a picture that has sides: SVGs have none."""
    header = picture.header
    if header is None or header.width_px is None or header.height_px is None:
        return
    width, height = header.width_px, header.height_px
    size = f"{width} x {height}"
    small = [
        limit
        for limit in profile.image_small
        if limit.fits(is_large_card=is_large_card)
        and (width < limit.under_px[0] or height < limit.under_px[1])
    ]
    if small:
        worst = min(small, key=lambda limit: SEVERITIES.index(limit.severity))
        least = " x ".join(str(side) if side else "any" for side in worst.under_px)
        wanted = f"{profile.name} wants {least}"
        yield from strike("image-too-small", [profile], size, limit=wanted, severity=worst.severity)
    if profile.max_side_px is not None and max(width, height) > profile.max_side_px.value:
        yield from strike("image-too-many-pixels", [profile], size)
    ratio = width / height
    for shape in profile.image_ratio:
        if shape.fits(is_large_card=is_large_card) and not shape.under <= ratio <= shape.over:
            evidence = f"{size}, {ratio:.2f}:1"
            yield from strike("image-ratio", [profile], evidence, severity=shape.severity)
    share = picture.center_share
    is_off = share is not None and share < _MIN_CENTER_SHARE and is_wide(width, height)
    if is_off and profile.layout.crops_square:
        evidence = f"{share:.0%} of the edges are in the center square"
        yield from strike("content-off-center", [profile], evidence)
