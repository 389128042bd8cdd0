"""Rules about what tags say: nothing, several things, markup, controls, too much."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator

from htmlcard.links.checks.audience import Audience
from htmlcard.links.checks.hits import Hit, strike
from htmlcard.links.checks.page import Page, is_card_name, shorten
from htmlcard.links.checks.taking import TakenText
from htmlcard.links.profiles import Cut, Profile
from htmlcard.links.reading.parts import MetaTag
from htmlcard.links.reading.values import collapse

_SINGLE = (
    *("og:title", "og:description", "og:url", "og:type", "og:site_name"),
    *("twitter:card", "twitter:title", "twitter:description", "twitter:image"),
)
_ADDRESSES = ("og:url", "twitter:image")
_TEXTS = ("og:title", "og:description", "twitter:title", "twitter:description")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_REFERENCE = re.compile(r"&(?:[a-zA-Z]+|#[0-9]+|#[xX][0-9a-fA-F]+);")
#: C0 and C1 but for tab, line feed and carriage return; embeddings and overrides (UAX 9).
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e]")
_ISOLATE = re.compile(r"[\u2066-\u2069]")
_POP = "\u2069"
#: How often somebody may have escaped the same text.
_MAX_ESCAPES = 4
_MAX_ALT = 420
_MAX_SITE_NAME_BYTES = 253


def check_values(audience: Audience) -> Iterator[Hit]:
    """What is wrong with the values of tags."""
    yield from _check_empty(audience)
    yield from _check_duplicates(audience)
    yield from _check_case(audience)
    yield from _check_markup(audience)
    yield from _check_controls(audience)
    yield from _check_lengths(audience)
    yield from _check_json_ld(audience)


def _check_empty(audience: Audience) -> Iterator[Hit]:
    page = audience.page
    tags = [
        tag for tag in page.cards if not tag.content.strip() and not _has_other_value(page, tag)
    ]
    if tags:
        repair = audience.mends.remove(tags)
        yield from strike("empty-value", audience.profiles, _quote(page, tags), repair=repair)


def _has_other_value(page: Page, tag: MetaTag) -> bool:
    """Whether it says something in another place: forums write `value` for `content`."""
    return "value=" in page.source(tag.start_byte, tag.end_byte)


def _check_duplicates(audience: Audience) -> Iterator[Hit]:
    page = audience.page
    extra: list[MetaTag] = []
    said: list[str] = []
    for name in _SINGLE:
        tags = [tag for tag in page.tags(name) if _is_usable(page, name, tag)]
        values = dict.fromkeys(collapse(tag.content) for tag in tags)
        if len(values) > 1:
            said.append(f"{name}: " + ", ".join(map(repr, values)))
            # A tag of several names is needed for the others.
            extra += [t for t in tags[1:] if sum(map(is_card_name, t.names)) == 1]
    if said:
        repair = audience.mends.remove(extra) if extra else None
        yield from strike(
            "duplicate-tags", audience.profiles, shorten("; ".join(said)), repair=repair
        )


def _is_usable(page: Page, name: str, tag: MetaTag) -> bool:
    if name in _ADDRESSES:
        return page.resolve(tag.content) is not None
    return bool(tag.content.strip())


def _check_case(audience: Audience) -> Iterator[Hit]:
    tags = [tag for tag in audience.page.cards if tag.is_mixed_case]
    if tags:
        repair = audience.mends.change(tags, lower=True)
        yield from strike(
            "mixed-case", audience.profiles, _quote(audience.page, tags), repair=repair
        )


def _check_markup(audience: Audience) -> Iterator[Hit]:
    for tag in _texts(audience.page):
        if _has_markup(tag.content):
            repair = audience.mends.change([tag], content=make_plain(tag.content))
            evidence = shorten(tag.content)
            yield from strike("markup-in-value", audience.profiles, evidence, repair=repair)


def _check_controls(audience: Audience) -> Iterator[Hit]:
    for tag in _texts(audience.page):
        found = dict.fromkeys((*_CONTROL.findall(tag.content), *_find_open(tag.content)))
        if found:
            repair = audience.mends.change([tag], content=make_plain(tag.content))
            evidence = shorten(", ".join(f"U+{ord(letter):04X}" for letter in found))
            yield from strike("control-in-value", audience.profiles, evidence, repair=repair)


def _has_markup(text: str) -> bool:
    return bool(_TAG.search(text) or _REFERENCE.search(text))


def make_plain(text: str) -> str:
    """The text without tags, references, controls and open isolates."""
    for _ in range(_MAX_ESCAPES):
        if not _has_markup(text):
            break
        text = html.unescape(_TAG.sub("", text))
    text = _CONTROL.sub("", text)
    return collapse(_ISOLATE.sub("", text) if _find_open(text) else text)


def _texts(page: Page) -> Iterator[MetaTag]:
    for tag in page.cards:
        if tag.content.strip() and any(name in _TEXTS for name in tag.names):
            yield tag


def _find_open(text: str) -> list[str]:
    """The isolates that nothing closes."""
    waiting: list[str] = []
    for letter in _ISOLATE.findall(text):
        if letter != _POP:
            waiting.append(letter)
        elif waiting:
            waiting.pop()
    return waiting


def _check_lengths(audience: Audience) -> Iterator[Hit]:
    page = audience.page
    for profile in audience.profiles:
        taken = audience.taken[profile.platform]
        yield from _check_length("title", profile, profile.title_cut, taken.title)
        yield from _check_length("description", profile, profile.description_cut, taken.description)
    alt = page.find_tag("twitter:image:alt") or page.find_tag("og:image:alt")
    if alt is not None and len(collapse(alt.content)) > _MAX_ALT:
        evidence = f"{len(collapse(alt.content)):,} characters"
        words = f"an alternative text of at most {_MAX_ALT} characters"
        repair = audience.mends.say(words)
        yield from strike("alt-too-long", audience.profiles, evidence, repair=repair)
    if (site := site_name_bytes(page)) > _MAX_SITE_NAME_BYTES:
        repair = audience.mends.say(f"an og:site_name of at most {_MAX_SITE_NAME_BYTES} bytes")
        yield from strike("site-name-too-long", audience.profiles, f"{site:,} bytes", repair=repair)


def site_name_bytes(page: Page) -> int:
    """How long og:site_name is."""
    return len((page.find_text("og:site_name") or "").encode("utf-8", "replace"))


def hides_card(profile: Profile, page: Page) -> bool:
    """Whether the platform shows nothing, for the site's name alone."""
    return profile.platform == "discord" and site_name_bytes(page) > _MAX_SITE_NAME_BYTES


def _check_length(
    what: str, profile: Profile, cut: Cut | None, taken: TakenText | None
) -> Iterator[Hit]:
    if cut is None or taken is None or cut.fits(taken.text):
        return
    limit = f"{cut.characters} characters" if cut.characters else f"{cut.bytes} bytes"
    names = f"{profile.name} shows {limit}"
    yield from strike(f"{what}-too-long", [profile], shorten(cut.cut(taken.text)), names=names)


def _check_json_ld(audience: Audience) -> Iterator[Hit]:
    for profile in audience.profiles:
        if profile.title.value[0] != "json-ld":
            continue
        taken = audience.taken[profile.platform]
        differences = []
        for what, text in (("title", taken.title), ("description", taken.description)):
            own = audience.page.find_text(f"og:{what}")
            if text is not None and text.source == "json-ld" and own and own != text.text:
                differences.append((what, text.text, own))
        if differences:
            said = "; ".join(
                f"JSON-LD: {text!r}, og:{what}: {own!r}" for what, text, own in differences
            )
            names = {"title": "headline", "description": "description"}
            content = {names[what]: own for what, _, own in differences}
            words = json.dumps(content, ensure_ascii=False)[1:-1]
            repair = audience.mends.say(f"In the JSON-LD: {words}")
            yield from strike("json-ld-beats-og", [profile], shorten(said), repair=repair)


def _quote(page: Page, tags: list[MetaTag]) -> str:
    return shorten(" ".join(page.quote(tag) for tag in tags))
