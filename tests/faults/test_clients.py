"""Too many clients, and bad ones (faults 33, 34, 36, 37, 39)."""

from __future__ import annotations

import asyncio
import gzip
import io
from collections import Counter
from collections.abc import AsyncIterator

import psutil
import pytest
from aiohttp import ClientError
from server.test_load import is_right, nonce_path

from .figures import FIGURES
from .service import Service, check_picture

Wire = tuple[asyncio.StreamReader, asyncio.StreamWriter]
#: What a service may grow by while it refuses something large.
ROOM_BYTES = 60_000_000


async def test_a_card_that_goes_viral_is_drawn_once(service: Service) -> None:
    """Two hundred ask for one link in the same second, and the first of them hangs up."""
    before, renders = service.census(), await service.renders()
    number = service.new_number()
    asked = [asyncio.create_task(service.ask(nonce_path(number))) for _ in range(200)]
    await asyncio.sleep(0.01)
    asked[0].cancel()
    answers = await asyncio.gather(*asked, return_exceptions=True)
    for answer in answers[1:]:
        assert not isinstance(answer, BaseException), answer
        assert answer.body == answers[1].body  # type: ignore[union-attr]
    check_picture(answers[1])  # type: ignore[arg-type]
    assert is_right(answers[1], number)  # type: ignore[arg-type]
    drawn = await service.renders() - renders
    FIGURES.note("viral", str(drawn), held=drawn == 1)
    assert drawn == 1
    await service.recovered(before)


async def test_more_than_the_queue_holds(service: Service) -> None:
    """Who cannot be served is told so at once, by a picture; nobody waits to hear no."""
    before, counted = service.census(), await service.fallbacks()
    numbers = [service.new_number() for _ in range(200)]
    answers = await asyncio.gather(*(service.ask(nonce_path(number)) for number in numbers))
    shed = []
    for number, answer in zip(numbers, answers, strict=True):
        check_picture(answer)
        assert answer.fallback or is_right(answer, number)
        if answer.reason == "queue_full":
            shed.append(answer)
    assert len(shed) > 50
    assert any(not answer.fallback for answer in answers)
    decided_ms = max(answer.stage_ms("total") - answer.stage_ms("fallback") for answer in shed)
    total_ms = max(answer.stage_ms("total") for answer in shed)
    held = decided_ms <= 50 and total_ms <= 200
    FIGURES.note("shedding", f"{decided_ms:.0f} ms / {total_ms:.0f} ms", held=held)
    marked = sum(bool(answer.fallback) for answer in answers)
    assert await service.fallbacks() == counted + marked
    await service.recovered(before)


@pytest.mark.faults
async def test_more_than_can_be_drawn_for_long(service: Service) -> None:
    """A queue of callers who have gone is the trap: browsers draw all day, and nobody sees it."""
    before, renders = service.census(), await service.renders()
    asked = []
    for _ in range(40):  # Eight seconds, at twice what two cores draw and more.
        paths = [nonce_path(service.new_number()) for _ in range(20)]
        asked += [asyncio.create_task(service.ask(path)) for path in paths]
        await asyncio.sleep(0.2)
    answers = await asyncio.gather(*asked)
    for answer in answers:
        check_picture(answer)
    came = sum(not answer.fallback for answer in answers)
    drawn = await service.renders() - renders
    reasons = Counter(answer.reason for answer in answers)
    print(f"{len(answers)} asked, {drawn} drawn, {came} came, {reasons}")  # noqa: T201
    assert came >= drawn / 2
    await service.recovered(before)


async def connect(service: Service) -> Wire:
    return await asyncio.open_connection("127.0.0.1", service.port)


async def test_clients_who_hang_up(service: Service) -> None:
    """Crawlers give up by the hundred: nothing of them stays behind."""
    before = service.census()
    wires = [await connect(service) for _ in range(100)]
    for _, writer in wires:
        request = f"GET {nonce_path(service.new_number())} HTTP/1.1\r\nHost: x\r\n\r\n"
        writer.write(request.encode())
    await asyncio.sleep(0.05)
    for _, writer in wires:
        writer.transport.abort()
    check_picture(await service.card())
    await service.recovered(before)


@pytest.mark.faults
async def test_clients_who_dawdle(service: Service) -> None:
    """Half a head, half a body, an answer nobody reads: each is cut off, and meanwhile harmless."""
    before = service.census()
    path = nonce_path(service.new_number())
    hot = f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    await service.picture(path)
    starts = {
        b"GET /render/nonce HT": 20,
        b"POST /render/nonce HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{": 20,
        hot * 2000: 5,
    }
    wires = []
    for start, count in starts.items():
        for _ in range(count):
            reader, writer = await asyncio.open_connection("127.0.0.1", service.port, limit=1024)
            writer.write(start)
            wires.append((reader, writer))
    for _ in range(10):
        assert not (await service.card()).fallback
    await service.recovered(before)  # Not before all of them are cut off.
    for _, writer in wires:
        writer.transport.abort()


@pytest.mark.faults
async def test_two_thousand_idle_connections(service: Service) -> None:
    """Holding connections open is the cheapest way to take a service down."""
    before = service.census()
    wires = [await connect(service) for _ in range(2000)]
    for _ in range(10):
        assert not (await service.card()).fallback
    assert (await service.ask("/livez")).status == 200
    for _, writer in wires:
        writer.transport.abort()
    await service.recovered(before)


async def test_bodies_without_measure(service: Service) -> None:
    """A hundred megabytes, plain or packed into a few: refused before they are in memory."""
    before = service.census()
    process = psutil.Process(service.pid)
    room_bytes = process.memory_info().rss + ROOM_BYTES

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(1600):
            yield b"x" * 2**16

    packed = gzip.compress(b'{"title": "' + b"x" * 200_000_000, 1)
    try:
        answer = await service.ask("/render/nonce", "POST", data=endless())
        assert answer.status == 413
    except ClientError:
        pass  # It hung up on us, which is as good.
    answer = await service.ask(
        "/render/nonce",
        "POST",
        data=io.BytesIO(packed[:900_000]),
        headers={"Content-Encoding": "gzip"},
    )
    assert 400 <= answer.status < 500
    assert process.memory_info().rss < room_bytes
    await service.recovered(before)
