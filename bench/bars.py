"""What the project wants to reach, and what a run reached: the ratios.

All of them compare figures of one run; only sizes of memory, bytes and start are absolute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bench.cards import TITLES
from bench.figures import Cell, Figures, geometric_mean

_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Bar:
    """One thing to reach. `value` is None where the run did not measure it."""

    what: str
    value: float | None
    at_least: float
    aim: float
    unit: str
    more_is_better: bool

    @property
    def reached(self) -> bool | None:
        return None if self.value is None else self._beats(self.at_least)

    @property
    def verdict(self) -> str:
        if self.value is None:
            return "not measured"
        if self._beats(self.aim):
            return "aim reached"
        return "reached" if self.reached else "**missed**"

    def _beats(self, mark: float) -> bool:
        assert self.value is not None
        return self.value >= mark if self.more_is_better else self.value <= mark


def best_rate(cells: Iterable[Cell], contestant: str, format: str) -> float | None:
    """Geometric mean over the cards, each at the number of clients it goes fastest with."""
    return _over_cards(cells, contestant, format, lambda cell: cell.rate, max, geometric_mean)


def mean_cpu_ms(cells: Iterable[Cell], contestant: str, format: str) -> float | None:
    """Mean over the cards, each at the number of clients where it is cheapest."""
    return _over_cards(cells, contestant, format, lambda cell: cell.cpu_ms, min, _mean)


def mean_bytes(cells: Iterable[Cell], contestant: str, format: str) -> float | None:
    return _over_cards(cells, contestant, format, lambda cell: cell.mean_bytes, max, _mean)


def lone_p50_ms(cells: Iterable[Cell], contestant: str, format: str) -> float | None:
    """Geometric mean over the cards of the median latency with one client."""
    alone = [cell for cell in cells if cell.clients == 1]
    return _over_cards(alone, contestant, format, lambda cell: cell.p50_ms, max, geometric_mean)


def list_bars(figures: Figures) -> list[Bar]:
    cells = figures.cells

    def ratio(
        of: Callable[[Iterable[Cell], str, str], float | None], peer: str, format: str = "png"
    ) -> float | None:
        return _divide(of(cells, "htmlcard", format), of(cells, peer, format))

    own_sizes = [c.mean_bytes for c in cells if (c.contestant, c.format) == ("htmlcard", "png")]
    soak, hits = figures.soak, figures.hits
    wrong = soak["wrong"] if soak else None
    start_s = sorted(figures.starts_s)[len(figures.starts_s) // 2] if figures.starts_s else None
    pss = _find_settled(soak["pss_bytes"]) / _MB if soak else None
    slope = soak["pss_slope_bytes_per_1000"] / _MB if soak else None
    hit_ratio = _divide(hits["htmlcard"]["per_s"], hits["nginx"]["per_s"]) if hits else None
    jpeg = ratio(best_rate, "takumi", "jpeg")
    kept, filed = _spread(figures, "memory"), _spread(figures, "disk")
    largest = max(own_sizes) / 1000 if own_sizes else None
    return [
        Bar("PNG cards/s beside satori + resvg", ratio(best_rate, "satori"), 5, 8, "x", True),
        Bar("PNG cards/s beside takumi", ratio(best_rate, "takumi"), 0.6, 1.1, "x", True),
        Bar("PNG cards/s beside Playwright", ratio(best_rate, "playwright"), 12, 20, "x", True),
        Bar("JPEG cards/s beside takumi", jpeg, 0.8, 1.2, "x", True),
        Bar("CPU-ms a PNG card beside takumi", ratio(mean_cpu_ms, "takumi"), 1.6, 1, "x", False),
        Bar("p50, one client, beside satori", ratio(lone_p50_ms, "satori"), 0.4, 0.2, "x", False),
        Bar("cached hits/s on one core beside nginx", hit_ratio, 0.35, 0.6, "x", True),
        Bar("p99 of hits from memory, fullest cache beside emptiest", kept, 1.3, 1, "x", False),
        Bar("p99 of hits from disk, fullest cache beside emptiest", filed, 1.3, 1, "x", False),
        Bar("wrong pictures under twice the bearable load", wrong, 0, 0, "", False),
        Bar("memory (PSS), 2 lanes, after the soak", pss, 650, 450, "MB", False),
        Bar("growth of memory in 1,000 cards", slope, 1, 0, "MB", False),
        Bar("process start to first card", start_s, 2, 1, "s", False),
        Bar("largest PNG", largest, 300, 300, "kB", False),
        Bar("mean PNG bytes beside takumi", ratio(mean_bytes, "takumi"), 1.5, 1, "x", False),
    ]


def _over_cards(
    cells: Iterable[Cell],
    contestant: str,
    format: str,
    value: Callable[[Cell], float],
    choose: Callable[[Iterable[float]], float],
    combine: Callable[[list[float]], float],
) -> float | None:
    """`choose` among the cells of each card, `combine` the cards; None where a card is missing."""
    own = [c for c in cells if (c.contestant, c.format) == (contestant, format) and c.cards]
    by_card = [[value(cell) for cell in own if cell.card == card] for card in TITLES]
    return combine([choose(values) for values in by_card]) if all(by_card) else None


def _find_settled(samples: list[tuple[int, int]]) -> float:
    """The middle of the last quarter: one sample may meet a browser that is being replaced."""
    last = sorted(pss for _, pss in samples[-max(1, len(samples) // 4) :])
    return last[len(last) // 2]


def _spread(figures: Figures, tier: str) -> float | None:
    if len(figures.entries) < 2:
        return None
    key = f"{tier}_p99_ms"
    return _divide(figures.entries[-1][key], figures.entries[0][key])


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _divide(value: float | None, by: float | None) -> float | None:
    return value / by if value is not None and by else None
