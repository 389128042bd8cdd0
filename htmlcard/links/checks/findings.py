"""From what was fetched to the report: every rule is asked, and what is alike put together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from htmlcard.fetch import Fetched
from htmlcard.links.checks.addresses import check_addresses
from htmlcard.links.checks.arrival import check_arrival, find_stop
from htmlcard.links.checks.audience import Audience
from htmlcard.links.checks.bytes_sent import check_bytes
from htmlcard.links.checks.hits import Hit
from htmlcard.links.checks.images import check_image
from htmlcard.links.checks.mends import PageMends
from htmlcard.links.checks.merging import merge
from htmlcard.links.checks.page import Page
from htmlcard.links.checks.presence import check_presence
from htmlcard.links.checks.sizes import check_sizes
from htmlcard.links.checks.subject import Subject
from htmlcard.links.checks.values import check_values
from htmlcard.links.checks.views import view, view_nothing
from htmlcard.links.profiles import Profile, load_profiles
from htmlcard.links.report import PlatformView, Report, Verdict


def find_main_page(subject: Subject) -> Page | None:
    """The page that most platforms got: the one that edits are about."""
    pages = [visit.page for visit in subject.visits.values() if visit.page is not None]
    return Counter(pages).most_common(1)[0][0] if pages else None


def judge(subject: Subject) -> Report:
    """What each platform shows, and what is wrong."""
    hits: list[Hit] = []
    views: dict[str, PlatformView] = {}
    main = find_main_page(subject)
    readers: dict[Page, list[Profile]] = {}
    for profile in load_profiles():
        page = subject.visits[profile.platform].page
        stops = find_stop(subject, profile)
        if page is None or stops:
            hits += stops
            views[profile.platform] = view_nothing(profile)
        else:
            readers.setdefault(page, []).append(profile)
    for page, profiles in readers.items():
        audience = Audience(
            page=page,
            profiles=tuple(profiles),
            taken={p.platform: taken for p in profiles if (taken := subject.take(p))},
            mends=PageMends(page, applies=page is main),
            scripted=subject.scripted.get(page),
            missing_icon=subject.icons.get(page.url.origin) if not page.has_icon else None,
            pictures=subject.pictures,
        )
        hits += _check_page(subject, audience)
        for profile in profiles:
            own = list(_check_platform(subject, audience, profile))
            hits += own
            views[profile.platform] = view(subject, audience, profile, own)
    return Report(
        url=subject.url,
        final_url=_find_final_url(subject, main),
        platforms=tuple(_with_verdict(views[p.platform], hits) for p in load_profiles()),
        findings=tuple(merge(hits)),
    )


def _check_page(subject: Subject, audience: Audience) -> Iterator[Hit]:
    yield from check_addresses(audience)
    yield from check_bytes(audience)
    yield from check_presence(audience)
    yield from check_values(audience)
    yield from check_sizes(audience)
    for profile in audience.profiles:
        yield from check_arrival(subject, profile, audience.page)


def _check_platform(subject: Subject, audience: Audience, profile: Profile) -> Iterator[Hit]:
    """What is wrong with the picture it takes."""
    image = audience.taken[profile.platform].image
    if image is not None:
        yield from check_image(subject, audience, profile, image)


def _find_final_url(subject: Subject, main: Page | None) -> str:
    """Where redirects led a browser, or at least a crawler."""
    if isinstance(subject.browser.answer, Fetched):
        return subject.browser.answer.url
    return str(main.url) if main is not None else subject.url


def _with_verdict(shown: PlatformView, hits: Iterable[Hit]) -> PlatformView:
    own = {hit.severity for hit in hits if hit.platform == shown.platform}
    worst: Verdict = "error" if "error" in own else "warning" if "warning" in own else "ok"
    return replace(shown, verdict=worst)
