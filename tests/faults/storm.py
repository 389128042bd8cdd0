"""Thousands of cards while one fault follows another, and what was seen meanwhile."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import signal
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import psutil
from aiohttp import ClientError
from server.test_edge import Edge, picture
from server.test_load import is_right, nonce_path

from .census import Census
from .service import Service, Timed, check_picture

Fault = Callable[[Service], Awaitable[None]]


def strike(kind: str, number: signal.Signals) -> Fault:
    """A fault that signals the first part of a kind."""

    async def fault(service: Service) -> None:
        for process in service.parts(kind)[:1]:
            process.send_signal(number)

    return fault


async def lock_cache(service: Service) -> None:
    connection = sqlite3.connect(service.cache / "cache.db", isolation_level=None, timeout=0.2)
    try:
        connection.execute("BEGIN EXCLUSIVE")
        await asyncio.sleep(0.5)
    except sqlite3.OperationalError:
        pass  # Somebody writes just now; the next time will do.
    finally:
        connection.close()


async def delete_cache(service: Service) -> None:
    await asyncio.to_thread(shutil.rmtree, service.cache, ignore_errors=True)


async def kill_template_worker(service: Service) -> None:
    name = psutil.Process(service.pid).exe()
    for process in psutil.Process(service.pid).children():
        if process.exe() == name:
            process.kill()
            return


async def stand_still(service: Service) -> None:
    """The service alone, for half a second: browsers and driver wait for it."""
    os.kill(service.pid, signal.SIGSTOP)
    await asyncio.sleep(0.5)
    os.kill(service.pid, signal.SIGCONT)


KILLS: tuple[Fault, ...] = (
    strike("browser", signal.SIGKILL),
    strike("renderer", signal.SIGKILL),
    strike("browser", signal.SIGSTOP),
    strike("node", signal.SIGKILL),
)
FAULTS: tuple[Fault, ...] = (
    *KILLS,
    lock_cache,
    strike("renderer", signal.SIGSTOP),
    delete_cache,
    kill_template_worker,
    strike("gpu-process", signal.SIGKILL),
    stand_still,
    strike("node", signal.SIGSTOP),
)
#: Requests that are faults themselves: broken templates, and one that never ends.
BAD_CARDS = ("/render/crash?title={}", "/render/syntax?title={}", "/render/loop?title={}")


@dataclass
class Seen:
    """What a storm has shown."""

    cards: int = 0
    wrong: int = 0
    no_pictures: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    memory: list[tuple[int, int]] = field(default_factory=list)
    """Cards so far, and bytes of the service then."""
    censuses: list[Census] = field(default_factory=list)

    def slope_bytes(self) -> float:
        """Growth per 1,000 cards, by least squares, after the first fifth."""
        points = self.memory[len(self.memory) // 5 :]
        mean_x = sum(x for x, _ in points) / len(points)
        mean_y = sum(y for _, y in points) / len(points)
        over = sum((x - mean_x) * (y - mean_y) for x, y in points)
        return 1000 * over / max(1.0, sum((x - mean_x) ** 2 for x, _ in points))


class Storm:
    """Clients who ask without pause, for new cards, known ones and bad ones."""

    def __init__(self, service: Service, *, new_of_ten: int, bad_every: int) -> None:
        self.service = service
        self.seen = Seen()
        self._new_of_ten = new_of_ten
        self._bad_every = bad_every
        self._turns = itertools.count(1)
        self._drawn: list[int] = []

    async def ask(self) -> None:
        """One request of the mix, looked at."""
        turn = next(self._turns)
        try:
            await self._ask(turn)
        except (AssertionError, ClientError, TimeoutError, OSError) as error:
            print(f"request {turn}: {type(error).__name__}: {error}"[:300])  # noqa: T201
            self.seen.no_pictures += 1
        self.seen.cards += 1

    async def _ask(self, turn: int) -> None:
        if turn % self._bad_every == 0:
            await self._ask_badly(turn // self._bad_every)
            return
        number = self._drawn[turn % len(self._drawn)] if self._drawn else 1
        if turn % 10 < self._new_of_ten or not self._drawn:
            number = self.service.new_number()
            self._drawn = [*self._drawn[-200:], number]
        answer = await self.service.ask(nonce_path(number))
        await self._note(answer)
        if not answer.fallback and not await asyncio.to_thread(is_right, answer, number):
            self.seen.wrong += 1

    async def _ask_badly(self, turn: int) -> None:
        kind = turn % 8
        if kind < 6:
            await self._note(await self.service.ask(BAD_CARDS[kind % 3].format(turn)))
            return
        edge = Edge(self.service.port)
        broken = b"GET /render/nonce HTTP/1.1\r\nno colon\r\n\r\n"
        junk = f"GET {nonce_path(turn)}&{'j=1&' * 2000} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        status, _, body = await edge.send(broken if kind == 6 else junk)
        assert " 200 " in status
        assert picture(body).size == (1200, 630)

    async def _note(self, answer: Timed) -> None:
        # In a thread: decoding must not make those late who wait for their answers here.
        await asyncio.to_thread(check_picture, answer)
        if answer.fallback:
            self.seen.reasons[answer.fallback] += 1

    async def run(self, count: int, *, clients: int, until_s: float = 1e9) -> None:
        """Ask so often, by so many clients, or until a time of the event loop's clock."""
        loop = asyncio.get_running_loop()
        left = iter(range(count))

        async def crawl() -> None:
            for _ in left:
                if loop.time() > until_s:
                    return
                await self.ask()

        await asyncio.gather(*(crawl() for _ in range(clients)))

    def weigh(self) -> None:
        """Note the memory of the service itself, which nothing replaces, and take a census."""
        total = psutil.Process(self.service.pid).memory_full_info().pss
        self.seen.memory.append((self.seen.cards, total))
        self.seen.censuses.append(self.service.census())
