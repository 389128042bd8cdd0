"""Which characters a font file has glyphs for; read in this process, or in a child (`main`).

Reading them all is half a second of work, and 40 MB and more stay with whoever has done it.
"""

from __future__ import annotations

import json
from array import array
from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple

from fontTools.ttLib import TTFont

from htmlcard.children.service import serve

MAPS = b"C"
_MAX_MEMORY_BYTES = 2**30


class Ranges(NamedTuple):
    """Sorted, disjoint spans of code points, both ends included."""

    starts: array[int]
    ends: array[int]

    def has(self, code_point: int) -> bool:
        at = bisect_right(self.starts, code_point) - 1
        return at >= 0 and code_point <= self.ends[at]


def make_ranges(starts: Iterable[int], ends: Iterable[int]) -> Ranges:
    return Ranges(array("L", starts), array("L", ends))


def read_map(path: str) -> Ranges | None:
    """What the first font of a file covers; None where it cannot be read.

    Raises:
        MemoryError: there is too little for it.
    """
    try:
        with open(path, "rb") as file, TTFont(file, lazy=True, fontNumber=0) as font:  # noqa: PTH123
            return _parse_ranges(font.getBestCmap() or {})
    except MemoryError:
        raise
    # A damaged font raises whatever fontTools stumbles over; another one will do.
    except Exception:
        return None


def main() -> None:
    """A child that reads many: JSON paths in, JSON out, `[starts, ends]` or null for each."""
    serve(_read_maps, _MAX_MEMORY_BYTES)


def _read_maps(payload: bytes) -> tuple[bytes, bytes]:
    maps = [read_map(path) for path in json.loads(payload)]
    return MAPS, json.dumps([each and [*map(list, each)] for each in maps]).encode()


def _parse_ranges(code_points: Iterable[int]) -> Ranges:
    starts: list[int] = []
    ends: list[int] = []
    for code_point in sorted(code_points):
        if ends and ends[-1] == code_point - 1:
            ends[-1] = code_point
        else:
            starts.append(code_point)
            ends.append(code_point)
    return make_ranges(starts, ends)


if __name__ == "__main__":
    main()
