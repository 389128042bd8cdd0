"""A tool behind a process that answers on its stdout: Node peers and Python ones alike.

The other end is `peers/wire.mjs` and `workers/wire.py`.
"""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.cards import get_fields
from bench.contestants.contestant import ContestantFailed
from bench.processes import stop_tree

ROOT = Path(__file__).parent.parent.parent
_START_S = 60
_DRAW_S = 60


class WorkerContestant:
    """One long-lived worker; what it runs is said by the modules beside this one."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        formats: tuple[str, ...],
        find_version: Callable[[], str],
        find_obstacle: Callable[[], str | None],
    ) -> None:
        self.name = name
        self.formats = formats
        self.find_version = find_version
        self.find_obstacle = find_obstacle
        self._command = command
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._waiting: dict[int | str, asyncio.Future[bytes]] = {}
        self._ids = itertools.count()

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
            limit=1 << 20,
            # An interrupt goes to the measuring, which stops its workers in order.
            start_new_session=True,
        )
        ready = self._expect("ready")
        self._reading = asyncio.create_task(self._read())
        await self._wait(ready, _START_S)

    async def draw(self, card: str, number: int, format: str) -> bytes:
        assert self._process is not None
        assert self._process.stdin is not None
        own_id = next(self._ids)
        answer = self._expect(own_id)
        fields = dataclasses.asdict(get_fields(card, number))
        request = {"id": own_id, "card": card, "fields": fields, "format": format}
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        return await self._wait(answer, _DRAW_S)

    def processes(self) -> list[int]:
        return [self._process.pid] if self._process else []

    async def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        await stop_tree(process)
        if self._reading:
            self._reading.cancel()

    def _expect(self, own_id: int | str) -> asyncio.Future[bytes]:
        self._waiting[own_id] = asyncio.get_running_loop().create_future()
        return self._waiting[own_id]

    async def _wait(self, answer: asyncio.Future[bytes], limit_s: float) -> bytes:
        try:
            async with asyncio.timeout(limit_s):
                return await answer
        except TimeoutError as error:
            raise ContestantFailed(f"{self.name}: no answer within {limit_s} s") from error

    async def _read(self) -> None:
        assert self._process is not None
        stdout = self._process.stdout
        assert stdout is not None
        while line := await stdout.readline():
            head = json.loads(line)
            body = await stdout.readexactly(head["bytes"])
            answer = self._waiting.pop(head["id"])
            if answer.done():
                continue
            if "error" in head:
                answer.set_exception(ContestantFailed(f"{self.name}: {head['error']}"))
            else:
                answer.set_result(body)
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(ContestantFailed(f"{self.name}: its worker ended"))
