"""Every setting: default, unit, bounds and help. Where values come from: `settings_sources`.

`docs/settings.md` is made from this file (`htmlcard config --markdown`) and tested against it.
"""

from __future__ import annotations

import os
import re
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    model_validator,
)
from pydantic_core import PydanticCustomError

PREFIX = "HTMLCARD_"
#: Names that mean here what they mean elsewhere, and so carry no prefix.
PLAIN_NAMES = {
    "port": "PORT",
    "host": "HOST",
    "log_level": "LOG_LEVEL",
    "redis_url": "REDIS_URL",
}
#: Settings that are never shown, and of which there are no flags.
SECRETS = ("_token", "_keys", "redis_url")
#: Shorter signing keys can be guessed.
MIN_KEY_LENGTH = 16

Network = IPv4Network | IPv6Network
HostPattern = Annotated[
    str, Field(pattern=r"^(\*\.)?[A-Za-z0-9_:]([A-Za-z0-9._:-]*[A-Za-z0-9_:])?$")
]
Port = Annotated[int, Field(ge=1, le=65535)]
_RATE = re.compile(r"[1-9][0-9]{0,8}/(second|minute|hour|day)")


def _parse_paths(value: object) -> object:
    """`a:b` as in PATH; a list as it comes from flags and from the file."""
    if isinstance(value, str):
        return [part for part in value.split(os.pathsep) if part]
    return value


def _parse_list(value: object) -> object:
    """`a, b`; a list as it comes from flags and from the file."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _check_rate(value: str) -> str:
    """`60/minute`; empty text says nothing."""
    if value and not _RATE.fullmatch(value):
        raise PydanticCustomError("rate", "write a rate such as 60/minute, 5/second or 1000/hour")
    return value


def _parse_keys(value: object) -> object:
    """`new,old`; what cannot be a key is named without being shown."""
    parts = value.split(",") if isinstance(value, str) else value
    keys = [part.strip() for part in parts] if isinstance(parts, list) else []
    if not all(isinstance(key, str) and len(key) >= MIN_KEY_LENGTH for key in keys):
        raise PydanticCustomError(
            "signing_keys",
            f"every key needs {MIN_KEY_LENGTH} characters or more; `htmlcard keygen` makes one",
        )
    return keys


def _default_cache_dir() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "htmlcard"


class Settings(BaseModel):
    """All settings, validated."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    host: str = Field(
        "127.0.0.1",
        pattern=r"^[A-Za-z0-9.:_-]+$",
        description="Address to listen on; `0.0.0.0` for all.",
    )
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least important messages to log."
    )
    log_format: Literal["auto", "json", "text"] = Field(
        "auto", description="Log lines for programs or for people; `auto`: text on a terminal."
    )
    templates: Annotated[list[Path], BeforeValidator(_parse_paths)] = Field(
        default_factory=list,
        description="Folders of templates, searched before `./templates` and the built-in set.",
    )
    cache_dir: Path = Field(
        default_factory=_default_cache_dir, description="Folder of the disk cache."
    )
    cache_bytes: int = Field(
        2_000_000_000, ge=0, description="Size of the disk cache, bytes; 0 keeps nothing on disk."
    )
    cache_memory_bytes: int = Field(
        64_000_000, ge=0, description="Size of the memory cache in front of it, bytes."
    )
    cache_ttl_s: int = Field(
        30 * 86400,
        ge=1,
        description="Age after which a cached card is drawn anew in the background, seconds.",
    )
    max_age_s: int = Field(
        86400, ge=0, description="`max-age` of cards without `v` or signature, seconds."
    )
    stale_s: int = Field(
        604800,
        ge=0,
        description="`stale-while-revalidate` and `stale-if-error` of the same cards, seconds.",
    )
    lanes: int = Field(
        default_factory=lambda: os.cpu_count() or 1,
        ge=1,
        le=64,
        description="Browsers that draw at the same time; default: one per core.",
    )
    queue: int = Field(
        64,
        ge=0,
        le=10_000,
        description="Cards that may wait for a browser; more are answered by fallback pictures.",
    )
    deadline_ms: int = Field(
        2500,
        ge=200,
        le=60_000,
        description="Time within which every picture is answered, fallback included, milliseconds.",
    )
    max_bytes: int = Field(
        300_000, ge=10_000, le=50_000_000, description="Byte budget of every picture."
    )
    cards_per_browser: int = Field(
        5000, ge=1, description="Cards a browser draws before a fresh one takes over."
    )
    browser_bytes: int = Field(
        700_000_000,
        ge=100_000_000,
        description="Memory at which a browser is replaced by a fresh one, bytes.",
    )
    chromium: str | None = Field(None, description="Chromium binary to use, and no other.")
    unsafe_browser: bool = Field(
        False, description="Allow Chromium without its sandbox where none can be had."
    )
    public_url: str | None = Field(
        None,
        pattern=r"^https?://[^\s?#]+$",
        description="URL under which the world reaches the service; makes `/tags` URLs absolute.",
    )
    image_hosts: Annotated[list[HostPattern], BeforeValidator(_parse_list)] = Field(
        default_factory=list,
        description="Hosts, comma separated, whose pictures image fields may show; "
        "`*.example.org` is all below it. With signing required, a signed URL may name any.",
    )
    page_hosts: Annotated[list[HostPattern], BeforeValidator(_parse_list)] = Field(
        default_factory=list,
        description="Hosts, comma separated, whose pages `?url=` may fill in fields from; "
        "`*.example.org` is all below it.",
    )
    image_bytes: int = Field(
        10_000_000,
        ge=1000,
        le=100_000_000,
        description="Largest picture that is fetched for an image field, bytes.",
    )
    image_wait_ms: int = Field(
        1000,
        ge=0,
        le=30_000,
        description="How long a card waits for its page, and then for its pictures, milliseconds; "
        "what comes later is for the next card.",
    )
    image_memory_bytes: int = Field(
        64_000_000, ge=0, description="Memory in which fetched pictures are kept, bytes."
    )
    fetch_ports: Annotated[list[Port], BeforeValidator(_parse_list)] = Field(
        default_factory=lambda: [80, 443],
        description="Ports, comma separated, at which anything is fetched.",
    )
    allow_private: bool = Field(
        False,
        description="For local work: fetch from private addresses and any port, too.",
    )
    brand_name: str = Field("htmlcard", max_length=60, description="Name on fallback pictures.")
    brand_color: str = Field(
        "#4f46e5",
        pattern=r"^#[0-9a-fA-F]{6}$",
        description="Color of fallback pictures, `#rrggbb`.",
    )
    brand_logo: Path | None = Field(
        None, description="PNG, JPEG or WebP file shown on fallback pictures."
    )
    signing: Literal["off", "required"] = Field(
        "off", description="Whether only signed URLs are drawn."
    )
    signing_keys: Annotated[list[SecretStr], BeforeValidator(_parse_keys)] = Field(
        default_factory=list,
        description="Keys of signatures, comma separated: the first signs, all verify.",
    )
    rate_limit: Annotated[str, AfterValidator(_check_rate)] = Field(
        "",
        description="Cards in no cache that one client may have drawn, such as `60/minute`; "
        "empty: no limit.",
    )
    crawler_rate_limit: Annotated[str, AfterValidator(_check_rate)] = Field(
        "600/minute",
        description="The same for link preview crawlers that come from their owner's addresses.",
    )
    redis_url: SecretStr | None = Field(
        None, description="Redis in which several instances count their clients together."
    )
    trusted_proxies: Annotated[list[Network], BeforeValidator(_parse_list)] = Field(
        default_factory=list,
        description="Addresses and networks of proxies whose `X-Forwarded-For` is believed, "
        "comma separated.",
    )
    allowed_hosts: Annotated[list[str], BeforeValidator(_parse_list)] = Field(
        default_factory=list,
        description="Host names, comma separated, under which pages other than pictures and "
        "health are answered; empty: all.",
    )
    links: Literal["off", "token", "open"] | None = Field(
        None,
        description="Who may use `/unfurl` and `/check`: nobody (`off`), who has the API token "
        "(`token`), everybody (`open`). Default: `open` under `dev`, else `token` where there is "
        "one.",
    )
    api_token: SecretStr | None = Field(
        None,
        description="Bearer token for `/unfurl` and `/check`, and for `/tags` and `POST /render` "
        "where signing is required.",
    )
    admin_token: SecretStr | None = Field(None, description="Bearer token that allows `/purge`.")

    @model_validator(mode="after")
    def _check_signing(self) -> Settings:
        if self.signing == "required" and not self.signing_keys:
            raise PydanticCustomError(
                "signing",
                "HTMLCARD_SIGNING=required needs HTMLCARD_SIGNING_KEYS; "
                "`htmlcard keygen` makes one",
            )
        return self

    @model_validator(mode="after")
    def _check_links(self) -> Settings:
        if self.links == "token" and self.api_token is None:
            raise PydanticCustomError(
                "links", "HTMLCARD_LINKS=token needs HTMLCARD_API_TOKEN, the token to ask with"
            )
        return self


def variable_name(field: str) -> str:
    """The environment variable of a setting."""
    return PLAIN_NAMES.get(field, PREFIX + field.upper())
