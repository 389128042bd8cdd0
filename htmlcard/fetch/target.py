"""What a URL names: read once and strictly, so that no two parts of us read it differently.

Where it leads is not judged here but in `connector`, on the address that is dialled.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import quote

from yarl import URL

from htmlcard.errors import RefusedTarget

MAX_URL_LENGTH = 4096

#: Scheme and authority. Backslashes, controls and blanks are where parsers part company.
_SHAPE = re.compile(r"(https?)://([^/?#\s\\@%]+)(?:[/?#][^\x00-\x20\x7f\\]*)?", re.IGNORECASE)
_NAME = re.compile(
    r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.?"
)
#: A last label that is a number makes the whole an IPv4 address (WHATWG URL, section 3.5).
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PORTS = {"http": 80, "https": 443}
#: But what the query set of the standard escapes: `"`, `'`, `<` and `>`.
_ASCII = "!$%&()*+,-./:;=?@[\\]^_`{|}~"


@dataclass(frozen=True, slots=True)
class Target:
    """An http(s) URL: `host` is lower case ASCII without a final dot, addresses unbracketed."""

    url: URL
    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        return str(self.url)


def parse_target(text: str) -> Target:
    """The target of an absolute URL. Raises RefusedTarget for anything odd."""
    match = _SHAPE.fullmatch(text.strip(" ")) if len(text) <= MAX_URL_LENGTH else None
    if match is None:
        raise RefusedTarget
    try:
        url = _with_own_query(URL(match[0]), match[0])
        scheme, host, port = url.scheme, url.raw_host or "", url.explicit_port
    # What cannot be encoded or is no port raises ValueError; idna has errors of its own.
    except (ValueError, UnicodeError) as error:
        raise RefusedTarget from error
    host = host.lower()
    if not _is_host(host) or url.raw_user is not None or url.raw_password is not None:
        raise RefusedTarget
    return Target(
        url=url.with_fragment(None),
        scheme=scheme,
        host=host.removesuffix("."),
        port=_PORTS[scheme] if port is None else port,
    )


def parse_redirect(base: Target, location: str) -> Target:
    """Where a `Location` header leads. Raises RefusedTarget."""
    if len(location) > MAX_URL_LENGTH or re.search(r"[\x00-\x20\x7f\\]", location.strip(" ")):
        raise RefusedTarget
    try:
        location = location.strip(" ")
        joined = _with_own_query(base.url.join(URL(location)), location)
    except (ValueError, UnicodeError) as error:
        raise RefusedTarget from error
    return parse_target(str(joined))


def _with_own_query(url: URL, text: str) -> URL:
    """The URL with the query of the text it was read from, escape by escape.

    yarl writes `%2F` as `/` there, and URLs that are signed as they stand would break.
    """
    _, mark, query = text.partition("#")[0].partition("?")
    if not mark:
        return url
    # ASCII stays as it is, a stray percent sign too, as browsers do it (WHATWG URL, 4.4).
    query = quote(query, safe=_ASCII)
    return URL(f"{url.with_query(None).with_fragment(None)}?{query}", encoded=True)


def _is_host(host: str) -> bool:
    if ":" in host:
        return _is_address(IPv6Address, host)
    if _NUMBER.fullmatch(host.removesuffix(".").rpartition(".")[2]):
        return _is_address(IPv4Address, host)
    return len(host) <= 253 and _NAME.fullmatch(host) is not None


def _is_address(kind: type[IPv4Address] | type[IPv6Address], host: str) -> bool:
    try:
        kind(host)
    except ValueError:
        return False
    return "%" not in host
