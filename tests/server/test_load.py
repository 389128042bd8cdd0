"""Many at once: every picture is looked at, for a fast wrong one is the worst of all."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from aiohttp import ClientError
from running import Answer, MakeSite, Site, is_near, until


def color_of(number: int) -> tuple[int, int, int]:
    """A color for each of 4096 numbers, all of them well apart."""
    return (number % 16 * 17, number // 16 % 16 * 17, number // 256 % 16 * 17)


def nonce_path(number: int, extension: str = "png") -> str:
    red, green, blue = color_of(number)
    return (
        f"/render/nonce.{extension}?must=1&title=Card%20{number}"
        f"&nonce=%23{red:02x}{green:02x}{blue:02x}"
    )


def is_right(answer: Answer, number: int) -> bool:
    """Whether this is the card of that number, in both corners of its block."""
    wanted = color_of(number)
    near = [is_near(answer.pixel(*place), wanted, by=8) for place in ((4, 4), (590, 620))]
    return answer.picture.size == (1200, 630) and all(near)


async def _draw_and_check(site: Site, count: int, clients: int) -> None:
    numbers: Iterator[int] = iter(range(count))
    wrong: list[int] = []
    fallbacks: list[str] = []

    async def crawl() -> None:
        for number in numbers:
            extension = ("png", "png", "jpg", "webp")[number // 64 % 4]
            answer = await site.get(nonce_path(number, extension))
            assert answer.status == 200
            if answer.fallback:
                fallbacks.append(answer.fallback)
            # In a thread: decoding must not hold up the service, which runs in this loop.
            elif not await asyncio.to_thread(is_right, answer, number):
                wrong.append(number)

    await asyncio.gather(*(crawl() for _ in range(clients)))
    assert wrong == []
    assert fallbacks == []


async def test_three_hundred_cards_for_eight_clients_are_all_their_own(site: Site) -> None:
    """A frame of the card before, kept for a year, is somebody else's headline on your link."""
    before = await site.renders()
    await _draw_and_check(site, count=300, clients=8)
    assert await site.renders() == before + 300


@pytest.mark.soak
async def test_two_thousand_cards_for_eight_clients_are_all_their_own(make_site: MakeSite) -> None:
    """The same for long enough that browsers are replaced under way."""
    site = await make_site(lanes=2, cards_per_browser=300, deadline_ms=15_000)
    await until(lambda: site.has_lanes(2))
    await _draw_and_check(site, count=2000, clients=8)
    assert await site.metric("htmlcard_browser_restarts_total", reason="cards") >= 4


async def test_two_hundred_who_ask_for_one_card_are_one_render(site: Site) -> None:
    """A link that goes viral is asked for by everybody in the same second."""
    before = await site.renders()
    answers = await asyncio.gather(*(site.get(nonce_path(777) + "&v=viral") for _ in range(200)))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == 1
    assert is_right(answers[0], 777)
    assert await site.renders() == before + 1
    kinds = {answer.headers["Cache-Status"] for answer in answers}
    assert "htmlcard; fwd=miss; stored" in kinds
    assert "htmlcard; fwd=miss; collapsed" in kinds


async def test_a_first_client_who_hangs_up_changes_nothing_for_others(site: Site) -> None:
    """Crawlers time out and ask again; the first drawing must serve the second ask."""
    before = await site.renders()
    path = nonce_path(778) + "&v=hangup"
    first = asyncio.create_task(site.get(path))
    await asyncio.sleep(0.01)
    others = [asyncio.create_task(site.get(path)) for _ in range(5)]
    await asyncio.sleep(0.005)
    first.cancel()
    with pytest.raises((asyncio.CancelledError, ClientError)):
        await first
    answers = await asyncio.gather(*others)
    assert all(is_right(answer, 778) and not answer.fallback for answer in answers)
    assert await site.renders() == before + 1


async def test_clients_who_all_hang_up_leave_a_card_behind(site: Site) -> None:
    """The work is nearly done when a crawler's patience ends: it must not be thrown away."""
    before = await site.renders()
    path = nonce_path(779) + "&v=gone"
    first = asyncio.create_task(site.get(path))
    await asyncio.sleep(0.015)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)

    async def is_drawn() -> bool:
        return await site.renders() > before

    await until(is_drawn)
    answer = await site.get(path)
    assert is_right(answer, 779)
    assert answer.headers["Cache-Status"] == "htmlcard; hit"
    assert await site.renders() == before + 1
