"""For how long a picture is good, by what its server says (RFC 9111, sections 4.2 and 5.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

#: Nobody is asked more often than every minute, nor less often than every day.
MIN_FRESH_S = 60.0
MAX_FRESH_S = 86400.0
#: Of a server that does not say.
DEFAULT_FRESH_S = 3600.0

_SECONDS = re.compile(r'"?([0-9]{1,10})"?')


@dataclass(frozen=True, slots=True)
class Freshness:
    """Seconds a picture is good for, and what to ask with whether it still is."""

    fresh_s: float = DEFAULT_FRESH_S
    etag: str = ""
    last_modified: str = ""

    def over(self, before: Freshness) -> Freshness:
        """What holds after a 304: validators it does not repeat stay (RFC 9111, section 3.2)."""
        return Freshness(
            self.fresh_s, self.etag or before.etag, self.last_modified or before.last_modified
        )

    @property
    def validators(self) -> dict[str, str]:
        """Headers of a conditional request."""
        named = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in named.items() if value}


def read_freshness(headers: Mapping[str, str]) -> Freshness:
    """What an answer's headers say, within bounds. `headers` are asked for in any case."""
    return Freshness(
        fresh_s=min(max(_find_lifetime_s(headers), MIN_FRESH_S), MAX_FRESH_S),
        etag=_find_plain(headers, "ETag"),
        last_modified=_find_plain(headers, "Last-Modified"),
    )


def _find_lifetime_s(headers: Mapping[str, str]) -> float:
    control: dict[str, str] = {}
    for part in headers.get("Cache-Control", "").lower().split(","):
        name, _, value = part.strip().partition("=")
        control.setdefault(name, value)
    if control.keys() & {"no-store", "no-cache", "private"}:
        return 0.0
    for name in ("s-maxage", "max-age"):
        if name in control:
            seconds = _SECONDS.fullmatch(control[name])
            age = _SECONDS.fullmatch(headers.get("Age", ""))
            return float(seconds[1]) - float(age[1] if age else 0) if seconds else 0.0
    if "Expires" in headers:
        try:
            expires = parsedate_to_datetime(headers["Expires"])
            return (expires - parsedate_to_datetime(headers.get("Date", ""))).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return 0.0  # RFC 9111, section 5.3: what is no date has expired
    return DEFAULT_FRESH_S


def _find_plain(headers: Mapping[str, str], name: str) -> str:
    """A value that can be sent back as it is, or nothing."""
    value = headers.get(name, "")
    return value if len(value) <= 300 and value.isascii() and value.isprintable() else ""
