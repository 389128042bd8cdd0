"""On which line of a TOML text a key stands; `tomllib` does not tell.

Reads valid TOML only (`manifest` has parsed it before), one logical line at a
time. Keys of inline tables are on the line of the table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_KEY = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*""")
_STRING = re.compile(
    r"""
    \"{3} (?:[^\\]|\\.)*? \"{3,5}
    | '{3} .*? '{3,5}
    | " (?:[^"\\\n]|\\.)* "
    | ' [^'\n]* '
    | \# [^\n]*
    """,
    re.DOTALL | re.VERBOSE,
)

Path = tuple[str, ...]


def find_lines(text: str) -> Mapping[Path, int]:
    """The line, from 1, of every table header and key, by its path from the root."""
    lines: dict[Path, int] = {}
    table: Path = ()
    depth = 0
    start, number = 0, 1
    for shape in _STRING.sub(_mask, text).split("\n"):
        line = text[start : start + len(shape)]
        if depth == 0 and shape.strip():
            opening = line.lstrip()
            if opening.startswith("["):
                table = path = _parse_path(opening.lstrip("["))
                lines.setdefault(table, number)
            else:
                path = table + _parse_path(line)
            for length in range(len(table) + 1, len(path) + 1):
                lines.setdefault(path[:length], number)
        depth += sum(map(shape.count, "[{")) - sum(map(shape.count, "]}"))
        start += len(shape) + 1
        number += 1 + line.count("\n")
    return lines


def _mask(match: re.Match[str]) -> str:
    """Hides what is inside strings and comments, line breaks too, but keeps the length."""
    return (" " if match[0].startswith("#") else "x") * len(match[0])


def _parse_path(text: str) -> Path:
    parts: list[str] = []
    position = 0
    while match := _KEY.match(text, position):
        parts.append(next(group for group in match.groups() if group is not None))
        position = match.end()
        if text[position : position + 1] != ".":
            break
        position += 1
    return tuple(parts)


def find_line(lines: Mapping[Path, int], path: Sequence[str]) -> int:
    """The line of `path` or of what holds it; 0 where even that is unknown."""
    key = tuple(path)
    while key and key not in lines:
        key = key[:-1]
    return lines.get(key, 0)
