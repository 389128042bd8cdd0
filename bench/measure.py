"""The race: everybody draws every card, turn by turn, so that a slow minute of the machine
is shared by all. Every single picture is checked, after the clock has stopped.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence

from bench.cards import TITLES, find_fault
from bench.contestants import Contestant, ContestantFailed
from bench.figures import Cell, percentile
from bench.plan import Plan
from bench.processes import read_cpu_ms

#: No two cards of a run have the same number, so no answer can come from a cache.
numbers: Iterator[int] = itertools.count(1)

#: A service files a card after it has answered; that belongs to the card's cost.
_SETTLE_S = 0.05
_FAULTS_KEPT = 5

Key = tuple[str, str, str, int]


async def race(contestants: Sequence[Contestant], plan: Plan) -> list[Cell]:
    """All rounds. The contestants are started and warm."""
    cells: dict[Key, Cell] = {}
    latencies_ms: dict[Key, list[float]] = defaultdict(list)
    for turn in range(plan.rounds):
        for card in TITLES:
            print(f"round {turn + 1} of {plan.rounds}: {card}", flush=True)
            for format in plan.formats:
                for clients in plan.clients_for(format):
                    for contestant in contestants:
                        if format not in contestant.formats:
                            continue
                        key = (contestant.name, format, card, clients)
                        cell = cells.setdefault(key, Cell(contestant.name, format, card, clients))
                        latencies_ms[key] += await _take_turn(contestant, cell, plan)
    for key, cell in cells.items():
        cell.p50_ms = percentile(latencies_ms[key], 0.5)
        cell.p95_ms = percentile(latencies_ms[key], 0.95)
    return list(cells.values())


async def warm_up(contestant: Contestant, formats: Sequence[str], seconds: float) -> None:
    """Fonts, pictures, proofs and just-in-time compilers: nobody's first cards count.

    At least four cards of each kind, and as many as come in `seconds`.
    """

    async def client(card: str, format: str, until_s: float) -> None:
        await _draw(contestant, card, format, [], [])
        while time.perf_counter() < until_s:
            await _draw(contestant, card, format, [], [])

    for format in formats:
        if format in contestant.formats:
            for card in TITLES:
                until_s = time.perf_counter() + seconds
                async with asyncio.TaskGroup() as group:
                    for _ in range(4):
                        group.create_task(client(card, format, until_s))


async def _take_turn(contestant: Contestant, cell: Cell, plan: Plan) -> list[float]:
    """One cell of one round; what it drew is added to `cell`. Returns latencies, ms."""
    drawn: list[tuple[int, bytes, float]] = []
    lost: list[str] = []
    started_s = time.perf_counter()

    async def client() -> None:
        while time.perf_counter() - started_s < plan.cell_s or len(drawn) < plan.cell_cards:
            await _draw(contestant, cell.card, cell.format, drawn, lost)
            if len(lost) > plan.cell_cards:
                return

    cpu_ms = read_cpu_ms(contestant.processes())
    async with asyncio.TaskGroup() as group:
        for _ in range(cell.clients):
            group.create_task(client())
    seconds = time.perf_counter() - started_s
    await asyncio.sleep(_SETTLE_S)
    cpu_ms = read_cpu_ms(contestant.processes()) - cpu_ms

    before, count = cell.cards, len(drawn)
    faults = [*lost]
    for number, data, _ in drawn:
        if fault := find_fault(data, number, cell.format):
            faults.append(f"{contestant.name} {cell.card}.{cell.format} {number}: {fault}")
    cell.wrong += len(faults)
    cell.faults += faults[: max(0, _FAULTS_KEPT - len(cell.faults))]
    if count:
        cell.cards += count
        cell.seconds += seconds
        cell.rates.append(count / seconds)
        size = sum(len(data) for _, data, _ in drawn)
        cell.mean_bytes = (cell.mean_bytes * before + size) / cell.cards
        cell.cpu_ms = (cell.cpu_ms * before + cpu_ms) / cell.cards
    return [latency_ms for _, _, latency_ms in drawn]


async def _draw(
    contestant: Contestant,
    card: str,
    format: str,
    drawn: list[tuple[int, bytes, float]],
    lost: list[str],
) -> None:
    number = next(numbers)
    asked_s = time.perf_counter()
    try:
        data = await contestant.draw(card, number, format)
    except ContestantFailed as error:
        lost.append(f"{contestant.name} {card}.{format} {number}: {error}")
    else:
        drawn.append((number, data, (time.perf_counter() - asked_s) * 1000))
