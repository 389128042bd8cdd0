"""Rules about what tags say of a picture's size."""

from __future__ import annotations

import re
from collections.abc import Iterator

from htmlcard.links.checks.audience import Audience
from htmlcard.links.checks.hits import Hit, strike
from htmlcard.links.checks.mends import Repair, write_meta
from htmlcard.links.checks.page import Group, Page, shorten
from htmlcard.links.profiles import Profile
from htmlcard.links.reading.parts import MetaTag
from htmlcard.links.reading.values import collapse

SIDES = ("og:image:width", "og:image:height")
_NUMBER = re.compile(r"0*[1-9][0-9]{0,5}")


def check_sizes(audience: Audience) -> Iterator[Hit]:
    """Whether the first `og:image` tells its size, and tells it right."""
    found = audience.page.find_picture()
    if found is None:
        scripted = audience.scripted.find_picture() if audience.scripted else None
        if scripted and not _has_size(scripted[1]):
            yield from strike("missing-image-size", audience.profiles, scripted[0].content)
        return
    tag, group = found
    url = str(audience.page.resolve(tag.content))
    size = audience.find_size(url)
    if not _has_size(group) and not _is_told_by_script(audience, url):
        repair = _add_size(audience, tag, group, size)
        evidence = audience.page.quote(tag)
        yield from strike("missing-image-size", audience.profiles, evidence, repair=repair)
    elif size is not None and _has_size(group) and _read_size(group) != size:
        yield from _check_claim(audience, url, group, size)


def _has_size(group: Group) -> bool:
    return all(name in group and _read_side(group[name]) for name in SIDES)


def _is_told_by_script(audience: Audience, url: str) -> bool:
    page = audience.scripted
    return page is not None and any(
        _has_size(group) and _url_of(page, group) == url for group in page.list_pictures()
    )


def _url_of(page: Page, group: Group) -> str | None:
    tag = group.get("og:image")
    return str(page.resolve(tag.content)) if tag else None


def _read_side(tag: MetaTag) -> int:
    text = collapse(tag.content)
    return int(text) if _NUMBER.fullmatch(text) else 0


def _read_size(group: Group) -> tuple[int, int]:
    width, height = (_read_side(group[name]) for name in SIDES)
    return width, height


def _add_size(
    audience: Audience, tag: MetaTag, group: Group, size: tuple[int, int] | None
) -> Repair:
    if size is None:
        words = "\n".join(write_meta(("property", name), content="PX") for name in SIDES)
        return audience.mends.say(words)
    sides = dict(zip(SIDES, map(str, size), strict=True))
    wrong = [name for name in SIDES if name in group and not _read_side(group[name])]
    new = [write_meta(("property", n), content=sides[n]) for n in SIDES if n not in group]
    # Behind the picture they are about: at the end of the head they would belong to the last one.
    repair = audience.mends.follow(tag, *new) if new else Repair(audience.mends)
    spans = repair.spans
    for name in wrong:
        spans += audience.mends.change([group[name]], content=sides[name]).spans
    return Repair(audience.mends, spans)


def _check_claim(
    audience: Audience, url: str, group: Group, size: tuple[int, int]
) -> Iterator[Hit]:
    said = _read_size(group)
    evidence = f"{said[0]} x {said[1]} in the tags, {size[0]} x {size[1]} in the file"
    spans: tuple[tuple[int, int], ...] = ()
    for name, side in zip(SIDES, size, strict=True):
        spans += audience.mends.change([group[name]], content=str(side)).spans
    repair = Repair(audience.mends, spans)
    yield from strike("wrong-image-size", _takers(audience, url), shorten(evidence), repair=repair)


def _takers(audience: Audience, url: str) -> list[Profile]:
    return [
        profile
        for profile in audience.profiles
        if (image := audience.taken[profile.platform].image) and image.url == url
    ]
