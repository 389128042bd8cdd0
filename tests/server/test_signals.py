"""The service as a process: how it stops, and what is left when it is not asked to."""

from __future__ import annotations

import asyncio
import signal

import psutil
from aiohttp import ClientSession, TCPConnector
from desk import HANG_S, Desk, Serving, are_gone
from running import Answer, read, until
from yarl import URL

from .test_load import is_right, nonce_path

#: For tests that ask for the card itself, however busy the machine is.
_PATIENT = {"HTMLCARD_DEADLINE_MS": "15000"}


async def ask(session: ClientSession, serving: Serving, path: str) -> Answer:
    return await read(await session.get(URL(serving.url + path, encoded=True)))


async def wait_until_cards_come(session: ClientSession, serving: Serving) -> None:
    async def card_comes() -> bool:
        return not (await ask(session, serving, nonce_path(4000))).fallback

    await until(card_comes, HANG_S)


async def wait_until_on_disk(session: ClientSession, serving: Serving, cards: int) -> None:
    """A card is on the disk soon after its answer."""

    async def are_there() -> bool:
        disk = (await ask(session, serving, "/health")).json["cache"]["disk"]
        return int(disk["entries"]) >= cards

    await until(are_there)


async def wait_until_gone(processes: list[psutil.Process]) -> None:
    async def gone() -> bool:
        return are_gone(processes)

    await until(gone)


async def test_sigterm_finishes_what_is_under_way_and_leaves_nothing(desk: Desk) -> None:
    """Every deployment sends it: no reader may lose a picture, no machine gather leftovers."""
    async with desk.serve() as serving, ClientSession(connector=TCPConnector(limit=0)) as session:
        await wait_until_cards_come(session, serving)
        family = serving.family()
        assert len(family) > 3
        under_way = [
            asyncio.create_task(ask(session, serving, nonce_path(number))) for number in range(12)
        ]
        # All are sent, and the first is back: the others are in the queue and in the browsers.
        await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
        assert await serving.end(signal.SIGTERM) == 0
        for number, answer in enumerate(await asyncio.gather(*under_way)):
            assert answer.status == 200
            assert answer.fallback or is_right(answer, number)
        await wait_until_gone(family)
    assert [*desk.tmp.glob("htmlcard-run-*")] == []
    assert "Traceback" not in serving.stderr.read_text()


async def test_after_sigkill_a_restart_finds_the_cache_and_clears_up(desk: Desk) -> None:
    """The kernel kills without asking; the next start must be whole, quick and alone."""
    async with desk.serve(**_PATIENT) as serving, ClientSession() as session:
        await wait_until_cards_come(session, serving)
        kept = [await ask(session, serving, nonce_path(number)) for number in range(5)]
        await wait_until_on_disk(session, serving, cards=6)
        family = serving.family()
        left = [
            asyncio.create_task(ask(session, serving, nonce_path(number)))
            for number in range(100, 106)
        ]
        await asyncio.sleep(0.03)
        await serving.end(signal.SIGKILL)
        await asyncio.gather(*left, return_exceptions=True)
    async with desk.serve(**_PATIENT) as serving, ClientSession() as session:
        await wait_until_cards_come(session, serving)
        await wait_until_gone(family)
        await wait_until_on_disk(session, serving, cards=6)
        found = [await ask(session, serving, nonce_path(number)) for number in range(5)]
        assert [answer.body for answer in found] == [answer.body for answer in kept]
        # Not all: a disk that is slow for a moment is passed by.
        assert "htmlcard; hit" in [answer.headers["Cache-Status"] for answer in found]
        for number in range(100, 106):
            assert is_right(await ask(session, serving, nonce_path(number)), number)
        assert len([*desk.tmp.glob("htmlcard-run-*")]) == 1
        assert await serving.end(signal.SIGTERM) == 0


async def test_sigint_ends_the_service_like_sigterm(desk: Desk) -> None:
    """Ctrl-C in a terminal is how `make run` ends: no traceback, no browser left behind."""
    async with desk.serve(command="dev") as serving, ClientSession() as session:
        await wait_until_cards_come(session, serving)
        family = serving.family()
        assert await serving.end(signal.SIGINT) == 0
        await wait_until_gone(family)
    assert "Traceback" not in serving.stderr.read_text()


async def test_dev_announces_a_card_that_can_be_opened(desk: Desk) -> None:
    """The first minute with the product is this one line; in it, nothing is kept by browsers."""
    async with desk.serve(command="dev") as serving, ClientSession() as session:
        await wait_until_cards_come(session, serving)
        told = serving.stdout.read_text().split()
        url = next(word for word in told if "/render/" in word)
        assert url.startswith(serving.url)
        answer = await read(await session.get(url))
        assert answer.fallback == ""
        assert answer.picture.size == (1200, 630)
        assert answer.headers["Cache-Control"] == "no-store"
        assert await serving.end(signal.SIGTERM) == 0
