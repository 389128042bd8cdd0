"""robots.txt (RFC 9309): which line keeps a crawler from a path.

Of our own, since the line is wanted as evidence, and since parsers that build every group's rules
take minutes for files made to hurt: here only the groups that are asked for are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

#: As much as RFC 9309, section 2.5, asks crawlers to read.
MAX_BYTES = 512_000
#: Of one crawler; sites by people have some dozens.
_MAX_RULES = 2000

_LINE = re.compile(r"[ \t]*([A-Za-z-]+)[ \t]*:[ \t]*([^#]*)")
#: What is not escaped when paths are compared, beside letters, digits and `_.-~`.
_SAFE = "!$&'()*+,/:;=?@[]"


@dataclass(frozen=True, slots=True)
class RobotsLine:
    """A rule and the group it stands in, as they were written."""

    group: str
    rule: str

    def __str__(self) -> str:
        return f"User-agent: {self.group}, {self.rule}"


def find_disallowed(robots: str, token: str, path: str) -> RobotsLine | None:
    """The line that disallows `path` (with its query) for the crawler of that product token.

    The longest rule that fits counts, of rules as long the one that allows (section 2.2.2).
    """
    own, others = _read_groups(robots, token.lower())
    target = _normalize(path)
    best: tuple[int, bool] = (-1, True)
    line = None
    for group, allows, text, pattern in others if own is None else own:
        rank = (len(pattern), allows)
        if rank > best and _matches(pattern, target):
            best, line = rank, None if allows else RobotsLine(group, text)
    return line


_Rules = list[tuple[str, bool, str, str]]


@lru_cache(maxsize=8)
def _read_groups(robots: str, token: str) -> tuple[_Rules | None, _Rules]:
    """The rules of the crawler's own groups, None where it has none, and those for all others."""
    own: _Rules | None = None
    others: _Rules = []
    agents: list[str] = []
    in_rules = False
    for name, value in _lines(robots):
        if name == "user-agent":
            if in_rules:
                agents, in_rules = [], False
            if value.lower() in (token, "*") and value not in agents:
                agents.append(value)
                own = [] if own is None and value != "*" else own
        elif name in ("allow", "disallow"):
            in_rules = True
            for agent in agents if value else ():
                rules = others if agent == "*" or own is None else own
                if len(rules) < _MAX_RULES:
                    text = f"{name.capitalize()}: {value}"
                    rules.append((agent, name == "allow", text, _normalize(value)))
    return own, others


def _lines(robots: str) -> Iterator[tuple[str, str]]:
    for line in robots.removeprefix("\ufeff").splitlines():
        if match := _LINE.match(line):
            yield match[1].lower(), match[2].strip()


def _normalize(path: str) -> str:
    """The same spelling for the same path: escapes of what needs none undone, all else escaped."""
    return quote(unquote_to_bytes(path.replace("%2F", "%252F").replace("%2f", "%252F")), _SAFE)


def _matches(pattern: str, path: str) -> bool:
    """Whether a rule's path fits: `*` is anything, `$` at the end is the end. In linear time."""
    is_anchored = pattern.endswith("$")
    first, *pieces = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    if not pieces:
        return not is_anchored or at == len(path)
    *middle, last = pieces
    for piece in middle:
        at = path.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    if is_anchored:
        return len(path) - len(last) >= at and path.endswith(last)
    return path.find(last, at) >= 0
