"""Where page mode takes values from: the names that `sources` in `card.toml` may hold.

What they find in a page is the business of `htmlcard.pages`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from htmlcard.templating.fields import Field, FieldType
from htmlcard.templating.mistakes import suggest

#: What `htmlcard.links` settles on for a page, whichever tag it is from; and the page's host name.
PAGE_VALUES: tuple[str, ...] = ("title", "description", "image", "favicon", "site_name", "author")
PAGE_VALUES += ("published", "type", "lang", "host")
#: Prefixes of `meta` tags that stand for themselves: https://ogp.me, Facebook's types, Twitter's.
VOCABULARIES: tuple[str, ...] = ("og", "twitter", "article", "book", "business", "event", "music")
VOCABULARIES += ("place", "product", "profile", "video", "htmlcard")

_TAG = re.compile(rf"(?:{'|'.join(VOCABULARIES)}):[a-z0-9_:.-]{{1,80}}")
_ANY_TAG = re.compile(r"meta:[^\s\"'A-Z]{1,80}")
_JSON_LD = re.compile(r"json-ld:[A-Za-z]\w{0,40}(?:\.[A-Za-z]\w{0,40}){0,3}", re.ASCII)
_USUAL = (
    *PAGE_VALUES,
    *(f"{prefix}:{name}" for prefix in ("og", "twitter") for name in PAGE_VALUES[:3]),
    *("og:site_name", "article:section", "article:tag", "article:published_time"),
    *("product:price:amount", "meta:keywords", "json-ld:headline", "json-ld:author"),
)

#: Of fields without `sources`, by name. Only what is a picture is for fields of type image.
_BY_NAME: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("title", "headline"), ("title",)),
    **dict.fromkeys(("description", "subtitle", "summary", "excerpt"), ("description",)),
    **dict.fromkeys(("author", "byline"), ("author",)),
    **dict.fromkeys(("site", "site_name"), ("site_name", "host")),
    **dict.fromkeys(("date", "published"), ("published",)),
    **dict.fromkeys(("category", "section"), ("article:section",)),
}
_IMAGES_BY_NAME: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("image", "cover", "picture", "photo", "thumbnail"), ("image",)),
    **dict.fromkeys(("favicon", "icon"), ("favicon",)),
}


def find_problem(source: str) -> str:
    """What is wrong with a name in `sources`; empty: nothing."""
    known = source in PAGE_VALUES or any(
        shape.fullmatch(source) for shape in (_TAG, _ANY_TAG, _JSON_LD)
    )
    if known:
        return ""
    return (
        f"unknown source {source[:80]!r}{suggest(source[:80], _USUAL)}. There are: "
        f"{', '.join(PAGE_VALUES)}, names of meta tags such as og:title, "
        "meta:NAME for any other, json-ld:PROPERTY"
    )


def sources_of(field: Field) -> tuple[str, ...]:
    """All sources of a field, the first ones first: what the page says to this very field leads."""
    by_name = _IMAGES_BY_NAME if field.type is FieldType.IMAGE else _BY_NAME
    own = f"meta:htmlcard:{field.name.lower()}"
    return (own, *(key_of(source) for source in field.sources or by_name.get(field.name, ())))


def key_of(source: str) -> str:
    """The one name of a source: tags with and without `meta:` are the same."""
    return f"meta:{source}" if _TAG.fullmatch(source) else source
