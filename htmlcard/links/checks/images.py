"""Rules about the picture each platform takes: its address, its answer, its bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from htmlcard.errors import FetchFailed
from htmlcard.fetch import Fetched
from htmlcard.links.checks.arrival import SLOW_S, find_robots_hit, is_plain, name_status
from htmlcard.links.checks.audience import Audience
from htmlcard.links.checks.hits import Hit, concerns, strike
from htmlcard.links.checks.page import shorten
from htmlcard.links.checks.pixels import check_pixels
from htmlcard.links.checks.rule import SEVERITIES
from htmlcard.links.checks.subject import Picture, Subject
from htmlcard.links.checks.taking import TakenImage
from htmlcard.links.profiles import Profile
from htmlcard.links.reading.content_type import parse_content_type
from htmlcard.links.reading.picture_facts import SAME_TYPES
from htmlcard.links.reading.picture_header import PictureHeader
from htmlcard.links.reading.values import collapse
from htmlcard.links.web_url import parse_web_url

KNOWN_TYPES = frozenset(
    f"image/{kind}" for kind in ("png", "jpeg", "gif", "webp", "avif", "svg+xml", "x-icon", "bmp")
)
_ABSOLUTE = re.compile(r"https?://", re.IGNORECASE)


def is_relative(image: TakenImage, profile: Profile) -> bool:
    """Whether the platform would have to guess where the tag's address leads."""
    if image.tag is None or profile.resolves_images is not None:
        return False
    return not _ABSOLUTE.match(image.tag.content.strip())


def check_image(
    subject: Subject, audience: Audience, profile: Profile, image: TakenImage
) -> Iterator[Hit]:
    """What is wrong with the picture that the platform takes."""
    if is_relative(image, profile):
        assert image.tag is not None
        repair = audience.mends.change([image.tag], content=image.url)
        evidence = shorten(image.tag.content)
        yield from strike("relative-image", [profile], evidence, repair=repair)
        return
    picture = subject.pictures.get(image.url)
    stops = tuple(_find_stop(profile, picture)) if picture else ()
    if stops or picture is None:
        yield from stops
        return
    yield from _check_address(subject, audience, profile, image)
    yield from _check_answer(audience, profile, image, picture)
    yield from _check_bytes(profile, picture)
    yield from check_pixels(profile, picture, is_large_card=audience.is_large_card)


def _find_stop(profile: Profile, picture: Picture) -> Iterator[Hit]:
    if isinstance(picture.answer, FetchFailed):
        yield from strike("image-status", [profile], f"no answer: {picture.answer}")
    elif not 200 <= picture.answer.status < 300:
        yield from strike("image-status", [profile], name_status(picture.answer.status))
    elif picture.header is None or picture.header.type not in KNOWN_TYPES:
        served = parse_content_type(picture.answer.headers.get("Content-Type")).essence
        start = picture.answer.body[:16].decode("ascii", "replace")
        evidence = f"{served or 'no Content-Type'}, it begins with {start!r}"
        yield from strike("image-not-a-picture", [profile], shorten(evidence))


def _check_address(
    subject: Subject, audience: Audience, profile: Profile, image: TakenImage
) -> Iterator[Hit]:
    url = parse_web_url(image.url)
    assert url is not None
    if is_plain(url) and not _has_secure_twin(audience, image):
        words = f"the same with https, where the server speaks that: https{image.url[4:]}"
        repair = audience.mends.say(words)
        yield from strike("image-on-http", [profile], shorten(image.url), repair=repair)
    yield from find_robots_hit("robots-blocks-image", subject, profile, url)


def _has_secure_twin(audience: Audience, image: TakenImage) -> bool:
    page = audience.page
    groups = [image.group] if image.group else page.list_pictures()
    for group in groups:
        urls = {name: page.resolve(tag.content) for name, tag in group.items()}
        twin = urls.get("og:image:secure_url")
        is_same = image.group is not None or str(urls.get("og:image")) == image.url
        if is_same and twin is not None and twin.scheme == "https":
            return True
    return False


def _check_answer(
    audience: Audience, profile: Profile, image: TakenImage, picture: Picture
) -> Iterator[Hit]:
    answer, header = picture.answer, picture.header
    assert isinstance(answer, Fetched)
    assert header is not None
    yield from _check_type(profile, answer, header)
    if answer.hops and concerns("image-redirects", profile):
        tag = image.tag
        repair = audience.mends.change([tag], content=answer.url) if tag else None
        chain = " → ".join((*(hop.url for hop in answer.hops), answer.url))
        yield from strike("image-redirects", [profile], shorten(chain), repair=repair)
    if answer.took_s > SLOW_S:
        yield from strike("slow-image", [profile], f"{answer.took_s:.1f} s")
    if "Content-Length" not in answer.headers:
        sent = shorten(", ".join(answer.headers)) or "none"
        names = str(len(answer.body))
        yield from strike("image-no-length", [profile], f"headers: {sent}", names=names)


def _check_type(profile: Profile, answer: Fetched, header: PictureHeader) -> Iterator[Hit]:
    served = parse_content_type(answer.headers.get("Content-Type")).essence
    served = SAME_TYPES.get(served, served)
    if not served or served == header.type:
        return
    is_refused = profile.taken_types is not None and served not in profile.taken_types.value
    yield from strike(
        "image-wrong-type",
        [profile],
        shorten(f"{served} in the header, {header.type} in the file"),
        severity="error" if is_refused else "warning",
        names=header.type,
    )


def _check_bytes(profile: Profile, picture: Picture) -> Iterator[Hit]:
    header, answer = picture.header, picture.answer
    assert header is not None
    assert isinstance(answer, Fetched)
    for refused in profile.refused_types:
        if header.type in refused.types:
            kind = collapse(header.type.removeprefix("image/")).removesuffix("+xml")
            yield from strike(
                "image-format", [profile], kind.removeprefix("x-"), severity=refused.severity
            )
            break
    if header.is_animated:
        yield from strike("image-animated", [profile], header.type)
    size = len(answer.body)
    over = [limit for limit in profile.image_bytes if size > limit.over]
    if over:
        worst = min(over, key=lambda limit: SEVERITIES.index(limit.severity))
        more = "more than " if answer.is_cut else ""
        yield from strike(
            "image-too-large",
            [profile],
            f"{more}{size:,} bytes",
            limit=f"{profile.name} takes {worst.over:,}",
            severity=worst.severity,
        )
