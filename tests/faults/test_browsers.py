"""Browsers, their parts and the driver die, stop, or do not start (faults 23-26)."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable

import psutil
import pytest
from desk import HANG_S

from .bad_browsers import Wrapper
from .figures import FIGURES
from .service import Service, check_picture, desk_of_its_own, open_service
from .test_templates import SLOW, write_template

KILL, STOP = signal.SIGKILL, signal.SIGSTOP


def _is_stopped(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_STOPPED
    except psutil.NoSuchProcess:
        return False


async def strike(service: Service, kind: str, number: signal.Signals, *, at_work: bool) -> float:
    """Signal all parts of a kind; see that pictures come on, are counted, and all recovers.

    Seconds until the next new card.
    """
    write_template(service, "slow", SLOW, scripts=True)
    await service.until_lanes(2)
    before, restarts = service.census(), await service.restarts()
    victims = service.parts(kind)
    if not victims:
        pytest.skip(f"this Chromium has no {kind}")
    counted = await service.fallbacks()
    names = [service.new_number() for _ in range(4 * at_work)]
    paths = [f"/render/slow?title={name}" for name in names]
    working = [asyncio.create_task(service.picture(path)) for path in paths]
    await asyncio.sleep(0.3 * at_work)
    for victim in victims:
        victim.send_signal(number)
    next_s, answers = await service.next_card()
    answers += await asyncio.gather(*working)
    marked = sum(bool(answer.fallback) for answer in answers)
    assert await service.fallbacks() == counted + marked
    await service.recovered(before)
    # Chromium itself replaces a GPU process that is gone, and lanes do not need the driver.
    spared = kind == "node" or (kind, number) == ("gpu-process", KILL)
    assert await service.restarts() > restarts or spared
    async with asyncio.timeout(HANG_S):  # What nobody needs is looked for at leisure.
        while any(map(_is_stopped, victims)):  # noqa: ASYNC110 - it happens elsewhere
            await asyncio.sleep(0.1)
    return next_s


@pytest.mark.parametrize(
    ("kind", "number", "at_work"),
    [
        ("browser", KILL, True),
        ("browser", STOP, False),
        pytest.param("browser", KILL, False, marks=pytest.mark.faults),
        pytest.param("browser", STOP, True, marks=pytest.mark.faults),
        pytest.param("renderer", KILL, True, marks=pytest.mark.faults),
        pytest.param("renderer", KILL, False, marks=pytest.mark.faults),
        pytest.param("renderer", STOP, True, marks=pytest.mark.faults),
        pytest.param("renderer", STOP, False, marks=pytest.mark.faults),
        pytest.param("gpu-process", KILL, True, marks=pytest.mark.faults),
        pytest.param("gpu-process", KILL, False, marks=pytest.mark.faults),
        pytest.param("gpu-process", STOP, True, marks=pytest.mark.faults),
        pytest.param("gpu-process", STOP, False, marks=pytest.mark.faults),
    ],
)
async def test_parts_of_a_browser_killed_or_stopped(
    service: Service, kind: str, number: signal.Signals, at_work: bool
) -> None:
    """Out of memory, a debugger, a fault of Chromium: all lanes are struck in the same moment."""
    next_s = await strike(service, kind, number, at_work=at_work)
    when = "at work" if at_work else "idle"
    FIGURES.note("browser", f"{kind} {number.name} {when} {next_s:.1f} s", held=next_s <= 2)


@pytest.mark.parametrize(
    ("number", "at_work"),
    [
        (KILL, True),
        pytest.param(KILL, False, marks=pytest.mark.faults),
        pytest.param(STOP, True, marks=pytest.mark.faults),
        pytest.param(STOP, False, marks=pytest.mark.faults),
    ],
)
async def test_the_driver_killed_or_stopped(
    service: Service, number: signal.Signals, at_work: bool
) -> None:
    """It starts the browsers: those that draw must not go with it, and others must come."""
    if not service.parts("node"):  # Nobody has needed it for half a minute.
        service.parts("browser")[0].kill()
        async with asyncio.timeout(HANG_S):
            while not service.parts("node"):  # noqa: ASYNC110 - it happens elsewhere
                await asyncio.sleep(0.1)
    next_s = await strike(service, "node", number, at_work=at_work)
    when = "at work" if at_work else "idle"
    FIGURES.note("driver", f"{number.name} {when} {next_s:.1f} s", held=next_s <= 3)
    service.parts("browser")[0].kill()
    await service.until_card()
    await service.until_lanes(2)


SPOILS: dict[str, Callable[[Wrapper], None]] = {
    "exits at once": lambda wrapper: wrapper.spoil("exit 3"),
    "hangs": lambda wrapper: wrapper.spoil("exec sleep 600"),
    "is no Chromium": lambda wrapper: wrapper.spoil("yes garbage | head -c 100000; exec sleep 600"),
    "missing": Wrapper.remove,
    "not executable": Wrapper.forbid,
}


def kill_browsers(service: Service) -> None:
    for browser in service.parts("browser"):
        browser.kill()


@pytest.mark.faults
@pytest.mark.parametrize(
    "spoil",
    [pytest.param(spoil, id=name) for name, spoil in SPOILS.items()],
)
async def test_a_browser_that_cannot_start_is_taken_when_it_can(
    spoil: Callable[[Wrapper], None], request: pytest.FixtureRequest
) -> None:
    """An upgrade replaces the binary under a running service; nobody restarts it afterwards."""
    with desk_of_its_own() as desk:
        wrapper = Wrapper(desk.folder / "chromium")
        async with open_service(lanes=2, desk=desk, chromium=wrapper.path) as service:
            before = service.census()
            spoil(wrapper)
            kill_browsers(service)
            async with asyncio.timeout(60):
                while (answer := await service.card()).reason != "browser_unavailable":
                    assert answer.reason in ("", "deadline", "browser_failed"), answer.fallback
            assert (await service.ask("/livez")).status == 200
            quick = [await service.card() for _ in range(20)]
            assert {answer.reason for answer in quick} == {"browser_unavailable"}
            decided_ms = sorted(a.stage_ms("total") - a.stage_ms("fallback") for a in quick)[10]
            wrapper.mend()
            back_s = await service.until_card()
            FIGURES.note(
                "breaker",
                f"{request.node.callspec.id} {back_s:.1f} s, meanwhile {decided_ms:.0f} ms",
                held=back_s <= 10 and decided_ms <= 50,
            )
            await service.until_lanes(2)
            await service.recovered(before)


@pytest.mark.faults
async def test_a_browser_that_dies_after_every_third_card() -> None:
    """A Chromium that is broken a little is the fault that wears a pool out: a hundred deaths."""
    async with open_service(lanes=1) as service:
        before, counted = service.census(), await service.fallbacks()
        restarts = await service.restarts()
        marked = deaths = 0
        ends_s = time.monotonic() + 90
        while deaths < 100 and time.monotonic() < ends_s:
            marked += sum(bool(answer.fallback) for answer in [await service.card() for _ in "123"])
            for browser in service.parts("browser"):
                browser.kill()
                deaths += 1
        back_s = await service.until_card()
        FIGURES.note("breaker", f"after {deaths} deaths {back_s:.1f} s", held=back_s <= 10)
        assert deaths >= 20
        assert await service.fallbacks() >= counted + marked
        # Those that died before they could draw were lanes to nobody.
        assert await service.restarts() >= restarts + deaths / 2
        await service.until_lanes(1)
        await service.recovered(before)


@pytest.mark.faults
async def test_a_browser_killed_while_it_starts(service: Service) -> None:
    """The successor dies like the one before it: that, too, is met in memory shortage."""
    await service.until_lanes(2)
    before = service.census()
    known: set[psutil.Process] = set()
    ends_s = time.monotonic() + 3
    asked = [asyncio.create_task(service.card()) for _ in range(10)]
    while time.monotonic() < ends_s:
        for browser in {*service.parts("browser")} - known:
            known.add(browser)
            browser.kill()
        await asyncio.sleep(0.02)
    for answer in await asyncio.gather(*asked):
        check_picture(answer)
    assert len(known) > 2
    await service.until_lanes(2)
    await service.recovered(before)
