"""What a platform shows of what it takes."""

from __future__ import annotations

from collections.abc import Iterable

from htmlcard.links.checks.audience import Audience
from htmlcard.links.checks.hits import Hit
from htmlcard.links.checks.subject import Subject
from htmlcard.links.checks.values import hides_card
from htmlcard.links.profiles import Profile
from htmlcard.links.report import Layout, PlatformView


def view_nothing(profile: Profile) -> PlatformView:
    """The link stays a link."""
    return PlatformView(profile.platform, None, None, None, "none", "ok")


def view(
    subject: Subject, audience: Audience, profile: Profile, image_hits: Iterable[Hit]
) -> PlatformView:
    """What that platform shows; the verdict is up to who knows all findings."""
    taken = audience.taken[profile.platform]
    if (profile.layout.needs_title and taken.title is None) or hides_card(profile, audience.page):
        return view_nothing(profile)
    title = taken.title.text if taken.title else None
    if title is not None and profile.title_cut is not None:
        title = profile.title_cut.cut(title)
    description = taken.description.text if taken.description else None
    if description is not None and profile.description_cut is not None:
        description = profile.description_cut.cut(description)
    is_broken = any(hit.severity == "error" for hit in image_hits)
    image = taken.image.url if taken.image and not is_broken else None
    if not (title or description or image):
        return view_nothing(profile)
    layout = _find_layout(subject, audience, profile, image)
    return PlatformView(profile.platform, title, description, image, layout, "ok")


def _find_layout(
    subject: Subject, audience: Audience, profile: Profile, image: str | None
) -> Layout:
    if image is None:
        return "text"
    fact = profile.layout
    if fact.never_large or (fact.needs_large_card and not audience.is_large_card):
        return "thumbnail"
    picture = subject.pictures.get(image)
    header = picture.header if picture else None
    if header is not None and header.width_px is not None and header.height_px is not None:
        least_width, least_height = fact.large_from_px
        if header.width_px < least_width or header.height_px < least_height:
            return "thumbnail"
    return "large"
