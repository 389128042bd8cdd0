"""Rules about what tags say of a picture, and about those that are not there."""

from __future__ import annotations

from collections.abc import Iterator

from htmlcard.links.checks.audience import Audience
from htmlcard.links.checks.hits import Hit, strike
from htmlcard.links.checks.mends import write_card
from htmlcard.links.checks.page import TWITTER_NAMES, Page, shorten
from htmlcard.links.checks.sizes import SIDES
from htmlcard.links.checks.taking import TakenImage
from htmlcard.links.report import MendKind


def check_picture_tags(audience: Audience) -> Iterator[Hit]:
    """What is missing about the picture."""
    yield from _check_picture(audience)
    yield from _check_properties(audience)
    yield from _check_card(audience)


def _check_picture(audience: Audience) -> Iterator[Hit]:
    if audience.has_picture:
        return
    url = _find_picture_url(audience.page)
    if url is None:
        repair = audience.mends.say(
            '<meta property="og:image" content="https://…">, with a picture of 1200 x 630 px there'
        )
    else:
        sides = zip(SIDES, audience.find_size(url) or (), strict=False)
        tags = [write_card("og:image", url), *(write_card(name, str(side)) for name, side in sides)]
        repair = audience.mends.add(*tags)
    for profile in audience.profiles:
        order = profile.image.value
        is_own = "twitter" in order[: order.index("og")]
        if is_own and _has_twitter_picture(audience):
            continue
        image = audience.taken[profile.platform].image
        yield from strike(
            "missing-og-image",
            [profile],
            f"shown instead: {shorten(image.url)}" if image else "no picture is left",
            severity="warning" if image else "error",
            repair=repair,
            kind=None if url else "picture",
        )


def _has_twitter_picture(audience: Audience) -> bool:
    pages = (page for page in (audience.page, audience.scripted) if page is not None)
    return any(
        page.resolve(t.content) for page in pages for n in TWITTER_NAMES for t in page.tags(n)
    )


def _find_picture_url(page: Page) -> str | None:
    """What stands in for a picture that is missing."""
    tags = (tag for name in TWITTER_NAMES for tag in page.tags(name))
    if tagged := next((url for tag in tags if (url := page.resolve(tag.content))), None):
        return str(tagged)
    if described := page.find_json_ld_picture():
        return str(described)
    found = (url for texts in page.parts.pictures for text in texts if (url := page.resolve(text)))
    return next((str(url) for url in found if not url.path.lower().endswith(".svg")), None)


def _check_properties(audience: Audience) -> Iterator[Hit]:
    page = audience.page
    if (audience.has_picture or _has_twitter_picture(audience)) and not any(
        audience.find_present(name) for name in ("og:image:alt", "twitter:image:alt")
    ):
        repair = audience.mends.say('<meta property="og:image:alt" content="WHAT IS SEEN">')
        evidence = "neither og:image:alt nor twitter:image:alt"
        yield from strike("missing-image-alt", audience.profiles, evidence, repair=repair)
    for profile in audience.profiles:
        image = audience.taken[profile.platform].image
        is_meant = profile.image.value[0] == "twitter" and not _has_twitter_picture(audience)
        if is_meant and image is not None and image.source == "og":
            repair = audience.mends.add(write_card("twitter:image", _find_secure(page, image)))
            evidence = page.quote(image.tag) if image.tag else image.url
            yield from strike("missing-twitter-image", [profile], evidence, repair=repair)


def _find_secure(page: Page, image: TakenImage) -> str:
    """The picture's address, with https where the page has one."""
    tag = (image.group or {}).get("og:image:secure_url")
    url = page.resolve(tag.content) if tag else None
    return str(url) if url is not None and url.scheme == "https" else image.url


def _check_card(audience: Audience) -> Iterator[Hit]:
    if audience.has_card:
        return
    tag = audience.page.find_tag("twitter:card")
    if tag is not None:
        repair = audience.mends.change([tag], content="summary_large_image")
        evidence = audience.page.quote(tag)
    else:
        repair = audience.mends.add(write_card("twitter:card", "summary_large_image"))
        evidence = "no twitter:card"
    kind: MendKind | None = "replace-tag" if tag else None
    yield from strike("missing-twitter-card", audience.profiles, evidence, repair=repair, kind=kind)
