"""What is wrong with a template, told to its author: file, line and mend.

`manifest`, `analysis` and `loading` collect these; `catalogue` reports them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong in `file` (path below its root); `line` counts from 1, 0 for the whole."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}" if self.line else self.describe()

    def describe(self) -> str:
        return f"{self.file}: {self.message}"


def suggest(word: str, known: Iterable[str]) -> str:
    """`; did you mean x?` for the nearest known word, or nothing."""
    near = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""


def line_of(text: str, index: int) -> int:
    """The line, from 1, that character `index` of `text` is on."""
    return text.count("\n", 0, index) + 1
