"""How long each stage of an answer took, for `Server-Timing` and the histogram."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Timings:
    """Seconds by stage, in the order the stages ended."""

    def __init__(self) -> None:
        self._started_s = time.perf_counter()
        self.stages: dict[str, float] = {}
        self.notes: dict[str, str] = {}

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        started_s = time.perf_counter()
        try:
            yield
        finally:
            self.stages[stage] = self.stages.get(stage, 0.0) + time.perf_counter() - started_s

    def header(self) -> str:
        """Value of a `Server-Timing` header (W3C Server Timing), total last."""
        parts = [f"{name};dur={seconds * 1000:.1f}" for name, seconds in self.stages.items()]
        parts += [f'{name};desc="{note}"' for name, note in self.notes.items()]
        total_ms = (time.perf_counter() - self._started_s) * 1000
        return ", ".join([*parts, f"total;dur={total_ms:.1f}"])
