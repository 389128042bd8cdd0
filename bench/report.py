"""Figures become `docs/performance.md` and its charts. Nothing is measured here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from bench.bars import Bar, best_rate, list_bars, lone_p50_ms, mean_bytes, mean_cpu_ms
from bench.cards import TITLES
from bench.charts import draw_bars, show
from bench.figures import Cell, Figures

PAGE = "performance.md"
_MB = 1_000_000
_INTRO = """\
# Performance

<!-- Made by `make bench`; edits are lost. -->

htmlcard beside its peers: the same five cards, on the same machine, in one run, turn by turn.
htmlcard is asked over HTTP, every card is a new one, and every single picture of everybody was
decoded and checked. Absolute figures differ from machine to machine; the ratios hold.
"""
_OUTRO = """\
## How to repeat it

    make bench          # all of it, about 25 minutes
    make bench-quick    # a look, under 3 minutes

Both need Node and npm. They measure more where the machine has `wrk`, `nginx` and `wkhtmltoimage`
(Debian: `apt-get install wrk nginx-light wkhtmltopdf`). Leave the machine alone meanwhile.
`bench/corpus` has the cards, `bench/peers/cards.mjs` the same for the peers.

htmlcard keeps every picture within its byte budget (300 kB), PNGs of photos included, and pays for
it with time; nobody else has one. JPEGs are of quality 90.

Rates are cards over wall time, all rounds together, with each card at the number of clients it
goes fastest with; means over the corpus are geometric. CPU is user and system time of all of a
contestant's processes, browsers, drivers and servers included, but not of whoever measures.
"""


def write_report(figures: Figures, docs: Path) -> Path:
    """Write the page and its charts below `docs`."""
    images = docs / "images"
    images.mkdir(parents=True, exist_ok=True)
    charts = []
    for format in _formats(figures):
        for slug, title, value, unit in (
            ("rate", f"{format.upper()} cards per second", best_rate, "cards/s"),
            ("cpu", f"Processor time per {format.upper()} card", mean_cpu_ms, "ms"),
        ):
            values = _rank(figures, format, value, reverse=slug == "rate")
            name = f"performance-{format}-{slug}.svg"
            (images / name).write_text(draw_bars(title, values, unit), encoding="utf-8")
            charts.append(f"![{title}](images/{name})")
    parts = [
        _INTRO,
        _describe_run(figures),
        "\n".join(charts) + "\n",
        "## Against the marks\n\n" + _table_of_bars(list_bars(figures)),
        *(_table_of_format(figures, format) for format in _formats(figures)),
        _describe_hits(figures),
        _describe_soak(figures),
        _describe_lanes(figures),
        _describe_skipped(figures),
        _OUTRO,
    ]
    page = docs / PAGE
    page.write_text("\n".join(part for part in parts if part), encoding="utf-8")
    return page


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = list(head)
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"


def _describe_run(figures: Figures) -> str:
    machine = figures.machine
    versions = ", ".join(f"{name} {version}" for name, version in figures.versions.items())
    kind = "A quick look only: rerun with `make bench` before quoting.\n\n" if figures.quick else ""
    return (
        f"{kind}Made on {figures.made_at} with {machine['cores']} cores of {machine['cpu']}, "
        f"{machine['memory_bytes'] / 2**30:.0f} GiB, {machine['system']}, {machine['kernel']}, "
        f"load before the run {machine['load_before']}.\n\nVersions: {versions}.\n"
    )


def _formats(figures: Figures) -> list[str]:
    return list(dict.fromkeys(cell.format for cell in figures.cells))


def _contestants(figures: Figures, format: str) -> list[str]:
    return list(dict.fromkeys(c.contestant for c in figures.cells if c.format == format))


def _rank(
    figures: Figures,
    format: str,
    value: Callable[[Iterable[Cell], str, str], float | None],
    *,
    reverse: bool,
) -> dict[str, float]:
    found = {name: value(figures.cells, name, format) for name in _contestants(figures, format)}
    whole = [(name, number) for name, number in found.items() if number is not None]
    return dict(sorted(whole, key=lambda item: item[1], reverse=reverse))


def _table_of_bars(bars: list[Bar]) -> str:
    rows = []
    for bar in bars:
        sign = "≥" if bar.more_is_better else "≤"
        value = "–" if bar.value is None else f"{show(bar.value)} {bar.unit}".strip()
        marks = [f"{sign} {mark:g} {bar.unit}".strip() for mark in (bar.at_least, bar.aim)]
        rows.append([bar.what, value, *marks, bar.verdict])
    return _table(["what", "measured", "at least", "aim", ""], rows)


def _table_of_format(figures: Figures, format: str) -> str:
    rows = []
    for name in _rank(figures, format, best_rate, reverse=True):
        values = [of(figures.cells, name, format) for of in (lone_p50_ms, mean_cpu_ms, mean_bytes)]
        alone, cpu_ms, size = ["–" if value is None else show(value) for value in values]
        rates = [
            show(max(c.rate for c in figures.cells if _is(c, name, format, card)))
            for card in TITLES
        ]
        mean = best_rate(figures.cells, name, format)
        rows.append([name, f"**{show(mean or 0)}**", *rates, alone, cpu_ms, size])
    head = ["", "cards/s", *TITLES, "p50 alone, ms", "CPU, ms", "bytes"]
    more = [
        [c.contestant, c.card, str(c.clients)]
        + [show(value) for value in (c.rate, c.p50_ms, c.p95_ms, c.cpu_ms, c.mean_bytes)]
        + [str(c.cards), str(c.wrong)]
        for c in figures.cells
        if c.format == format
    ]
    every = [
        "",
        "card",
        "clients",
        "cards/s",
        "p50 ms",
        "p95 ms",
        "CPU ms",
        "bytes",
        "drawn",
        "wrong",
    ]
    return (
        f"## {format.upper()}\n\n{_table(head, rows)}\n<details><summary>Every cell</summary>\n\n"
        f"{_table(every, more)}\n</details>\n"
    )


def _is(cell: Cell, contestant: str, format: str, card: str) -> bool:
    return (cell.contestant, cell.format, cell.card) == (contestant, format, card)


def _describe_hits(figures: Figures) -> str:
    text = ""
    if hits := figures.hits:
        rows = [
            [name, show(hits[name]["per_s"]), show(hits[name]["p99_ms"])]
            for name in ("htmlcard", "nginx")
        ]
        text += (
            f"## Cached hits\n\nThe same {hits['bytes']:,} bytes from memory, each server on one "
            f"core, wrk with {hits['connections']} connections on another.\n\n"
        )
        text += _table(["", "hits/s", "p99, ms"], rows)
    if figures.entries:
        rows = [
            [
                f"{found['entries']:,}",
                *(
                    show(found[f"{tier}_{key}"])
                    for tier in ("memory", "disk")
                    for key in ("p50_ms", "p99_ms")
                ),
                show(found["memory_pss_bytes"] / _MB),
                show(found["memory_start_s"]),
            ]
            for found in figures.entries
        ]
        head = ["cards in the cache", "memory p50, ms", "p99", "disk p50, ms", "p99"]
        text += "\n## A filling cache\n\n" + _table([*head, "PSS, MB", "start, s"], rows)
    return text


def _describe_soak(figures: Figures) -> str:
    text = ""
    if figures.pss_bytes:
        rows = [[name, show(size / _MB)] for name, size in figures.pss_bytes.items()]
        text += "## Memory\n\nAll processes, at the end of the race.\n\n"
        text += _table(["", "PSS, MB"], rows)
    if soak := figures.soak:
        fallbacks = sum(soak["fallbacks"].values())
        text += (
            f"\n{soak['requests']:,} requests at {show(soak['requests_per_s'])} a second, twice "
            f"what {soak['lanes']} lanes bear: {soak['right']:,} cards, every one of them checked, "
            f"{fallbacks:,} marked fallbacks, {soak['wrong']} wrong.\n\n"
        )
        replacing = soak["replacing"]
        rows = [
            [f"{right:,}", show(pss / _MB), "yes" if right in replacing else ""]
            for right, pss in soak["pss_bytes"][::2]
        ]
        text += _table(["cards drawn", "PSS, MB", "a browser being replaced"], rows)
        text += "\nGrowth is that of the line of best fit, without samples taken while one is.\n"
    return text


def _describe_lanes(figures: Figures) -> str:
    rows = [[lanes, show(rate)] for lanes, rate in figures.lanes.items()]
    return "## Lanes\n\n" + _table(["browsers", "PNG cards/s"], rows) if rows else ""


def _describe_skipped(figures: Figures) -> str:
    lines = "".join(f"* {name}: {reason}\n" for name, reason in figures.skipped.items())
    return f"## Left out\n\n{lines}" if lines else ""
