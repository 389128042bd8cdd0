"""Rules about the bytes of a page: what comes too late in it, and its charset."""

from __future__ import annotations

from collections.abc import Iterator

from htmlcard.links.checks.audience import Audience
from htmlcard.links.checks.hits import Hit, strike
from htmlcard.links.checks.page import Page, shorten
from htmlcard.links.reading.charset_names import find_charset_name
from htmlcard.links.reading.decoding import mark_length
from htmlcard.links.reading.parts import MetaTag
from htmlcard.links.reading.prescan import WINDOW_BYTES, find_declared_charset

_MARKED = ("utf-8", "utf-16be", "utf-16le")


def check_bytes(audience: Audience) -> Iterator[Hit]:
    """What is wrong with where things stand, and with the charset."""
    yield from _check_windows(audience)
    yield from _check_charset(audience)


def _check_windows(audience: Audience) -> Iterator[Hit]:
    page = audience.page
    for profile in audience.profiles:
        if profile.reads_bytes is None or profile.reads_bytes.value >= len(page.body):
            continue
        reads = profile.reads_bytes.value
        late = _find_late(page, reads, by_property=profile.property_only is not None)
        if late:
            ends = ", ".join(f"{name} ends at byte {tag.end_byte:,}" for name, tag in late)
            repair = audience.mends.move_early(_with_properties(page, late))
            limit = f"{profile.name} reads {reads:,}"
            yield from strike("tags-past-window", [profile], ends, limit=limit, repair=repair)


def _find_late(page: Page, reads: int, *, by_property: bool) -> list[tuple[str, MetaTag]]:
    first = {
        name: page.find_tag(name, by_property=by_property)
        for name in ("og:title", "og:description")
    }
    picture = page.find_picture(by_property=by_property)
    first["og:image"] = picture[0] if picture else None
    return [(name, tag) for name, tag in first.items() if tag and tag.end_byte > reads]


def _with_properties(page: Page, late: list[tuple[str, MetaTag]]) -> list[MetaTag]:
    """The tags in the order of the page, pictures with all that belongs to them."""
    tags = {tag.start_byte: tag for _, tag in late}
    for group in page.list_pictures():
        if any(tag.start_byte in tags for tag in group.values()):
            tags |= {tag.start_byte: tag for tag in group.values()}
    return [tag for _, tag in sorted(tags.items())]


def _check_charset(audience: Audience) -> Iterator[Hit]:
    page = audience.page
    label = page.kind.charset
    is_marked = any(mark_length(page.body, charset) for charset in _MARKED)
    if page.body.isascii() or is_marked or (label and find_charset_name(label)):
        return
    if find_declared_charset(page.body) is not None:
        return
    span, found = page.parts.layout.charset_tag, page.parts.charset or "utf-8"
    # What the page is in by now: to declare another would break it, whatever a late tag says.
    declaration = f'<meta charset="{found}">'
    if span is not None and span[1] > WINDOW_BYTES:
        is_right = find_declared_charset(page.body[slice(*span)]) == found
        repair = audience.mends.move_span_early(span, None if is_right else declaration)
        evidence = f"{shorten(page.source(*span))} ends at byte {span[1]:,}"
        yield from strike("charset-late", audience.profiles, evidence, repair=repair)
    else:
        repair = audience.mends.add_early(declaration)
        evidence = f"detected: {found}"
        yield from strike("charset-undeclared", audience.profiles, evidence, repair=repair)
