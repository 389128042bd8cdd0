"""What everybody found against the labels: right of asked, by field, and what was missed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.links.corpus import Case
from bench.links.fields import FIELDS, find_value, is_asked, is_right
from bench.links.readers import Reading


@dataclass(frozen=True)
class Miss:
    """A value that is not the label's."""

    page: str
    field: str
    expected: Any
    found: Any


@dataclass(frozen=True)
class Score:
    """One column of one reader: `invented` are values for pages that have none."""

    right: int
    asked: int
    invented: int
    misses: tuple[Miss, ...]


def score(cases: Sequence[Case], readings: Mapping[str, Reading]) -> dict[str, Score | None]:
    """By field; None where the reader does not offer it."""
    offered = {field for reading in readings.values() for field in reading.found}
    return {
        field: _score(field, cases, readings)
        if ("title" if field == "legacy title" else field) in offered
        else None
        for field in FIELDS
    }


def _score(field: str, cases: Iterable[Case], readings: Mapping[str, Reading]) -> Score:
    pages = list(cases)
    asked = [case for case in pages if is_asked(field, case)]
    misses = tuple(_misses(field, asked, readings))
    silent = [] if field in ("legacy title", "favicon") else [c for c in pages if c not in asked]
    invented = sum(bool(_found(field, readings[case.name])) for case in silent)
    return Score(len(asked) - len(misses), len(asked), invented, misses)


def _misses(field: str, asked: Iterable[Case], readings: Mapping[str, Reading]) -> Iterator[Miss]:
    for case in asked:
        found = _found(field, readings[case.name])
        if not is_right(field, case, found):
            yield Miss(case.name, field, find_value(field, case.expected), found)


def _found(field: str, reading: Reading) -> Any:
    return None if reading.error else find_value(field, reading.found)
