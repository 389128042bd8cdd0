"""The address an attribute means: the WHATWG URL standard, for http and https alone.

Other schemes, user names and passwords make an address unusable here, so the steps for them are
left out. Where an address leads is judged by the fetcher, on what it really dials.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import quote

from htmlcard.links.web_host import parse_host

_TRIMMED = "".join(map(chr, range(0x21)))
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_AUTHORITY = re.compile(r"[\\/]*([^\\/?#]*)")
_PARTS = re.compile(r"([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
_PORTS = {"http": 80, "https": 443}

_ONE_DOT = re.compile(r"\.|%2e", re.IGNORECASE)
_TWO_DOTS = re.compile(r"(?:\.|%2e){2}", re.IGNORECASE)

# What is *not* escaped beside letters, digits and `_.-~` (the standard's percent-encode sets).
_PATH_SAFE = "!$%&'()*+,/:;=@[\\]|"
_QUERY_SAFE = "!$%&()*+,/:;=?@[\\]^`{|}"
_FRAGMENT_SAFE = "!#$%&'()*+,/:;=?@[\\]^{|}"


@dataclass(frozen=True, slots=True)
class WebUrl:
    """An absolute http(s) URL in its parts, each as the standard serializes it."""

    scheme: str
    host: str
    port: int | None
    path: str
    query: str | None = None
    fragment: str | None = None

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        port = "" if self.port is None else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"

    def __str__(self) -> str:
        query = "" if self.query is None else f"?{self.query}"
        fragment = "" if self.fragment is None else f"#{self.fragment}"
        return f"{self.origin}{self.path}{query}{fragment}"


def parse_web_url(text: str, base: WebUrl | None = None) -> WebUrl | None:
    """The address `text` means on a page at `base`; None where nobody could fetch it."""
    text = re.sub(r"[\t\n\r]", "", text.strip(_TRIMMED))
    # Letters that no encoding has are written as U+FFFD, as the standard's strings have none.
    text = re.sub(r"[\ud800-\udfff]", "\ufffd", text)
    scheme = base.scheme if base else ""
    if match := _SCHEME.match(text):
        scheme, text = match[1].lower(), text[match.end() :]
        if scheme not in _PORTS:
            return None
        if base is None or scheme != base.scheme or text.startswith("//"):
            return _parse_absolute(scheme, text)
    if base is None:
        return None
    if re.match(r"[\\/]{2}", text):
        return _parse_absolute(scheme, text)
    return _parse_relative(text, base)


def _parse_absolute(scheme: str, text: str) -> WebUrl | None:
    authority = _AUTHORITY.match(text)
    assert authority is not None
    user, _, address = authority[1].rpartition("@")
    name, port_text = _split_port(address)
    host = parse_host(name)
    if user.strip(":") or host is None or not re.fullmatch(r"[0-9]*", port_text, re.ASCII):
        return None
    digits = port_text.lstrip("0") or port_text[:1]
    if len(digits) > 5 or (digits and int(digits) > 0xFFFF):
        return None
    port = int(digits) if digits and int(digits) != _PORTS[scheme] else None
    return _with_rest(WebUrl(scheme, host, port, "/"), text[authority.end() :], folder="/")


def _parse_relative(text: str, base: WebUrl) -> WebUrl:
    if not text:
        return replace(base, fragment=None)
    if text[0] in "?#":
        kept = base if text[0] == "#" else replace(base, query=None)
        return _with_rest(kept, text, folder=None)
    folder = "/" if text[0] in "/\\" else base.path[: base.path.rfind("/") + 1]
    return _with_rest(base, text, folder)


def _with_rest(url: WebUrl, rest: str, folder: str | None) -> WebUrl:
    """`url` with path (below `folder`), query and fragment of `rest`; no folder keeps its path."""
    parts = _PARTS.fullmatch(rest)
    assert parts is not None
    path, query, fragment = parts.groups()
    if folder is not None:
        url = replace(url, path=_join(folder, path), query=None)
    if query is not None:
        url = replace(url, query=quote(query, safe=_QUERY_SAFE))
    return replace(url, fragment=None if fragment is None else quote(fragment, _FRAGMENT_SAFE))


def _join(folder: str, path: str) -> str:
    """The path with `.` and `..` resolved."""
    *folders, last = path.replace("\\", "/").removeprefix("/").split("/")
    done = folder.split("/")[1:-1]
    for segment in folders:
        _walk(done, segment)
    _walk(done, last)
    ends_in_folder = _ONE_DOT.fullmatch(last) or _TWO_DOTS.fullmatch(last)
    return quote("/" + "/".join(done) + ("/" if ends_in_folder and done else ""), _PATH_SAFE)


def _walk(done: list[str], segment: str) -> None:
    if _TWO_DOTS.fullmatch(segment):
        del done[-1:]
    elif not _ONE_DOT.fullmatch(segment):
        done.append(segment)


def _split_port(address: str) -> tuple[str, str]:
    """Host and port; colons inside brackets belong to the host."""
    at = address.find(":", address.rfind("]") + 1)
    return (address, "") if at < 0 else (address[:at], address[at + 1 :])
