"""The figures that are promised: what was measured, beside its bar.

Printed at the end of `make faults`; `make faults FIGURES=write` puts them into docs/reliability.md.
Tests judge by what happened; whether a bar was held depends on what else the machine does, so that
is told here, and fails nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- figures -->", "<!-- /figures -->"
_HEAD = "| what | bar | measured | | test |\n|---|---|---|---|---|\n"


@dataclass(frozen=True)
class Promise:
    """What is promised, and the test that measures it."""

    what: str
    bar: str
    test: str


SOAK = "test_twenty_thousand_cards_with_one_percent_of_faults"

PROMISES = {
    "pictures": Promise(
        "`/render` answers 200 with a whole picture of its size, under every fault",
        "100 % of 10,000",
        "test_ten_thousand_faulted_requests",
    ),
    "deadline": Promise(
        "the slowest answer under faults, deadline 2.5 s",
        "2.6 s",
        "test_ten_thousand_faulted_requests",
    ),
    "hits without browsers": Promise(
        "hits while all browsers are dead, 300/s: p99",
        "25 ms",
        "test_hits_come_while_all_browsers_are_dead",
    ),
    "hits beside misses": Promise(
        "hits during a flood of misses, 300/s: p99",
        "25 ms",
        "test_hits_come_during_a_flood_of_misses",
    ),
    "shedding": Promise(
        "full queue: decided / answered", "50 ms / 200 ms", "test_more_than_the_queue_holds"
    ),
    "viral": Promise(
        "200 identical cold requests, the first hangs up: renders",
        "1",
        "test_a_card_that_goes_viral_is_drawn_once",
    ),
    "hang": Promise(
        "a renderer hangs: its lane draws again after",
        "deadline + 1 s",
        "test_a_script_that_never_ends_costs_one_lane_one_deadline",
    ),
    "browser": Promise(
        "browser killed or stopped: the next new card",
        "2 s",
        "test_parts_of_a_browser_killed_or_stopped",
    ),
    "driver": Promise(
        "driver killed or stopped: the next new card",
        "3 s",
        "test_the_driver_killed_or_stopped",
    ),
    "breaker": Promise(
        "no browser starts, then the cause is gone: the next new card",
        "10 s",
        "test_a_browser_that_cannot_start_is_taken_when_it_can",
    ),
    "recycling": Promise(
        "recycling under full load: failed / above twice the p99",
        "0 / 0",
        "test_recycling_costs_nobody_anything",
    ),
    "soak": Promise(
        "20,000 cards, 1 % faults, a kill every 500: wrong / no pictures / memory per 1,000 / "
        "zombies / temporary entries / descriptors",
        "0 / 0 / 1 MB / 0 / +0 / +0",
        SOAK,
    ),
    "sigterm": Promise(
        "SIGTERM at full load: exit after / dropped / orphans",
        "10 s / 0 / 0",
        "test_sigterm_at_full_load",
    ),
    "sigkill": Promise(
        "SIGKILL: ready again after / cards kept / orphans",
        "5 s / all / 0",
        "test_after_sigkill_all_is_as_before",
    ),
    "disk": Promise(
        "disk cache locked, full, damaged, gone: lost on a read, at most / wrong pictures",
        "50 ms / 0",
        "test_disks",
    ),
}


@dataclass
class Figures:
    """What one run has measured."""

    pictures: int = 0
    slowest_s: float = 0.0
    measured: dict[str, str] = field(default_factory=dict)
    held: dict[str, bool] = field(default_factory=dict)

    def count_picture(self, took_s: float) -> None:
        """One more picture came, and was looked at."""
        self.pictures += 1
        self.slowest_s = max(self.slowest_s, took_s)

    def note(self, name: str, measured: str, *, held: bool) -> None:
        """Keep a figure; of several for one promise, all are shown, and all must hold."""
        assert name in PROMISES
        before = self.measured.get(name)
        self.measured[name] = f"{before}; {measured}" if before else measured
        self.held[name] = held and self.held.get(name, True)

    def rows(self) -> Iterable[str]:
        """What was measured, for people at a terminal."""
        for name, promise in PROMISES.items():
            if name in self.measured:
                mark = "holds" if self.held[name] else "MISSED"
                yield f"{mark:6}  {promise.what}: {self.measured[name]}  (bar: {promise.bar})"

    def write(self) -> None:
        """Put the figures into the page; those of other runs stay."""
        text = PAGE.read_text(encoding="utf-8")
        before, _, rest = text.partition(BEGIN)
        table, _, after = rest.partition(END)
        old = {row.split(" | ")[0].strip("| "): row for row in table.splitlines()}
        rows = [
            self._row(name) if name in self.measured else old.get(promise.what, self._row(name))
            for name, promise in PROMISES.items()
        ]
        PAGE.write_text(
            f"{before}{BEGIN}\n\n{_HEAD}" + "\n".join(rows) + f"\n\n{END}{after}", encoding="utf-8"
        )

    def _row(self, name: str) -> str:
        promise = PROMISES[name]
        measured = self.measured.get(name, "")
        mark = "" if self.held.get(name, True) else "missed"
        return f"| {promise.what} | {promise.bar} | {measured} | {mark} | `{promise.test}` |"


FIGURES = Figures()
