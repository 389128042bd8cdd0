"""htmlcard as it is run: `htmlcard serve` in a process of its own, asked over HTTP."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import aiohttp
from yarl import URL

from bench.cards import get_fields
from bench.contestants.contestant import ContestantFailed
from bench.contestants.worker import ROOT
from bench.processes import find_naming, stop_tree

_START_S = 30.0
_FALLBACK = "X-Htmlcard-Fallback"


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True, slots=True)
class Answer:
    """A picture and how it is marked; `fallback` is empty where it is the card itself."""

    data: bytes
    fallback: str
    cache_status: str


class HtmlcardServer:
    """One service with a cache folder of its own, gone after `stop`.

    `settings` are environment variables on top; `prefix` stands before the command
    (`taskset -c 0`); a `cache` folder that is given is left alone.
    """

    name = "htmlcard"
    formats = ("png", "jpeg", "webp")

    def __init__(
        self,
        settings: Mapping[str, str] | None = None,
        *,
        prefix: tuple[str, ...] = (),
        cache: Path | None = None,
    ) -> None:
        self.settings = dict(settings or {})
        self._prefix = prefix
        self._cache = cache
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._session: aiohttp.ClientSession | None = None
        self.base = ""
        self.first_card_s = 0.0
        """From the start of the process to the first card that is no fallback, seconds."""

    def find_obstacle(self) -> str | None:
        return None

    def find_version(self) -> str:
        return f"htmlcard {version('htmlcard')}"

    async def start(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="htmlcard-bench-")
        port = find_free_port()
        self.base = f"http://127.0.0.1:{port}"
        environ = {k: v for k, v in os.environ.items() if not k.startswith("HTMLCARD_")}
        environ |= {
            "PORT": str(port),
            "LOG_LEVEL": "error",
            "HTMLCARD_TEMPLATES": str(ROOT / "bench/corpus"),
            "HTMLCARD_CACHE_DIR": str(self._cache or Path(self._folder.name, "cache")),
            **{k: v for k, v in os.environ.items() if k == "HTMLCARD_CHROMIUM"},
            **self.settings,
        }
        started_s = time.perf_counter()
        self._process = await asyncio.create_subprocess_exec(
            *(*self._prefix, str(Path(sys.executable).with_name("htmlcard")), "serve"),
            cwd=self._folder.name,
            env=environ,
            start_new_session=True,
        )
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=60)
        )
        number = 0
        while time.perf_counter() - started_s < _START_S:
            number -= 1  # an answer of before must not come from a cache
            try:
                await self.draw("flat", number, "png")
            except (aiohttp.ClientConnectionError, ContestantFailed):
                await asyncio.sleep(0.01)
            else:
                self.first_card_s = time.perf_counter() - started_s
                await self._wait_for_lanes(started_s + _START_S)
                return
        raise ContestantFailed(f"htmlcard: no card within {_START_S} s of its start")

    async def _wait_for_lanes(self, give_up_s: float) -> None:
        """All its browsers; the others come a moment after the first, which has drawn by now."""
        assert self._session is not None
        while time.perf_counter() < give_up_s:
            async with self._session.get(f"{self.base}/health") as response:
                browser = (await response.json())["browser"]
            if not browser["missing"]:
                return
            await asyncio.sleep(0.05)
        raise ContestantFailed(f"htmlcard: not all browsers within {_START_S} s of its start")

    def card_url(self, card: str, number: int, format: str) -> URL:
        """The URL of a card that nobody has asked for before, if `number` is new."""
        extension = "jpg" if format == "jpeg" else format
        return (URL(self.base) / "render" / f"{card}.{extension}").with_query(
            {name: str(value) for name, value in asdict(get_fields(card, number)).items()}
        )

    async def ask(self, url: URL) -> Answer:
        """The picture that is answered. Raises ContestantFailed where none is."""
        assert self._session is not None
        async with self._session.get(url) as response:
            body = await response.read()
            if response.status != 200:
                raise ContestantFailed(f"htmlcard: {response.status}: {body[:200]!r}")
            headers = response.headers
            return Answer(body, headers.get(_FALLBACK, ""), headers.get("Cache-Status", ""))

    async def draw(self, card: str, number: int, format: str) -> bytes:
        answer = await self.ask(self.card_url(card, number, format))
        if answer.fallback:
            raise ContestantFailed(f"htmlcard: a fallback: {answer.fallback}")
        return answer.data

    def processes(self) -> list[int]:
        """Its own, and its browsers, which outlive the driver that has started them."""
        if not self._process:
            return []
        return [self._process.pid, *find_naming(f"htmlcard-run-{self._process.pid}-")]

    async def stop(self) -> None:
        if self._session:
            await self._session.close()
        process, self._process = self._process, None
        if process:
            process.terminate()
            await stop_tree(process)
        if self._folder:
            self._folder.cleanup()
