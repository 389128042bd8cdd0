"""A card somebody asked for, and how it is read: leniently from a query, strictly from JSON.

`templating.params` judges the template's own fields; here the reserved names join them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from htmlcard.cache import card_identity
from htmlcard.card import DEFAULT_SIZE_NAME, ImageFormat, Size
from htmlcard.errors import InputError, InvalidParams
from htmlcard.pages import NO_PAGE, PageFill
from htmlcard.pictures import PictureHosts
from htmlcard.templating.lang import parse_lang
from htmlcard.templating.params import Params, parse_json, parse_query
from htmlcard.templating.template import Template
from htmlcard.urls import RESERVED_NAMES, Target, first_values, parse_version

_NO_HOSTS = PictureHosts()
_SCALES = {"1": 1, "2": 2}


@dataclass(frozen=True, slots=True)
class CardRequest:
    """A card somebody asked for, all of it validated."""

    template: Template
    params: Params
    format: ImageFormat
    size_name: str
    scale: int = 1
    lang: str | None = None
    version: str = ""
    page: PageFill = field(default=NO_PAGE, repr=False, compare=False)
    """The page that filled in fields; what it gave is among the params."""
    identity: str = field(init=False, repr=False, compare=False)
    """What is asked for, whatever state the template is in."""

    def __post_init__(self) -> None:
        identity = card_identity(
            template=self.template.name,
            params=self.params.canonical,
            format=self.format,
            size=self.size_name,
            scale=self.scale,
            lang=self.lang or "",
            version=self.version,
        )
        object.__setattr__(self, "identity", identity)

    @property
    def size_px(self) -> Size:
        return self.template.sizes[self.size_name].scaled(self.scale)

    @property
    def words(self) -> tuple[str, str]:
        """Title and subtitle for a picture that cannot follow the template."""
        values = self.params.values
        words = (value for name, value in values.items() if name not in self.params.pictures)
        title = values.get("title") or next(filter(None, words), "")
        return str(title), str(values.get("description") or values.get("subtitle") or "")


@dataclass(slots=True)
class Options:
    """The reserved names of a query, understood as far as they go."""

    size_name: str = DEFAULT_SIZE_NAME
    scale: int = 1
    lang: str | None = None
    version: str = ""
    fall_back: bool = True
    errors: list[InputError] = field(default_factory=list)


def read_options(template: Template, query: Sequence[tuple[str, str]]) -> Options:
    """The reserved names of a query; what cannot be used stays at its default, and is named."""
    options = Options()
    given = first_values(query, RESERVED_NAMES)
    if size := given.get("size"):
        if size in template.sizes:
            options.size_name = size
        else:
            known = ", ".join(template.sizes)
            options.errors.append(InputError("size", f"unknown size; there are: {known}"))
    if scale := given.get("scale"):
        options.scale = _SCALES.get(scale, 1)
        if scale not in _SCALES:
            options.errors.append(InputError("scale", "must be 1 or 2"))
    if lang := given.get("lang"):
        options.lang = parse_lang(lang)
        if options.lang is None:
            options.errors.append(InputError("lang", "not a language tag (BCP 47)"))
    if version := given.get("v"):
        options.version = parse_version(version) or ""
        if not options.version:
            options.errors.append(InputError("v", "must be 1 to 64 of A-Z a-z 0-9 . _ -"))
    options.fall_back = given.get("fallback") != "0"
    return options


def read_lenient(
    template: Template,
    target: Target,
    query: Sequence[tuple[str, str]],
    hosts: PictureHosts = _NO_HOSTS,
    *,
    signed: bool = False,
    page: PageFill = NO_PAGE,
) -> tuple[CardRequest, Options, tuple[str, ...]]:
    """A card request from a query that crawlers and marketing tools may have rewritten.

    Image fields take URLs of these `hosts`; any, where the request is `signed`. A `page` says
    what the query does not.
    Also answers the options and all warnings.
    """
    options = read_options(template, query)

    def admit(raw: str) -> str:
        return raw if raw in page.pictures else hosts.admit(raw, signed=signed)

    # The first of repeated ones wins.
    params = parse_query(template, [*query, *page.values.items()], admit)
    mistakes = tuple(f"{error.field}: {error.message}, default used" for error in options.errors)
    card = _combine(template, target, params, options, page)
    return card, options, (*params.warnings, *mistakes, *page.warnings)


def read_strict(
    template: Template,
    target: Target,
    query: Sequence[tuple[str, str]],
    body: object,
    hosts: PictureHosts = _NO_HOSTS,
    *,
    signed: bool = False,
) -> tuple[CardRequest, Options, tuple[str, ...]]:
    """A card request from a decoded JSON body of fields, with options in the query.

    Raises:
        InvalidParams: fields or options do not fit; lists all problems.
    """
    options = read_options(template, query)
    errors = list(options.errors)
    if "url" in first_values(query, ("url",)):
        errors.append(InputError("url", "pages fill in the fields of GET requests only"))
    try:
        params = parse_json(template, body, partial(hosts.admit, signed=signed))
    except InvalidParams as error:
        if not error.errors:
            raise
        errors += error.errors
    if errors:
        raise InvalidParams(f"{len(errors)} value(s) cannot be used.", errors)
    return _combine(template, target, params, options), options, params.warnings


def _combine(
    template: Template, target: Target, params: Params, options: Options, page: PageFill = NO_PAGE
) -> CardRequest:
    return CardRequest(
        template=template,
        params=params,
        format=target.format,
        size_name=options.size_name,
        scale=options.scale,
        lang=options.lang,
        version=options.version,
        page=page,
    )
