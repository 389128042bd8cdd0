"""Which parts of a line run right to left, and in which order they stand.

The Unicode bidirectional algorithm (UAX 9) without explicit controls, which
`clusters` drops, and without bracket pairs. Letters are shaped by `typeset`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Protocol, TypeVar

_STRONG = {"L": False, "R": True, "AL": True}


class Leveled(Protocol):
    @property
    def level(self) -> int: ...


_T = TypeVar("_T", bound=Leveled)


def is_rtl(text: str, default: bool) -> bool:
    """The direction of the first strong letter (rules P2 and P3), else `default`."""
    for char in text:
        strong = _STRONG.get(unicodedata.bidirectional(char))
        if strong is not None:
            return strong
    return default


def find_levels(text: str, rtl: bool) -> list[int]:
    """The embedding level of every character of a line: odd levels run right to left."""
    base = "R" if rtl else "L"
    kinds = [unicodedata.bidirectional(char) or "ON" for char in text]
    _resolve_weak(kinds, base)
    _resolve_neutral(kinds, base)
    levels = {"L": 2 if rtl else 0, "R": 1, "EN": 2, "AN": 2}
    return [levels[kind] for kind in kinds]


def order_runs(runs: Sequence[_T]) -> list[_T]:
    """The runs of a line from left to right (rule L2)."""
    ordered = list(runs)
    for level in range(max((run.level for run in runs), default=0), 0, -1):
        start = 0
        while start < len(ordered):
            end = start
            while end < len(ordered) and ordered[end].level >= level:
                end += 1
            ordered[start:end] = ordered[start:end][::-1]
            start = max(end, start + 1)
    return ordered


def _resolve_weak(kinds: list[str], base: str) -> None:
    """Rules W1 to W7: marks follow their letter, separators and signs follow their number."""
    previous = strong = base
    for at, kind in enumerate(kinds):
        if kind == "NSM":
            kinds[at] = previous
        elif kind == "EN" and strong == "AL":
            kinds[at] = "AN"
        elif kind in _STRONG:
            strong = kind
        previous = kinds[at]
    for at in range(1, len(kinds) - 1):
        before, after = kinds[at - 1], kinds[at + 1]
        if before == after and (
            (kinds[at] in ("ES", "CS") and before == "EN") or (kinds[at] == "CS" and before == "AN")
        ):
            kinds[at] = before
    for order in (range(1, len(kinds)), range(len(kinds) - 2, -1, -1)):
        for at in order:
            near = kinds[at - 1] if order.step > 0 else kinds[at + 1]
            if kinds[at] == "ET" and near == "EN":
                kinds[at] = "EN"
    strong = base
    for at, kind in enumerate(kinds):
        if kind == "AL":
            kinds[at] = "R"
        elif kind in ("ES", "ET", "CS"):
            kinds[at] = "ON"
        if kinds[at] in ("L", "R"):
            strong = kinds[at]
        elif kinds[at] == "EN" and strong == "L":
            kinds[at] = "L"


def _resolve_neutral(kinds: list[str], base: str) -> None:
    """Rules N1 and N2: what stands between two like directions takes theirs."""
    start = 0
    while start < len(kinds):
        end = start
        while end < len(kinds) and kinds[end] not in ("L", "R", "EN", "AN"):
            end += 1
        if end > start:
            before = _direction(kinds[start - 1]) if start else base
            after = _direction(kinds[end]) if end < len(kinds) else base
            kinds[start:end] = [before if before == after else base] * (end - start)
        start = end + 1


def _direction(kind: str) -> str:
    return "L" if kind == "L" else "R"
