"""How many browsers draw fastest on this machine: that many are measured."""

from __future__ import annotations

import asyncio
import time

from bench.cards import TITLES
from bench.contestants import HtmlcardServer
from bench.measure import numbers, warm_up

_CLIENTS = 6


async def measure_lanes(counts: tuple[int, ...], seconds: float) -> dict[str, float]:
    """PNG cards per second of all cards in turn, by number of lanes."""
    rates = {}
    for lanes in counts:
        server = HtmlcardServer({"HTMLCARD_LANES": str(lanes)})
        try:
            await server.start()
            await warm_up(server, ("png",), seconds / 4)
            rates[str(lanes)] = await measure_rate(server, seconds)
        finally:
            await server.stop()
        print(f"{lanes} lanes: {rates[str(lanes)]:.1f} cards/s", flush=True)
    return rates


async def measure_rate(server: HtmlcardServer, seconds: float) -> float:
    cards = list(TITLES)
    started_s = time.perf_counter()
    done = 0

    async def client() -> None:
        nonlocal done
        while time.perf_counter() - started_s < seconds:
            number = next(numbers)
            await server.draw(cards[number % len(cards)], number, "png")
            done += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(_CLIENTS):
            group.create_task(client())
    return done / (time.perf_counter() - started_s)
