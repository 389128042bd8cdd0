"""Browsers are replaced in the middle of full load, and nobody notices (fault 31)."""

from __future__ import annotations

import asyncio

import pytest
from server.test_load import is_right, nonce_path

from .figures import FIGURES
from .service import Service, Timed, check_picture, open_service

CARDS = 400
CLIENTS = 4


async def crawl(service: Service) -> list[Timed]:
    """All answers of a few clients who ask for new cards, one after the other."""
    numbers = [service.new_number() for _ in range(CARDS)]
    left = iter(numbers)
    answers: dict[int, Timed] = {}

    async def ask() -> None:
        for number in left:
            answers[number] = await service.ask(nonce_path(number))

    await asyncio.gather(*(ask() for _ in range(CLIENTS)))
    for number, answer in answers.items():
        check_picture(answer)
        assert answer.fallback or is_right(answer, number)
    return [*answers.values()]


@pytest.mark.faults
async def test_recycling_costs_nobody_anything() -> None:
    """Browsers grow with the cards they draw; the remedy must not be worse than the disease."""
    async with open_service() as service:
        usual = sorted(answer.took_s for answer in await crawl(service))
    p99_s = usual[CARDS * 99 // 100]
    async with open_service(cards_per_browser=40) as service:
        fewest = 2
        watching = True

        async def watch() -> None:
            nonlocal fewest
            while watching:
                fewest = min(fewest, len((await service.health())["browser"]["lanes"]))
                await asyncio.sleep(0.05)

        watcher = asyncio.create_task(watch())
        answers = await crawl(service)
        watching = False
        await watcher
        recycled = await service.restarts(reason="cards")
        await service.until_lanes(2)
    failed = sum(bool(answer.fallback) for answer in answers)
    slow = sum(answer.took_s > 2 * p99_s for answer in answers)
    figure = f"{failed} / {slow} of {CARDS} ({recycled:.0f} browsers, p99 {p99_s * 1000:.0f} ms)"
    FIGURES.note("recycling", figure, held=not failed and not slow)
    assert recycled >= 4  # One at a time, so that not every lane gets as far as its share.
    assert failed == 0
    assert fewest >= 2, "a browser went before its successor had drawn"
