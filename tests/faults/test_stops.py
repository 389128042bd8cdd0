"""The service is ended, gently or not, and others share its folder (faults 28, 40, 41)."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable

import pytest
from desk import Desk, are_gone
from server.test_load import is_right, nonce_path

from .census import processes_of
from .figures import FIGURES
from .service import BACK_WITHIN_S, Service, check_picture, desk_of_its_own, open_service


def do_nothing(service: Service) -> None:
    """Browsers are well."""


def stop_browsers(service: Service) -> None:
    """Closing a browser that is stopped never returns."""
    for browser in service.parts("browser"):
        browser.suspend()


def stop_driver(service: Service) -> None:
    """Nor does closing a driver."""
    for driver in service.parts("node"):
        driver.suspend()


async def nothing_left(desk: Desk) -> None:
    """Neither processes nor files of a run."""
    async with asyncio.timeout(BACK_WITHIN_S):
        while processes_of(desk.folder.parent):  # noqa: ASYNC110 - it happens elsewhere
            await asyncio.sleep(0.1)
    assert [*desk.tmp.glob("htmlcard-run-*")] == []


@pytest.mark.parametrize(
    "before",
    [
        do_nothing,
        pytest.param(stop_browsers, marks=pytest.mark.faults),
        pytest.param(stop_driver, marks=pytest.mark.faults),
    ],
)
async def test_sigterm_at_full_load(before: Callable[[Service], None]) -> None:
    """Every deployment sends it, and at the busiest hour, too."""
    with desk_of_its_own() as desk:
        async with open_service(desk=desk) as service:
            numbers = [service.new_number() for _ in range(40)]
            asked = [asyncio.create_task(service.ask(nonce_path(number))) for number in numbers]
            await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
            before(service)
            began_s = time.perf_counter()
            code = await service.serving.end(signal.SIGTERM)
            took_s = time.perf_counter() - began_s
            answers = await asyncio.gather(*asked, return_exceptions=True)
        dropped = sum(isinstance(answer, BaseException) for answer in answers)
        await nothing_left(desk)
        name = before.__name__.replace("_", " ")
        held = took_s <= 10 and not dropped
        FIGURES.note("sigterm", f"{name}: {took_s:.1f} s / {dropped} / 0", held=held)
        assert code == 0
        assert dropped == 0
        for number, answer in zip(numbers, answers, strict=True):
            assert not isinstance(answer, BaseException)
            check_picture(answer)
            assert answer.fallback or is_right(answer, number)


@pytest.mark.faults
async def test_after_sigkill_all_is_as_before() -> None:
    """The kernel's memory killer asks nobody; what was drawn is kept, what was left is cleared."""
    with desk_of_its_own() as desk:
        async with open_service(desk=desk) as service:
            kept = {number: (await service.card(number)).body for number in range(5000, 5020)}
            async with asyncio.timeout(BACK_WITHIN_S):
                while (await service.health())["cache"]["disk"]["entries"] < 30:  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
            numbers = range(6000, 6010)
            left = [asyncio.create_task(service.ask(nonce_path(number))) for number in numbers]
            family = processes_of(service.folder)
            await asyncio.sleep(0.05)
            await service.serving.end(signal.SIGKILL)
            for answer in await asyncio.gather(*left, return_exceptions=True):
                assert isinstance(answer, BaseException) or answer.status == 200
        began_s = time.perf_counter()
        async with open_service(desk=desk, warm=False) as service:
            async with asyncio.timeout(BACK_WITHIN_S):
                while (await service.ask("/readyz")).status != 200:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
            ready_s = time.perf_counter() - began_s
            answers = {number: await service.card(number) for number in kept}
            same = sum(answers[number].body == kept[number] for number in kept)
            hits = sum(a.headers["Cache-Status"] == "htmlcard; hit" for a in answers.values())
            orphans = sum(not are_gone([process]) for process in family)
            figure = f"{ready_s:.1f} s / {hits} of {len(kept)} / {orphans}"
            held = ready_s <= 5 and hits == len(kept) and not orphans
            FIGURES.note("sigkill", figure, held=held)
            assert same == len(kept)
            assert hits >= len(kept) * 0.8  # A disk that is slow for a moment is passed by.
            assert orphans == 0
            assert len([*desk.tmp.glob("htmlcard-run-*")]) == 1
            assert await service.serving.end(signal.SIGTERM) == 0
        await nothing_left(desk)


@pytest.mark.faults
async def test_two_services_share_one_cache() -> None:
    """Old and new run side by side during a deployment; then the old one is killed."""
    with desk_of_its_own() as desk, desk_of_its_own() as other_desk:
        async with (
            open_service(desk=desk, lanes=1) as one,
            open_service(desk=other_desk, lanes=1, cache_dir=one.cache) as other,
        ):
            before = other.census()
            numbers = range(7000, 7010)
            first = {number: (await one.card(number)).body for number in numbers}
            async with asyncio.timeout(BACK_WITHIN_S):
                while (await one.health())["cache"]["disk"]["waiting_writes"]:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            second = {number: await other.card(number) for number in numbers}
            assert {number: answer.body for number, answer in second.items()} == first
            assert any("hit" in answer.headers["Cache-Status"] for answer in second.values())
            await asyncio.gather(one.cards(10), other.cards(10))
            await one.serving.end(signal.SIGKILL)
            for answer in await other.cards(5):
                assert not answer.fallback
            await other.recovered(before)
