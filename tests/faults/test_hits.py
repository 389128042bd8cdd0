"""What is in the cache is answered at once, whatever browsers do (fault 35)."""

from __future__ import annotations

import asyncio
import gc
import sys
from pathlib import Path

import pytest
from server.test_load import nonce_path

from .bad_browsers import Wrapper
from .figures import FIGURES
from .service import Service, check_picture, desk_of_its_own, open_service
from .test_browsers import kill_browsers

_FLOODING = Path(__file__).with_name("flooding.py")
PER_S = 300
SECONDS = 8
CONNECTIONS = 16


async def measure_hits(service: Service, path: str) -> list[float]:
    """Seconds of each hit, at a steady rate; who has to wait for a connection waits on record."""
    wanted = (await service.picture(path)).body
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(await asyncio.open_connection("127.0.0.1", service.port))
    loop = asyncio.get_running_loop()

    async def hit(due_s: float) -> float:
        reader, writer = connection = await free.get()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(len(wanted))
        took_s = loop.time() - due_s
        free.put_nowait(connection)
        assert b"htmlcard; hit" in head
        assert body == wanted
        return took_s

    hits = []
    gc.disable()  # A collection of all that pytest holds would be our pause, not the service's.
    try:
        began_s = loop.time()
        for number in range(PER_S * SECONDS):
            due_s = began_s + number / PER_S
            await asyncio.sleep(max(0.0, due_s - loop.time()))
            hits.append(asyncio.create_task(hit(due_s)))
        took = await asyncio.gather(*hits)
    finally:
        gc.enable()
    while not free.empty():
        free.get_nowait()[1].close()
    return sorted(took)


def note_p99(name: str, took: list[float]) -> None:
    p99_ms = took[len(took) * 99 // 100] * 1000
    FIGURES.note(name, f"{p99_ms:.1f} ms", held=p99_ms <= 25)


@pytest.mark.faults
async def test_hits_come_while_all_browsers_are_dead() -> None:
    """Most of what crawlers ask for is drawn already: that must not depend on any browser."""
    with desk_of_its_own() as desk:
        wrapper = Wrapper(desk.folder / "chromium")
        async with open_service(desk=desk, chromium=wrapper.path) as service:
            path = nonce_path(service.new_number())
            assert not (await service.picture(path)).fallback
            wrapper.spoil("exit 3")
            kill_browsers(service)
            note_p99("hits without browsers", await measure_hits(service, path))
            wrapper.mend()
            await service.until_card()


@pytest.mark.faults
async def test_hits_come_during_a_flood_of_misses() -> None:
    """A new site is crawled while yesterday's link goes viral."""
    async with open_service() as service:
        await asyncio.sleep(5)  # Fallbacks are prepared in the first seconds, at a second's work.
        before = service.census()
        path = nonce_path(service.new_number())
        command = [sys.executable, str(_FLOODING), str(service.port), "20"]
        flooding = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        try:
            note_p99("hits beside misses", await measure_hits(service, path))
        finally:
            flooding.kill()
            said, _ = await flooding.communicate()
        statuses = said.decode().split("\n")[:-1]
        assert len(statuses) > 20
        assert {*statuses} == {"200"}
        check_picture(await service.card())
        await service.recovered(before)
