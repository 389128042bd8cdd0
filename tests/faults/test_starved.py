"""A machine that has too little of something: processes, files, memory, room (fault 27)."""

from __future__ import annotations

import asyncio
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest
from aiohttp import ClientSession
from running import read
from server.test_load import is_right, nonce_path
from yarl import URL

from .bad_browsers import Wrapper
from .mounts import own_mounts, run_inside
from .service import Service, desk_of_its_own, open_service


@contextmanager
def limited(processes: list[psutil.Process], kind: int, soft: int) -> Iterator[None]:
    """Lower a limit of running processes, and so of all that they start meanwhile."""
    before = {process: process.rlimit(kind) for process in processes}
    for process, (_, hard) in before.items():
        process.rlimit(kind, (soft, hard))
    try:
        yield
    finally:
        for process, limits in before.items():
            if process.is_running():
                process.rlimit(kind, limits)


@pytest.mark.faults
async def test_no_more_processes(service: Service) -> None:
    """Other programs of the same user may have taken them all: browsers cannot start then."""
    await service.until_lanes(2)
    before = service.census()
    starters = [psutil.Process(service.pid), *service.parts("node")]
    with limited(starters, resource.RLIMIT_NPROC, 1):
        for browser in service.parts("browser"):
            browser.kill()
        answers = await service.cards(6)
        answers += [await service.card() for _ in range(3)]
    assert all(answer.fallback for answer in answers)
    await service.until_card()
    await service.until_lanes(2)
    await service.recovered(before)


async def test_no_more_descriptors(service: Service) -> None:
    """A leak, or too low a limit: who is connected is answered, and all is well when it ends."""
    before = service.census()
    process = psutil.Process(service.pid)
    async with ClientSession() as session:  # This one keeps its connection.
        url = URL(service.serving.url + nonce_path(1), encoded=True)
        assert (await read(await session.get(url))).status == 200
        with limited([process], resource.RLIMIT_NOFILE, process.num_fds()):
            for _ in range(5):
                number = service.new_number()
                path = nonce_path(number)
                url = URL(service.serving.url + path, encoded=True)
                answer = await read(await session.get(url))
                assert answer.status == 200
                assert answer.picture.size == (1200, 630)
                assert answer.fallback or is_right(answer, number)
            waiting = asyncio.create_task(service.card())
            await asyncio.sleep(0.5)
        await waiting
    await service.recovered(before)


@pytest.mark.faults
@pytest.mark.parametrize("limit_kb", [20_000, 90_000])
async def test_no_more_memory_for_browsers(limit_kb: int) -> None:
    """A browser that gets too little does not start, or ends in the middle of a large card."""
    with desk_of_its_own() as desk:
        wrapper = Wrapper(desk.folder / "chromium")
        async with open_service(desk=desk, chromium=wrapper.path) as service:
            before = service.census()
            wrapper.limit(f"ulimit -d {limit_kb}")
            for browser in service.parts("browser"):
                browser.kill()
            for number in range(6):
                await service.picture(f"/render/noise?scale=2&seed={number}", size=(2400, 1260))
                await service.card()
            wrapper.mend()
            for browser in service.parts("browser"):
                browser.kill()
            await service.until_card()
            await service.until_lanes(2)
            await service.recovered(before)


@pytest.mark.faults
async def test_no_room_in_dev_shm() -> None:
    """Containers give 64 MB of shared memory; some give next to none."""
    through = own_mounts("mount -t tmpfs -o size=16k tmpfs /dev/shm")
    async with open_service(through=through) as service:
        before = service.census()
        for answer in await service.cards(10):
            assert not answer.fallback
        await service.picture("/render/noise?scale=2", size=(2400, 1260))
        await service.recovered(before)


@pytest.mark.faults
@pytest.mark.parametrize("options", ["size=8k,nr_inodes=4", "ro"], ids=["full", "read-only"])
async def test_a_temporary_folder_nobody_can_write_to(options: str) -> None:
    """Titles are shown all the same, and cards as soon as somebody has made room."""
    # The folder's place is known in the environment only, which the shell has.
    through = own_mounts(f'mount -t tmpfs -o {options},mode=711 tmpfs "$TMPDIR"')
    async with open_service(through=through, warm=False) as service:
        # Python takes another folder where it may not write at all.
        fallbacks = [(await service.card()).fallback for _ in range(4)]
        assert all(fallbacks) or options == "ro"
        mended = "rw,size=500m,nr_inodes=100000"
        run_inside(service, f"mount -o remount,{mended} {service.desk.tmp}")
        await service.until_card()
        await service.until_lanes(2)
        assert not (await service.card()).fallback
        assert await service.serving.end(signal.SIGTERM) == 0
