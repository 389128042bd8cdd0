"""Time does odd things: the clock jumps, or the whole service stands still (fault 30)."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import time
from pathlib import Path

import psutil
import pytest
from server.test_load import nonce_path

from .census import processes_of
from .service import Service, check_picture, desk_of_its_own, open_service

YEAR_S = 365 * 86400


@pytest.mark.faults
@pytest.mark.parametrize("jump_s", [YEAR_S, -YEAR_S], ids=["forward", "back"])
async def test_the_clock_jumps(jump_s: int) -> None:
    """Machines wake with a wrong clock and have it set: cards neither vanish nor stay for ever."""
    with desk_of_its_own() as desk:
        shift = desk.folder / "shift"
        shutil.copy(Path(__file__).with_name("shifted_clock.py"), desk.folder / "sitecustomize.py")
        desk_environment = {"PYTHONPATH": str(desk.folder), "SHIFT_FILE": str(shift)}
        async with open_service(desk=desk, environment=desk_environment) as service:
            before = service.census()
            kept = await service.card(1)
            shift.write_text(str(jump_s))
            again = await service.card(1)
            assert again.body == kept.body
            # A year on the card is expired: answered as it is, and drawn anew behind.
            assert again.headers["Cache-Status"].startswith("htmlcard; hit")
            for answer in await service.cards(8):
                assert not answer.fallback
            assert (await service.ask("/readyz")).status == 200
            shift.unlink()
            assert (await service.card(1)).headers["Cache-Status"].startswith("htmlcard; hit")
            await service.recovered(before)


@pytest.mark.parametrize("pause_s", [3.0, pytest.param(30.0, marks=pytest.mark.faults)])
async def test_the_whole_service_stands_still(service: Service, pause_s: float) -> None:
    """A virtual machine that is moved, a laptop that is closed: work goes on where it was."""
    before = service.census()
    numbers = [service.new_number() for _ in range(6)]
    under_way = [asyncio.create_task(service.ask(nonce_path(number))) for number in numbers]
    await asyncio.sleep(0.02)
    everyone = processes_of(service.folder)
    for process in everyone:
        process.send_signal(signal.SIGSTOP)
    try:
        await asyncio.sleep(pause_s)
    finally:
        for process in everyone:
            # Who goes on already may have ended another that was not needed any more.
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGCONT)
    went_on_s = time.perf_counter()
    for answer in await asyncio.gather(*under_way):
        assert answer.status == 200
        assert answer.picture.size == (1200, 630)
    check_picture(await service.card())
    await service.until_card(went_on_s)
    await service.until_lanes(2)
    await service.recovered(before)
