"""What a run finds out, as it is kept in JSON and read by the report."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(slots=True)
class Cell:
    """One contestant drawing one card in one format for so many clients, all rounds together."""

    contestant: str
    format: str
    card: str
    clients: int
    cards: int = 0
    seconds: float = 0.0
    rates: list[float] = field(default_factory=list)
    """Cards per second, round by round."""
    p50_ms: float = 0.0
    p95_ms: float = 0.0
    mean_bytes: float = 0.0
    cpu_ms: float = 0.0
    """Processor time per card, all of the contestant's processes."""
    wrong: int = 0
    faults: list[str] = field(default_factory=list)
    """The first few of the wrong ones, in words."""

    @property
    def rate(self) -> float:
        return self.cards / self.seconds if self.seconds else 0.0


@dataclass(slots=True)
class Figures:
    """Everything of one run; parts that were left out are None or empty."""

    made_at: str
    quick: bool
    machine: dict[str, Any]
    versions: dict[str, str]
    skipped: dict[str, str] = field(default_factory=dict)
    """Contestants and parts that could not run here, and why."""
    lanes: dict[str, float] = field(default_factory=dict)
    """Cards per second of a mixed corpus by number of browsers."""
    cells: list[Cell] = field(default_factory=list)
    pss_bytes: dict[str, int] = field(default_factory=dict)
    starts_s: list[float] = field(default_factory=list)
    hits: dict[str, Any] | None = None
    entries: list[dict[str, Any]] = field(default_factory=list)
    soak: dict[str, Any] | None = None

    @property
    def wrong(self) -> int:
        """Pictures that were missing, broken or somebody else's."""
        return sum(cell.wrong for cell in self.cells) + (self.soak["wrong"] if self.soak else 0)

    @property
    def faults(self) -> list[str]:
        found = [fault for cell in self.cells for fault in cell.faults]
        return found + (self.soak["faults"] if self.soak else [])


def save_figures(figures: Figures, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(figures), indent=1, ensure_ascii=False) + "\n")


def load_figures(path: Path) -> Figures:
    found = json.loads(path.read_text())
    return Figures(**{**found, "cells": [Cell(**cell) for cell in found["cells"]]})


def percentile(values: Iterable[float], share: float) -> float:
    """The value that `share` of all values do not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


def geometric_mean(values: Iterable[float]) -> float:
    found = [value for value in values if value > 0]
    return math.exp(sum(map(math.log, found)) / len(found)) if found else 0.0
