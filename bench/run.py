"""One run: everybody who can run here is started, raced and stopped, then the rest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from pathlib import Path

from bench import hits
from bench.contestants import PEERS, Contestant, HtmlcardServer
from bench.entries import measure_entries
from bench.figures import Figures
from bench.fonts import build_fonts
from bench.lanes import measure_lanes
from bench.machine import describe_machine, list_versions
from bench.measure import race, warm_up
from bench.plan import Plan
from bench.processes import read_pss_bytes
from bench.sheet import draw_sheet
from bench.soak import soak
from bench.starts import measure_starts

PARTS = ("race", "starts", "hits", "entries", "soak")


async def run(
    plan: Plan,
    made_at: str,
    *,
    quick: bool,
    only: Collection[str],
    parts: Collection[str],
    save: Callable[[Figures], None],
) -> Figures:
    """Measure what was asked for; what there is after each part is saved."""
    build_fonts()
    figures = Figures(made_at, quick, describe_machine(), list_versions())
    if "race" in parts:
        await _race(plan, only, figures)
        save(figures)
    if "starts" in parts:
        _tell("starts")
        figures.starts_s = await measure_starts(plan.starts)
        save(figures)
    if "hits" in parts:
        _tell("hits")
        if obstacle := hits.find_obstacle():
            figures.skipped["hits beside nginx"] = obstacle
        else:
            figures.hits = await hits.measure_hits(plan)
            save(figures)
    if "entries" in parts:
        _tell("entries")
        figures.entries = await measure_entries(plan)
        save(figures)
    if "soak" in parts:
        _tell("soak")
        figures.soak = await soak(plan)
        save(figures)
    return figures


async def look(only: Collection[str], folder: Path) -> Path:
    """One picture of every card by everybody, on one sheet."""
    build_fonts()
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    async with _started([HtmlcardServer(), *PEERS], only, {}) as contestants:
        return await draw_sheet(contestants, folder)


async def _race(plan: Plan, only: Collection[str], figures: Figures) -> None:
    server = HtmlcardServer()
    if not only or server.name in only:
        _tell("lanes")
        figures.lanes = await measure_lanes(plan.lanes, max(0.5, plan.cell_s * 4))
        best = max(figures.lanes, key=lambda lanes: figures.lanes[lanes])
        server.settings["HTMLCARD_LANES"] = best
    async with _started([server, *PEERS], only, figures.skipped) as contestants:
        for contestant in contestants:
            figures.versions[contestant.name] = contestant.find_version()
            await warm_up(contestant, plan.formats, plan.warm_s)
        figures.cells = await race(contestants, plan)
        figures.pss_bytes = {
            contestant.name: read_pss_bytes(contestant.processes()) for contestant in contestants
        }


@asynccontextmanager
async def _started(
    wanted: Collection[Contestant], only: Collection[str], skipped: dict[str, str]
) -> AsyncIterator[list[Contestant]]:
    """Those of `wanted` that can run, running; the others' reasons go into `skipped`."""
    running: list[Contestant] = []
    try:
        for contestant in wanted:
            if only and contestant.name not in only:
                continue
            if obstacle := contestant.find_obstacle():
                skipped[contestant.name] = obstacle
                _tell(f"{contestant.name} is left out: {obstacle}")
                continue
            running.append(contestant)
            await contestant.start()
            _tell(f"{contestant.name} is up: {contestant.find_version()}")
        yield running
    finally:
        for contestant in running:
            await contestant.stop()


def _tell(text: str) -> None:
    print(f"bench: {text}", flush=True)
