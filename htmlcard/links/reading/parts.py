"""What is kept of a page: the nouns between parser and rules. Plain data, may be pickled."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MetaTag:
    """A `meta` with a name or an `http-equiv`, in lower case; `content` is as decoded, not trimmed.

    `properties` are the words of its attribute `property`. The tag is `page[start_byte:end_byte]`
    of the bytes that were sent: it can be told whether a crawler that stops early has seen it.
    `is_mixed_case` where a name of Open Graph or Twitter was not written in lower case.
    """

    properties: tuple[str, ...]
    name: str
    http_equiv: str
    content: str
    start_byte: int
    end_byte: int
    in_head: bool
    is_mixed_case: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Every name the tag goes by, once."""
        own = (self.name,) if self.name else ()
        return tuple(dict.fromkeys((*self.properties, *own)))


@dataclass(frozen=True, slots=True)
class LinkTag:
    """A `link` with an `href`; `rel` words and `type` in lower case. Bytes as for `MetaTag`."""

    rel: tuple[str, ...]
    href: str
    type: str
    start_byte: int = 0
    end_byte: int = 0


@dataclass(frozen=True, slots=True)
class ContentPicture:
    """How large a content picture is by its attributes, 0 where one is missing; where it ends."""

    area_px: int
    end_byte: int


@dataclass(frozen=True, slots=True)
class PageLayout:
    """Where things stand, in bytes as they were sent; None for what is not there.

    New tags go to `head_end`, those that must come early to `head_start`. `charset_tag` is the
    first `meta` that names a charset. `has_scripts` is about those that run and stand in the page.
    """

    head_start: int = 0
    head_end: int = 0
    title_end: int = 0
    json_ld_ends: tuple[int, ...] = ()
    charset_tag: tuple[int, int] | None = None
    has_password: bool = False
    has_scripts: bool = False


@dataclass(frozen=True, slots=True)
class PageParts:
    """All that a page says, before any rule chooses: tags in document order, texts collapsed.

    `charset` is None where the answer is no page; then everything else is empty. Values that only
    matter as a last resort are already chosen, for they depend on where they stand: `h1`,
    `paragraph`, `time`, the microdata and `author_link`. `pictures` holds the addresses each of
    the first content pictures offers (more about each in `picture_facts`), `json_ld` the scripts as
    they stand.
    """

    charset: str | None = None
    metas: tuple[MetaTag, ...] = ()
    links: tuple[LinkTag, ...] = ()
    base: str | None = None
    title: str | None = None
    languages: tuple[str, ...] = ()
    h1: str | None = None
    paragraph: str | None = None
    pictures: tuple[tuple[str, ...], ...] = ()
    json_ld: tuple[str, ...] = ()
    author_item: str | None = None
    author_link: str | None = None
    published_item: str | None = None
    time: str | None = None
    warnings: tuple[str, ...] = ()
    picture_facts: tuple[ContentPicture, ...] = ()
    layout: PageLayout = PageLayout()
