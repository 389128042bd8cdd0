"""The crawlers as data (`profiles.toml`): what each reads, takes and refuses, and who says so."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Generic, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, model_validator

from htmlcard.links.report import Confidence, Severity

T = TypeVar("T")

TextSource = Literal["og", "twitter", "json-ld", "title", "h1", "meta", "p"]
ImageSource = Literal["og", "twitter", "json-ld", "largest", "first"]
#: Which severities a source carries: third parties may be wrong, and what is unverified often is.
_CARRIES: dict[Confidence, tuple[Severity, ...]] = {
    "O": ("error", "warning", "hint"),
    "S": ("error", "warning", "hint"),
    "3": ("warning", "hint"),
    "U": ("hint",),
}


class Sourced(BaseModel):
    """A fact: `source` is an address or a wording, `confidence` how far it carries."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    confidence: Confidence


class Fact(Sourced, Generic[T]):
    """One value."""

    value: T


class Limit(Sourced):
    """A fact that makes findings of that severity; with `card`, where twitter:card asks for it."""

    severity: Severity
    card: Literal["large", "small"] | None = None

    @model_validator(mode="after")
    def _check_weight(self) -> Self:
        if self.severity not in _CARRIES[self.confidence]:
            raise ValueError(f"confidence {self.confidence} carries no {self.severity}")
        return self

    def fits(self, *, is_large_card: bool) -> bool:
        """Whether the limit is about such a card."""
        return self.card is None or (self.card == "large") == is_large_card


class Over(Limit):
    """Bytes."""

    over: int


class Small(Limit):
    """Width and height in px; 0 for no limit."""

    under_px: tuple[int, int]


class Ratio(Limit):
    """Width by height."""

    under: float
    over: float


class RefusedTypes(Limit):
    """MIME types of pictures, by their bytes."""

    types: frozenset[str]


class Cut(Sourced):
    """How long a text may be: in characters, or in bytes of UTF-8."""

    characters: int | None = None
    bytes: int | None = None

    def fits(self, text: str) -> bool:
        if self.characters is not None:
            return len(text) <= self.characters
        return self.bytes is None or len(text.encode("utf-8", "replace")) <= self.bytes

    def cut(self, text: str) -> str:
        """The longest beginning that is within the limit with an ellipsis behind it."""
        if self.fits(text):
            return text
        if self.characters is not None:
            kept = text[: self.characters - 1]
        else:
            assert self.bytes is not None
            kept = text.encode("utf-8", "replace")[: self.bytes - 3].decode("utf-8", "ignore")
        return kept.rstrip() + "…"


class LayoutFact(Sourced):
    """When the picture is shown large: from a size on, with a large twitter:card, or never.

    With `needs_title` nothing is shown without a title.
    """

    large_from_px: tuple[int, int] = (0, 0)
    needs_large_card: bool = False
    never_large: bool = False
    crops_square: bool = False
    needs_title: bool = False


class Profile(BaseModel):
    """One crawler. `reads_bytes` is of the unpacked page, None for all of it.

    `agent_name` is the part of its user agent that firewalls go by; `property_only` where it does
    not see Open Graph tags with `name=`, `news_only` where of JSON-LD it takes `headline` and
    `description` of the first NewsArticle or WebPage that stands at the top of a script, and
    `resolves_images` where it knows what a picture's relative address means.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    platform: str
    name: str
    agent_name: str
    user_agent: Fact[str]
    robots_token: Fact[str] | None = None
    reads_bytes: Fact[int] | None = None
    property_only: Fact[bool] | None = None
    news_only: Fact[bool] | None = None
    resolves_images: Fact[bool] | None = None
    title: Fact[tuple[TextSource, ...]]
    description: Fact[tuple[TextSource, ...]]
    image: Fact[tuple[ImageSource, ...]]
    title_cut: Cut | None = None
    description_cut: Cut | None = None
    layout: LayoutFact
    image_bytes: tuple[Over, ...] = ()
    image_small: tuple[Small, ...] = ()
    image_ratio: tuple[Ratio, ...] = ()
    max_side_px: Fact[int] | None = None
    refused_types: tuple[RefusedTypes, ...] = ()
    taken_types: Fact[frozenset[str]] | None = None


@cache
def load_profiles() -> tuple[Profile, ...]:
    """All crawlers, in the order reports have them."""
    content = tomllib.loads(files("htmlcard.links").joinpath("profiles.toml").read_text("utf-8"))
    sources = content["sources"]
    return tuple(Profile.model_validate(_with_sources(p, sources)) for p in content["profiles"])


def _with_sources(item: Any, sources: dict[str, dict[str, str]]) -> Any:
    """The same with each named source in full."""
    if isinstance(item, list):
        return [_with_sources(each, sources) for each in item]
    if not isinstance(item, dict):
        return item
    full = {name: _with_sources(value, sources) for name, value in item.items()}
    if "source" in item:
        named = sources[item["source"]]
        full |= {"source": named["url"], "confidence": named["confidence"]}
    return full
