"""The tags of one page with all that is to be changed about them.

Every rule says what it wants of a tag; what comes of that is the same for all of them, so that
mends applied together, or one alone, never fight over the same bytes.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass, field

from htmlcard.links.checks.page import Page
from htmlcard.links.reading.parts import LinkTag, MetaTag
from htmlcard.links.reading.tag_text import rewrite_meta
from htmlcard.links.report import Edit

#: What every crawler reads, some tags included: heads that are longer get new ones at their start.
_EARLY_BYTES = 30_000
#: Longer tags are not by people: a person is shown a part of what is to be, a program leaves them.
_MAX_WRITTEN = 10_000
_MAX_SHOWN = 4000

Tag = MetaTag | LinkTag
Span = tuple[int, int]


@dataclass(slots=True)
class _Wish:
    """What is to become of a tag. `text` is what it says anew where that is no meta's content."""

    tag: Tag | None
    content: str | None = None
    text: str | None = None
    lower: bool = False
    by_property: bool = False
    early: bool = False
    removed: bool = False
    followers: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Repair:
    """Some changes of a page; ask for `text` and `edits` when all rules have spoken."""

    mends: PageMends
    spans: tuple[Span, ...] = ()
    added: tuple[str, ...] = ()
    early: tuple[str, ...] = ()
    removes: bool = False
    #: What a person has to do, where no program can.
    words: str = ""

    @property
    def applies(self) -> bool:
        """Whether it is about the page that most crawlers get."""
        return self.mends.applies

    def text(self) -> str:
        """What to paste, or to do."""
        return self.words or self.mends.describe(self)

    def edits(self) -> tuple[Edit, ...]:
        """The same for a program."""
        return () if self.words else self.mends.edit(self)


class PageMends:
    """The mends of one page; `applies` where it is the one a report's edits are about."""

    def __init__(self, page: Page, *, applies: bool) -> None:
        self._page = page
        self.applies = applies
        self._wishes: dict[Span, _Wish] = {}

    def say(self, words: str) -> Repair:
        """Something only a person can do."""
        return Repair(self, words=words)

    def add(self, *tags: str) -> Repair:
        """New tags at the end of the head."""
        return Repair(self, added=tags)

    def add_early(self, *tags: str) -> Repair:
        """New tags straight behind the start of the head."""
        return Repair(self, early=tags)

    def change(
        self,
        tags: Iterable[Tag],
        *,
        content: str | None = None,
        text: str | None = None,
        lower: bool = False,
        by_property: bool = False,
    ) -> Repair:
        """The same tags with another content or spelling; `text` is the whole tag anew."""
        spans = []
        for tag in tags:
            wish = self._wish(tag)
            wish.content = content if content is not None else wish.content
            wish.text = text if text is not None else wish.text
            wish.lower = wish.lower or lower
            wish.by_property = wish.by_property or by_property
            spans.append((tag.start_byte, tag.end_byte))
        return Repair(self, tuple(spans))

    def remove(self, tags: Iterable[Tag]) -> Repair:
        """Without these tags."""
        tags = tuple(tags)
        for tag in tags:
            self._wish(tag).removed = True
        spans = tuple((tag.start_byte, tag.end_byte) for tag in tags)
        return Repair(self, spans, removes=True)

    def follow(self, tag: Tag, *followers: str) -> Repair:
        """New tags behind another."""
        self._wish(tag).followers += followers
        return Repair(self, ((tag.start_byte, tag.end_byte),))

    def move_early(self, tags: Iterable[Tag]) -> Repair:
        """The tags straight behind the start of the head."""
        tags = tuple(tags)
        for tag in tags:
            self._wish(tag).early = True
        return Repair(self, tuple((tag.start_byte, tag.end_byte) for tag in tags))

    def move_span_early(self, span: Span, text: str | None = None) -> Repair:
        """The same for what is no tag of ours, as the charset's; with another text if need be."""
        wish = self._wishes.setdefault(span, _Wish(None))
        wish.early = True
        wish.text = text
        return Repair(self, (span,))

    def _wish(self, tag: Tag) -> _Wish:
        return self._wishes.setdefault((tag.start_byte, tag.end_byte), _Wish(tag))

    def describe(self, repair: Repair) -> str:
        """The tags as they are to be; those to remove, as they are."""
        lines = [self._close(tag) for tag in (*repair.early, *repair.added)]
        for span in repair.spans:
            if self._wishes[span].removed:
                # Another rule may have it removed.
                prefix = "" if repair.removes else "Remove: "
                lines.append(prefix + self._page.source(*span))
            lines += [self._write(span)] if self._write(span) else []
        text = "\n".join(lines)
        return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 1] + "…"

    def edit(self, repair: Repair) -> tuple[Edit, ...]:
        """The edits of a repair, in the order of the page."""
        # A page in a charset that nobody decodes has no place for anything.
        if not self.applies or self._page.parts.charset == "replacement":
            return ()
        if any(len(self._write(span)) > _MAX_WRITTEN for span in repair.spans):
            return ()
        layout = self._page.parts.layout
        edits = [
            Edit(layout.head_start, layout.head_start, f"\n{self._close(tag)}")
            for tag in repair.early
        ]
        end = layout.head_end if layout.head_end <= _EARLY_BYTES else layout.head_start
        edits += [Edit(end, end, f"{self._close(tag)}\n") for tag in repair.added]
        for span in repair.spans:
            text = self._write(span)
            if self._wishes[span].early:
                edits.append(Edit(*span, ""))
                edits += [Edit(layout.head_start, layout.head_start, f"\n{text}")] if text else []
            else:
                edits.append(Edit(*span, text))
        return tuple(edits)

    def _write(self, span: Span) -> str:
        """What stands in place of a tag; lines, where others follow it."""
        wish = self._wishes[span]
        own: list[str] = []
        if wish.text is not None:
            own = [self._close(wish.text)]
        elif not wish.removed:
            own = [self._write_tag(span, wish)]
        return "\n".join((*own, *map(self._close, wish.followers)))

    def _write_tag(self, span: Span, wish: _Wish) -> str:
        tag = wish.tag
        is_same = wish.content is None and not wish.lower and not wish.by_property
        if is_same or not isinstance(tag, MetaTag):
            return self._page.source(*span)
        return self._rewrite(span, tag, wish) or self._close(_write_anew(tag, wish))

    def _rewrite(self, span: Span, tag: MetaTag, wish: _Wish) -> str | None:
        """The tag with all else that its author wrote into it."""
        changes: dict[str, tuple[str, str]] = {}
        if wish.content is not None:
            changes["content"] = ("content", wish.content)
        if wish.lower:
            own = (("property", " ".join(tag.properties)), ("name", tag.name))
            changes |= {key: (key, value) for key, value in own if value}
        if wish.by_property and tag.name not in tag.properties:
            if tag.properties:
                return None
            changes["name"] = ("property", tag.name)
        return rewrite_meta(self._page.source(*span), changes)

    def _close(self, tag: str) -> str:
        """A tag of ours as the page wants it: one that does not close breaks XML."""
        is_xml = self._page.kind.essence == "application/xhtml+xml"
        return f"{tag.removesuffix('>')} />" if is_xml else tag


def _write_anew(tag: MetaTag, wish: _Wish) -> str:
    content = tag.content if wish.content is None else wish.content
    properties, name = tag.properties, tag.name
    if wish.by_property and name not in properties:
        properties, name = (*properties, name), ""
    attributes = (("property", " ".join(properties)), ("name", name))
    return write_meta(*((key, value) for key, value in attributes if value), content=content)


def write_meta(*attributes: tuple[str, str], content: str) -> str:
    """A meta tag: `("property", "og:title")` with its content, escaped."""
    pairs = (*attributes, ("content", content))
    return "<meta " + " ".join(f'{key}="{html.escape(value)}"' for key, value in pairs) + ">"


def write_card(name: str, content: str) -> str:
    """A tag of Open Graph or Twitter."""
    key = "name" if name.startswith("twitter:") else "property"
    return write_meta((key, name), content=content)
