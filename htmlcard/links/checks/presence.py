"""Rules about tags that are not there, or not there for everybody."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from htmlcard.links.checks.audience import Audience
from htmlcard.links.checks.hits import Hit, strike
from htmlcard.links.checks.mends import Repair, write_card
from htmlcard.links.checks.page import Page, is_card_name, shorten
from htmlcard.links.checks.picture_tags import check_picture_tags
from htmlcard.links.checks.taking import Taken, TakenText
from htmlcard.links.checks.values import make_plain
from htmlcard.links.profiles import Profile
from htmlcard.links.reading.parts import MetaTag

MAIN_TAGS = ("og:title", "og:description", "og:image")


def check_presence(audience: Audience) -> Iterator[Hit]:
    """What is missing, and what only some see."""
    yield from _check_scripts(audience)
    yield from _check_property(audience)
    yield from _check_texts(audience)
    yield from check_picture_tags(audience)
    if audience.missing_icon is not None:
        words = '<link rel="icon" href="/icon.png">, with a picture there'
        repair = audience.mends.say(words)
        yield from strike(
            "missing-favicon", audience.profiles, audience.missing_icon, repair=repair
        )


def has_main_tag(page: Page, name: str) -> bool:
    """Whether a usable tag is there, anywhere in the page."""
    if name == "og:image":
        return page.find_picture() is not None
    return page.find_tag(name) is not None


def _check_scripts(audience: Audience) -> Iterator[Hit]:
    page, scripted = audience.page, audience.scripted
    if scripted is None:
        return
    added = [n for n in MAIN_TAGS if has_main_tag(scripted, n) and not has_main_tag(page, n)]
    if added:
        repair = audience.mends.add(*_write_all(page, scripted))
        evidence = ", ".join(added)
        yield from strike("tags-only-by-javascript", audience.profiles, evidence, repair=repair)


def _write_all(page: Page, scripted: Page) -> Iterator[str]:
    """Every card tag that only scripts add: a picture's properties are of no use elsewhere."""
    for tag in scripted.cards:
        names = [name for name in tag.names if is_card_name(name) and not page.tags(name)]
        for name in names if tag.content.strip() else ():
            yield write_card(name, tag.content)


def _check_property(audience: Audience) -> Iterator[Hit]:
    profiles = [p for p in audience.profiles if p.property_only]
    page = audience.page
    if not profiles:
        return
    named: list[MetaTag] = []
    for name in MAIN_TAGS:
        if has_main_tag(page, name) and not _has_by_property(page, name):
            named += [tag for tag in page.tags(name) if tag.content.strip()]
    if named:
        # All of them: a picture's size belongs to it.
        tags = [t for t in page.cards if t.name.startswith("og:") and t.name not in t.properties]
        repair = audience.mends.change(tags, by_property=True)
        evidence = shorten(" ".join(page.quote(tag) for tag in named))
        yield from strike("name-instead-of-property", profiles, evidence, repair=repair)


def _has_by_property(page: Page, name: str) -> bool:
    if name == "og:image":
        return page.find_picture(by_property=True) is not None
    return page.find_tag(name, by_property=True) is not None


def _check_texts(audience: Audience) -> Iterator[Hit]:
    for what, find_words, get in (
        ("title", _find_title, lambda taken: taken.title),
        ("description", _find_description, lambda taken: taken.description),
    ):
        yield from _check_text(audience, what, find_words, get)


def _check_text(
    audience: Audience,
    what: str,
    find_words: Callable[[Page], str],
    get: Callable[[Taken], TakenText | None],
) -> Iterator[Hit]:
    if audience.find_present(f"og:{what}"):
        return
    repair: Repair | None = None
    for profile in audience.profiles:
        if _is_preferred(audience, profile, what):
            continue
        text = get(audience.taken[profile.platform])
        # That nothing at all is shown is no error where only third parties say so.
        is_sure = not profile.layout.needs_title or profile.layout.confidence in ("O", "S")
        is_error = what == "title" and text is None and is_sure
        repair = repair or audience.mends.add(write_card(f"og:{what}", find_words(audience.page)))
        yield from strike(
            f"missing-og-{what}",
            [profile],
            f"shown instead: {shorten(text.text)}" if text else "nothing is shown instead",
            severity="error" if is_error else "warning",
            repair=repair,
        )


def _is_preferred(audience: Audience, profile: Profile, what: str) -> bool:
    """Whether there is what the platform takes before the og: tag."""
    order = profile.title.value if what == "title" else profile.description.value
    for source in order[: order.index("og")]:
        if source == "twitter" and audience.find_present(f"twitter:{what}"):
            return True
        if source == "json-ld" and _find_json_ld(audience, what):
            return True
    return False


def _find_json_ld(audience: Audience, what: str) -> str | None:
    pages = (audience.page, audience.scripted)
    return next((text for page in pages if page and (text := page.find_news(what))), None)


def _find_title(page: Page) -> str:
    """What stands in for a title that is missing."""
    headline = page.find_json_ld(("headline",))
    texts = (page.find_text("twitter:title"), headline, page.parts.title, page.parts.h1)
    return _first_plain(texts) or page.url.host


def _find_description(page: Page) -> str:
    """What stands in for a description that is missing."""
    tagged = page.find_text("twitter:description", "description")
    described = page.find_json_ld(("description",))
    texts = (tagged, described, page.parts.paragraph, page.find_text("og:title"))
    return _first_plain(texts) or _find_title(page)


def _first_plain(texts: Iterable[str | None]) -> str | None:
    return next((plain for text in texts if text and (plain := make_plain(text))), None)
