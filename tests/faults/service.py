"""A service as its users run it, and the oracle: a picture, the numbers, and full recovery."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psutil
import pytest
from aiohttp import ClientSession, ClientTimeout, TCPConnector
from cards import write_cards
from desk import HANG_S, Desk, Serving, are_gone
from prometheus_client.parser import text_string_to_metric_families
from running import Answer
from server.test_load import is_right, nonce_path
from yarl import URL

from .census import Census, kind_of, processes_of, take_census
from .figures import FIGURES

#: Far above the deadline, as others use the machine, too: who takes so long hangs.
LATE_S = 20.0
#: How long a service may take until all is as before; what is promised is told by the figures.
BACK_WITHIN_S = 30.0
RUNGS = ("stale", "drawn", "brand")
OG = (1200, 630)


@dataclass(frozen=True)
class Timed(Answer):
    """An answer, and how long it took to its last byte."""

    took_s: float = 0.0

    @property
    def reason(self) -> str:
        """Why it is a fallback."""
        return self.fallback.rpartition("reason=")[2]

    def stage_ms(self, name: str) -> float:
        """A time of `Server-Timing`; 0 where it is not in there."""
        for part in self.headers.get("Server-Timing", "").split(", "):
            stage, _, duration = part.partition(";dur=")
            if stage == name:
                return float(duration)
        return 0.0


def check_picture(answer: Timed, size: tuple[int, int] = OG, kind: str = "png") -> None:
    """A picture it is, whatever happened: whole, of its size and type, and marked if no card."""
    assert answer.status == 200, (answer.status, answer.body[:300])
    assert answer.headers["Content-Type"] == f"image/{kind}"
    assert answer.picture.size == size
    assert answer.took_s < LATE_S
    if answer.fallback:
        assert answer.fallback.partition(";")[0] in RUNGS
        assert answer.reason
        assert answer.headers["Cache-Control"] == "public, max-age=60"
    FIGURES.count_picture(answer.took_s)


@dataclass
class Service:
    """A running `htmlcard serve` with a cache, a home and a temporary folder of its own."""

    serving: Serving
    desk: Desk
    folder: Path
    session: ClientSession
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def pid(self) -> int:
        return self.serving.process.pid

    @property
    def cache(self) -> Path:
        """The folder of the disk cache."""
        return self.desk.cache / "htmlcard"

    @property
    def port(self) -> int:
        return int(self.serving.url.rpartition(":")[2])

    async def ask(self, path: str, method: str = "GET", **options: Any) -> Timed:
        """Ask for exactly these bytes, over a connection of its own."""
        url = URL(self.serving.url + path, encoded=True)
        started_s = time.perf_counter()
        async with self.session.request(method, url, **options) as response:
            body = await response.read()
            took_s = time.perf_counter() - started_s
            return Timed(response.status, response.headers, body, took_s)

    async def picture(self, path: str, **checks: Any) -> Timed:
        """Ask for a card, and see to it that a picture comes."""
        answer = await self.ask(path)
        check_picture(answer, **checks)
        return answer

    def new_number(self) -> int:
        """A number whose card nobody has asked for."""
        return next(self._numbers)

    async def card(self, number: int | None = None) -> Timed:
        """An ordinary card that is in no cache: right, or a marked fallback; never another's."""
        if number is None:
            number = self.new_number()
        answer = await self.picture(nonce_path(number))
        assert answer.fallback or is_right(answer, number), f"card {number} is another's picture"
        return answer

    async def cards(self, count: int) -> list[Timed]:
        """So many of them at once."""
        return await asyncio.gather(*(self.card() for _ in range(count)))

    async def health(self) -> dict[str, Any]:
        answer = await self.ask("/health")
        assert answer.status == 200
        found: dict[str, Any] = answer.json
        return found

    async def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's series that have these labels."""
        text = (await self.ask("/metrics")).body.decode()
        return sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    async def fallbacks(self, **labels: str) -> float:
        return await self.metric("htmlcard_fallbacks_total", **labels)

    async def restarts(self, **labels: str) -> float:
        return await self.metric("htmlcard_browser_restarts_total", **labels)

    async def renders(self) -> int:
        return int(await self.metric("htmlcard_render_seconds_count", stage="browser"))

    def parts(self, kind: str) -> list[psutil.Process]:
        """Its processes of a kind: browser, renderer, gpu-process, node (the driver)."""
        return [one for one in processes_of(self.folder) if kind_of(one) == kind]

    async def until_lanes(self, count: int) -> None:
        """Wait until so many browsers are up and idle."""
        async with asyncio.timeout(HANG_S):
            while True:
                lanes = (await self.health())["browser"]["lanes"]
                if [lane["state"] for lane in lanes].count("idle") == count:
                    return
                await asyncio.sleep(0.05)

    async def until_calm(self) -> None:
        """Wait until nothing comes or goes by itself any more, as it does after a start."""
        async with asyncio.timeout(HANG_S):
            before = None
            while before != (before := self.census()):  # noqa: ASYNC110
                await asyncio.sleep(0.25)

    async def until_card(self, since_s: float | None = None) -> float:
        """Ask for new cards until one comes, right; seconds `since_s` (default: from now)."""
        since_s = time.perf_counter() if since_s is None else since_s
        async with asyncio.timeout(BACK_WITHIN_S):
            while (await self.card()).fallback:  # noqa: ASYNC110 - it happens elsewhere
                await asyncio.sleep(0.02)
        return time.perf_counter() - since_s

    async def next_card(self, every_s: float = 0.2) -> tuple[float, list[Timed]]:
        """Ask for a new card again and again without waiting for the one before.

        Seconds until the first came that is no fallback, and all answers.
        """
        came = asyncio.Event()
        started_s = time.perf_counter()
        came_at_s = started_s

        async def ask() -> Timed:
            nonlocal came_at_s
            answer = await self.card()
            if not answer.fallback and not came.is_set():
                came_at_s = time.perf_counter()
                came.set()
            return answer

        asked: list[asyncio.Task[Timed]] = []
        async with asyncio.timeout(BACK_WITHIN_S):
            while not came.is_set():
                asked.append(asyncio.create_task(ask()))
                await asyncio.sleep(every_s)
        return came_at_s - started_s, await asyncio.gather(*asked)

    def census(self) -> Census:
        return take_census(self.pid, self.folder)

    async def recovered(self, before: Census) -> None:
        """The next ordinary card is right, and nothing is left of what happened."""
        await self.until_card()
        now = self.census()
        try:
            async with asyncio.timeout(BACK_WITHIN_S):
                while not (now := self.census()).is_back_at(before):  # noqa: ASYNC110
                    await asyncio.sleep(0.2)
        except TimeoutError:
            pytest.fail(f"before: {before}\nnow: {now}")
        assert not (await self.card()).fallback


#: Enough cards to have all threads, connections and proofs that there will be.
_WARM_CARDS = 12


@asynccontextmanager
async def open_service(
    *,
    lanes: int = 2,
    through: Sequence[str] = (),
    warm: bool = True,
    desk: Desk | None = None,
    environment: Mapping[str, str] = MappingProxyType({}),
    **settings: object,
) -> AsyncIterator[Service]:
    """A service that has drawn a few cards; settings are names without prefix, in any case.

    With a `desk` it finds there what an earlier one has left, and leaves it again.
    """
    with desk_of_its_own() if desk is None else _as_it_is(desk) as desk:
        variables = {f"HTMLCARD_{name.upper()}": str(value) for name, value in settings.items()}
        timeout = ClientTimeout(total=LATE_S * 2)
        async with (
            desk.serve(
                through=through,
                HOME=str(desk.folder.parent / "home"),
                HTMLCARD_LANES=str(lanes),
                **variables,
                **environment,
            ) as serving,
            ClientSession(
                connector=TCPConnector(limit=0, force_close=True), timeout=timeout
            ) as session,
        ):
            service = Service(serving, desk, desk.folder.parent, session)
            if warm:
                await service.until_card()
                await service.until_lanes(lanes)
                await service.cards(_WARM_CARDS)
                await service.until_lanes(lanes)
                await service.until_calm()
            yield service
            _, mark, trace = serving.stderr.read_text().partition("Traceback")
            assert not mark, f"the log holds a traceback:{trace[:3000]}"


@contextmanager
def desk_of_its_own() -> Iterator[Desk]:
    """A desk with the tests' cards; nothing that was started there runs on afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="htmlcard-fault-"))
    folder.chmod(0o711)
    (folder / "home").mkdir()
    desk = Desk(folder)
    write_cards(desk.templates)
    try:
        yield desk
    finally:
        left = processes_of(folder)
        for process in left:
            if not are_gone([process]):
                process.kill()
        desk.clear()


@contextmanager
def _as_it_is(desk: Desk) -> Iterator[Desk]:
    yield desk
