"""What a platform takes of a page: title, description and picture, each from the first source
in its order that has one within what it reads."""

from __future__ import annotations

from dataclasses import dataclass

from htmlcard.links.checks.page import TWITTER_NAMES, Group, Page
from htmlcard.links.profiles import ImageSource, Profile, TextSource
from htmlcard.links.reading.parts import MetaTag
from htmlcard.links.reading.values import find_text

#: Nobody shows more; a report quotes it fifteen times.
_MAX_TEXT = 3000


@dataclass(frozen=True, slots=True)
class TakenText:
    """White space collapsed. `tag` where it is from one."""

    text: str
    source: TextSource
    tag: MetaTag | None = None


@dataclass(frozen=True, slots=True)
class TakenImage:
    """An absolute URL. `tag` and `group` where it is from a tag, and from an `og:image`."""

    url: str
    source: ImageSource
    tag: MetaTag | None = None
    group: Group | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What one platform takes; None for what it does not find."""

    title: TakenText | None
    description: TakenText | None
    image: TakenImage | None


def wants(profile: Profile, page: Page) -> tuple[object, ...]:
    """What decides what is taken: two platforms that want the same take the same."""
    orders = (profile.title.value, profile.description.value, profile.image.value)
    return (*orders, _find_reads(profile, page), profile.property_only, profile.news_only)


def _find_reads(profile: Profile, page: Page) -> int | None:
    """How many bytes of this page the platform looks at, None for all."""
    reads = profile.reads_bytes.value if profile.reads_bytes else None
    return reads if reads is not None and reads < len(page.body) else None


def take(profile: Profile, page: Page) -> Taken:
    """What that platform takes of the page."""
    return _Taker(profile, page).take()


class _Taker:
    def __init__(self, profile: Profile, page: Page) -> None:
        self._profile = profile
        self._page = page
        self._reads = _find_reads(profile, page)
        self._by_property = profile.property_only is not None and profile.property_only.value

    def take(self) -> Taken:
        profile = self._profile
        return Taken(
            title=self._find_text("title", profile.title.value),
            description=self._find_text("description", profile.description.value),
            image=next(
                (image for s in profile.image.value if (image := self._find_image(s))), None
            ),
        )

    def _find_text(self, what: str, sources: tuple[TextSource, ...]) -> TakenText | None:
        for source in sources:
            if source in ("og", "twitter", "meta"):
                name = what if source == "meta" else f"{source}:{what}"
                by_property = self._by_property and source == "og"
                tag = self._page.find_tag(name, self._reads, by_property=by_property)
                if tag is not None and (text := find_text(tag.content)):
                    return TakenText(text[:_MAX_TEXT], source, tag)
            elif text := self._find_untagged(what, source):
                return TakenText(text[:_MAX_TEXT], source)
        return None

    def _find_untagged(self, what: str, source: TextSource) -> str | None:
        parts = self._page.parts
        if source == "json-ld":
            if self._profile.news_only:
                return self._page.find_news(what, self._reads)
            names = ("headline", "name") if what == "title" else (what,)
            return self._page.find_json_ld(names, self._reads)
        if source == "title" and not self._is_read(parts.layout.title_end):
            return None
        return {"title": parts.title, "h1": parts.h1, "p": parts.paragraph}[source]

    def _find_image(self, source: ImageSource) -> TakenImage | None:
        if source == "og":
            found = self._page.find_picture(self._reads, by_property=self._by_property)
            return self._from_tag(*found) if found else None
        if source == "twitter":
            for name in TWITTER_NAMES:
                for tag in self._page.tags(name):
                    if self._is_read(tag.end_byte) and (url := self._page.resolve(tag.content)):
                        return TakenImage(str(url), source, tag)
            return None
        if source == "json-ld":
            url = self._page.find_json_ld_picture(self._reads)
            return TakenImage(str(url), source) if url else None
        return self._find_content_picture(source)

    def _from_tag(self, tag: MetaTag, group: Group) -> TakenImage:
        return TakenImage(str(self._page.resolve(tag.content)), "og", tag, group)

    def _find_content_picture(self, source: ImageSource) -> TakenImage | None:
        """The first, or the largest by its attributes; of those as large the first."""
        parts = self._page.parts
        best: tuple[int, str] | None = None
        for addresses, facts in zip(parts.pictures, parts.picture_facts, strict=False):
            url = next((u for text in addresses if (u := self._page.resolve(text))), None)
            if url is None or url.path.lower().endswith(".svg"):
                continue
            if not self._is_read(facts.end_byte):
                continue
            if source == "first":
                return TakenImage(str(url), source)
            if best is None or facts.area_px > best[0]:
                best = (facts.area_px, str(url))
        return TakenImage(best[1], source) if best else None

    def _is_read(self, end_byte: int) -> bool:
        return self._reads is None or end_byte <= self._reads
